"""Convolutions, and what they are the transpose of."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ChoiceError, explain
from . import functional as F
from .linear import reset_weight_and_bias
from .module import Module
from .parameter import unset

MODES = {"zeros", "reflect", "replicate", "circular"}
"""With what an input may be padded."""


def each(value: Any, n: int) -> tuple[Any, ...]:
    """A setting for each of `n` dimensions: `value` itself, or one for all."""
    return tuple(value) if isinstance(value, list | tuple) else (value,) * n


class _ConvNd(Module):
    """What convolutions have in common; `spatial` is the number of dimensions they slide along.

    in_channels, out_channels: of the input and the output.
    kernel_size, stride, padding, dilation: one number, or one for each dimension; the padding may
    also be "same" or "valid".
    groups: into how many groups the channels are split, which have nothing to do with one another.
    padding_mode: "zeros", "reflect", "replicate" or "circular".
    """

    spatial = 0
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        n = self.spatial
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = each(kernel_size, n)
        self.stride = each(stride, n)
        self.padding = padding if isinstance(padding, str) else each(padding, n)
        self.dilation = each(dilation, n)
        self.output_padding = each(output_padding, n)
        self.groups = groups
        self.padding_mode = padding_mode
        self.check_settings()
        self._reversed_padding_repeated_twice = self.ends()
        outer, inner = out_channels, in_channels // groups
        if self.transposed:
            outer, inner = in_channels, out_channels // groups
        self.weight = unset(outer, inner, *self.kernel_size, device=device, dtype=dtype)
        if bias:
            self.bias = unset(out_channels, device=device, dtype=dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def check_settings(self) -> None:
        """Raise ChoiceError unless the settings fit together."""
        problem = ""
        if self.groups <= 0:
            problem = "groups must be a positive integer"
        elif self.in_channels % self.groups:
            problem = "in_channels must be divisible by groups"
        elif self.out_channels % self.groups:
            problem = "out_channels must be divisible by groups"
        elif isinstance(self.padding, str) and self.padding not in {"same", "valid"}:
            known = "{'same', 'valid'}"
            problem = f"Invalid padding string {self.padding!r}, should be one of {known}"
        elif self.padding == "same" and any([s != 1 for s in self.stride]):
            problem = "padding='same' is not supported for strided convolutions"
        elif self.padding_mode not in MODES:
            known = f"{sorted(MODES)}"
            problem = (
                f"padding_mode must be one of {known}, but got padding_mode='{self.padding_mode}'"
            )
        if problem:
            raise ChoiceError(explain(self._get_name(), problem))

    def ends(self) -> list[int]:
        """How much is padded before and after, the last dimension first, as `F.pad` takes it."""
        if self.padding == "valid":
            return [0, 0] * self.spatial
        if self.padding == "same":
            pairs = [
                (d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2)
                for d, k in zip(self.dilation, self.kernel_size, strict=True)
            ]
        else:
            pairs = [(p, p) for p in self.padding]
        return [p for pair in reversed(pairs) for p in pair]

    def reset_parameters(self) -> None:
        """Draw the parameters anew: uniform, the narrower the more inputs an output has."""
        if math.prod(self.weight.shape[1:]):
            reset_weight_and_bias(self)

    def convolve(self, function: Any, input: Any) -> Any:
        """The input convolved by `function`, after padding with something else than zeros."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = 0
        return function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        """The settings, those as usual left out."""
        n = self.spatial
        words = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        if self.padding != (0,) * n:
            words.append(f"padding={self.padding}")
        if self.dilation != (1,) * n:
            words.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * n:
            words.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            words.append(f"groups={self.groups}")
        if self.bias is None:
            words.append("bias=False")
        if self.padding_mode != "zeros":
            words.append(f"padding_mode={self.padding_mode}")
        return ", ".join(words)


