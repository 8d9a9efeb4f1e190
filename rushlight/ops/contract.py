"""Products of matrices and vectors: multiply, and sum over an axis."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .samples import doubles, floats, ints
from .shape import expanded
from .table import Kind, Number, Tensor, derived, primitive
from .views import permute_view, reshape_view


def same_dtype(op: str, mat1: Node, mat2: Node) -> None:
    """Raise unless both matrices have one dtype, and one that can be multiplied."""
    if mat1.dtype is not mat2.dtype:
        problem = (
            "expected m1 and m2 to have the same dtype, but got: "
            f"{mat1.dtype.name} != {mat2.dtype.name}"
        )
        hint = f"convert one of them, as in x.to(torch.{mat2.dtype.name})"
        raise DtypeError(explain(op, problem, {"mat1": mat1.spec, "mat2": mat2.spec}, hint))
    if mat1.dtype is dtypes.bool_:
        raise DtypeError(explain(op, "not implemented for 'Bool'", hint="convert to a number first"))


def cannot_multiply(op: str, mat1: Node, mat2: Node) -> ShapeError:
    """The error for matrices whose inner sizes differ."""
    rows = math.prod(mat1.shape[:-1])
    problem = (
        "mat1 and mat2 shapes cannot be multiplied "
        f"({rows}x{mat1.shape[-1]} and {mat2.shape[0]}x{mat2.shape[1]})"
    )
    hint = "the last size of the first must be the first size of the second"
    return ShapeError(explain(op, problem, {"mat1": mat1.spec, "mat2": mat2.spec}, hint))


def expect_dims(op: str, ndim: int, **inputs: Node) -> None:
    """Raise unless every one of `inputs` has `ndim` dimensions."""
    kind = {1: "a vector", 2: "a matrix", 3: "a 3D tensor"}[ndim]
    for name, node in inputs.items():
        if node.ndim != ndim:
            raise ShapeError(explain(op, f"{name} must be {kind}", {name: node.spec}))


def turned(input: Node) -> Node:
    """The conjugate transpose of a matrix, or of each matrix of a batch."""
    ndim = input.ndim
    return ops.conj(permute_view(input, dims=(*range(ndim - 2), ndim - 1, ndim - 2)))


@primitive(Kind.CONTRACT, numpy=np.dot, on="torch Tensor")
def mm(input: Tensor, mat2: Tensor) -> Spec:
    """Product of two matrices.

    >>> torch.mm(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    expect_dims("mm", 2, input=input, mat2=mat2)
    same_dtype("mm", input, mat2)
    if input.shape[1] != mat2.shape[0]:
        raise cannot_multiply("mm", input, mat2)
    return Spec((input.shape[0], mat2.shape[1]), input.dtype)


@mm.vjp
def _(g: Node, out: Node, input: Node, mat2: Node) -> tuple[Node, Node]:
    return mm(g, turned(mat2)), mm(turned(input), g)


@mm.samples
def _() -> Iterator[object]:
    yield floats(3, 4), floats(4, 2, seed=1)
    yield floats(2, 0), floats(0, 3)
    yield ints(2, 3), ints(3, 2, seed=1)
    yield floats(4, 3).T, floats(2, 4, seed=1).T


@primitive(Kind.CONTRACT, numpy=np.matmul)
def batch_mm(input: Tensor, mat2: Tensor) -> Spec:
    """Products of the matrices in two batches; batches of size 1 are broadcast."""
    same_dtype("bmm", input, mat2)
    batch = np.broadcast_shapes(input.shape[:-2], mat2.shape[:-2])
    return Spec((*batch, input.shape[-2], mat2.shape[-1]), input.dtype)


@batch_mm.vjp
def _(g: Node, out: Node, input: Node, mat2: Node) -> tuple[Node, Node]:
    return batch_mm(g, turned(mat2)), batch_mm(turned(input), g)


@batch_mm.samples
def _() -> Iterator[object]:
    yield floats(2, 3, 4), floats(2, 4, 2, seed=1)
    yield floats(2, 1, 2, 3), floats(1, 3, 3, 2, seed=1)


@derived(on="torch Tensor")
def bmm(input: Tensor, mat2: Tensor) -> Node:
    """Product of each matrix of a batch with the one at the same place of another.

    >>> torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    expect_dims("bmm", 3, batch1=input, batch2=mat2)
    if mat2.shape[:2] != (input.shape[0], input.shape[2]):
        problem = (
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"{[input.shape[0], input.shape[2]]} but got: {list(mat2.shape[:2])}."
        )
        got = {"input": input.spec, "mat2": mat2.spec}
        raise ShapeError(explain("bmm", problem, got))
    return batch_mm(input, mat2)


@bmm.samples
def _() -> Iterator[object]:
    yield floats(2, 3, 4), floats(2, 4, 2, seed=1)
    yield floats(0, 3, 4), floats(0, 4, 2)


@derived(on="torch Tensor")
def mv(input: Tensor, vec: Tensor) -> Node:
    """Product of a matrix and a vector.

    >>> torch.mv(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    expect_dims("mv", 2, input=input)
    expect_dims("mv", 1, vec=vec)
    return times_vector("mv", input, vec)


def times_vector(op: str, input: Node, vec: Node) -> Node:
    """The product of `input`, of any number of dimensions, and a vector."""
    rows, n = math.prod(input.shape[:-1]), input.shape[-1]
    if n != vec.shape[0]:
        problem = f"size mismatch, got input ({rows}), mat ({rows}x{n}), vec ({vec.shape[0]})"
        raise ShapeError(explain(op, problem, {"input": input.spec, "vec": vec.spec}))
    product = mm(as_matrix(input), reshape_view(vec, shape=(n, 1)))
    return reshape_view(product, shape=input.shape[:-1])


def as_matrix(input: Node) -> Node:
    """`input` with all dimensions but the last made one."""
    if input.ndim == 2:
        return input
    return ops.reshape(input, (math.prod(input.shape[:-1]), input.shape[-1]))


@mv.samples
def _() -> Iterator[object]:
    yield floats(3, 4), floats(4, seed=1)


@derived(on="torch Tensor")
def dot(input: Tensor, tensor: Tensor) -> Node:
    """Sum of the products of two vectors, element by element.

    >>> torch.dot(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if input.ndim != 1 or tensor.ndim != 1:
        problem = f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors"
        raise ShapeError(explain("dot", problem, {"input": input.spec, "tensor": tensor.spec}))
    n, m = input.size, tensor.size
    if n != m:
        problem = (
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same "
            f"number of elements, but got {n} and {m} elements respectively"
        )
        raise ShapeError(explain("dot", problem))
    if input.dtype is not tensor.dtype:
        problem = (
            "dot : expected both vectors to have same dtype, but found "
            f"{input.dtype.name} and {tensor.dtype.name}"
        )
        raise DtypeError(explain("dot", problem))
    product = mm(reshape_view(input, shape=(1, n)), reshape_view(tensor, shape=(n, 1)))
    return reshape_view(product, shape=())


@derived(on="torch Tensor linalg")
def vdot(input: Tensor, other: Tensor) -> Node:
    """Sum of the products of two vectors, the first of them conjugated.

    >>> torch.vdot(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return dot(ops.conj(input), other)


@dot.samples
@vdot.samples
def _() -> Iterator[object]:
    yield floats(4), floats(4, seed=1)
    yield ints(3), ints(3, seed=1)


@derived(on="torch Tensor linalg", grad_name="ViewBackward0")
def matmul(input: Tensor, other: Tensor) -> Node:
    """Matrix product: of vectors, of matrices, or of batches of matrices, which are broadcast.

    >>> torch.tensor([[1.0, 2.0], [3.0, 4.0]]) @ torch.tensor([1.0, 1.0])
    tensor([3., 7.])
    """
    if not input.ndim or not other.ndim:
        problem = (
            "both arguments to matmul need to be at least 1D, but they are "
            f"{input.ndim}D and {other.ndim}D"
        )
        raise ShapeError(explain("matmul", problem, hint="use * to multiply by a number"))
    if input.ndim == 1 and other.ndim == 1:
        return dot(input, other)
    if other.ndim == 1:
        return times_vector("matmul", input, other)
    if other.ndim == 2:
        return rows_times_matrix(input, other)
    return batches_times(input, other)


def rows_times_matrix(input: Node, other: Node, op: str = "matmul") -> Node:
    """The product of the rows of `input`, of any number of dimensions, and a matrix."""
    if input.shape[-1] != other.shape[0]:
        same_dtype(op, input, other)
        raise cannot_multiply(op, input, other)
    if input.ndim == 2:
        return mm(input, other)
    product = mm(as_matrix(input), other)
    return reshape_view(product, shape=(*input.shape[:-1], other.shape[1]))


def batches_times(input: Node, other: Node) -> Node:
    """The products of batches of matrices; `input` may be a vector."""
    left = input
    if input.ndim == 1:
        left = reshape_view(input, shape=(1, input.size))
    if left.shape[-1] != other.shape[-2]:
        problem = (
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[.., {left.shape[-1]}] but got: [.., {other.shape[-2]}]."
        )
        raise ShapeError(explain("matmul", problem, {"input": input.spec, "other": other.spec}))
    try:
        np.broadcast_shapes(left.shape[:-2], other.shape[:-2])
    except ValueError:
        got = {"input": input.spec, "other": other.spec}
        raise ShapeError(explain("matmul", "batches do not broadcast", got)) from None
    product = batch_mm(left, other)
    if input.ndim > 1:
        return product
    return reshape_view(product, shape=(*product.shape[:-2], product.shape[-1]))


@matmul.samples
def _() -> Iterator[object]:
    yield floats(3), floats(3, seed=1)
    yield floats(2, 3), floats(3, seed=1)
    yield floats(3), floats(3, 2, seed=1)
    yield floats(2, 3), floats(3, 2, seed=1)
    yield floats(2, 2, 3), floats(3, seed=1)
    yield floats(2, 2, 3), floats(3, 2, seed=1)
    yield floats(3), floats(2, 3, 2, seed=1)
    yield floats(2, 3), floats(2, 3, 2, seed=1)
    yield floats(2, 1, 2, 3), floats(3, 3, 2, seed=1)


@derived(on="torch Tensor", grad_name="ViewBackward0")
def inner(input: Tensor, other: Tensor) -> Node:
    """Sums of products over the last dimensions of both.

    >>> torch.inner(torch.tensor([1.0, 2.0]), torch.tensor([[3.0, 4.0], [1.0, 0.0]]))
    tensor([11.,  1.])
    """
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        problem = (
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
        raise ShapeError(explain("inner", problem))
    product = mm(as_matrix(input), permute_view(as_matrix(other), dims=(1, 0)))
    return reshape_view(product, shape=(*input.shape[:-1], *other.shape[:-1]))


@inner.samples
def _() -> Iterator[object]:
    yield floats(3), floats(3, seed=1)
    yield floats(2, 3), floats(2, 2, 3, seed=1)
    yield floats(), floats(2)


@derived(on="torch Tensor", grad_name="MulBackward0", aliases=("ger",))
def outer(input: Tensor, vec2: Tensor) -> Node:
    """Products of each element of one vector and each of another.

    >>> torch.outer(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    for name, node in (("self", input), ("vec2", vec2)):
        if node.ndim != 1:
            problem = f"outer: Expected 1-D argument {name}, but got {node.ndim}-D"
            raise ShapeError(explain("outer", problem))
    return reshape_view(input, shape=(input.size, 1)) * vec2


@outer.samples
def _() -> Iterator[object]:
    yield floats(3), floats(2, seed=1)
    yield floats(3), doubles(2, seed=1)


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
def addmv(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Node:
    """`beta * input + alpha * (mat @ vec)`.

    >>> torch.addmv(torch.ones(2), torch.ones(2, 3), torch.ones(3))
    tensor([4., 4.])
    """
    return combined("addmv", input, mv(mat, vec), beta, alpha)


@addmv.samples
def _() -> Iterator[object]:
    yield (floats(3), floats(3, 4), floats(4, seed=1)), {"beta": 0.5, "alpha": 2}


@derived(on="torch Tensor Tensor_")
def addr(
    input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Node:
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


@derived(on="F", grad_name="AddmmBackward0")
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
    if rows.shape[1] != weight.shape[1]:
        same_dtype("linear", rows, weight)
        raise cannot_multiply("linear", rows, across)
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
