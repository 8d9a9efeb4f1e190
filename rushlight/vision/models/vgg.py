"""K. Simonyan, A. Zisserman: "Very deep convolutional networks for large-scale image recognition"
(2014).
"""

from __future__ import annotations

from typing import Any

from ...nn.activations import ReLU
from ...nn.batchnorm import BatchNorm2d
from ...nn.containers import Sequential
from ...nn.conv import Conv2d
from ...nn.dropout import Dropout
from ...nn.linear import Linear
from ...nn.module import Module
from ...nn.pooling import AdaptiveAvgPool2d, MaxPool2d
from .building import builder
from .start import first_weights

WIDTHS = (64, 128, 256, 512, 512)
"""The channels of the convolutions in each of the five parts, between which the picture shrinks."""

DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""How many convolutions the parts have, by the number of layers with weights."""


class VGG(Module):
    """A stack of convolutions, `features`, and three linear layers on what it makes of a picture.

    >>> model = torchvision.models.vgg16_bn(num_classes=10)  # doctest: +SKIP
    >>> model.classifier[6]  # doctest: +SKIP
    Linear(in_features=4096, out_features=10, bias=True)
    """

    def __init__(
        self,
        features: Any,
        num_classes: int = 1000,
        init_weights: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096),
            ReLU(True),
            Dropout(dropout),
            Linear(4096, 4096),
            ReLU(True),
            Dropout(dropout),
            Linear(4096, num_classes),
        )
        if init_weights:
            first_weights(self, deviation=0.01)

    def forward(self, x: Any) -> Any:
        """A score for each class, from pictures (pictures, 3, height, width)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def convolutions(depth: int, batch_norm: bool) -> Sequential:
    """The convolutions of the network with `depth` layers, each with its norm if so wished."""
    layers: list[Module] = []
    channels = 3
    for width, count in zip(WIDTHS, DEPTHS[depth], strict=True):
        for _ in range(count):
            layers.append(Conv2d(channels, width, 3, padding=1))
            if batch_norm:
                layers.append(BatchNorm2d(width))
            layers.append(ReLU(inplace=True))
            channels = width
        layers.append(MaxPool2d(2, stride=2))
    return Sequential(*layers)


def register(depth: int, batch_norm: bool) -> Any:
    """The function that makes the network with `depth` layers."""

    def make(**options: Any) -> VGG:
        return VGG(convolutions(depth, batch_norm), **options)

    make.__name__ = make.__qualname__ = f"vgg{depth}_bn" if batch_norm else f"vgg{depth}"
    normed = " and batch norms" if batch_norm else ""
    make.__doc__ = f"A VGG with {depth} layers of weights{normed}; options are those of the class."
    return builder(make)


globals().update({f.__name__: f for d in DEPTHS for b in (False, True) for f in [register(d, b)]})
