"""Ops that put tensors together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Spec
from .dims import axis
from .samples import doubles, floats, ints
from .slicing import part
from .table import Kind, Tensor, Tensors, common, derived, primitive


@primitive(
    Kind.JOIN,
    numpy=lambda *xs, axis: np.concatenate(xs, axis),
    promote=common,
    grad_name="CatBackward0",
)
def join(*inputs: Tensor, axis: int) -> Spec:
    """`inputs` one after the other along `axis`."""
    first = inputs[0]
    total = sum([x.shape[axis] for x in inputs])
    return Spec((*first.shape[:axis], total, *first.shape[axis + 1 :]), first.dtype)


@join.vjp
def _(g: Node, out: Node, *inputs: Node, axis: int) -> tuple[Node, ...]:
    found = []
    start = 0
    for x in inputs:
        found.append(part(g, axis, start, start + x.shape[axis]))
        start += x.shape[axis]
    return tuple(found)


@join.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3), floats(1, 3, seed=1)), {"axis": 0}
    yield (floats(2, 3), ints(2, 1), floats(2, 2, seed=1)), {"axis": 1}


class NothingToJoin(ShapeError, ValueError):
    """No tensors at all. PyTorch raises ValueError in some ops, RuntimeError in others."""


def expect_some(op: str, tensors: Tensors) -> None:
    """Raise unless there is something to join."""
    if not tensors:
        raise NothingToJoin(explain(op, "expected a non-empty list of Tensors"))


@derived(on="torch", aliases=("concat", "concatenate"))
def cat(tensors: Tensors, dim: int = 0) -> Node:
    """`tensors` one after the other along `dim`; their other sizes must agree.

    >>> torch.cat([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    expect_some("cat", tensors)
    for k, x in enumerate(tensors):
        if not x.ndim:
            problem = f"zero-dimensional tensor (at position {k}) cannot be concatenated"
            raise ShapeError(explain("cat", problem, hint="use stack for them"))
    # Since long before shapes were checked, an empty vector has fitted anything.
    full = [x for x in tensors if x.shape != (0,)] or list(tensors)
    at = axis(dim, full[0].ndim, "cat")
    for k, x in enumerate(full[1:], 1):
        check_fits(full[0], x, at, k)
    if len(full) < len(tensors):
        dtype = common(list(tensors))
        full = [x if x.dtype is dtype else ops.cast(x, dtype=dtype) for x in full]
    return join(*full, axis=at)


def check_fits(first: Node, x: Node, at: int, k: int) -> None:
    """Raise unless `x`, the `k`-th, can be joined with the first along the axis `at`."""
    if x.ndim != first.ndim:
        problem = f"Tensors must have same number of dimensions: got {first.ndim} and {x.ndim}"
        raise ShapeError(explain("cat", problem, {"the first": first.spec, "another": x.spec}))
    for j, (n, m) in enumerate(zip(first.shape, x.shape, strict=True)):
        if n != m and j != at:
            problem = (
                f"Sizes of tensors must match except in dimension {at}. Expected size {n} but got "
                f"size {m} for tensor number {k} in the list."
            )
            raise ShapeError(explain("cat", problem, {"the first": first.spec, "this": x.spec}))


@cat.samples
def _() -> Iterator[Any]:
    yield ([floats(2, 3), floats(1, 3, seed=1)],)
    yield [floats(2, 3), floats(2, 1, seed=1)], -1
    yield ([floats(2), ints(3), doubles(1)],)
    yield ([floats(0), floats(2, 3)],)


@derived(on="torch")
def stack(tensors: Tensors, dim: int = 0) -> Node:
    """`tensors`, all of one shape, side by side along a new dimension.

    >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    expect_some("stack", tensors)
    first = tensors[0]
    at = axis(dim, first.ndim + 1, "stack")
    for k, x in enumerate(tensors):
        if x.shape != first.shape:
            problem = (
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry "
                f"0 and {list(x.shape)} at entry {k}"
            )
            raise ShapeError(explain("stack", problem))
    return join(*[ops.unsqueeze(x, at) for x in tensors], axis=at)


@stack.samples
def _() -> Iterator[Any]:
    yield ([floats(2, 3), floats(2, 3, seed=1)],)
    yield [floats(2, 3), ints(2, 3)], -1
    yield ([floats(), floats(seed=1)],)


@derived(on="torch", grad_name="CatBackward0")
def hstack(tensors: Tensors) -> Node:
    """`tensors` side by side: joined along dimension 1, or 0 if they have only one.

    >>> torch.hstack([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    expect_some("hstack", tensors)
    flat = [ops.atleast_1d(x) for x in tensors]
    return cat(flat, 0 if flat[0].ndim == 1 else 1)


@derived(on="torch", aliases=("row_stack",), grad_name="CatBackward0")
def vstack(tensors: Tensors) -> Node:
    """`tensors` one below the other; a vector counts as a row.

    >>> torch.vstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    expect_some("vstack", tensors)
    return cat([ops.atleast_2d(x) for x in tensors], 0)


@derived(on="torch", grad_name="CatBackward0")
def dstack(tensors: Tensors) -> Node:
    """`tensors` in depth: joined along dimension 2.

    >>> torch.dstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    expect_some("dstack", tensors)
    return cat([ops.atleast_3d(x) for x in tensors], 2)


@derived(on="torch", grad_name="CatBackward0")
def column_stack(tensors: Tensors) -> Node:
    """`tensors` side by side; a vector counts as a column.

    >>> torch.column_stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    expect_some("column_stack", tensors)
    return cat([x if x.ndim > 1 else ops.reshape(x, x.size, 1) for x in tensors], 1)


@hstack.samples
@vstack.samples
@dstack.samples
@column_stack.samples
def _() -> Iterator[Any]:
    yield ([floats(2), floats(2, seed=1)],)
    yield ([floats(2, 3), floats(2, 3, seed=1)],)
    yield ([floats(), floats(seed=1)],)
