"""Values by their place in the order: medians, quantiles, and the commonest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, explain
from ..graph import Node, Spec
from .arithmetic import ValueRefused, real_only
from .dims import axis
from .reduce import reduced, spread
from .samples import at_kink, doubles, floats, ints
from .sort import at_least_1d, single, stable_order
from .table import Kind, Tensor, by_option, derived, primitive


def middle(x: Any, *, axis: int, skip_nan: bool) -> Any:
    """NumPy: where the (lower) median is; the first nan, if there is one and it counts."""
    places = stable_order(x, axis=axis, descending=False)
    n = x.shape[axis]
    known = n - np.isnan(x).sum(axis, keepdims=True) if x.dtype.kind == "f" else np.asarray(n)
    if skip_nan:
        wanted = np.maximum(known - 1, 0) // 2
    else:
        wanted = np.where(known < n, known, (n - 1) // 2)
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    return np.take_along_axis(places, np.broadcast_to(wanted, shape), axis)


@primitive(Kind.SORT, numpy=middle)
def median_index(input: Tensor, *, axis: int, skip_nan: bool) -> Spec:
    """The index along `axis`, which is kept at size 1, of the median."""
    real_only("median", input)
    return Spec((*input.shape[:axis], 1, *input.shape[axis + 1 :]), dtypes.int64)


@median_index.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axis": 1, "skip_nan": False}


def central(x: Any, *, skip_nan: bool) -> Any:
    """NumPy: the median of all elements."""
    flat = np.ravel(x)
    if not flat.size:
        return np.full((), np.nan, x.dtype)
    return flat[middle(flat, axis=0, skip_nan=skip_nan)].reshape(())


@primitive(Kind.REDUCE, numpy=central, grad_name="MedianBackward0")
def reduce_median(input: Tensor, *, skip_nan: bool) -> Spec:
    """The median of all elements, the lower of two; equal elements share its gradient."""
    return Spec((), real_only("median", input).dtype)


@reduce_median.vjp
def _(g: Node, out: Node, input: Node, *, skip_nan: bool) -> tuple[Node]:
    both = ops.logical_and(ops.isnan(input), ops.isnan(out))
    reached = ops.logical_or(ops.eq(input, out), both)
    count = ops.reduce_sum(reached, axes=tuple(range(input.ndim)), keepdim=False)
    return (ops.where(reached, spread(g / count, input, tuple(range(input.ndim)), False), 0),)


@reduce_median.samples
def _() -> Iterator[Any]:
    yield (floats(3, 3),), {"skip_nan": False}


def medians(input: Node, dim: int | None, keepdim: bool, skip_nan: bool, kind: str) -> Any:
    """The median of all, or values and indices along `dim`."""
    if dim is None:
        return reduce_median(input, skip_nan=skip_nan)
    along = axis(dim, input.ndim, kind)
    index = median_index(at_least_1d(input), axis=along, skip_nan=skip_nan)
    return single(input, index, along, keepdim, kind)


@derived(on="torch Tensor", grad_name=by_option("Median", 1))
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median: of two in the middle the lower one; nan if there is one.

    Of all elements, or along `dim` as `(values, indices)`.

    >>> torch.median(torch.tensor([1.0, 4.0, 2.0, 3.0]))
    tensor(2.)
    """
    return medians(input, dim, keepdim, False, "median")


