"""QR decompositions as LAPACK stores them: Householder's vectors below a triangle.

The product of reflections I - tau v v^H is I - V T V^H with a small triangular T (Bischof and Van
Loan, 1987), which makes a few large products of many small ones, and a gradient of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Spec
from .cholesky import times
from .contract import turned
from .returns import named
from .samples import Array, floats
from .solve import expect_matrices, identity, solution
from .table import Kind, Tensor, derived, primitive

Geqrf = named("geqrf", "a tau")


def raw_qr(x: Any, *, part: int) -> Array:
    """NumPy: the triangle with the vectors below it, or the factors tau."""
    h, tau = np.linalg.qr(x, "raw")
    return np.ascontiguousarray(np.swapaxes(h, -1, -2)) if part == 0 else tau


@primitive(Kind.LINALG, numpy=raw_qr)
def packed_qr(input: Tensor, *, part: int) -> Spec:
    """The triangle with the vectors below it, or the factors tau."""
    *batch, m, n = input.shape
    return Spec((*batch, m, n) if part == 0 else (*batch, min(m, n)), input.dtype)


@packed_qr.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 3),), {"part": 0}
    yield (floats(3, 4),), {"part": 1}


@derived(on="torch Tensor")
def geqrf(input: Tensor) -> Any:
    """A triangle with Householder's vectors below it, and their factors.

    >>> torch.geqrf(torch.tensor([[3.0, 0.0], [4.0, 5.0]])).tau
    tensor([1.6000, 0.0000])
    """
    expect_matrices("geqrf", input, "input")
    return Geqrf(packed_qr(input, part=0), packed_qr(input, part=1))


def reflections(op: str, packed: Node, tau: Node) -> tuple[Node, Node]:
    """V and T of the product of reflections whose vectors `packed` holds: I - V T V^H."""
    expect_matrices(op, packed, "input")
    m, n = packed.shape[-2:]
    k = tau.shape[-1] if tau.ndim else 0
    if tau.ndim != packed.ndim - 1 or tau.shape[:-1] != packed.shape[:-2] or k > min(m, n):
        problem = "tau must have a number for each of the first columns of input, at most"
        raise ShapeError(explain(op, problem, {"input": packed.spec, "tau": tau.spec}))
    first = ops.narrow(packed, -1, 0, k)
    ones = ops.pad(identity(k, packed), (0, 0, 0, m - k))
    v = ops.tril(first, -1) + ones
    between = ops.triu(ops.matmul(turned(v), v), 1)
    factors = ops.diag_embed(tau)
    return v, solution(identity(k, packed) + ops.matmul(factors, between), factors)


@derived(on="linalg", grad_name="LinalgHouseholderProductBackward0")
def householder_product(A: Tensor, tau: Tensor) -> Node:
    """The first columns of the orthogonal matrix that Householder's vectors below A make.

    >>> a, tau = torch.geqrf(torch.tensor([[3.0], [4.0]]))
    >>> torch.linalg.householder_product(a, tau)
    tensor([[-0.6000],
            [-0.8000]])
    """
    v, t = reflections("linalg.householder_product", A, tau)
    m, n = A.shape[-2:]
    if m < n:
        problem = "input.shape[-2] must be greater than or equal to input.shape[-1]"
        raise ShapeError(explain("linalg.householder_product", problem, {"input": A.spec}))
    whole = ops.pad(identity(n, A), (0, 0, 0, m - n))
    return whole - times(v, t, turned(ops.narrow(v, -2, 0, n)))


@derived(on="torch Tensor", grad_name="LinalgHouseholderProductBackward0")
def orgqr(input: Tensor, input2: Tensor) -> Node:
    """`torch.linalg.householder_product` by another name."""
    return householder_product(input, input2)


@derived(on="torch Tensor", grad_name="OrmqrBackward0")
def ormqr(
    input: Tensor, input2: Tensor, input3: Tensor, left: bool = True, transpose: bool = False
) -> Node:
    """The product of `input3` and the orthogonal matrix that `geqrf` found: `input`, `input2`.

    >>> a, tau = torch.geqrf(torch.tensor([[3.0], [4.0]]))
    >>> torch.ormqr(a, tau, torch.tensor([[3.0], [4.0]]), transpose=True)
    tensor([[-5.],
            [ 0.]])
    """
    v, t = reflections("ormqr", input, input2)
    if input3.ndim != input.ndim or input3.shape[-2 if left else -1] != input.shape[-2]:
        problem = "other must have as many rows (columns, if not left) as input has rows"
        raise ShapeError(explain("ormqr", problem, {"input": input.spec, "other": input3.spec}))
    middle = turned(t) if transpose else t
    if left:
        return input3 - times(v, middle, ops.matmul(turned(v), input3))
    return input3 - times(ops.matmul(input3, v), middle, turned(v))


@geqrf.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 3),)
    yield (floats(2, 4),)


@householder_product.samples
@orgqr.samples
def _() -> Iterator[Any]:
    yield floats(4, 3), floats(3, seed=1)
    yield floats(2, 3, 3), floats(2, 2, seed=1)


@ormqr.samples
def _() -> Iterator[Any]:
    yield floats(4, 3), floats(3, seed=1), floats(4, 2, seed=2)
    yield (floats(3, 2), floats(2, seed=1), floats(2, 3, seed=2), False, True), {}
