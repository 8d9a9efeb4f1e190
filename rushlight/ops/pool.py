"""Pooling: an image made smaller by the largest, or the mean, of each window."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Shape
from .activation import expect_fractional
from .convolution import Sizes, batched, check_positive, each
from .convolve import Pads
from .samples import at_kink, floats
from .table import Tensor, derived
from .windows import max_places, window_max, window_sum


class Windows:
    """The windows of a pooling op over the last `n` dimensions of `input`.

    `image` is the input with a batch dimension; `attrs` is what the primitives want.
    """

    def __init__(
        self,
        op: str,
        n: int,
        input: Node,
        kernel: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        ceil_mode: bool,
    ) -> None:
        self.image = batched(op, input, n)
        self.unbatched = self.image is not input
        self.kernel = each(kernel, n, "kernel_size", op)
        default = stride is None or stride == () or stride == []
        self.stride = self.kernel if default else each(stride, n, "stride", op)
        self.padding = each(padding, n, "padding", op)
        self.dilation = each(dilation, n, "dilation", op)
        for name, values in (
            ("kernel size", self.kernel), ("stride", self.stride), ("dilation", self.dilation),
        ):  # fmt: skip
            check_positive(op, name, values)
        for p, k, d in zip(self.padding, self.kernel, self.dilation, strict=True):
            if p < 0 or p > (d * (k - 1) + 1) // 2:
                problem = (
                    "pad should be at most half of effective kernel size, but got "
                    f"pad={p}, kernel_size={k} and dilation={d}"
                )
                raise ShapeError(explain(op, problem))
        self.size = self.image.shape[2:]
        self.out = self.counts(ceil_mode)
        if min(self.out) <= 0:
            channels = str(self.image.shape[1])
            got = "x".join([channels, *map(str, self.size)])
            result = "x".join([channels, *map(str, self.out)])
            problem = (
                f"Given input size: ({got}). Calculated output size: ({result}). Output size is "
                "too small"
            )
            hint = "give fewer or smaller windows: each makes the input smaller"
            raise ShapeError(explain(op, problem, hint=hint))

    def counts(self, ceil_mode: bool) -> Shape:
        """How many windows there are along each dimension.

        With `ceil_mode` a last window may reach over the end, but not begin there.
        """
        found = []
        for n, k, s, p, d in zip(
            self.size, self.kernel, self.stride, self.padding, self.dilation, strict=True
        ):
            room = n + 2 * p - d * (k - 1) - 1
            count = (room + (s - 1 if ceil_mode else 0)) // s + 1
            if ceil_mode and (count - 1) * s >= n + p:
                count -= 1
            found.append(max(count, 0))
        return tuple(found)

    @property
    def pads(self) -> Pads:
        """How much goes before and after each dimension for the windows to fit."""
        found = []
        for n, k, s, p, d, m in zip(
            self.size, self.kernel, self.stride, self.padding, self.dilation, self.out, strict=True
        ):
            needed = (m - 1) * s + d * (k - 1) + 1 - n - p
            found.append((p, max(needed, p)))
        return tuple(found)

    @property
    def attrs(self) -> dict[str, Any]:
        """What the primitives want to know."""
        return {"kernel": self.kernel, "stride": self.stride, "padding": self.pads}

    def handed_back(self, out: Node) -> Node:
        """`out` without its batch dimension, if there was none."""
        return ops.squeeze(out, 0) if self.unbatched else out


# -- the largest element -----------------------------------------------------------------------


def max_pool(op: str, n: int, input: Node, *layout: Any, return_indices: bool) -> Any:
    """The largest element of each window, and, if asked for, where it is."""
    windows = Windows(op, n, input, *layout)
    if windows.unbatched and not input.shape[0]:
        problem = "only the dimension of a batch may be of size 0"
        raise ShapeError(explain(op, problem, {"input": input.spec}))
    attrs = {**windows.attrs, "dilation": windows.dilation}
    values = windows.handed_back(window_max(windows.image, **attrs))
    if not return_indices:
        return values
    return values, windows.handed_back(max_places(windows.image, **attrs))


@derived(on="F torch", grad_name="SqueezeBackward1")
def max_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of a signal (batch, channels, length).

    >>> F.max_pool1d(torch.tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    tensor([[[3., 2.]]])
    """
    layout = (kernel_size, stride, padding, dilation, ceil_mode)
    return max_pool("max_pool1d", 1, input, *layout, return_indices=return_indices)