@derived(on="torch Tensor", grad_name="NanmedianBackward0")
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of what is not nan: of two in the middle the lower one.

    Of all elements, or along `dim` as `(values, indices)`.

    >>> torch.nanmedian(torch.tensor([1.0, float("nan"), 3.0]))
    tensor(1.)
    """
    return medians(input, dim, keepdim, True, "nanmedian")


@median.samples
@nanmedian.samples
def _() -> Iterator[Any]:
    yield (floats(3, 3),)
    yield (floats(3, 4).T,)
    yield floats(2, 3, 4).transpose(2, 0, 1), 1
    yield floats(2, 3, 5), -1, True
    yield (ints(3, 3),)
    yield (floats(),)
    yield floats(), 0
    yield at_kink(floats(0))
    yield at_kink(np.array([1.0, 2.0, 2.0, 5.0]))
    yield at_kink(np.array([1.0, np.nan, 0.5, 3.0, np.nan]))
    yield at_kink(np.array([[1.0, np.nan, 0.5, 3.0], [4.0, 3.0, 2.0, 1.0]]), 1)


def commonest(x: Any, *, axis: int) -> Any:
    """NumPy: where the last of the commonest elements is; of equally common ones, the smallest."""
    places = np.moveaxis(stable_order(x, axis=axis, descending=False), axis, -1)
    values = np.take_along_axis(np.moveaxis(x, axis, -1), places, -1)
    count = np.arange(values.shape[-1])
    fresh = np.concatenate(
        [np.ones((*values.shape[:-1], 1), bool), values[..., 1:] != values[..., :-1]], -1
    )
    run = count - np.maximum.accumulate(np.where(fresh, count, 0), -1)
    best = run.argmax(-1, keepdims=True)
    return np.moveaxis(np.take_along_axis(places, best, -1), -1, axis)


@primitive(Kind.SORT, numpy=commonest)
def mode_index(input: Tensor, *, axis: int) -> Spec:
    """The index along `axis`, which is kept at size 1, of the commonest element."""
    real_only("mode", input)
    return Spec((*input.shape[:axis], 1, *input.shape[axis + 1 :]), dtypes.int64)


@mode_index.samples
def _() -> Iterator[Any]:
    yield (ints(3, 8, high=0),), {"axis": 1}


@derived(on="torch Tensor")
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """The commonest element along `dim`, the smallest of equally common ones, and its index.

    >>> torch.mode(torch.tensor([2, 1, 2, 1, 3])).values
    tensor(1)
    """
    along = axis(dim, input.ndim, "mode")
    return single(input, mode_index(at_least_1d(input), axis=along), along, keepdim, "mode")


@mode.samples
def _() -> Iterator[Any]:
    yield (ints(3, 8, high=0),)
    yield ints(8, 3, high=0), 0, True
    yield floats(3, 4), 1
    yield (floats(),)


# -- quantiles ---------------------------------------------------------------------------------


METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantiles(
    op: str, input: Node, q: Any, dim: int | None, keepdim: bool, method: str, skip_nan: bool
) -> Node:
    """The elements at the fractions `q` of the way through the order."""
    if not isinstance(q, Node):
        if not 0 <= q <= 1:
            raise ValueRefused(explain(op, f"q must be in the range [0, 1] but got {q}"))
        q = ops.constant(q, input.dtype)
    check_quantile(op, input, q, method)
    vector = at_least_1d(input) if dim is not None else ops.reshape(input, -1)
    along = axis(dim, vector.ndim, op) if dim is not None else 0
    index = ops.sort_index(vector, axis=along, descending=False)
    inorder = ops.movedim(ops.select_along(vector, index, axis=along), along, -1)
    rank = ranks(inorder, ops.reshape_view(q, shape=(q.size,)), skip_nan)
    found = at_rank(inorder, rank, method)
    if q.ndim:
        found = ops.movedim(found, -1, 0)
    else:
        found = ops.reshape_view(found, shape=found.shape[:-1])
    if not keepdim or not input.ndim:
        return found
    kept = reduced(input, tuple(range(input.ndim)) if dim is None else (along,), True)
    return ops.reshape(found, *q.shape, *kept)


def check_quantile(op: str, input: Node, q: Node, method: str) -> None:
    """Raise if a quantile cannot be taken like that."""
    if input.dtype not in (dtypes.float32, dtypes.float64) or not input.size:
        problem = "takes float32 or float64 tensors that are not empty"
        raise DtypeError(explain(op, problem, {"input": input.spec}))
    if q.dtype is not input.dtype or q.ndim > 1:
        problem = "q must be a number, or a scalar or 1D tensor of the same dtype as the input"
        raise DtypeError(explain(op, problem, {"input": input.spec, "q": q.spec}))
    if method not in METHODS:
        problem = f"interpolation must be one of {', '.join(METHODS)}"
        raise ChoiceError(explain(op, problem, {"interpolation": repr(method)}))


def ranks(inorder: Node, q: Node, skip_nan: bool) -> Node:
    """The places, fractions included, in the last axis of `inorder` that `q` stands for."""
    last = inorder.ndim - 1
    missing = ops.isnan(inorder)
    if skip_nan:
        known = ops.reduce_sum(ops.logical_not(missing), axes=(last,), keepdim=True)
        return ops.maximum(q * ops.cast(known - 1, dtype=inorder.dtype), 0)
    end = inorder.shape[-1] - 1
    spoilt = ops.reduce_any(missing, axes=(last,), keepdim=True)
    return ops.where(spoilt, end, q * end)  # nan is at the end of the order


def at_rank(inorder: Node, rank: Node, method: str) -> Node:
    """The elements of the last axis of `inorder` at the places `rank`, or between two of them."""
    last = inorder.ndim - 1
    if method == "higher":
        rank = ops.ceil(rank)
    elif method == "lower":
        rank = ops.floor(rank)
    elif method == "nearest":
        rank = ops.round(rank)
    below = ops.select_along(inorder, ops.cast(rank, dtype=dtypes.int64), axis=last)
    if method not in ("linear", "midpoint"):
        return below
    above = ops.select_along(inorder, ops.cast(ops.ceil(rank), dtype=dtypes.int64), axis=last)
    weight = 0.5 if method == "midpoint" else rank - ops.floor(rank)
    return ops.lerp(below, above, weight)


@derived(on="torch Tensor", grad_name="SqueezeBackward4")
def quantile(
    input: Tensor,
    q: Tensor | float,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Node:
    """The value below which a fraction `q` of the elements lies, of all or along `dim`.

    >>> torch.quantile(torch.tensor([1.0, 2.0, 3.0, 4.0]), 0.5)
    tensor(2.5000)
    """
    return quantiles("quantile", input, q, dim, keepdim, interpolation, False)


@derived(on="torch Tensor", grad_name="SqueezeBackward4")
def nanquantile(
    input: Tensor,
    q: Tensor | float,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Node:
    """The value below which a fraction `q` of the elements lies; nan does not count.

    >>> torch.nanquantile(torch.tensor([1.0, 2.0, float("nan"), 3.0]), 0.5)
    tensor(2.)
    """
    return quantiles("nanquantile", input, q, dim, keepdim, interpolation, True)


@quantile.samples
@nanquantile.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0.3
    yield floats(2, 3, 4).transpose(2, 0, 1), 0.3, 1
    yield floats(2, 3, 4), np.array([0.1, 0.4, 0.9], np.float32), 1, True
    yield doubles(3, 4), np.array([0.1, 0.51])
    for method in METHODS:
        yield (floats(3, 4), 0.4, 1), {"interpolation": method}
    yield floats(3, 4), 0.0, 0
    yield (floats(3, 4), 0.5), {"keepdim": True}
    yield at_kink(np.array([[1.0, np.nan, 2.0], [3.0, 1.0, 2.0]]), 0.5, 1)
    yield at_kink(np.array([[np.nan, np.nan], [3.0, np.nan]]), 0.9, 1)
