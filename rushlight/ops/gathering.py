"""Gather and scatter as PyTorch calls them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import (
    ChoiceError,
    DtypeError,
    ShapeError,
    explain,
)
from ..graph import Node
from .along import fits_within, fold_along, gather_along, put_along
from .dims import axis
from .index import expect_index
from .samples import at_kink, floats
from .table import TENSOR, Number, Tensor, derived
from .writing import nothing


@derived(on="torch Tensor")
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Node:
    """For each element of `index`, the element of `input` there along `dim`.

    `out[i][j] = input[index[i][j]][j]` for two dimensions and `dim=0`.

    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    k = axis(dim, input.ndim, "gather")
    if not input.ndim or not index.ndim:
        out = gather(ops.atleast_1d(input), 0, ops.atleast_1d(index))
        return out if index.ndim else ops.reshape(out, ())
    if not index.size and index.dtype.category == dtypes.INT:  # of any kind where there is nothing
        if index.ndim != input.ndim:
            return nothing(index.shape, input)
        index = ops.cast(index, dtype=dtypes.int64)
    fits_within("gather", index, input, k)
    return gather_along(input, index, axis=k, wrap=False, op="gather")


@gather.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([[0, 2, 1]])
    yield floats(3, 4), 1, np.array([[0, 3], [1, 1], [2, 0]])
    yield floats(3), 0, np.array(1)


@derived(on="torch Tensor", grad_name="GatherBackward0")
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Node:
    """For each element of `indices`, the element of `input` there along `dim`; both broadcast.

    >>> x = torch.tensor([[3, 1, 2]])
    >>> torch.take_along_dim(x, torch.argsort(x, dim=1), dim=1)
    tensor([[1, 2, 3]])
    """
    op = "take_along_dim"
    if dim is None:
        x, index = ops.ravel(input), ops.ravel(expect_index(op, indices))
        return gather_along(x, index, axis=0, wrap=False, op=op)
    k = axis(dim, input.ndim, op)
    if input.ndim != indices.ndim:
        problem = (
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input.ndim} dimensions for input, and {indices.ndim} for indices"
        )
        raise ShapeError(explain(op, problem))
    rest = [
        np.broadcast_shapes((n,), (m,))[0] if j != k else -1
        for j, (n, m) in enumerate(zip(input.shape, indices.shape, strict=True))
    ]
    x, index = ops.expand(input, rest), ops.expand(expect_index(op, indices), rest)
    return gather_along(x, index, axis=k, wrap=True, op=op)


@take_along_dim.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), np.array([[0], [-1], [2]]), 1
    yield floats(3, 1), np.array([[0, -1, 2]]), 0
    yield floats(3, 4), np.array([[0, 7]])


def scatter_inputs(op: str, input: Node, dim: int, index: Node, src: Node) -> tuple[Any, ...]:
    """`input`, `index` and `src` with a dimension at least, and the number of `dim`."""
    k = axis(dim, input.ndim, op)
    if src.dtype is not input.dtype:
        problem = f"{op}(): Expected self.dtype to be equal to src.dtype"
        raise DtypeError(explain(op, problem, {"input": input.spec, "src": src.spec}))
    x, index, src = ops.atleast_1d(input), ops.atleast_1d(index), ops.atleast_1d(src)
    fits_within(op, index, x, k, src)
    return x, index, src, k


def shaped_as(out: Node, input: Node) -> Node:
    """`out` in the shape of `input`."""
    return out if input.ndim else ops.reshape(out, ())


def scatter_name(out: Node, form: Any) -> str:
    """By what is put there, a tensor or a number, and how."""
    number = form[3] is not TENSOR
    return f"ScatterBackward{number + 2 * (form[5] is not None)}"


