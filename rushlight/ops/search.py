"""Where values belong in an order, and how many fall into each bin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .arithmetic import ValueRefused, real_only
from .samples import at_kink, floats, ints
from .table import Kind, Number, Tensor, common, derived, primitive


def found_places(boundaries: Any, x: Any, *, right: bool) -> Any:
    """NumPy: np.searchsorted, line by line where `boundaries` has several."""
    side: Any = "right" if right else "left"
    if boundaries.ndim == 1:
        return np.searchsorted(boundaries, x, side)
    out = np.empty(np.shape(x), np.int64)
    for place in np.ndindex(boundaries.shape[:-1]):
        out[place] = np.searchsorted(boundaries[place], x[place], side)
    return out


@primitive(Kind.SORT, numpy=found_places, promote=common)
def insertion_index(boundaries: Tensor, values: Tensor | Number, *, right: bool) -> Spec:
    """Where to insert `values` along the last axis of `boundaries` to keep them sorted."""
    real_only("searchsorted", boundaries)
    if boundaries.ndim != 1 and boundaries.shape[:-1] != values.shape[:-1]:
        problem = "all dimensions but the last must be equal unless there is one line of boundaries"
        got = {"boundaries": boundaries.spec, "values": values.spec}
        raise ShapeError(explain("searchsorted", problem, got))
    return Spec(values.shape, dtypes.int64)


@insertion_index.samples
def _() -> Iterator[Any]:
    yield (np.array([1.0, 2.0, 3.0]), floats(3, 4)), {"right": False}


@derived(on="torch")
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Number,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Node:
    """The indices at which `input` can be inserted into `sorted_sequence` to keep it sorted.

    Before equal elements, or after them with `right=True` or `side="right"`.

    >>> torch.searchsorted(torch.tensor([1, 3, 5, 7]), torch.tensor([3, 6]))
    tensor([1, 3])
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        problem = f"side is {side!r} while right is {right}"
        raise ChoiceError(explain("searchsorted", problem, hint="give one of them"))
    if sorter is not None:
        last = sorted_sequence.ndim - 1
        sorted_sequence = ops.select_along(sorted_sequence, sorter, axis=last)
    index = insertion_index(sorted_sequence, input, right=right or side == "right")
    return ops.cast(index, dtype=dtypes.int32) if out_int32 else index


@searchsorted.samples
def _() -> Iterator[Any]:
    sequence = np.array([1.0, 2.0, 2.0, 3.0, 5.0])
    yield sequence, np.array([[0.5, 2.0, 9.0], [5.0, 4.0, np.nan]])
    yield (sequence, np.array([0.5, 2.0, 9.0])), {"right": True}
    yield (sequence, 2.0), {"side": "right", "out_int32": True}
    yield np.array([[1, 3, 5], [2, 4, 6]]), np.array([[3, 6], [3, 6]])
    shuffled = np.array([3.0, 1.0, 2.0])
    yield (shuffled, np.array([1.5, 2.5])), {"sorter": np.array([1, 2, 0])}


@derived(on="torch")
def bucketize(
    input: Tensor | Number, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Node:
    """The number of the bucket, between neighbours of `boundaries`, that each element falls into.

    >>> torch.bucketize(torch.tensor([3, 6, 9]), torch.tensor([1, 3, 5, 7, 9]))
    tensor([1, 3, 4])
    """
    index = insertion_index(boundaries, input, right=right)
    return ops.cast(index, dtype=dtypes.int32) if out_int32 else index


@bucketize.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), np.array([-1.0, 0.0, 1.0], np.float32)
    yield (np.array([1.0, 2.0]), np.array([1.0, 2.0])), {"right": True}
    yield (ints(3), np.array([0, 2])), {"out_int32": True}
    yield 2, np.array([0, 2])


def bin_totals(x: Any, *, bins: int, low: float, high: float) -> Any:
    """NumPy: how many elements fall into each of `bins` between `low` and `high`."""
    x = np.ravel(x)
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if low == high:
        low, high = low - 1, high + 1
    inside = x[(x >= low) & (x <= high)]
    # The element type decides on which side of an edge a value falls, as it does in PyTorch.
    place = ((inside - x.dtype.type(low)) * (bins / x.dtype.type(high - low))).astype(np.int64)
    return np.bincount(np.minimum(place, bins - 1), minlength=bins).astype(x.dtype)


@primitive(Kind.REDUCE, numpy=bin_totals)
def bin_counts(input: Tensor, *, bins: int, low: float, high: float) -> Spec:
    """How many elements fall into each of `bins` of equal width."""
    return Spec((bins,), input.dtype)


@bin_counts.samples
def _() -> Iterator[Any]:
    yield (floats(30),), {"bins": 5, "low": -1.0, "high": 1.0}


@derived(on="torch Tensor")
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Node:
    """How many elements fall into each of `bins` bins of equal width from `min` to `max`.

    If both are 0, the bins reach from the smallest element to the largest.

    >>> torch.histc(torch.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    if not input.dtype.is_floating_point:
        problem = "takes floating-point tensors"
        raise DtypeError(explain("histc", problem, {"input": input.spec}))
    if bins <= 0:
        raise ValueRefused(explain("histc", f"bins must be > 0, but got {bins}"))
    if max < min:
        raise ValueRefused(explain("histc", "max must be larger than min"))
    return bin_counts(input, bins=bins, low=float(min), high=float(max))


@histc.samples
def _() -> Iterator[Any]:
    yield floats(5, 6), 4
    yield floats(30), 5, -1, 1
    yield np.array([1.0, 1.0]), 3
    yield at_kink(np.array([0.0, 1.0, np.nan, 5.0, 0.5]), 2, 0, 1)
