"""Slices and elements of a tensor picked out, put in, or added to, by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import (
    DimError,
    DtypeError,
    ShapeError,
    explain,
)
from ..graph import Node
from .dims import axis
from .index import expect_index, pick, place
from .layers import is_one
from .samples import floats
from .table import Number, Tensor, derived

# -- along one dimension -----------------------------------------------------------------------


def vector_index(op: str, input: Node, dim: int, index: Node) -> tuple[Node, Node, int]:
    """`input` and `index` with a dimension at least, and the number of the dimension `dim`."""
    k = axis(dim, input.ndim, op)
    expect_index(op, index)
    if index.ndim > 1:
        problem = f"{op}(): Index is supposed to be a vector"
        raise DimError(explain(op, problem, {"index": index.spec}))
    return ops.atleast_1d(input), ops.atleast_1d(index), k


@derived(on="torch Tensor")
def index_select(input: Tensor, dim: int, index: Tensor) -> Node:
    """The slices of `input` at the places `index` of `dim`.

    >>> torch.index_select(torch.tensor([10, 20, 30]), 0, torch.tensor([2, 0]))
    tensor([30, 10])
    """
    x, places, k = vector_index("index_select", input, dim, index)
    out = pick(x, places, axes=(k,), wrap=False, op="index_select")
    return out if input.ndim else ops.reshape(out, ())


@index_select.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([2, 0, 2])
    yield floats(3, 4), -1, np.array([1], np.int32)
    yield floats(3, 4), 1, np.array(1)


def put_slices(
    op: str, input: Node, dim: int, index: Node, source: Node, accumulate: bool, wrap: bool = False
) -> Node:
    """`input` with the slices `source` put in, or added, at the places `index` of `dim`."""
    if source.dtype is not input.dtype:
        problem = (
            f"{op}(): self ({input.dtype.name}) and source ({source.dtype.name}) must have the "
            "same scalar type"
        )
        raise DtypeError(explain(op, problem))
    x, places, k = vector_index(op, input, dim, index)
    if source.ndim and places.size != ops.atleast_1d(source).shape[min(k, source.ndim - 1)]:
        problem = (
            f"{op}(): Number of indices ({places.size}) should be equal to source.size(dim): "
            f"({source.shape[k]}), for dim: {k}"
        )
        raise ShapeError(explain(op, problem))
    rest = [shape[:k] + shape[k + 1 :] for shape in (x.shape, source.shape)]
    if source.ndim and input.ndim and rest[0] != rest[1]:
        problem = "the slices of source and input must have the same shape"
        raise ShapeError(explain(op, problem, {"input": input.spec, "source": source.spec}))
    out = place(x, source, places, axes=(k,), wrap=wrap, accumulate=accumulate, op=op)
    return out if input.ndim else ops.reshape(out, ())


@derived(on="torch Tensor Tensor_")
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Node:
    """`input` plus `alpha` times each slice of `source`, at the place of `dim` that `index` says.

    >>> torch.index_add(torch.zeros(3), 0, torch.tensor([0, 0]), torch.tensor([1.0, 2.0]))
    tensor([3., 0., 0.])
    """
    new = source if is_one(alpha) else source * alpha
    return put_slices("index_add", input, dim, index, new, True)


@index_add.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([2, 2]), floats(2, 4, seed=1)
    yield (floats(3, 4), 1, np.array([0, 3]), floats(3, 2, seed=1)), {"alpha": 2}


@derived(on="torch Tensor Tensor_")
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Node:
    """`input` with its slices at the places `index` of `dim` replaced by those of `source`.

    >>> torch.index_copy(torch.zeros(3), 0, torch.tensor([2, 0]), torch.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    return put_slices("index_copy", input, dim, index, source, False)


@index_copy.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([2, 0]), floats(2, 4, seed=1)
    yield floats(3, 4), 1, np.array([3]), floats(3, 1, seed=1)


@derived(on="torch Tensor Tensor_")
def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Number) -> Node:
    """`input` with `value` in its slices at the places `index` of `dim`.

    >>> torch.index_fill(torch.zeros(3), 0, torch.tensor([2, 0]), 1)
    tensor([1., 0., 1.])
    """
    fill = ops.cast(value, dtype=input.dtype)
    if fill.ndim:
        problem = (
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{fill.ndim} dimension(s)."
        )
        raise ShapeError(explain("index_fill", problem))
    x, places, k = vector_index("index_fill", input, dim, index)
    # A place that is named twice is filled once, and its gradient counts once.
    no, yes = [ops.cast(ops.constant(b, dtypes.int64), dtype=dtypes.bool_) for b in (0, 1)]
    shape = tuple([x.shape[k] if j == k else 1 for j in range(x.ndim)])
    none = ops.expand_view(no, shape=shape)
    chosen = place(none, yes, places, axes=(k,), wrap=True, accumulate=False, op="index_fill")
    out = ops.where(chosen, fill, x)
    return out if input.ndim else ops.reshape(out, ())


@index_fill.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([2, -3]), 2.5
    yield floats(3, 4), 1, np.array([1]), floats()
    yield floats(3, 4), 1, np.array([1, 1, 2]), floats()


# -- as if in one dimension --------------------------------------------------------------------


@derived(on="torch Tensor")
def take(input: Tensor, index: Tensor) -> Node:
    """The elements of `input`, counted through in order, at `index`.

    >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0, -1]))
    tensor([1, 4])
    """
    flat = ops.ravel(input)
    return pick(flat, expect_index("take", index), axes=(0,), wrap=True, op="take")


@take.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), np.array([[0, 5], [-1, 5]])


@derived(on="torch Tensor Tensor_")
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Node:
    """`input` with the elements of `source` at `index`, counted through in order.

    >>> torch.put(torch.zeros(2, 2), torch.tensor([0, 3]), torch.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    flat, places = ops.ravel(input), ops.ravel(expect_index("put", index))
    new = place(
        flat, ops.ravel(source), places, axes=(0,), wrap=True, accumulate=accumulate, op="put"
    )
    return ops.reshape(new, input.shape)


@put.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), np.array([0, -1]), floats(2, seed=1)
    yield floats(3, 4), np.array([[1, 1]]), floats(1, 2, seed=1), True
