"""LU decompositions: matrices as products of a permutation and two triangles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ShapeError, explain
from ..graph import Node, Spec
from .cholesky import times
from .contract import turned
from .returns import named
from .samples import Array, floats
from .solve import (
    expect_matrices,
    expect_square,
    identity,
    inverse_of,
    no_errors,
    regular,
    solution,
)
from .table import Kind, Tensor, derived, primitive

LUFactor = named("linalg_lu_factor", "LU pivots")
LUFactorEx = named("linalg_lu_factor_ex", "LU pivots info")
PLU = named("linalg_lu", "P L U")
Unpacked = named("lu_unpack", "P L U")


def eliminated(x: Any) -> tuple[Array, Array]:
    """NumPy: both triangles in one matrix, and with which row each was exchanged (from 1)."""
    lu = np.array(x)
    m, n = lu.shape[-2:]
    flat = lu.reshape(int(np.prod(lu.shape[:-2])), m, n)
    pivots = np.empty((flat.shape[0], min(m, n)), np.int32)
    for a, swaps in zip(flat, pivots, strict=True):
        for k in range(min(m, n)):
            best = k + int(np.argmax(np.abs(a[k:, k])))
            swaps[k] = best + 1
            if best != k:
                a[[k, best]] = a[[best, k]]
            if a[k, k] != 0:
                a[k + 1 :, k] /= a[k, k]
                a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return flat.reshape(lu.shape), pivots.reshape(*lu.shape[:-2], min(m, n))


@primitive(Kind.LINALG, numpy=lambda x: eliminated(x)[0], grad_name="LinalgLuFactorExBackward0")
def packed_lu(input: Tensor) -> Spec:
    """Both triangles in one matrix; the ones on the diagonal of the lower are left out."""
    return input.spec


@primitive(Kind.LINALG, numpy=lambda x: eliminated(x)[1])
def pivots_of(input: Tensor) -> Spec:
    """With which row each row was exchanged in turn, counted from 1."""
    m, n = input.shape[-2:]
    return Spec((*input.shape[:-2], min(m, n)), dtypes.int32)


def permutations(pivots: Any, *, n: int, dtype: Any) -> Array:
    """NumPy: the matrices that undo these exchanges of `n` rows."""
    count = int(np.prod(pivots.shape[:-1]))
    flat = pivots.reshape(count, pivots.shape[-1])
    out: Array = np.zeros((count, n, n), dtype.numpy)
    for swaps, p in zip(flat, out, strict=True):
        order = np.arange(n)
        for k, other in enumerate(swaps):
            order[[k, other - 1]] = order[[other - 1, k]]
        p[order, np.arange(n)] = 1
    return out.reshape(*pivots.shape[:-1], n, n)


@primitive(Kind.LINALG, numpy=permutations)
def permutation(pivots: Tensor, *, n: int, dtype: Any) -> Spec:
    """The matrices P with `P @ L @ U` the decomposed matrix."""
    return Spec((*pivots.shape[:-1], n, n), dtype)


@packed_lu.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    m, n = input.shape[-2:]
    k = min(m, n)
    low, up = [ops.narrow(ops.narrow(x, -2, 0, k), -1, 0, k) for x in triangles(out)]
    back_low, back_up = turned(inverse_of(low)), turned(inverse_of(up))
    square = ops.narrow(ops.narrow(g, -2, 0, k), -1, 0, k)
    to_low, to_up = ops.tril(square, -1), ops.triu(square)
    rest: Node | None = None  # what is beside or below the square: low @ rest, or rest @ up
    if n > k:
        rest = ops.matmul(back_low, ops.narrow(g, -1, k, n - k))
        to_low = to_low - ops.matmul(rest, turned(ops.narrow(out, -1, k, n - k)))
    elif m > k:
        rest = ops.matmul(ops.narrow(g, -2, k, m - k), back_up)
        to_up = to_up - ops.matmul(turned(ops.narrow(out, -2, k, m - k)), rest)
    inner = ops.tril(times(turned(low), to_low), -1) + ops.triu(times(to_up, turned(up)))
    whole = times(back_low, inner, back_up)
    if rest is not None:
        whole = ops.cat([whole, rest], -1 if n > k else -2)
    return (ops.matmul(permutation(pivots_of(input), n=m, dtype=input.dtype), whole),)


def triangles(packed: Node) -> tuple[Node, Node]:
    """The lower triangle, with ones on its diagonal, and the upper."""
    m, n = packed.shape[-2:]
    k = min(m, n)
    low = ops.tril(ops.narrow(packed, -1, 0, k), -1)
    if m == k:
        low = low + identity(k, packed)
    else:
        low = low + ops.pad(identity(k, packed), (0, 0, 0, m - k))
    return low, ops.triu(ops.narrow(packed, -2, 0, k))


@packed_lu.samples
@pivots_of.samples
def _() -> Iterator[Any]:
    yield (regular(2, 3),)
    yield (floats(3, 5),)
    yield (floats(2, 4, 2),)


@permutation.samples
def _() -> Iterator[Any]:
    yield (np.array([[2, 3, 3]], np.int32),), {"n": 3, "dtype": dtypes.float32}


def check_pivot(op: str, pivot: bool) -> None:
    """Raise unless rows may be exchanged."""
    if not pivot:
        problem = "LU without pivoting is not implemented on the CPU"
        raise ShapeError(explain(op, problem))


@derived(on="linalg", grad_name="LinalgLuFactorExBackward0")
def lu_factor(A: Tensor, *, pivot: bool = True) -> Any:
    """Both triangles in one matrix, and the exchanges of rows, as `lu_solve` wants them."""
    expect_matrices("linalg.lu_factor", A)
    check_pivot("linalg.lu_factor", pivot)
    return LUFactor(packed_lu(A), pivots_of(A))


@derived(on="linalg", grad_name="LinalgLuFactorExBackward0")
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """As `lu_factor`, with a 0 for each matrix."""
    expect_matrices("linalg.lu_factor_ex", A)
    check_pivot("linalg.lu_factor_ex", pivot)
    return LUFactorEx(packed_lu(A), pivots_of(A), no_errors(A))


@derived(grad_name="LinalgLuBackward0")
def linalg_lu(A: Tensor, *, pivot: bool = True) -> Any:
    """A permutation and two triangles: `P @ L @ U = A`."""
    expect_matrices("linalg.lu", A)
    check_pivot("linalg.lu", pivot)
    packed = packed_lu(A)
    return PLU(permutation(pivots_of(A), n=A.shape[-2], dtype=A.dtype), *triangles(packed))


@derived(on="torch Tensor", grad_name="LinalgLuFactorExBackward0")
def lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Node, ...]:
    """As `linalg.lu_factor`, with a 0 for each matrix if `get_infos`."""
    expect_matrices("lu", A)
    check_pivot("lu", pivot)
    found = packed_lu(A), pivots_of(A)
    return (*found, no_errors(A)) if get_infos else found


@derived(on="torch", grad_name="LuUnpackBackward0")
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> Any:
    """The permutation and the two triangles of what `linalg.lu_factor` gave."""
    none = ops.expand_view(ops.constant(0, LU_data.dtype), shape=(0,))
    p = ops.clone(none)
    if unpack_pivots:
        p = permutation(LU_pivots, n=LU_data.shape[-2], dtype=LU_data.dtype)
    low, up = triangles(LU_data) if unpack_data else (ops.clone(none), ops.clone(none))
    return Unpacked(p, low, up)


def solved_by(LU: Node, pivots: Node, B: Node, left: bool, adjoint: bool) -> Node:
    """The solution of a system whose matrix is decomposed."""
    low, up = triangles(LU)
    p = permutation(pivots, n=LU.shape[-1], dtype=LU.dtype)
    if not left:
        return ops.mT(transposed_solution(low, up, p, ops.mT(B), adjoint))
    if adjoint:
        return times(p, solution(turned(low), solution(turned(up), B)))
    return solution(up, solution(low, times(ops.mT(p), B)))


def transposed_solution(low: Node, up: Node, p: Node, B: Node, adjoint: bool) -> Node:
    """The X in `A.mT @ X = B`, or in `conj(A) @ X = B`."""
    if adjoint:
        return solution(ops.conj(up), solution(ops.conj(low), times(ops.mT(p), B)))
    return times(p, solution(ops.mT(low), solution(ops.mT(up), B)))


@derived(grad_name="LinalgLuSolveBackward0")
def linalg_lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Node:
    """The X in `A @ X = B`, given what `linalg.lu_factor` made of A."""
    expect_square("linalg.lu_solve", LU, "LU")
    return solved_by(LU, pivots, B, left, adjoint)


@derived(on="torch Tensor", grad_name="LinalgLuSolveBackward0")
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Node:
    """The X in `A @ X = b`, given what `linalg.lu_factor` made of A."""
    return solved_by(LU_data, LU_pivots, b, True, False)


@lu.samples
@lu_factor.samples
@lu_factor_ex.samples
@linalg_lu.samples
def _() -> Iterator[Any]:
    yield (regular(3),)
    yield (regular(2, 2),)
    yield (floats(2, 4),)
    yield (floats(4, 2),)


@lu_unpack.samples
def _() -> Iterator[Any]:
    yield regular(3), np.array([2, 3, 3], np.int32)


@lu_solve.samples
def _() -> Iterator[Any]:
    yield floats(3, 2), regular(3), np.array([2, 3, 3], np.int32)


@linalg_lu_solve.samples
def _() -> Iterator[Any]:
    yield regular(3), np.array([2, 3, 3], np.int32), floats(3, 2)
