"""Triangles and diagonals of matrices, and matrices made of diagonals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np

from .. import ops
from ..errors import (
    ShapeError,
    explain,
)
from ..graph import Node, Spec
from .affine import affine_view
from .batching import broadcast
from .dims import axis
from .rearrange import spread_dims
from .samples import Array, bools, floats, ints
from .strided import diagonal_attrs
from .table import Kind, Tensor, Tensors, derived, primitive
from .writing import unview


@lru_cache(8)
def triangle_mask(n: int, m: int, diagonal: int, lower: bool) -> Array:
    """Where the triangle below, or above, a diagonal of an n by m matrix is."""
    inside = np.tri(n, m, diagonal if lower else diagonal - 1, dtype=bool)
    return inside if lower else ~inside


def triangle_of(x: Any, *, diagonal: int, lower: bool) -> Array:
    """NumPy: `x` with zeros outside a triangle."""
    inside = triangle_mask(*x.shape[-2:], diagonal, lower)
    return np.asarray(np.where(inside, x, x.dtype.type(0)))


@primitive(Kind.INDEX, numpy=triangle_of, grad_name="TrilBackward0")
def triangle(input: Tensor, *, diagonal: int, lower: bool) -> Spec:
    """`input` with zeros above (or, if not `lower`, below) a diagonal of its matrices."""
    return input.spec


triangle.vmap(partial(broadcast, triangle))


@triangle.vjp
def _(g: Node, out: Node, input: Node, *, diagonal: int, lower: bool) -> tuple[Node]:
    return (triangle(g, diagonal=diagonal, lower=lower),)


@triangle.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"diagonal": 1, "lower": True}
    yield (floats(2, 3, 3),), {"diagonal": -1, "lower": False}


def triangular(op: str, input: Node, diagonal: int, lower: bool) -> Node:
    """A triangle of each matrix of `input`."""
    if input.ndim < 2:
        problem = "input tensor must have at least 2 dimensions"
        raise ShapeError(explain(op, problem, {"input": input.spec}))
    return triangle(input, diagonal=diagonal, lower=lower)


@derived(on="torch Tensor Tensor_")
def tril(input: Tensor, diagonal: int = 0) -> Node:
    """`input` with zeros above a diagonal of its matrices.

    >>> torch.tril(torch.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return triangular("tril", input, diagonal, True)


@derived(on="torch Tensor Tensor_")
def triu(input: Tensor, diagonal: int = 0) -> Node:
    """`input` with zeros below a diagonal of its matrices.

    >>> torch.triu(torch.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return triangular("triu", input, diagonal, False)


@tril.samples
@triu.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(2, 3, 3), 1
    yield bools(3, 2), -1


@derived(on="torch Tensor")
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Node:
    """Matrices with the last dimension of `input` on a diagonal and zeros elsewhere.

    >>> torch.diag_embed(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if not input.ndim:
        raise ShapeError(explain("diag_embed", "expects at least one dimension"))
    n = input.shape[-1] + abs(offset)
    ndim = input.ndim + 1
    i, j = axis(dim1, ndim, "diag_embed"), axis(dim2, ndim, "diag_embed")
    rest = iter(input.shape[:-1])
    shape = tuple([n if k in (i, j) else next(rest, 0) for k in range(ndim)])
    attrs = diagonal_attrs(shape, offset, dim1, dim2)
    return unview(input, shape=shape, view=affine_view, attrs=tuple(attrs.items()), overlaps=False)


@diag_embed.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3),)
    yield floats(3), -1
    yield floats(2, 3), 1, 0, 2


def diag_name(out: Node, form: Any) -> str:
    """A matrix of a vector, or the other way round."""
    return "DiagEmbedBackward0" if out.ndim == 2 else "DiagonalBackward0_copy"


@derived(on="torch Tensor", grad_name=diag_name)
def diag(input: Tensor, diagonal: int = 0) -> Node:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> torch.diag(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    >>> torch.diag(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        problem = f"Supports 1D or 2D tensors. Got {input.ndim}D"
        raise ShapeError(explain("diag", problem, {"input": input.spec}))
    return ops.clone(ops.diagonal(input, diagonal))


@derived(on="torch Tensor", grad_name="DiagEmbedBackward0")
def diagflat(input: Tensor, offset: int = 0) -> Node:
    """The matrix with the elements of `input`, in order, on its diagonal.

    >>> torch.diagflat(torch.tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(ops.ravel(input), offset)


@diag.samples
@diagflat.samples
def _() -> Iterator[Any]:
    yield (floats(3),)
    yield floats(2, 3), 1
    yield floats(2, 2), -1


@derived(on="torch Tensor")
def trace(input: Tensor) -> Node:
    """Sum of the diagonal of a matrix.

    >>> torch.trace(torch.tensor([[1, 2], [3, 4]]))
    tensor(5)
    """
    if input.ndim != 2:
        problem = f"expected a matrix, but got tensor with dim {input.ndim}"
        raise ShapeError(explain("trace", problem))
    return ops.sum(ops.diagonal(input))


@trace.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (ints(3, 3),)


@derived(on="torch")
def block_diag(*tensors: Tensors) -> Node:
    """The matrix with `tensors` one after the other along its diagonal, zeros elsewhere.

    >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor([[3], [4]]))
    tensor([[1, 2, 0],
            [0, 0, 3],
            [0, 0, 4]])
    """
    blocks = [ops.atleast_2d(x) for x in spread_dims(tensors)]
    for x in blocks:
        if x.ndim > 2:
            problem = f"expected all tensors to have 2 or fewer dimensions, but one has {x.ndim}"
            raise ShapeError(explain("block_diag", problem))
    width = sum([x.shape[1] for x in blocks])
    rows = []
    start = 0
    for x in blocks:
        rows.append(ops.pad(x, (start, width - start - x.shape[1])))
        start += x.shape[1]
    return ops.join(*rows, axis=0)


@block_diag.samples
def _() -> Iterator[Any]:
    yield floats(2, 2), floats(3), floats(1, 2, seed=1)
