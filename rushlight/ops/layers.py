"""Products added to something, and the linear layers of a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import (
    DtypeError,
    ShapeError,
    explain,
)
from ..graph import Node
from .contract import (
    as_matrix,
    batch_mm,
    bmm,
    expect_dims,
    matmul,
    mm,
    mv,
    outer,
    rows_times_matrix,
    same_dtype,
)
from .samples import floats
from .shape import expanded
from .table import Number, Tensor, derived
from .views import permute_view, reshape_view

# -- a product added to something --------------------------------------------------------------


def is_one(factor: Number) -> bool:
    """Whether a factor was left at its default, which is 1."""
    return not isinstance(factor, Node) and bool(factor == 1)


def combined(op: str, input: Node, product: Node, beta: Number, alpha: Number) -> Node:
    """`beta * input + alpha * product`, in the shape of the product."""
    if input.dtype is not product.dtype:
        problem = (
            "self and mat2 must have the same dtype, but got "
            f"{input.dtype.name} and {product.dtype.name}"
        )
        raise DtypeError(explain(op, problem))
    if np.broadcast_shapes(input.shape, product.shape) != product.shape:
        input = expanded(input, product.shape, op)
    left = input if is_one(beta) else input * beta
    return left + (product if is_one(alpha) else product * alpha)


@derived(on="torch Tensor Tensor_")
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Node:
    """`beta * input + alpha * (mat1 @ mat2)`.

    >>> torch.addmm(torch.ones(2), torch.ones(2, 3), torch.ones(3, 2))
    tensor([[4., 4.],
            [4., 4.]])
    """
    expect_dims("addmm", 2, mat1=mat1, mat2=mat2)
    return combined("addmm", input, rows_times_matrix(mat1, mat2, "addmm"), beta, alpha)


@addmm.samples
def _() -> Iterator[object]:
    yield floats(2), floats(3, 4), floats(4, 2, seed=1)
    yield (floats(3, 1), floats(3, 4), floats(4, 2, seed=1)), {"beta": 0.5, "alpha": 2}


@derived(on="torch Tensor Tensor_")
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Node:
    """`beta * input + alpha * (mat @ vec)`.

    >>> torch.addmv(torch.ones(2), torch.ones(2, 3), torch.ones(3))
    tensor([4., 4.])
    """
    return combined("addmv", input, mv(mat, vec), beta, alpha)


@addmv.samples
def _() -> Iterator[object]:
    yield (floats(3), floats(3, 4), floats(4, seed=1)), {"beta": 0.5, "alpha": 2}


@derived(on="torch Tensor Tensor_")
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Node:
    """`beta * input + alpha * outer(vec1, vec2)`.

    >>> torch.addr(torch.zeros(2, 2), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return combined("addr", input, outer(vec1, vec2), beta, alpha)


@addr.samples
def _() -> Iterator[object]:
    yield (floats(3, 2), floats(3), floats(2, seed=1)), {"beta": 0.5, "alpha": 2}


@derived(on="torch Tensor Tensor_")
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Node:
    """`beta * input + alpha * bmm(batch1, batch2)`.

    >>> torch.baddbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(2, 3, 1)).flatten()
    tensor([4., 4.])
    """
    return combined("baddbmm", input, bmm(batch1, batch2), beta, alpha)


@derived(on="torch Tensor Tensor_")
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Node:
    """`beta * input + alpha * bmm(batch1, batch2)` summed over the batch.

    >>> torch.addbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(2, 3, 1))
    tensor([[7.]])
    """
    total = ops.reduce_sum(bmm(batch1, batch2), axes=(0,), keepdim=False)
    return combined("addbmm", input, total, beta, alpha)


@baddbmm.samples
def _() -> Iterator[object]:
    yield (floats(2, 1, 2), floats(2, 3, 2), floats(2, 2, 2, seed=1)), {"beta": 0.5, "alpha": 2}


@addbmm.samples
def _() -> Iterator[object]:
    yield (floats(3, 2), floats(2, 3, 2), floats(2, 2, 2, seed=1)), {"beta": 0.5, "alpha": 2}


# -- layers of a network -----------------------------------------------------------------------


def linear_name(out: Node, form: Any) -> str:
    """PyTorch multiplies matrices, and views other shapes as such."""
    if out.home.b.ndim == 1:
        return "MvBackward0"
    if out.ndim == 2:
        return "MmBackward0" if form[2] is None else "AddmmBackward0"
    return "UnsafeViewBackward0" if form[2] is None else "ViewBackward0"


@derived(on="F", grad_name=linear_name)
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Node:
    """`input @ weight.T + bias`: what a linear layer computes.

    >>> F.linear(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([1.0]))
    tensor([[12.]])
    """
    if not input.ndim or not 1 <= weight.ndim <= 2:
        problem = (
            "both arguments to linear need to be at least 1D, but they are "
            f"{input.ndim}D and {weight.ndim}D"
        )
        raise ShapeError(explain("linear", problem))
    plain = bias is not None and bias.shape == weight.shape[:1] and weight.ndim == 2
    out = through(input, weight, bias if plain else None)
    return out if plain or bias is None else combined("linear", bias, out, 1, 1)


def through(input: Node, weight: Node, bias: Node | None) -> Node:
    """A linear layer whose bias, if any, has one element for each row of `weight`."""
    if weight.ndim == 1:
        return matmul(input, weight)
    across = permute_view(weight, dims=(1, 0))
    rows = as_matrix(input)
    if input.dtype is not weight.dtype:
        problem = (
            f"mat1 and mat2 must have the same dtype, but got {input.dtype.name} and "
            f"{weight.dtype.name}"
        )
        hint = f"convert the input: x.to(torch.{weight.dtype.name})"
        raise DtypeError(
            explain("linear", problem, {"input": input.spec, "weight": weight.spec}, hint)
        )
    if rows.shape[1] != weight.shape[1]:
        problem = (
            f"mat1 and mat2 shapes cannot be multiplied ({rows.shape[0]}x{rows.shape[1]} and "
            f"{weight.shape[1]}x{weight.shape[0]})"
        )
        hint = f"the last size of the input must be {weight.shape[1]}, the layer's in_features"
        raise ShapeError(
            explain("linear", problem, {"input": input.spec, "weight": weight.spec}, hint)
        )
    out = mm(rows, across)
    if bias is not None:
        same_dtype("linear", out, bias)
        out = ops.plus(out, bias)
    return out if rows is input else reshape_view(out, shape=(*input.shape[:-1], weight.shape[0]))


@linear.samples
def _() -> Iterator[object]:
    yield floats(2, 3), floats(4, 3, seed=1), floats(4, seed=2)
    yield floats(2, 3), floats(4, 3, seed=1)
    yield floats(3), floats(4, 3, seed=1), floats(4, seed=2)
    yield floats(2, 2, 3), floats(4, 3, seed=1), floats(4, seed=2)
    yield floats(2, 3), floats(3, seed=1)


@derived(on="F torch", grad_name="AddBackward0")
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Node:
    """`input1 @ weight[k] @ input2` for every k, plus `bias`.

    >>> F.bilinear(torch.ones(1, 2), torch.ones(1, 3), torch.ones(4, 2, 3))
    tensor([[6., 6., 6., 6.]])
    """
    k, n, m = weight.shape
    if input1.shape[-1] != n or input2.shape[-1] != m or input1.shape[:-1] != input2.shape[:-1]:
        got = {"input1": input1.spec, "input2": input2.spec, "weight": weight.spec}
        raise ShapeError(explain("bilinear", "the sizes do not fit together", got))
    left, right = as_matrix(input1), as_matrix(input2)
    rows = left.shape[0]
    first = ops.reshape(permute_view(weight, dims=(1, 0, 2)), n, k * m)
    half = reshape_view(mm(left, first), shape=(rows, k, m))
    out = batch_mm(half, reshape_view(right, shape=(rows, m, 1)))
    out = reshape_view(out, shape=(*input1.shape[:-1], k))
    return out if bias is None else out + bias


@bilinear.samples
def _() -> Iterator[object]:
    yield floats(2, 3), floats(2, 2, seed=1), floats(4, 3, 2, seed=2), floats(4, seed=3)
    yield floats(2, 2, 3), floats(2, 2, 2, seed=1), floats(1, 3, 2, seed=2)
