"""Sums, products and the like: ops that fold axes away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..dtypes import DType
from ..errors import ArgumentError, DtypeError, explain
from ..graph import Node, Shape, Spec
from .arithmetic import conjugate
from .dims import Dim, axes
from .samples import at_kink, bools, complexes, floats, ints
from .table import Kind, Tensor, by_option, derived, floating, primitive
from .totals import total

# NumPy's folds, called by position: keywords cost a tenth of a microsecond each.
PRODUCT: Any = np.multiply.reduce
MAX: Any = np.maximum.reduce
MIN: Any = np.minimum.reduce


def reduced(input: Node, axes: Shape, keepdim: bool) -> Shape:
    """The shape of `input` with `axes` folded away."""
    if keepdim:
        return tuple([1 if k in axes else n for k, n in enumerate(input.shape)])
    return tuple([n for k, n in enumerate(input.shape) if k not in axes])


def restored(x: Node, input: Node, axes: Shape, keepdim: bool) -> Node:
    """`x`, of a reduced shape, with the folded axes of `input` put back at size 1."""
    if keepdim or not axes:
        return x
    return ops.reshape_view(x, shape=reduced(input, axes, True))


def spread(g: Node, input: Node, axes: Shape, keepdim: bool) -> Node:
    """`g`, of a reduced shape, over the shape of `input` again."""
    return ops.expand_view(restored(g, input, axes, keepdim), shape=input.shape)


def counting(inputs: Sequence[Node]) -> DType:
    """The dtype of a sum: whole numbers and truth values add up in int64."""
    dtype = inputs[0].dtype
    return dtype if dtype.differentiable else dtypes.int64


def converted(input: Node, dtype: DType | None) -> Node:
    """`input` in `dtype`, if one was asked for."""
    return input if dtype is None or input.dtype is dtype else ops.cast(input, dtype=dtype)


def folds() -> Iterator[Any]:
    """Samples for reductions over any number of dimensions."""
    yield (floats(3, 4),)
    yield floats(2, 3, 4), 1
    yield (floats(2, 3, 4), (0, -1)), {"keepdim": True}
    yield (floats(2, 3, 4).transpose(2, 0, 1), [0]), {"keepdim": True}
    yield (floats(),)
    yield floats(), 0
    yield at_kink(floats(3, 0), 1)
    yield at_kink(floats(3, 0))


# -- sums --------------------------------------------------------------------------------------


@primitive(
    Kind.REDUCE,
    numpy=lambda x, *, axes, keepdim: total(x, axes, keepdim),
    promote=counting,
)
def reduce_sum(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """Sum over `axes`."""
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_sum.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape, keepdim: bool) -> tuple[Node]:
    return (spread(g, input, axes, keepdim),)


@reduce_sum.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axes": (0,), "keepdim": False}


@derived(on="torch Tensor", grad_name=by_option("Sum", 1))
def sum(
    input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Node:
    """Sum of all elements, or over the dimensions `dim`.

    >>> torch.sum(torch.tensor([[1, 2], [3, 4]]))
    tensor(10)
    >>> torch.sum(torch.tensor([[1, 2], [3, 4]]), dim=0)
    tensor([4, 6])
    """
    return reduce_sum(converted(input, dtype), axes=axes(dim, input, "sum"), keepdim=keepdim)


@sum.samples
def _() -> Iterator[Any]:
    yield from folds()
    yield (ints(3, 4).astype(np.int32), 0)
    yield (bools(3, 4),)
    yield (ints(3, 4),), {"dtype": dtypes.float32}
    yield (floats(3, 4), 1), {"dtype": dtypes.float64}
    yield complexes(3, 4), 1
    yield floats(3, 4), ()


@derived(on="torch Tensor")
def nansum(
    input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Node:
    """Sum of all elements, or over `dim`, in which nan counts as zero.

    >>> torch.nansum(torch.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    return sum(without_nan(input), dim, keepdim, dtype=dtype)


def without_nan(input: Node) -> Node:
    """`input` with zeros for nan."""
    if not input.dtype.differentiable:
        return input
    return ops.where(ops.isnan(input), 0, input)


@nansum.samples
def _() -> Iterator[Any]:
    yield from folds()
    yield at_kink(np.array([[1.0, np.nan], [np.nan, np.nan]]), 1)
    yield ints(3, 4), 0


@derived(on="torch Tensor", grad_name=by_option("Mean", 1))
def mean(
    input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Node:
    """Mean of all elements, or over the dimensions `dim`.

    >>> torch.mean(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    input = converted(input, dtype)
    if not input.dtype.differentiable:
        problem = "takes floating-point or complex tensors"
        hint = "convert it with .float(), or give dtype=torch.float32"
        raise DtypeError(explain("mean", problem, {"input": input.spec}, hint))
    return average(input, axes(dim, input, "mean"), keepdim)


def average(input: Node, axes: Shape, keepdim: bool) -> Node:
    """Mean over `axes`; nan where there is nothing to average."""
    count = 1
    for k in axes:
        count *= input.shape[k]
    mean = reduce_sum(input, axes=axes, keepdim=keepdim) / count
    return converted(mean, input.dtype)


@mean.samples
def _() -> Iterator[Any]:
    yield from folds()
    yield (ints(3, 4),), {"dtype": dtypes.float32}
    yield (floats(3, 4).T, 0)


@derived(on="torch Tensor", grad_name="DivBackward0")
def nanmean(
    input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Node:
    """Mean of all elements, or over `dim`, in which nan does not count.

    >>> torch.nanmean(torch.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    present = ops.logical_not(ops.isnan(input))
    return nansum(input, dim, keepdim, dtype=dtype) / sum(present, dim, keepdim)


@nanmean.samples
def _() -> Iterator[Any]:
    yield from folds()
    yield at_kink(np.array([[1.0, np.nan], [np.nan, 2.0]]), 1)


# -- products ----------------------------------------------------------------------------------


@primitive(
    Kind.REDUCE,
    numpy=lambda x, *, axes, keepdim: PRODUCT(x, axes, None, None, keepdim),
    promote=counting,
    grad_name="ProdBackward0",
)
def reduce_prod(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """Product over `axes`: one, or all."""
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_prod.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape, keepdim: bool) -> tuple[Node]:
    if not axes:
        return (g,)
    if len(axes) == 1:
        others = product_of_others(input, axes[0])
    else:
        flat = product_of_others(ops.reshape(input, -1), 0)
        others = ops.reshape_view(flat, shape=input.shape)
    return (spread(g, input, axes, keepdim) * conjugate(others),)


def product_of_others(input: Node, axis: int) -> Node:
    """For each element, the product of all others along `axis`, without dividing by anything."""
    before = ops.shift(input, axis=axis, by=1, fill=1)
    after = ops.shift(input, axis=axis, by=-1, fill=1)
    first = ops.running_product(before, axis=axis, reverse=False)
    return first * ops.running_product(after, axis=axis, reverse=True)


@reduce_prod.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axes": (0,), "keepdim": False}


@derived(on="torch Tensor", grad_name=by_option("Prod", 1))
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Node:
    """Product of all elements, or along `dim`.

    >>> torch.prod(torch.tensor([[1, 2], [3, 4]]), 1)
    tensor([ 2, 12])
    """
    if dim is not None and not isinstance(dim, int):
        problem = f"takes one dimension at a time, not {dim!r}"
        raise ArgumentError(explain("prod", problem, hint="call it once for each dimension"))
    return reduce_prod(converted(input, dtype), axes=axes(dim, input, "prod"), keepdim=keepdim)


@prod.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(2, 3, 4), 1
    yield (floats(2, 3, 4), -1, True)
    yield (np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0]]), 1)
    yield (np.array([[2.0, 0.0], [3.0, 1.0]]),)
    yield (floats(),)
    yield floats(), 0
    yield (floats(0),)
    yield (bools(3),)
    yield complexes(2, 3), 1
    yield (ints(3).astype(np.int32),), {"dtype": dtypes.float64}