class _Convolution(_ConvNd):
    """A convolution that is not transposed."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )


class Conv1d(_Convolution):
    """Convolution of signals, (batch, in_channels, length).

    >>> torch.nn.Conv1d(16, 33, 3, stride=2)(torch.ones(20, 16, 50)).shape
    torch.Size([20, 33, 24])
    """

    spatial = 1

    def forward(self, input: Any) -> Any:
        """(batch, out_channels, length)."""
        return self.convolve(F.conv1d, input)


class Conv2d(_Convolution):
    """Convolution of images, (batch, in_channels, height, width).

    >>> torch.nn.Conv2d(16, 33, (3, 5), padding=(4, 2))(torch.ones(2, 16, 10, 9)).shape
    torch.Size([2, 33, 16, 9])
    """

    spatial = 2

    def forward(self, input: Any) -> Any:
        """(batch, out_channels, height, width)."""
        return self.convolve(F.conv2d, input)


class Conv3d(_Convolution):
    """Convolution of volumes, (batch, in_channels, depth, height, width).

    >>> torch.nn.Conv3d(2, 3, 2)(torch.ones(1, 2, 4, 4, 4)).shape
    torch.Size([1, 3, 3, 3, 3])
    """

    spatial = 3

    def forward(self, input: Any) -> Any:
        """(batch, out_channels, depth, height, width)."""
        return self.convolve(F.conv3d, input)


# -- transposed --------------------------------------------------------------------------------


class _ConvTransposeNd(_ConvNd):
    """The gradient of a convolution with respect to its input, used as a layer of its own."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            problem = f'Only "zeros" padding mode is supported for {type(self).__name__}'
            raise ChoiceError(explain(type(self).__name__, problem))
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def spread(self, function: Any, input: Any, output_size: Any) -> Any:
        """What `function` makes of the input, of `output_size` if that is given."""
        extra = self.output_padding if output_size is None else self.extra(input, output_size)
        return function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )

    def extra(self, input: Any, output_size: Any) -> tuple[int, ...]:
        """How many more elements than usual an output of `output_size` has along each dimension."""
        n = self.spatial
        sizes = list(output_size)
        before = input._value.ndim - n
        if len(sizes) == n + before:
            sizes = sizes[before:]
        if len(sizes) != n:
            problem = (
                f"ConvTranspose{n}D: for {input._value.ndim}D input, output_size must have {n} or "
                f"{n + before} elements (got {len(sizes)})"
            )
            raise ChoiceError(explain(self._get_name(), problem))
        least = [
            (m - 1) * s - 2 * p + d * (k - 1) + 1
            for m, s, p, d, k in zip(
                input.shape[before:],
                self.stride,
                self.padding,
                self.dilation,
                self.kernel_size,
                strict=True,
            )
        ]
        most = [m + s - 1 for m, s in zip(least, self.stride, strict=True)]
        if any([not a <= m <= b for m, a, b in zip(sizes, least, most, strict=True)]):
            problem = (
                f"requested an output size of {sizes}, but valid sizes range from {least} to "
                f"{most} (for an input of {input.shape[before:]})"
            )
            raise ChoiceError(explain(self._get_name(), problem))
        return tuple([m - a for m, a in zip(sizes, least, strict=True)])


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of Conv1d: (batch, in_channels, length) becomes longer with a stride.

    >>> torch.nn.ConvTranspose1d(4, 2, 3, stride=2)(torch.ones(1, 4, 5)).shape
    torch.Size([1, 2, 11])
    """

    spatial = 1

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """(batch, out_channels, length)."""
        return self.spread(F.conv_transpose1d, input, output_size)


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of Conv2d: (batch, in_channels, height, width) becomes larger with a stride.

    >>> m = torch.nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1)
    >>> m(torch.ones(1, 4, 6, 6), output_size=(12, 12)).shape
    torch.Size([1, 2, 12, 12])
    """

    spatial = 2

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """(batch, out_channels, height, width)."""
        return self.spread(F.conv_transpose2d, input, output_size)


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of Conv3d: (batch, in_channels, depth, height, width).

    >>> torch.nn.ConvTranspose3d(1, 2, 2)(torch.ones(1, 1, 2, 2, 2)).shape
    torch.Size([1, 2, 3, 3, 3])
    """

    spatial = 3

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """(batch, out_channels, depth, height, width)."""
        return self.spread(F.conv_transpose3d, input, output_size)