@derived(on="F torch", grad_name="MaxPool2DWithIndicesBackward0")
def max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of images (batch, channels, height, width).

    With `return_indices` also where it is, counted through the flattened image.

    >>> F.max_pool2d(torch.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 2)
    tensor([[[3.]]])
    """
    layout = (kernel_size, stride, padding, dilation, ceil_mode)
    return max_pool("max_pool2d", 2, input, *layout, return_indices=return_indices)


@derived(on="F torch", grad_name="MaxPool3DWithIndicesBackward0")
def max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of volumes (batch, channels, depth, height, width).

    >>> F.max_pool3d(torch.arange(8.0).reshape(1, 1, 2, 2, 2), 2).flatten()
    tensor([7.])
    """
    layout = (kernel_size, stride, padding, dilation, ceil_mode)
    return max_pool("max_pool3d", 3, input, *layout, return_indices=return_indices)


@max_pool1d.samples
def _() -> Iterator[Any]:
    yield floats(2, 2, 6), 2
    yield floats(2, 7), 3, 2, 1
    yield (floats(1, 2, 6), 2), {"dilation": 2, "stride": 1}
    yield (floats(1, 2, 6), 4), {"ceil_mode": True, "return_indices": True}
    yield at_kink(np.array([[[1.0, 1.0, 2.0, 2.0, 0.0, 0.0]]], np.float32), 3, 1)


@max_pool2d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 4, 4), 2
    yield floats(1, 1, 5, 4), (3, 2), (2, 1), 1
    yield (floats(1, 5, 5), 2), {"ceil_mode": True, "return_indices": True}


@max_pool3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 2, 2, 3), 2
    yield (floats(1, 1, 3, 2, 3), (2, 1, 2)), {"ceil_mode": True}


# -- the mean ----------------------------------------------------------------------------------


def avg_pool(
    op: str,
    n: int,
    input: Node,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None = None,
) -> Node:
    """The mean of each window; of what is inside the image, unless `count_include_pad`."""
    windows = Windows(op, n, input, kernel, stride, padding, 1, ceil_mode)
    expect_fractional(op, input)
    if divisor == 0:
        raise ShapeError(explain(op, "divisor must be not zero"))
    total = window_sum(windows.image, **windows.attrs)
    if divisor is not None:
        return windows.handed_back(total / divisor)
    beyond = any(after > p for (p, after) in windows.pads)
    if not beyond and (count_include_pad or not any(windows.padding)):
        return windows.handed_back(total / math.prod(windows.kernel))
    # How many elements each window has is the sum of ones.
    one = ops.constant(1, input.dtype)
    sizes, pads = windows.size, windows.pads
    if count_include_pad:
        sizes = tuple([m + 2 * p for m, p in zip(windows.size, windows.padding, strict=True)])
        pads = tuple([(0, after - p) for p, after in pads])
    ones = ops.expand_view(one, shape=(1, 1, *sizes))
    count = window_sum(ones, kernel=windows.kernel, stride=windows.stride, padding=pads)
    return windows.handed_back(total / count)


@derived(on="F torch", grad_name="SqueezeBackward1")
def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Node:
    """The mean of each window of a signal (batch, channels, length).

    >>> F.avg_pool1d(torch.tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    tensor([[[2., 1.]]])
    """
    layout = (kernel_size, stride, padding, ceil_mode, count_include_pad)
    return avg_pool("avg_pool1d", 1, input, *layout)


@derived(on="F", grad_name="AvgPool2DBackward0")
def avg_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Node:
    """The mean of each window of images (batch, channels, height, width).

    >>> F.avg_pool2d(torch.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 2)
    tensor([[[1.5000]]])
    """
    layout = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return avg_pool("avg_pool2d", 2, input, *layout)


@derived(on="F", grad_name="AvgPool3DBackward0")
def avg_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Node:
    """The mean of each window of volumes (batch, channels, depth, height, width).

    >>> F.avg_pool3d(torch.arange(8.0).reshape(1, 1, 2, 2, 2), 2).flatten()
    tensor([3.5000])
    """
    layout = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return avg_pool("avg_pool3d", 3, input, *layout)


@avg_pool1d.samples
def _() -> Iterator[Any]:
    yield floats(2, 2, 6), 2
    yield floats(2, 7), 3, 2, 1
    yield (floats(1, 2, 6), 4, 3, 1), {"ceil_mode": True}
    yield (floats(1, 2, 6), 4, 3, 1), {"ceil_mode": True, "count_include_pad": False}


@avg_pool2d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 4, 4), 2
    yield floats(1, 1, 5, 4), (3, 2), (2, 1), (1, 0), True, False
    yield (floats(1, 5, 5), 2), {"ceil_mode": True, "divisor_override": 3}


@avg_pool3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 2, 2, 3), 2
    yield (floats(1, 1, 3, 2, 3), (2, 1, 2)), {"padding": (1, 0, 1), "count_include_pad": False}