# -- exponentials ------------------------------------------------------------------------------


def log_sum(x: Any, *, axes: Shape, keepdim: bool) -> Any:
    """NumPy: log(sum(exp(x))), from which the largest element is taken out first."""
    top = MAX(x, axes, None, None, True, -np.inf)
    top = np.where(np.isfinite(top), top, 0)
    powers = np.log(total(np.exp(x - top), axes, keepdim))
    return powers + (top if keepdim else top.reshape(powers.shape))


@primitive(Kind.REDUCE, numpy=log_sum, promote=floating, grad_name="LogsumexpBackward0")
def reduce_logsumexp(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """Logarithm of the sum of exponentials over `axes`.

    A derivation would send the gradient through the largest element as well, and back.
    """
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_logsumexp.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape, keepdim: bool) -> tuple[Node]:
    share = ops.exp(input - restored(out, input, axes, keepdim))
    return (restored(g, input, axes, keepdim) * share,)


@reduce_logsumexp.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axes": (0,), "keepdim": False}


@derived(on="torch Tensor special")
def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Node:
    """log(sum(exp(x))) over the dimensions `dim`, without overflow on the way.

    >>> torch.logsumexp(torch.tensor([[1000.0, 1000.0]]), dim=1)
    tensor([1000.6932])
    """
    return reduce_logsumexp(input, axes=axes(dim, input, "logsumexp"), keepdim=keepdim)


@logsumexp.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 1
    yield floats(2, 3, 4).transpose(2, 1, 0), (0, -1), True
    yield ints(3, 4), 0
    yield floats(), 0
    yield at_kink(floats(3, 0), 1)
    yield at_kink(np.array([[1000.0, 999.0], [np.inf, 1.0], [-np.inf, 2.0]]), 1)
