"""AlexNet, in the form of A. Krizhevsky: "One weird trick for parallelizing convolutional neural
networks" (2014).
"""

from __future__ import annotations

from typing import Any

from ...nn.activations import ReLU
from ...nn.containers import Sequential
from ...nn.conv import Conv2d
from ...nn.dropout import Dropout
from ...nn.linear import Linear
from ...nn.module import Module
from ...nn.pooling import AdaptiveAvgPool2d, MaxPool2d
from .building import builder


class AlexNet(Module):
    """Five convolutions and three linear layers, for pictures of 63x63 pixels or more.

    >>> model = torchvision.models.alexnet(num_classes=10)  # doctest: +SKIP
    >>> model.classifier[6]  # doctest: +SKIP
    Linear(in_features=4096, out_features=10, bias=True)
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(3, 64, 11, stride=4, padding=2),
            ReLU(inplace=True),
            MaxPool2d(3, stride=2),
            Conv2d(64, 192, 5, padding=2),
            ReLU(inplace=True),
            MaxPool2d(3, stride=2),
            Conv2d(192, 384, 3, padding=1),
            ReLU(inplace=True),
            Conv2d(384, 256, 3, padding=1),
            ReLU(inplace=True),
            Conv2d(256, 256, 3, padding=1),
            ReLU(inplace=True),
            MaxPool2d(3, stride=2),
        )
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.classifier = Sequential(
            Dropout(dropout),
            Linear(256 * 6 * 6, 4096),
            ReLU(inplace=True),
            Dropout(dropout),
            Linear(4096, 4096),
            ReLU(inplace=True),
            Linear(4096, num_classes),
        )

    def forward(self, x: Any) -> Any:
        """A score for each class, from pictures (pictures, 3, height, width)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


@builder
def alexnet(**options: Any) -> AlexNet:
    """An AlexNet; options are those of the class."""
    return AlexNet(**options)
