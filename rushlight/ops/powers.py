"""Powers and exponentials of matrices, and products of many."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ShapeError, explain
from ..graph import Node, Spec
from .contract import turned
from .samples import Array, floats
from .solve import expect_square, identity, inverse_of, regular
from .table import Kind, Tensor, Tensors, derived, primitive


@derived(on="linalg torch Tensor", grad_name="UnsafeViewBackward0")
def matrix_power(A: Tensor, n: int) -> Node:
    """Each matrix multiplied with itself `n` times; its inverse for negative `n`.

    >>> torch.linalg.matrix_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(explain("linalg.matrix_power", "A must be square", {"A": A.spec}))
    if n == 0:
        never = ops.cast(ops.constant(0, A.dtype), dtype=dtypes.bool_)
        return ops.where(never, A, identity(A.shape[-1], A))
    power = inverse_of(A) if n < 0 else A
    found = None
    for bit in reversed(bin(abs(n))[2:]):
        if bit == "1":
            found = power if found is None else ops.matmul(found, power)
        power = ops.matmul(power, power)
    assert found is not None
    return ops.clone(found) if found is A else found


def exponential_of(x: Any) -> Array:
    """NumPy: the exponential of each matrix, by scaling and squaring a Taylor series."""
    wide = x.astype(np.complex128 if np.iscomplexobj(x) else np.float64)
    size = np.abs(wide).sum(-1).max(initial=0)
    times = max(0, int(np.ceil(np.log2(max(size, 1e-300)))) + 1)
    wide = wide / 2.0**times
    term = np.broadcast_to(np.eye(x.shape[-1], dtype=wide.dtype), wide.shape)
    found = np.array(term)
    for k in range(1, 20):
        term = term @ wide / k
        found += term
    for _ in range(times):
        found = found @ found
    return np.asarray(found, x.dtype)


@primitive(Kind.LINALG, numpy=exponential_of, grad_name="LinalgMatrixExpBackward0")
def exponential(input: Tensor) -> Spec:
    """The exponential of each matrix."""
    return input.spec


@exponential.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    # The upper right of the exponential of [[A^H, g], [0, A^H]] is the derivative along g.
    n = input.shape[-1]
    back = turned(input)
    zero = ops.expand_view(ops.constant(0, g.dtype), shape=g.shape)
    rows = [ops.cat([back, g], -1), ops.cat([zero, back], -1)]
    whole = exponential(ops.cat(rows, -2))
    return (ops.narrow(ops.narrow(whole, -2, 0, n), -1, n, n),)


@derived(on="linalg torch Tensor", grad_name="LinalgMatrixExpBackward0")
def matrix_exp(A: Tensor) -> Node:
    """The exponential of each matrix: the sum of its powers over factorials.

    >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    expect_square("linalg.matrix_exp", A)
    return exponential(A)


@derived(on="linalg", grad_name="ViewBackward0")
def multi_dot(tensors: Tensors) -> Node:
    """The product of several matrices, of which the first and the last may be vectors.

    >>> torch.linalg.multi_dot([torch.eye(2), torch.ones(2, 3), torch.ones(3)])
    tensor([3., 3.])
    """
    if len(tensors) < 2:
        problem = f"expected at least 2 tensors but got {len(tensors)}"
        raise ShapeError(explain("linalg.multi_dot", problem))
    parts = list(tensors)
    while len(parts) > 1:  # the largest inner size goes first
        k = max(range(len(parts) - 1), key=lambda j: parts[j].shape[-1])
        parts[k : k + 2] = [ops.matmul(parts[k], parts[k + 1])]
    return parts[0]


@derived(on="linalg", grad_name="SumBackward1")
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Node:
    """Sums of products along a dimension, the first factor conjugated.

    >>> torch.linalg.vecdot(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return ops.sum(ops.conj(x) * y, dim)


@derived(on="linalg", grad_name="CatBackward0")
def vander(x: Tensor, *, N: int | None = None) -> Node:
    """The powers 0 to N - 1 of each element, in rows.

    >>> torch.linalg.vander(torch.tensor([2, 3]))
    tensor([[1, 2],
            [1, 3]])
    """
    n = x.shape[-1] if N is None else N
    dtype = x.dtype if x.dtype.category >= dtypes.FLOAT else dtypes.int64
    whole = ops.to_dtype(x, dtype)
    one = ops.expand_view(ops.constant(1, dtype), shape=(*x.shape, 1))
    rest = ops.expand_view(ops.unsqueeze(whole, -1), shape=(*x.shape, n - 1))
    return ops.cumprod(ops.cat([one, rest], -1), -1)


@derived(on="linalg", grad_name="ReshapeAliasBackward0")
def tensorinv(A: Tensor, ind: int = 2) -> Node:
    """The inverse of A as a map from its last dimensions to its first `ind`."""
    if ind <= 0:
        raise ShapeError(explain("linalg.tensorinv", "Expected a strictly positive integer"))
    n = math.prod(A.shape[:ind])
    if n != math.prod(A.shape[ind:]):
        problem = "the product of the first and of the last sizes must be the same"
        raise ShapeError(explain("linalg.tensorinv", problem, {"A": A.spec}))
    return ops.reshape(inverse_of(ops.reshape(A, (n, n))), (*A.shape[ind:], *A.shape[:ind]))


@derived(on="linalg", grad_name="ViewBackward0")
def tensorsolve(A: Tensor, B: Tensor, dims: Any = None) -> Node:
    """The X for which A, as a map from its last dimensions, gives B."""
    if dims is not None:
        A = ops.movedim(A, tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    n = B.size
    out = A.shape[B.ndim :]
    found = ops.solve(ops.reshape(A, (n, math.prod(out))), ops.reshape(B, (n,)))
    return ops.reshape(found, out)


@matrix_power.samples
def _() -> Iterator[Any]:
    for n in (0, 1, 3, -2):
        yield regular(2, 3), n


@exponential.samples
@matrix_exp.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3, 3, low=-1, high=1),)


@multi_dot.samples
def _() -> Iterator[Any]:
    yield ([floats(2, 3), floats(3, 4, seed=1), floats(4, 2, seed=2)],)


@vecdot.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), floats(2, 3, seed=1)


@vander.samples
def _() -> Iterator[Any]:
    yield (floats(3),)
    yield (floats(2, 3),), {"N": 4}


@tensorinv.samples
def _() -> Iterator[Any]:
    yield (regular(6).reshape(2, 3, 6),)


@tensorsolve.samples
def _() -> Iterator[Any]:
    yield regular(6).reshape(2, 3, 6), floats(2, 3, seed=1)
