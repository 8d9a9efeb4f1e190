"""Products of matrices and vectors: multiply, and sum over an axis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .batching import Batch, merged, parted
from .samples import doubles, floats, ints
from .table import Kind, Tensor, derived, primitive
from .views import permute_view, permuted, reshape_view


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
        raise DtypeError(
            explain(op, "not implemented for 'Bool'", hint="convert to a number first")
        )


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
    return ops.conj(permuted(input, (*range(ndim - 2), ndim - 1, ndim - 2)))


def column_major(input: Node) -> bool:
    """Whether the columns of a matrix, not its rows, lie one after the other in memory."""
    return input.strides == (1, input.shape[0])


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
    # A gradient has the memory order of what it is the gradient of: so `weight` in
    # `input @ weight.T` gets a contiguous one.
    if column_major(input):
        to_input = turned(mm(mat2, turned(g)))
    else:
        to_input = mm(g, turned(mat2))
    if column_major(mat2):
        return to_input, turned(mm(turned(g), input))
    return to_input, mm(turned(input), g)


@mm.vmap
def _(batch: Batch, input: Node, mat2: Node) -> Node:
    if batch.mapped == (True, False):  # one product with all rows of all examples
        return parted(mm(merged(input, 0), mat2), 0, batch.size)
    return batch_mm(input, mat2)


@mm.samples
def _() -> Iterator[object]:
    yield floats(3, 4), floats(4, 2, seed=1)
    yield floats(2, 0), floats(0, 3)
    yield ints(2, 3), ints(3, 2, seed=1)
    yield floats(4, 3).T, floats(2, 4, seed=1).T


@primitive(Kind.CONTRACT, numpy=np.matmul, grad_name="BmmBackward0")
def batch_mm(input: Tensor, mat2: Tensor) -> Spec:
    """Products of the matrices in two batches; batches of size 1 are broadcast."""
    same_dtype("bmm", input, mat2)
    batch = np.broadcast_shapes(input.shape[:-2], mat2.shape[:-2])
    return Spec((*batch, input.shape[-2], mat2.shape[-1]), input.dtype)


@batch_mm.vjp
def _(g: Node, out: Node, input: Node, mat2: Node) -> tuple[Node, Node]:
    return batch_mm(g, turned(mat2)), batch_mm(turned(input), g)


@batch_mm.vmap
def _(batch: Batch, *inputs: Node) -> Node:
    return batch_mm(*batch.aligned(inputs))


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


@derived(on="torch Tensor")
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


def matmul_name(out: Node, form: Any) -> str:
    """By the dimensions of the factors: vectors and matrices have functions of their own."""
    names = {
        (1, 1): "DotBackward0",
        (2, 1): "MvBackward0",
        (1, 2): "SqueezeBackward4",
        (2, 2): "MmBackward0",
    }
    first, second = out.home.a.ndim, out.home.b.ndim
    if first == 2 and second > 2:
        return "CloneBackward0"
    return names.get((first, second), "UnsafeViewBackward0")


@derived(on="torch Tensor linalg", grad_name=matmul_name)
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
