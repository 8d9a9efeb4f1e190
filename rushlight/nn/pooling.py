"""Layers that make one value of each window."""

from __future__ import annotations

from typing import Any

from . import functional as F
from .activations import Elementwise
from .conv import each


class _MaxPoolNd(Elementwise):
    """What maximum poolings have in common.

    kernel_size, stride, padding, dilation: one number, or one for each dimension; the stride is
    the kernel's size unless it is given.
    return_indices: whether to return too where the maxima are.
    ceil_mode: whether windows may begin inside and end outside.
    """

    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def pool(self, function: Any, input: Any) -> Any:
        """What `function` makes of the input."""
        return function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )


class MaxPool1d(_MaxPoolNd):
    """The largest element of each window of (batch, channels, length).

    >>> torch.nn.MaxPool1d(2)(torch.tensor([[[1.0, 3.0, 2.0, 0.0]]]))
    tensor([[[3., 2.]]])
    """

    def forward(self, input: Any) -> Any:
        """A shorter tensor; with return_indices also where the maxima are."""
        return self.pool(F.max_pool1d, input)


class MaxPool2d(_MaxPoolNd):
    """The largest element of each window of (batch, channels, height, width).

    >>> torch.nn.MaxPool2d(3, stride=2)(torch.ones(20, 16, 50, 32)).shape
    torch.Size([20, 16, 24, 15])
    """

    def forward(self, input: Any) -> Any:
        """A smaller tensor; with return_indices also where the maxima are."""
        return self.pool(F.max_pool2d, input)


class MaxPool3d(_MaxPoolNd):
    """The largest element of each window of (batch, channels, depth, height, width).

    >>> torch.nn.MaxPool3d(2)(torch.ones(1, 1, 4, 4, 4)).shape
    torch.Size([1, 1, 2, 2, 2])
    """

    def forward(self, input: Any) -> Any:
        """A smaller tensor; with return_indices also where the maxima are."""
        return self.pool(F.max_pool3d, input)


class AvgPool1d(Elementwise):
    """The mean of each window of (batch, channels, length).

    count_include_pad: whether the zeros that are padded count.

    >>> torch.nn.AvgPool1d(2)(torch.tensor([[[1.0, 3.0, 2.0, 0.0]]]))
    tensor([[[2., 1.]]])
    """

    shown = ("kernel_size", "stride", "padding")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, 1)
        self.stride = each(kernel_size if stride is None else stride, 1)
        self.padding = each(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        """A shorter tensor."""
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class _AvgPoolNd(Elementwise):
    """What average poolings of images and volumes have in common.

    count_include_pad: whether the zeros that are padded count.
    divisor_override: by what to divide the sum of each window.
    """

    shown = ("kernel_size", "stride", "padding")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def pool(self, function: Any, input: Any) -> Any:
        """What `function` makes of the input."""
        return function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool2d(_AvgPoolNd):
    """The mean of each window of (batch, channels, height, width).

    >>> torch.nn.AvgPool2d(2)(torch.tensor([[[1.0, 3.0], [2.0, 0.0]]]))
    tensor([[[1.5000]]])
    """

    def forward(self, input: Any) -> Any:
        """A smaller tensor."""
        return self.pool(F.avg_pool2d, input)


class AvgPool3d(_AvgPoolNd):
    """The mean of each window of (batch, channels, depth, height, width).

    >>> torch.nn.AvgPool3d(2)(torch.ones(1, 1, 4, 4, 4)).shape
    torch.Size([1, 1, 2, 2, 2])
    """

    def forward(self, input: Any) -> Any:
        """A smaller tensor."""
        return self.pool(F.avg_pool3d, input)


class _LPPoolNd(Elementwise):
    """What poolings by norm have in common: the power `norm_type`, and the window."""

    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def pool(self, function: Any, input: Any) -> Any:
        """What `function` makes of the input."""
        return function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPoolNd):
    """The norm of each window of (batch, channels, length).

    >>> torch.nn.LPPool1d(2, 2)(torch.tensor([[[3.0, 4.0]]]))
    tensor([[[5.]]])
    """

    def forward(self, input: Any) -> Any:
        """A shorter tensor."""
        return self.pool(F.lp_pool1d, input)


class LPPool2d(_LPPoolNd):
    """The norm of each window of (batch, channels, height, width).

    >>> torch.nn.LPPool2d(2, (1, 2))(torch.tensor([[[[3.0, 4.0]]]]))
    tensor([[[[5.]]]])
    """

    def forward(self, input: Any) -> Any:
        """A smaller tensor."""
        return self.pool(F.lp_pool2d, input)


class LPPool3d(_LPPoolNd):
    """The norm of each window of (batch, channels, depth, height, width).

    >>> torch.nn.LPPool3d(2, (1, 1, 2))(torch.tensor([[[[[3.0, 4.0]]]]]))
    tensor([[[[[5.]]]]])
    """

    def forward(self, input: Any) -> Any:
        """A smaller tensor."""
        return self.pool(F.lp_pool3d, input)


# -- to a given size ---------------------------------------------------------------------------


class _AdaptiveAvgPoolNd(Elementwise):
    """Average pooling to `output_size`; None leaves a dimension as it is."""

    shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class _AdaptiveMaxPoolNd(Elementwise):
    """Maximum pooling to `output_size`; None leaves a dimension as it is."""

    shown = ("output_size",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of as many windows as give an output of the given length.

    >>> torch.nn.AdaptiveAvgPool1d(2)(torch.tensor([[[1.0, 3.0, 2.0, 0.0]]]))
    tensor([[[2., 1.]]])
    """

    def forward(self, input: Any) -> Any:
        """(batch, channels, output_size)."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of as many windows as give an output of the given size.

    >>> torch.nn.AdaptiveAvgPool2d((5, 7))(torch.ones(1, 64, 8, 9)).shape
    torch.Size([1, 64, 5, 7])
    """

    def forward(self, input: Any) -> Any:
        """(batch, channels, *output_size)."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of as many windows as give an output of the given size.

    >>> torch.nn.AdaptiveAvgPool3d(2)(torch.ones(1, 1, 5, 4, 3)).shape
    torch.Size([1, 1, 2, 2, 2])
    """

    def forward(self, input: Any) -> Any:
        """(batch, channels, *output_size)."""
        return F.adaptive_avg_pool3d(input, self.output_size)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest elements of as many windows as give an output of the given length.

    >>> torch.nn.AdaptiveMaxPool1d(2)(torch.tensor([[[1.0, 3.0, 2.0, 0.0]]]))
    tensor([[[3., 2.]]])
    """

    def forward(self, input: Any) -> Any:
        """(batch, channels, output_size); with return_indices also where the maxima are."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest elements of as many windows as give an output of the given size.

    >>> torch.nn.AdaptiveMaxPool2d((5, 7))(torch.ones(1, 64, 8, 9)).shape
    torch.Size([1, 64, 5, 7])
    """

    def forward(self, input: Any) -> Any:
        """(batch, channels, *output_size); with return_indices also where the maxima are."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest elements of as many windows as give an output of the given size.

    >>> torch.nn.AdaptiveMaxPool3d(2)(torch.ones(1, 1, 5, 4, 3)).shape
    torch.Size([1, 1, 2, 2, 2])
    """

    def forward(self, input: Any) -> Any:
        """(batch, channels, *output_size); with return_indices also where the maxima are."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)
