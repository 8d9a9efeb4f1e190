"""Running sums, products and the like along one axis, and differences, which undo them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..dtypes import DType
from ..errors import DimError, DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .arithmetic import conjugate, real_only
from .dims import axis
from .returns import ValuesIndices
from .samples import at_kink, bools, complexes, floats, ints
from .table import Kind, Tensor, derived, primitive

WIDER = {"f": np.float64, "c": np.complex128}
"""Running sums and products are kept in double precision, as PyTorch keeps them."""


def scanner(ufunc: Any) -> Any:
    """NumPy: `ufunc` accumulated along an axis, from its end if `reverse`."""

    def rule(x: Any, *, axis: int, reverse: bool) -> Any:
        if reverse:
            x = np.flip(x, axis)
        out = ufunc.accumulate(x, axis, WIDER.get(x.dtype.kind)).astype(x.dtype, copy=False)
        return np.flip(out, axis) if reverse else out

    return rule


@primitive(Kind.SCAN, numpy=scanner(np.add), grad_name="CumsumBackward0")
def running_sum(input: Tensor, *, axis: int, reverse: bool) -> Spec:
    """The sum of each element and those before it (after it, if `reverse`) along `axis`."""
    return input.spec


@running_sum.vjp
def _(g: Node, out: Node, input: Node, *, axis: int, reverse: bool) -> tuple[Node]:
    return (running_sum(g, axis=axis, reverse=not reverse),)


@primitive(Kind.SCAN, numpy=scanner(np.multiply), grad_name="CumprodBackward0")
def running_product(input: Tensor, *, axis: int, reverse: bool) -> Spec:
    """The product of each element and those before it (after it, if `reverse`) along `axis`."""
    return input.spec


@running_product.vjp
def _(g: Node, out: Node, input: Node, *, axis: int, reverse: bool) -> tuple[Node]:
    # Every later product contains x[k] once: the slope is the product before it times
    #     t[k] = g[k] + x[k+1] * t[k+1]
    # which divides by nothing, so that zeros need no special care.
    step = -1 if reverse else 1
    before = ops.shift(input, axis=axis, by=step, fill=1)
    first = running_product(before, axis=axis, reverse=reverse)
    later = ops.shift(input, axis=axis, by=-step, fill=0)
    rest = recurrence(conjugate(later), g, axis=axis, reverse=not reverse)
    return (conjugate(first) * rest,)


@running_sum.samples
@running_product.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axis": 0, "reverse": False}
    yield (floats(3, 4),), {"axis": 1, "reverse": True}


def shifted(x: Any, *, axis: int, by: int, fill: float) -> Any:
    """NumPy: `x` moved along an axis."""
    out = np.full_like(x, fill, order="C", subok=False)
    n = x.shape[axis]
    if by >= 0:
        source, target = slice(0, max(n - by, 0)), slice(by, None)
    else:
        source, target = slice(-by, None), slice(0, max(n + by, 0))
    lead = (slice(None),) * axis
    out[(*lead, target)] = x[(*lead, source)]
    return out


@primitive(Kind.INDEX, numpy=shifted)
def shift(input: Tensor, *, axis: int, by: int, fill: float) -> Spec:
    """`input` moved `by` places along `axis`, and `fill` where nothing moved to."""
    return input.spec


@shift.vjp
def _(g: Node, out: Node, input: Node, *, axis: int, by: int, fill: float) -> tuple[Node]:
    return (shift(g, axis=axis, by=-by, fill=0),)


@shift.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axis": 0, "by": 1, "fill": 1}
    yield (floats(3, 4),), {"axis": 1, "by": -2, "fill": 0}
    yield (floats(3, 4),), {"axis": 1, "by": 5, "fill": 0}


def recur(a: Any, b: Any, *, axis: int, reverse: bool) -> Any:
    """NumPy: y[k] = a[k] * y[k-1] + b[k] along an axis.

    Steps are composed in pairs, pairs in fours and so on, log2(n) times (Hillis and Steele, "Data
    parallel algorithms", 1986): two steps (a, b), then (a', b') are the one (a a', a' b + b').
    """
    a = np.array(np.moveaxis(a, axis, 0))
    b = np.array(np.moveaxis(b, axis, 0))
    if reverse:
        a, b = a[::-1], b[::-1]
    reach = 1
    while reach < len(a):
        b[reach:] = a[reach:] * b[:-reach] + b[reach:]
        a[reach:] = a[reach:] * a[:-reach]
        reach *= 2
    return np.moveaxis(b[::-1] if reverse else b, 0, axis)


@primitive(Kind.SCAN, numpy=recur)
def recurrence(input: Tensor, other: Tensor, *, axis: int, reverse: bool) -> Spec:
    """The y with y[k] = input[k] * y[k-1] + other[k] along `axis` (y[k+1], if `reverse`)."""
    return other.spec


@recurrence.vjp
def _(
    g: Node, out: Node, input: Node, other: Node, *, axis: int, reverse: bool
) -> tuple[Node, Node]:
    step = -1 if reverse else 1
    following = ops.shift(input, axis=axis, by=-step, fill=0)
    to_other = recurrence(conjugate(following), g, axis=axis, reverse=not reverse)
    return to_other * conjugate(ops.shift(out, axis=axis, by=step, fill=0)), to_other


@recurrence.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4), floats(3, 4, seed=1)), {"axis": 0, "reverse": False}
    yield (floats(3, 4), floats(3, 4, seed=1)), {"axis": 1, "reverse": True}


# -- what users see ----------------------------------------------------------------------------


def summable(input: Node, dtype: DType | None) -> Node:
    """`input` in the dtype in which it is added up."""
    if dtype is None and not input.dtype.differentiable:
        dtype = dtypes.int64
    return input if dtype is None or dtype is input.dtype else ops.cast(input, dtype=dtype)


def lines() -> Iterator[Any]:
    """Samples for running functions."""
    yield floats(3, 4), 0
    yield floats(2, 3, 4).transpose(2, 0, 1), -1
    yield floats(), 0
    yield floats(3, 0), 1


@derived(on="torch Tensor Tensor_")
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Node:
    """The sum of each element and those before it along `dim`.

    >>> torch.cumsum(torch.tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    along = axis(dim, input.ndim, "cumsum")
    input = summable(input, dtype)
    return running_sum(input, axis=along, reverse=False) if input.ndim else ops.clone(input)


@derived(on="torch Tensor Tensor_")
def cumprod(input: Tensor, dim: int, *, dtype: DType | None = None) -> Node:
    """The product of each element and those before it along `dim`.

    >>> torch.cumprod(torch.tensor([1, 2, 3]), 0)
    tensor([1, 2, 6])
    """
    along = axis(dim, input.ndim, "cumprod")
    input = summable(input, dtype)
    return running_product(input, axis=along, reverse=False) if input.ndim else ops.clone(input)


@cumsum.samples
@cumprod.samples
def _() -> Iterator[Any]:
    yield from lines()
    yield ints(3, 4).astype(np.int32), 1
    yield bools(4), 0
    yield (ints(3, 4), 1), {"dtype": dtypes.float32}
    yield np.array([[2.0, 0.0, 3.0, 0.0, 1.0]]), 1
    yield complexes(2, 3), 1
    yield floats(1000), 0


def best_so_far(x: Any, *, axis: int, largest: bool) -> Any:
    """NumPy: where the largest (or smallest) element so far is; the last of equal ones."""
    best = (np.maximum if largest else np.minimum).accumulate(x, axis)
    here = np.arange(x.shape[axis]).reshape([-1] + [1] * (x.ndim - 1 - axis))
    reached = np.logical_or(np.equal(x, best), np.not_equal(x, x))
    return np.maximum.accumulate(np.where(reached, here, 0), axis)


@primitive(Kind.SCAN, numpy=best_so_far)
def running_best(input: Tensor, *, axis: int, largest: bool) -> Spec:
    """The index along `axis` of the largest (or smallest) element up to each place."""
    return Spec(real_only("cummax", input).shape, dtypes.int64)


@running_best.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axis": 1, "largest": True}


def records(input: Node, dim: int, largest: bool, op: str) -> Any:
    """Values and indices of the running extremes."""
    along = axis(dim, input.ndim, op)
    if not input.ndim:
        return ValuesIndices[op](ops.clone(input), ops.constant(0, dtypes.int64))
    index = running_best(input, axis=along, largest=largest)
    return ValuesIndices[op](ops.select_along(input, index, axis=along), index)


@derived(on="torch Tensor")
def cummax(input: Tensor, dim: int) -> Any:
    """The largest element so far along `dim`, and its index: `(values, indices)`.

    >>> torch.cummax(torch.tensor([1, 3, 2]), 0).values
    tensor([1, 3, 3])
    """
    return records(input, dim, True, "cummax")


@derived(on="torch Tensor")
def cummin(input: Tensor, dim: int) -> Any:
    """The smallest element so far along `dim`, and its index: `(values, indices)`.

    >>> torch.cummin(torch.tensor([2, 3, 1]), 0).values
    tensor([2, 2, 1])
    """
    return records(input, dim, False, "cummin")


@cummax.samples
@cummin.samples
def _() -> Iterator[Any]:
    yield from lines()
    yield ints(3, 8), 1
    yield bools(8), 0
    yield at_kink(np.array([1.0, 2.0, 2.0, np.nan, 3.0, np.nan]), 0)


@primitive(
    Kind.SCAN,
    numpy=lambda x, *, axis: np.logaddexp.accumulate(x, axis, np.float64).astype(x.dtype),
    grad_name="LogcumsumexpBackward0",
)
def running_logsumexp(input: Tensor, *, axis: int) -> Spec:
    """Logarithm of the running sum of exponentials along `axis`."""
    return input.spec


@running_logsumexp.vjp
def _(g: Node, out: Node, input: Node, *, axis: int) -> tuple[Node]:
    # The slope of out[j] at x[k] is exp(x[k] - out[j]) = exp(x[k] - out[k]) * exp(out[k] - out[j]),
    # and out only grows: no factor is larger than 1.
    # After the last place comes infinity, so that nothing comes back from there.
    shrink = ops.exp(out - ops.shift(out, axis=axis, by=-1, fill=np.inf))
    shrink = ops.where(ops.isnan(shrink), 1, shrink)  # both are infinite
    return (ops.exp(input - out) * recurrence(shrink, g, axis=axis, reverse=True),)


@running_logsumexp.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axis": 1}


@derived(on="torch Tensor")
def logcumsumexp(input: Tensor, dim: int) -> Node:
    """log(cumsum(exp(x))) along `dim`, without overflow on the way.

    >>> torch.logcumsumexp(torch.tensor([1000.0, 1000.0]), 0)
    tensor([1000.0000, 1000.6932])
    """
    along = axis(dim, input.ndim, "logcumsumexp")
    if not input.dtype.is_floating_point:
        problem = "takes floating-point tensors"
        raise DtypeError(explain("logcumsumexp", problem, {"input": input.spec}))
    return running_logsumexp(input, axis=along) if input.ndim else ops.clone(input)


@logcumsumexp.samples
def _() -> Iterator[Any]:
    yield from lines()
    yield at_kink(np.array([1.0, 1000.0, 3.0, np.inf, 2.0]), 0)


# -- differences -------------------------------------------------------------------------------


@derived(on="torch Tensor", grad_name="SubBackward0")
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Node:
    """The differences of neighbours along `dim`, taken `n` times; what undoes a running sum.

    >>> torch.diff(torch.tensor([1, 3, 6]))
    tensor([2, 3])
    """
    if not input.ndim:
        problem = "expects input to be at least one-dimensional"
        raise DimError(explain("diff", problem, {"input": input.spec}))
    along = axis(dim, input.ndim, "diff")
    if n < 0:
        raise ShapeError(explain("diff", f"order must be non-negative but got {n}"))
    if n == 0:  # then nothing is joined to it either
        return ops.clone(input)
    parts = [x for x in (prepend, input, append) if x is not None]
    whole = input if len(parts) == 1 else ops.cat(parts, along)
    subtract = ops.logical_xor if whole.dtype is dtypes.bool_ else ops.sub
    for _ in range(min(n, whole.shape[along])):
        count = whole.shape[along] - 1
        later = ops.narrow(whole, along, 1, count)
        whole = subtract(later, ops.narrow(whole, along, 0, count))
    return whole


@diff.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 4).T, 2, 0
    yield (floats(3, 4),), {"dim": 0, "prepend": floats(1, 4), "append": floats(2, 4, seed=1)}
    yield floats(3), 5
    yield floats(3), 0
    yield (bools(5),)
    yield (ints(5),)
