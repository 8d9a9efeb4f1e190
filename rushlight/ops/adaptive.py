"""Pooling to a given size: windows as equal as may be, that cover the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import ops
from ..errors import ShapeError, TooFlatError, explain
from ..graph import Node, Shape
from .convolution import batched
from .grids import listed
from .pool import avg_pool, max_pool
from .reduce import average
from .samples import floats
from .slicing import part
from .table import Tensor, derived
from .windows import max_places, window_max


def wanted_size(op: str, n: int, image: Node, output_size: Any) -> Shape:
    """The size to pool to; None stands for the size as it is."""
    given = (output_size,) * n if isinstance(output_size, int) else tuple(output_size)
    if len(given) != n:
        problem = f"output_size must be a number or {n} numbers, but got {list(given)}"
        raise ShapeError(explain(op, problem))
    found = tuple([m if g is None else g for g, m in zip(given, image.shape[2:], strict=True)])
    if min(found) < 0:
        problem = f"elements of output_size must be greater than or equal to 0, got {list(found)}"
        raise ShapeError(explain(op, problem))
    return found


def pictures(op: str, n: int, input: Node, output_size: Any) -> Node:
    """`input` with a batch dimension, if it has none."""
    if not isinstance(output_size, int) and input.ndim <= n:
        raise TooFlatError(explain(op, f"input dimension should be at least {n + 1}"))
    return batched(op, input, n)


def bounds(n: int, count: int) -> list[tuple[int, int]]:
    """Where each of `count` windows over `n` elements begins and ends."""
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


def even(size: Shape, wanted: Shape) -> bool:
    """Whether all windows have one size, side by side."""
    return all(m and n % m == 0 for n, m in zip(size, wanted, strict=True))


# -- means -------------------------------------------------------------------------------------


def adaptive_mean(op: str, n: int, input: Node, output_size: Any) -> Node:
    """The means of windows over the last `n` dimensions."""
    image = pictures(op, n, input, output_size)
    size = image.shape[2:]
    wanted = wanted_size(op, n, image, output_size)
    if even(size, wanted):
        kernel = tuple([a // b for a, b in zip(size, wanted, strict=True)])
        return avg_pool(op, n, input, kernel, kernel, 0, False, True)
    out = image
    for k, count in enumerate(wanted, 2):  # a mean of means, one dimension after the other
        if out.shape[k] != count:
            pieces = [part(out, k, a, b) for a, b in bounds(out.shape[k], count)]
            means = [average(x, (k,), True) for x in pieces] or [part(out, k, 0, 0)]
            out = ops.join(*means, axis=k)
    return out if image is input else ops.squeeze(out, 0)


@derived(on="F torch", grad_name="SqueezeBackward1")
def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Node:
    """The means of `output_size` windows that cover a signal (batch, channels, length).

    >>> F.adaptive_avg_pool1d(torch.tensor([[[1.0, 2.0, 3.0]]]), 2)
    tensor([[[1.5000, 2.5000]]])
    """
    return adaptive_mean("adaptive_avg_pool1d", 1, input, output_size)


def mean_name(out: Node, form: Any) -> str:
    """One window that covers all is a mean."""
    return "MeanBackward1" if form[1] in (1, (1, 1)) else "AdaptiveAvgPool2DBackward0"


@derived(on="F", grad_name=mean_name)
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Node:
    """The means of windows that cover images (batch, channels, height, width).

    >>> F.adaptive_avg_pool2d(torch.tensor([[[1.0, 2.0, 3.0]]]), (1, 2))
    tensor([[[1.5000, 2.5000]]])
    """
    return adaptive_mean("adaptive_avg_pool2d", 2, input, output_size)


@derived(on="F", grad_name="AdaptiveAvgPool3DBackward0")
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Node:
    """The means of windows that cover volumes (batch, channels, depth, height, width).

    >>> F.adaptive_avg_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 1).flatten()
    tensor([3.5000])
    """
    return adaptive_mean("adaptive_avg_pool3d", 3, input, output_size)


@adaptive_avg_pool1d.samples
def _() -> Iterator[Any]:
    yield floats(2, 2, 6), 3
    yield floats(2, 5), 3


@adaptive_avg_pool2d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 3, 5), (2, 3)
    yield floats(1, 2, 3, 4), (None, 2)
    yield floats(2, 3, 3), 5


@adaptive_avg_pool3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 1, 2, 3, 3), 2


# -- maxima ------------------------------------------------------------------------------------


def adaptive_max(op: str, n: int, input: Node, output_size: Any, return_indices: bool) -> Any:
    """The largest elements of windows over the last `n` dimensions, and where they are."""
    image = pictures(op, n, input, output_size)
    size = image.shape[2:]
    wanted = wanted_size(op, n, image, output_size)
    if even(size, wanted):
        kernel = tuple([a // b for a, b in zip(size, wanted, strict=True)])
        return max_pool(op, n, input, kernel, kernel, 0, 1, False, return_indices=return_indices)
    # Windows of unequal sizes become equal when short ones repeat their last element.
    widths: list[int] = []
    chosen: list[list[int]] = []
    out = image
    for k, count in enumerate(wanted, 2):
        limits = bounds(out.shape[k], count)
        width = max([b - a for a, b in limits], default=1)
        places = [min(a + i, b - 1) for a, b in limits for i in range(width)]
        out = ops.index_select(out, k, listed(values=tuple(places)))
        widths.append(width)
        chosen.append(places)
    side: Any = {"kernel": tuple(widths), "stride": tuple(widths)}
    attrs: Any = {**side, "padding": ((0, 0),) * n, "dilation": (1,) * n}
    found = [window_max(out, **attrs)]
    if return_indices:
        original = listed(values=tuple(flat_numbers(chosen, size)))
        found.append(ops.take(original, max_places(out, **attrs)))
    found = [x if image is input else ops.squeeze(x, 0) for x in found]
    return tuple(found) if return_indices else found[0]


def flat_numbers(chosen: list[list[int]], size: Shape) -> list[int]:
    """The number, in the flattened image, of each combination of places along its dimensions."""
    found = [0]
    for places, n in zip(chosen, size, strict=True):
        found = [base * n + place for base in found for place in places]
    return found


@derived(on="F", grad_name="SqueezeBackward1")
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` windows that cover a signal.

    >>> F.adaptive_max_pool1d(torch.tensor([[[1.0, 2.0, 3.0]]]), 2)
    tensor([[[2., 3.]]])
    """
    return adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)


@derived(on="F", grad_name="AdaptiveMaxPool2DBackward0")
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of windows that cover images (batch, channels, height, width).

    >>> F.adaptive_max_pool2d(torch.tensor([[[1.0, 2.0, 3.0]]]), (1, 2))
    tensor([[[2., 3.]]])
    """
    return adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)


@derived(on="F", grad_name="AdaptiveMaxPool3DBackward0")
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of windows that cover volumes (batch, channels, *size).

    >>> F.adaptive_max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 1).flatten()
    tensor([7.])
    """
    return adaptive_max("adaptive_max_pool3d", 3, input, output_size, return_indices)


@adaptive_max_pool1d.samples
def _() -> Iterator[Any]:
    yield floats(2, 2, 6), 3
    yield (floats(2, 5), 3), {"return_indices": True}


@adaptive_max_pool2d.samples
def _() -> Iterator[Any]:
    yield (floats(1, 2, 3, 5), (2, 3)), {"return_indices": True}
    yield floats(1, 2, 3, 4), (None, 2)


@adaptive_max_pool3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 1, 2, 3, 3), 2