@derived(on="torch Tensor Tensor_", grad_name=scatter_name)
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Node:
    """`input` with each element of `src`, or a number, put where `index` says along `dim`.

    >>> torch.scatter(torch.zeros(2, 3), 1, torch.tensor([[0], [2]]), 1.0)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    if value is not None:
        src = value
    if src is None:
        raise ShapeError(explain("scatter", "give src or value"))
    if not isinstance(src, Node) or src.number:
        src = ops.expand_view(ops.cast(src, dtype=input.dtype), shape=index.shape)
    x, places, new, k = scatter_inputs("scatter", input, dim, index, src)
    if reduce is None:
        return shaped_as(put_along(x, places, new, axis=k, op="scatter"), input)
    if reduce not in ("add", "multiply"):
        raise ChoiceError(explain("scatter", "reduce argument must be either add or multiply."))
    out = fold_along(x, places, new, axis=k, how=reduce, wrap=False, op="scatter")
    return shaped_as(out, input)


@scatter.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([[0, 2, 1]]), floats(1, 3, seed=1)
    yield floats(3, 4), -1, np.array([[0, 2], [1, 3]]), 2.5


@derived(on="torch Tensor Tensor_")
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Node:
    """`input` plus each element of `src`, added where `index` says along `dim`.

    >>> torch.scatter_add(torch.zeros(3), 0, torch.tensor([0, 0, 2]), torch.ones(3))
    tensor([2., 0., 1.])
    """
    x, places, new, k = scatter_inputs("scatter_add", input, dim, index, src)
    out = fold_along(x, places, new, axis=k, how="add", wrap=False, op="scatter_add")
    return shaped_as(out, input)


@scatter_add.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([[0, 2, 1], [0, 2, 2]]), floats(2, 3, seed=1)


HOW = {"sum": "add", "mean": "add", "prod": "multiply", "amax": "maximum", "amin": "minimum"}
START = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}


@derived(on="torch Tensor Tensor_")
def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Node:
    """`input` with the sum, prod, mean, amax or amin of what `src` holds for each of its elements.

    With `include_self=False` the old element counts only where there is nothing new.

    >>> x, index = torch.tensor([1.0, 2.0]), torch.tensor([0, 0])
    >>> torch.scatter_reduce(x, 0, index, torch.tensor([3.0, 5.0]), "amax")
    tensor([5., 2.])
    """
    op = "scatter_reduce"
    if reduce not in HOW:
        problem = f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}."
        raise ShapeError(explain(op, problem))
    x, places, new, k = scatter_inputs(op, input, dim, index, src)
    attrs: Any = {"axis": k, "wrap": False, "op": op}
    start = x
    if not include_self:
        neutral = ops.constant(neutral_of(reduce, x), x.dtype)
        start = put_along(x, places, neutral, axis=k, op=op)
    out = fold_along(start, places, new, how=HOW[reduce], **attrs)
    if reduce == "mean":
        count = counts_of(x, places, include_self, attrs)
        whole = x.dtype.category == dtypes.INT
        out = ops.floor_divide(out, count) if whole else out / count
    return shaped_as(out, input)


def neutral_of(reduce: str, x: Node) -> Any:
    """What changes nothing when it is folded in."""
    if reduce in ("amax", "amin") and x.dtype.category == dtypes.INT:
        limits = np.iinfo(x.dtype.numpy)
        return limits.min if reduce == "amax" else limits.max
    return START[reduce]


def counts_of(x: Node, index: Node, include_self: bool, attrs: Any) -> Node:
    """How many elements make up each mean; 1 where it is the old element alone."""
    one = ops.constant(1, x.dtype)
    start = ops.expand_view(one, shape=x.shape)
    if not include_self:
        zero = ops.constant(0, x.dtype)
        start = put_along(start, index, zero, axis=attrs["axis"], op=attrs["op"])
    return fold_along(start, index, ops.expand_view(one, shape=index.shape), how="add", **attrs)


@scatter_reduce.samples
def _() -> Iterator[Any]:
    index = np.array([[0, 2, 1], [0, 2, 2]])
    for reduce in HOW:
        yield floats(3, 4), 0, index, floats(2, 3, seed=1), reduce
        yield (floats(3, 4), 0, index, floats(2, 3, seed=1), reduce), {"include_self": False}
    ties = np.array([1.0, 2.0], np.float32)
    yield at_kink(ties, 0, np.array([1, 1]), np.array([2.0, 2.0], np.float32), "amax")
    yield at_kink(ties, 0, np.array([1, 1]), np.array([0.0, 2.0], np.float32), "prod")
