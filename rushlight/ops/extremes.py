"""The largest and the smallest: values, places, and both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DimError, explain
from ..graph import Node, Shape, Spec
from .arithmetic import real_only
from .dims import Dim, axes, axis
from .reduce import MAX, MIN, reduced, restored
from .returns import AMinMax
from .samples import at_kink, bools, floats, ints
from .sort import at_least_1d, single
from .table import TENSOR, GradName, Kind, Tensor, derived, primitive


def check_not_empty(op: str, input: Node, axes: Shape) -> None:
    """Raise DimError if there is nothing over `axes` to choose from."""
    for k in axes:
        if input.shape[k] == 0:
            problem = f"expected reduction dim {k} to have non-zero size"
            raise NothingToReduce(
                explain(op, problem, {"input": input.spec}, "there is no element")
            )


class NothingToReduce(DimError, RuntimeError):
    """An extreme of no elements at all, which PyTorch calls a RuntimeError."""


def shared_out(g: Node, out: Node, input: Node, axes: Shape, keepdim: bool) -> tuple[Node]:
    """The gradient of an extreme, shared out evenly among the elements that reach it."""
    reached = ops.eq(input, restored(out, input, axes, keepdim))
    reached = ops.cast(reached, dtype=g.dtype)
    count = ops.reduce_sum(reached, axes=axes, keepdim=True)
    return (reached * (restored(g, input, axes, keepdim) / count),)


@primitive(
    Kind.REDUCE,
    numpy=lambda x, *, axes, keepdim: MAX(x, axes, None, None, keepdim),
    grad_name="AmaxBackward0",
)
def reduce_max(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """The largest element over `axes`; nan if there is one."""
    real_only("amax", input)
    check_not_empty("amax", input, axes)
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_max.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape, keepdim: bool) -> tuple[Node]:
    return shared_out(g, out, input, axes, keepdim)


@primitive(
    Kind.REDUCE,
    numpy=lambda x, *, axes, keepdim: MIN(x, axes, None, None, keepdim),
    grad_name="AminBackward0",
)
def reduce_min(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """The smallest element over `axes`; nan if there is one."""
    real_only("amin", input)
    check_not_empty("amin", input, axes)
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_min.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape, keepdim: bool) -> tuple[Node]:
    return shared_out(g, out, input, axes, keepdim)


@reduce_max.samples
@reduce_min.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axes": (0,), "keepdim": False}


@derived(on="torch Tensor")
def amax(input: Tensor, dim: Dim = (), keepdim: bool = False) -> Node:
    """The largest element of all, or over the dimensions `dim`.

    Where several are largest they share the gradient.

    >>> torch.amax(torch.tensor([[1, 5], [7, 2]]), dim=1)
    tensor([5, 7])
    """
    return reduce_max(input, axes=axes(dim, input, "amax"), keepdim=keepdim)


@derived(on="torch Tensor")
def amin(input: Tensor, dim: Dim = (), keepdim: bool = False) -> Node:
    """The smallest element of all, or over the dimensions `dim`.

    Where several are smallest they share the gradient.

    >>> torch.amin(torch.tensor([[1, 5], [7, 2]]), dim=1)
    tensor([1, 2])
    """
    return reduce_min(input, axes=axes(dim, input, "amin"), keepdim=keepdim)


@amax.samples
@amin.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(2, 3, 4).transpose(2, 0, 1), (0, -1), True
    yield ints(3, 4), 1
    yield bools(3, 4), 0
    yield (floats(),)
    yield floats(), 0
    yield at_kink(np.array([[1.0, 1.0, 0.0], [2.0, 3.0, np.inf]]), 1)
    yield at_kink(np.array([[1.0, np.nan, 0.0]]))


# -- places ------------------------------------------------------------------------------------


@primitive(Kind.REDUCE, numpy=lambda x, *, axis: x.argmax(axis, keepdims=True))
def index_of_max(input: Tensor, *, axis: int) -> Spec:
    """The index of the first largest element along `axis`, which is kept at size 1."""
    real_only("argmax", input)
    return Spec(reduced(input, (axis,), True), dtypes.int64)


@primitive(Kind.REDUCE, numpy=lambda x, *, axis: x.argmin(axis, keepdims=True))
def index_of_min(input: Tensor, *, axis: int) -> Spec:
    """The index of the first smallest element along `axis`, which is kept at size 1."""
    real_only("argmin", input)
    return Spec(reduced(input, (axis,), True), dtypes.int64)


@index_of_max.samples
@index_of_min.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axis": 1}


def extreme_place(find: Any, input: Node, dim: int | None, keepdim: bool, op: str) -> Node:
    """The index that `find` finds, along `dim` or in all of `input`."""
    if dim is None:
        if not input.size:
            problem = "expected reduction dim to be specified for an empty tensor"
            raise DimError(explain(op, problem, {"input": input.spec}))
        found: Node = find(ops.reshape(input, -1), axis=0)
        return ops.reshape_view(found, shape=(1,) * input.ndim if keepdim else ())
    along = axis(dim, input.ndim, op)
    vector = at_least_1d(input)
    check_not_empty(op, vector, (along,))
    found = find(vector, axis=along)
    shape = reduced(vector, (along,), keepdim and bool(input.ndim))
    return found if found.shape == shape else ops.reshape_view(found, shape=shape)


@derived(on="torch Tensor")
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Node:
    """The index of the largest element: along `dim`, or in the flattened tensor.

    >>> torch.argmax(torch.tensor([[1, 5], [7, 2]]), dim=1)
    tensor([1, 0])
    """
    return extreme_place(index_of_max, input, dim, keepdim, "argmax")


@derived(on="torch Tensor")
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Node:
    """The index of the smallest element: along `dim`, or in the flattened tensor.

    >>> torch.argmin(torch.tensor([[1, 5], [7, 2]]), dim=1)
    tensor([0, 1])
    """
    return extreme_place(index_of_min, input, dim, keepdim, "argmin")


@argmax.samples
@argmin.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4).T,), {"keepdim": True}
    yield floats(2, 3, 4).transpose(2, 0, 1), 1
    yield floats(2, 3, 4), -1, True
    yield ints(3, 8), 1
    yield (floats(),)
    yield floats(), 0, True
    yield np.array([[1.0, np.nan, 2.0, np.nan], [0.0, -np.inf, 4.0, 4.0]]), 1


# -- all three forms of max and min ------------------------------------------------------------


def extreme_name(name: str) -> GradName:
    """The name for all elements, along a dimension, or for a pair of tensors."""

    def of_call(out: Node, form: Any) -> str:
        if form[1] is TENSOR:
            return f"{name}imumBackward0"
        return f"{name}Backward{int(form[1] is None)}"

    return of_call


@derived(on="torch Tensor", grad_name=extreme_name("Max"))
def max(
    input: Tensor,
    dim: Tensor | int | None = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
) -> Any:
    """The largest element; `(values, indices)` along `dim`; or the larger of two tensors.

    >>> torch.max(torch.tensor([1.0, 5.0]))
    tensor(5.)
    >>> torch.max(torch.tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.max(
    values=tensor([5, 7]),
    indices=tensor([1, 0]))
    >>> torch.max(torch.tensor([1, 5]), torch.tensor([3, 3]))
    tensor([3, 5])
    """
    second = dim if isinstance(dim, Node) else other
    if second is not None:
        return ops.maximum(input, second)
    if dim is None:
        return reduce_max(input, axes=tuple(range(input.ndim)), keepdim=False)
    return extreme(index_of_max, input, dim, keepdim, "max")


@derived(on="torch Tensor", grad_name=extreme_name("Min"))
def min(
    input: Tensor,
    dim: Tensor | int | None = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
) -> Any:
    """The smallest element; `(values, indices)` along `dim`; or the smaller of two tensors.

    >>> torch.min(torch.tensor([1.0, 5.0]))
    tensor(1.)
    >>> torch.min(torch.tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.min(
    values=tensor([1, 2]),
    indices=tensor([0, 1]))
    >>> torch.min(torch.tensor([1, 5]), torch.tensor([3, 3]))
    tensor([1, 3])
    """
    second = dim if isinstance(dim, Node) else other
    if second is not None:
        return ops.minimum(input, second)
    if dim is None:
        return reduce_min(input, axes=tuple(range(input.ndim)), keepdim=False)
    return extreme(index_of_min, input, dim, keepdim, "min")


def extreme(find: Any, input: Node, dim: Any, keepdim: bool, kind: str) -> Any:
    """Values and indices of the extremes along `dim`; the gradient goes to those elements only."""
    along = axis(dim, input.ndim, kind)
    vector = at_least_1d(input)
    check_not_empty(kind, vector, (along,))
    return single(input, find(vector, axis=along), along, keepdim, kind)


@max.samples
@min.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (ints(3, 4).T,)
    yield floats(2, 3, 4).transpose(2, 0, 1), 1
    yield floats(2, 3, 4), -1, True
    yield floats(3, 4), floats(4, seed=1)
    yield (floats(),)
    yield floats(), 0
    yield at_kink(np.array([1.0, 3.0, 3.0, 1.0]))
    yield at_kink(np.array([[1.0, 3.0, 3.0, 1.0], [0.0, np.nan, 1.0, np.nan]]), 1)


@derived(on="torch Tensor")
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest element of all, or along `dim`: `(min, max)`.

    >>> torch.aminmax(torch.tensor([3, 1, 2]))
    torch.return_types.aminmax(
    min=tensor(1),
    max=tensor(3))
    """
    over = axes(dim, input, "aminmax")
    low = reduce_min(input, axes=over, keepdim=keepdim)
    return AMinMax(low, reduce_max(input, axes=over, keepdim=keepdim))


@aminmax.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4).T,), {"dim": 1, "keepdim": True}
    yield at_kink(np.array([1.0, 3.0, 3.0, 1.0]))
