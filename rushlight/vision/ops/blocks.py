"""Layers that networks for pictures are made of, several in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import ChoiceError, explain
from ...nn.activations import ReLU
from ...nn.batchnorm import BatchNorm2d, BatchNorm3d
from ...nn.containers import Sequential
from ...nn.conv import Conv2d, Conv3d
from ...nn.curves import Sigmoid
from ...nn.dropout import Dropout
from ...nn.linear import Linear
from ...nn.module import Module
from ...nn.pooling import AdaptiveAvgPool2d
from ...patterns import empty

Maker = Callable[..., Any]


def half(size: Any, dilation: Any, count: int) -> Any:
    """The padding that keeps the size of a picture under a kernel of an odd `size`."""
    if isinstance(size, int) and isinstance(dilation, int):
        return (size - 1) // 2 * dilation
    sizes = [size] * count if isinstance(size, int) else size
    steps = [dilation] * len(sizes) if isinstance(dilation, int) else dilation
    return tuple([(n - 1) // 2 * d for n, d in zip(sizes, steps, strict=True)])


class _Convolution(Sequential):
    """A convolution, its norm and its activation."""

    convolution: Maker
    dims = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any = 3,
        stride: Any = 1,
        padding: Any = None,
        groups: int = 1,
        norm_layer: Maker | None = BatchNorm2d,
        activation_layer: Maker | None = ReLU,
        dilation: Any = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        if padding is None:
            padding = half(kernel_size, dilation, self.dims)
        layers = [
            self.convolution(
                in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
                bias=norm_layer is None if bias is None else bias,
            )
        ]  # fmt: skip
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**({} if inplace is None else {"inplace": inplace})))
        super().__init__(*layers)
        self.out_channels = out_channels


class Conv2dNormActivation(_Convolution):
    """A convolution of pictures that keeps their size (but for its stride), a norm, an activation.

    >>> torchvision.ops.Conv2dNormActivation(3, 8)(torch.ones(2, 3, 5, 5)).shape
    torch.Size([2, 8, 5, 5])
    """

    convolution = Conv2d


class Conv3dNormActivation(_Convolution):
    """A convolution of films that keeps their size (but for its stride), a norm, an activation."""

    convolution = Conv3d
    dims = 3

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any = 3,
        stride: Any = 1,
        padding: Any = None,
        groups: int = 1,
        norm_layer: Maker | None = BatchNorm3d,
        activation_layer: Maker | None = ReLU,
        dilation: Any = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, groups, norm_layer,
            activation_layer, dilation, inplace, bias,
        )  # fmt: skip


class MLP(Sequential):
    """Linear layers of the sizes `hidden_channels`, with an activation and dropout after each.

    There is no activation after the last.

    >>> torchvision.ops.MLP(4, [8, 2])(torch.ones(3, 4)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: Sequence[int],
        norm_layer: Maker | None = None,
        activation_layer: Maker = ReLU,
        inplace: bool | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        how = {} if inplace is None else {"inplace": inplace}
        *inner, last = hidden_channels
        layers: list[Module] = []
        for size in inner:
            layers.append(Linear(in_channels, size, bias=bias))
            if norm_layer is not None:
                layers.append(norm_layer(size))
            layers += [activation_layer(**how), Dropout(dropout, **how)]
            in_channels = size
        layers += [Linear(in_channels, last, bias=bias), Dropout(dropout, **how)]
        super().__init__(*layers)


class SqueezeExcitation(Module):
    """Each channel times a factor that is found from the means of all of them.

    (J. Hu and others: "Squeeze-and-excitation networks", 2017.)

    >>> torchvision.ops.SqueezeExcitation(4, 2)(torch.ones(1, 4, 3, 3)).shape
    torch.Size([1, 4, 3, 3])
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int,
        activation: Maker = ReLU,
        scale_activation: Maker = Sigmoid,
    ) -> None:
        super().__init__()
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc1 = Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = Conv2d(squeeze_channels, input_channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def forward(self, input: Any) -> Any:
        """A tensor as large as `input`."""
        inner = self.activation(self.fc1(self.avgpool(input)))
        return self.scale_activation(self.fc2(inner)) * input


class Permute(Module):
    """Its input with its dimensions in another order."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Any) -> Any:
        """A view of `x`."""
        return x.permute(*self.dims)


def stochastic_depth(input: Any, p: float, mode: str, training: bool = True) -> Any:
    """`input`, or zeros with probability `p`: for each sample ("row") or for all ("batch").

    What is kept is divided by 1 - p. Raises ValueError for other probabilities and modes.
    (G. Huang and others: "Deep networks with stochastic depth", 2016.)
    """
    if not 0.0 <= p <= 1.0:
        problem = f"drop probability has to be between 0 and 1, but got {p}"
        raise ChoiceError(explain("stochastic_depth", problem))
    if mode not in ("batch", "row"):
        problem = f"mode has to be either 'batch' or 'row', but got {mode}"
        raise ChoiceError(explain("stochastic_depth", problem))
    if not training or p == 0.0:
        return input
    count = input.shape[0] if mode == "row" else 1
    kept = empty(count, *[1] * (input.ndim - 1), dtype=input.dtype).bernoulli_(1.0 - p)
    return input * (kept.div_(1.0 - p) if p < 1.0 else kept)


class StochasticDepth(Module):
    """In training, zeros instead of its input with probability `p`: see `stochastic_depth`."""

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, input: Any) -> Any:
        """A tensor as large as `input`."""
        return stochastic_depth(input, self.p, self.mode, self.training)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p}, mode={self.mode})"
