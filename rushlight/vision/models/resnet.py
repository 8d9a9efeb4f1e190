"""K. He, X. Zhang, S. Ren, J. Sun: "Deep residual learning for image recognition" (2015).

Their wide form is that of S. Zagoruyko and N. Komodakis (2016), ResNeXt that of S. Xie and others
(2016). As usual the block of three convolutions shrinks the picture in its second one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import ChoiceError, MissingError, explain
from ...nn import init
from ...nn.activations import ReLU
from ...nn.batchnorm import BatchNorm2d
from ...nn.containers import Sequential
from ...nn.conv import Conv2d
from ...nn.linear import Linear
from ...nn.module import Module
from ...nn.pooling import AdaptiveAvgPool2d, MaxPool2d
from .building import builder
from .start import first_weights

Norm = Callable[..., Any]


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1):  # type: ignore[no-untyped-def]
    """A convolution of 3x3 pixels that keeps the size, but for its stride."""
    return Conv2d(
        in_planes, out_planes, 3, stride, dilation, dilation=dilation, groups=groups, bias=False
    )


def conv1x1(in_planes: int, out_planes: int, stride: int = 1):  # type: ignore[no-untyped-def]
    """A convolution of single pixels."""
    return Conv2d(in_planes, out_planes, 1, stride, bias=False)


class BasicBlock(Module):
    """Two convolutions, to whose result their input is added (through `downsample`, if given)."""

    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Any = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Norm | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or BatchNorm2d
        if groups != 1 or base_width != 64:
            problem = "BasicBlock only supports groups=1 and base_width=64"
            got = {"groups": groups, "base_width": base_width}
            raise ChoiceError(explain("ResNet", problem, got, "use Bottleneck"))
        if dilation > 1:
            problem = "Dilation > 1 not supported in BasicBlock"
            raise MissingError(explain("ResNet", problem, hint="use Bottleneck"))
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        """A tensor (pictures, planes, height / stride, width / stride)."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Bottleneck(Module):
    """Three convolutions, of which the middle one sees fewer channels; their input is added."""

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Any = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Norm | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or BatchNorm2d
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        """A tensor (pictures, 4 * planes, height / stride, width / stride)."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet(Module):
    """Four parts of `layers` blocks each; from part to part pictures shrink, and channels double.

    A part may dilate its convolutions instead of shrinking (`replace_stride_with_dilation`, for
    the last three); `zero_init_residual` has blocks begin as the identity. Raises ValueError unless
    there are three of the former.

    >>> from rushlight.vision.models.resnet import BasicBlock, ResNet
    >>> model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)
    >>> model.eval()(torch.ones(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Norm | None = None,
    ) -> None:
        super().__init__()
        self._norm_layer = norm_layer or BatchNorm2d
        self.inplanes, self.dilation = 64, 1
        dilated = replace_stride_with_dilation or [False, False, False]
        if len(dilated) != 3:
            problem = "replace_stride_with_dilation should be None or a 3-element tuple"
            raise ChoiceError(explain("ResNet", problem, {"it": repr(dilated)}))
        self.groups, self.base_width = groups, width_per_group
        self.conv1 = Conv2d(3, self.inplanes, 7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(self.inplanes)
        self.relu = ReLU(inplace=True)
        self.maxpool = MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilated[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilated[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilated[2])
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(512 * block.expansion, num_classes)
        first_weights(self)
        if zero_init_residual:
            for part in self.modules():
                last = {BasicBlock: "bn2", Bottleneck: "bn3"}.get(type(part))
                if last and getattr(part, last).weight is not None:
                    init.zeros_(getattr(part, last).weight)

    def _make_layer(
        self,
        block: type[BasicBlock | Bottleneck],
        planes: int,
        blocks: int,
        stride: int = 1,
        dilate: bool = False,
    ) -> Sequential:
        """A part of the network: torchvision's name, which subclasses use."""
        norm, downsample, before = self._norm_layer, None, self.dilation
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        wide = planes * block.expansion
        if stride != 1 or self.inplanes != wide:
            downsample = Sequential(conv1x1(self.inplanes, wide, stride), norm(wide))
        kind = (self.groups, self.base_width)
        made = [block(self.inplanes, planes, stride, downsample, *kind, before, norm)]
        self.inplanes = wide
        kind = (*kind, self.dilation, norm)
        made += [block(wide, planes, 1, None, *kind) for _ in range(1, blocks)]
        return Sequential(*made)

    def _forward_impl(self, x: Any) -> Any:
        """What `forward` gives: torchvision's name, which subclasses use."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))

    def forward(self, x: Any) -> Any:
        """A score for each class, from pictures (pictures, 3, height, width)."""
        return self._forward_impl(x)


TABLE: dict[str, tuple[Any, list[int], int, int]] = {
    "resnet18": (BasicBlock, [2, 2, 2, 2], 1, 64),
    "resnet34": (BasicBlock, [3, 4, 6, 3], 1, 64),
    "resnet50": (Bottleneck, [3, 4, 6, 3], 1, 64),
    "resnet101": (Bottleneck, [3, 4, 23, 3], 1, 64),
    "resnet152": (Bottleneck, [3, 8, 36, 3], 1, 64),
    "resnext50_32x4d": (Bottleneck, [3, 4, 6, 3], 32, 4),
    "resnext101_32x8d": (Bottleneck, [3, 4, 23, 3], 32, 8),
    "resnext101_64x4d": (Bottleneck, [3, 4, 23, 3], 64, 4),
    "wide_resnet50_2": (Bottleneck, [3, 4, 6, 3], 1, 128),
    "wide_resnet101_2": (Bottleneck, [3, 4, 23, 3], 1, 128),
}
"""Block, blocks in each part, groups and width of a group of each network."""


def register(name: str) -> Any:
    """The function that makes the network called `name`."""
    block, layers, groups, width = TABLE[name]

    def make(**options: Any) -> ResNet:
        options = {"groups": groups, "width_per_group": width, **options}
        return ResNet(block, layers, **options)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"A {name}; options are those of `ResNet`."
    return builder(make)


globals().update({name: register(name) for name in TABLE})
