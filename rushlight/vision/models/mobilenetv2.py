"""M. Sandler and others: "MobileNetV2: inverted residuals and linear bottlenecks" (2018)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import ChoiceError, explain
from ...nn.activations import ReLU6
from ...nn.batchnorm import BatchNorm2d
from ...nn.containers import Sequential
from ...nn.conv import Conv2d
from ...nn.dropout import Dropout
from ...nn.linear import Linear
from ...nn.module import Module
from ..ops.blocks import Conv2dNormActivation
from .building import builder
from .start import first_weights

SETTING = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
]
"""Of each part: by how much blocks widen inside, channels, number of blocks, first stride."""


def divisible(number: float, divisor: int) -> int:
    """The multiple of `divisor` that is nearest to `number`, but not smaller by a tenth."""
    near = max(divisor, int(number + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * number else near


class InvertedResidual(Module):
    """A block that widens, looks at each channel by itself, and narrows; its input is added.

    That is, where its input has the same size. Raises ValueError for strides other than 1 and 2.
    """

    def __init__(
        self,
        inp: int,
        oup: int,
        stride: int,
        expand_ratio: int,
        norm_layer: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        if stride not in (1, 2):
            problem = f"stride should be 1 or 2 instead of {stride}"
            raise ChoiceError(explain("InvertedResidual", problem))
        norm = norm_layer or BatchNorm2d
        self.stride = stride
        self.use_res_connect = stride == 1 and inp == oup
        wide = round(inp * expand_ratio)
        step = functools.partial(Conv2dNormActivation, norm_layer=norm, activation_layer=ReLU6)
        layers = [step(inp, wide, 1)] if expand_ratio != 1 else []
        layers += [
            step(wide, wide, stride=stride, groups=wide),
            Conv2d(wide, oup, 1, bias=False),
            norm(oup),
        ]
        self.conv = Sequential(*layers)
        self.out_channels = oup
        self._is_cn = stride > 1

    def forward(self, x: Any) -> Any:
        """A tensor (pictures, oup, height / stride, width / stride)."""
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(Module):
    """Parts of inverted residuals (`SETTING`), of widths times `width_mult`, and a linear layer.

    Raises ValueError for a setting of another form.

    >>> model = torchvision.models.MobileNetV2(num_classes=10, width_mult=0.5)
    >>> model.last_channel, model.features[0][0].out_channels
    (1280, 16)
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None,
        round_nearest: int = 8,
        block: Callable[..., Any] | None = None,
        norm_layer: Callable[..., Any] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        block, norm = block or InvertedResidual, norm_layer or BatchNorm2d
        setting = SETTING if inverted_residual_setting is None else inverted_residual_setting
        if not setting or len(setting[0]) != 4:
            problem = "inverted_residual_setting should be non-empty or a 4-element list"
            raise ChoiceError(explain("MobileNetV2", problem, {"it": repr(setting)}))
        step = functools.partial(Conv2dNormActivation, norm_layer=norm, activation_layer=ReLU6)
        channels = divisible(32 * width_mult, round_nearest)
        self.last_channel = divisible(1280 * max(1.0, width_mult), round_nearest)
        layers = [step(3, channels, stride=2)]
        for expansion, width, count, stride in setting:
            width = divisible(width * width_mult, round_nearest)
            for k in range(count):
                strided = stride if k == 0 else 1
                layers.append(block(channels, width, strided, expansion, norm_layer=norm))
                channels = width
        layers.append(step(channels, self.last_channel, 1))
        self.features = Sequential(*layers)
        self.classifier = Sequential(Dropout(dropout), Linear(self.last_channel, num_classes))
        first_weights(self, deviation=0.01)

    def forward(self, x: Any) -> Any:
        """A score for each class, from pictures (pictures, 3, height, width)."""
        return self.classifier(self.features(x).mean((2, 3)))


@builder
def mobilenet_v2(**options: Any) -> MobileNetV2:
    """A MobileNetV2; options are those of the class."""
    return MobileNetV2(**options)
