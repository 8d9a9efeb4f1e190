"""LDL decompositions: symmetric matrices as triangles around blocks of one or two.

Pivots are chosen as Bunch and Kaufman do (Mathematics of Computation 31, 1977), and stored as in
LAPACK: a row's number counted from 1, negative for both rows of a block of two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import ChoiceError, ShapeError, explain
from ..graph import Node, Spec
from .batching import alone
from .returns import named
from .samples import Array, floats
from .solve import SingularError, batch_of, expect_square
from .table import Kind, Tensor, derived, primitive

LDL = named("linalg_ldl_factor", "LD pivots")
LDLEx = named("linalg_ldl_factor_ex", "LD pivots info")

ENOUGH = (1 + math.sqrt(17)) / 8
"""How large a pivot must be, compared with the others, for the least growth."""


def flipped(x: Any, hermitian: bool) -> Any:
    """NumPy: the transpose, or the conjugate transpose."""
    return np.swapaxes(x.conj() if hermitian else x, -1, -2)


def magnitude(x: Any) -> Any:
    """NumPy: how large numbers are, as LAPACK measures complex ones here."""
    return np.abs(x.real) + np.abs(x.imag)


def pivot(a: Any, k: int) -> tuple[int, int]:
    """NumPy: which row comes next in the rest of `a`, and the size of its block."""
    here = magnitude(a[k, k])
    column = magnitude(a[k + 1 :, k])
    if not column.size or here >= ENOUGH * column.max():
        return k, 1
    best = k + 1 + int(np.argmax(column))
    row = magnitude(a[best, k:])
    row[best - k] = 0
    if here * row.max() >= ENOUGH * column.max() ** 2:
        return k, 1
    return best, 1 if magnitude(a[best, best]) >= ENOUGH * row.max() else 2


def reduce_matrix(a: Any, hermitian: bool) -> tuple[Any, int]:
    """NumPy: `a`, which becomes its factors, its pivots, and which pivot is 0 first (or 0)."""
    n = len(a)
    pivots = np.zeros(n, np.int32)
    failed = k = 0
    while k < n:
        found, size = pivot(a, k)
        end = k + size
        last = end - 1
        if found != last:
            a[[last, found], k:] = a[[found, last], k:]
            a[k:, [last, found]] = a[k:, [found, last]]
        pivots[k:end] = found + 1 if size == 1 else -found - 1
        block = a[k:end, k:end]
        if size == 1 and block[0, 0] == 0:
            failed = failed or k + 1
        else:
            low = a[end:, k:end].copy()
            a[end:, k:end] = np.linalg.solve(flipped(block, hermitian), flipped(low, hermitian)).T
            if hermitian:
                a[end:, k:end] = a[end:, k:end].conj()
            a[end:, end:] -= a[end:, k:end] @ flipped(low, hermitian)
        k = end
    return pivots, failed


def ldl_part(x: Any, *, hermitian: bool, part: int) -> Array:
    """NumPy: the factors, the pivots, or which pivot is 0."""
    low = np.tril(x)
    both = low + flipped(np.tril(x, -1), hermitian)
    if hermitian and both.dtype.kind == "c":
        np.einsum("...ii->...i", both).imag = 0
    flat = both.reshape(math.prod(x.shape[:-2]), *x.shape[-2:])
    notes = [reduce_matrix(a, hermitian) for a in flat]
    if part == 0:
        return np.asarray(np.tril(flat).reshape(x.shape))
    if part == 1:
        return np.array([p for p, _ in notes], np.int32).reshape(x.shape[:-1])
    return np.array([f for _, f in notes], np.int32).reshape(x.shape[:-2])


@primitive(Kind.LINALG, numpy=ldl_part)
def ldl(input: Tensor, *, hermitian: bool, part: int) -> Spec:
    """The factors in one triangle, the pivots, or which pivot is 0."""
    if part == 0:
        return input.spec
    return Spec(input.shape[:-1] if part == 1 else input.shape[:-2], dtypes.int32)


@derived(on="linalg")
def ldl_factor_ex(A: Tensor, *, hermitian: bool = False, check_errors: bool = False) -> Any:
    """As `ldl_factor`, with the number of the first pivot that is 0 (0 if none is)."""
    expect_square("torch.linalg.ldl_factor_ex", A)
    parts = [ldl(A, hermitian=hermitian, part=k) for k in range(3)]
    return LDLEx(*parts)


@derived(on="linalg")
def ldl_factor(A: Tensor, *, hermitian: bool = False) -> Any:
    """A triangle and blocks, in one matrix, and the exchanges of rows, for `ldl_solve`.

    >>> torch.linalg.ldl_factor(torch.tensor([[2.0, 1.0], [1.0, 3.0]])).LD
    tensor([[2.0000, 0.0000],
            [0.5000, 2.5000]])
    """
    expect_square("torch.linalg.ldl_factor", A)
    return LDL(ldl(A, hermitian=hermitian, part=0), ldl(A, hermitian=hermitian, part=1))


@ldl.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 4),), {"hermitian": False, "part": 0}
    yield (floats(4, 4),), {"hermitian": True, "part": 1}
    yield (floats(2, 4, 4),), {"hermitian": True, "part": 2}


@ldl_factor.samples
@ldl_factor_ex.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 4),)
    yield (floats(5, 5, seed=3),)


def blocks(pivots: Any) -> list[tuple[int, int, int, int]]:
    """Of each block: where it begins and ends, and which rows were exchanged."""
    found = []
    k = 0
    while k < len(pivots):
        end = k + (1 if pivots[k] > 0 else 2)
        found.append((k, end, end - 1, abs(int(pivots[k])) - 1))
        k = end
    return found


def solve_matrix(a: Any, pivots: Any, x: Any, hermitian: bool) -> None:
    """NumPy: `x`, which becomes the solution, given the factors of a matrix."""
    steps = blocks(pivots)
    for k, end, last, other in steps:
        x[[last, other]] = x[[other, last]]
        x[end:] -= a[end:, k:end] @ x[k:end]
    for k, end, _, _ in steps:
        block = np.tril(a[k:end, k:end])
        block = block + flipped(np.tril(block, -1), hermitian)
        x[k:end] = np.linalg.solve(block, x[k:end])
    for k, end, last, other in reversed(steps):
        x[k:end] -= flipped(a[end:, k:end], hermitian) @ x[end:]
        x[[last, other]] = x[[other, last]]


def solved_with(a: Any, pivots: Any, b: Any, *, hermitian: bool) -> Array:
    """NumPy: the solutions of systems whose matrices are decomposed."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.array(np.broadcast_to(b, (*batch, *b.shape[-2:])))
    a = np.broadcast_to(a, (*batch, *a.shape[-2:]))
    pivots = np.broadcast_to(pivots, (*batch, pivots.shape[-1]))
    try:
        for place in np.ndindex(*batch):
            solve_matrix(a[place], pivots[place], x[place], hermitian)
    except np.linalg.LinAlgError:
        problem = "a pivot is 0: the matrix is singular"
        raise SingularError(explain("linalg.ldl_solve", problem)) from None
    except IndexError:
        problem = "the pivots are not such as ldl_factor gives"
        raise ChoiceError(explain("linalg.ldl_solve", problem)) from None
    return x


@primitive(Kind.LINALG, numpy=solved_with)
def ldl_solution(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool) -> Spec:
    """The X in A @ X = B, of decomposed matrices."""
    return Spec((*batch_of(LD, B), *B.shape[-2:]), B.dtype)


ldl_solution.vmap(partial(alone, ldl_solution))  # pivots are no matrices


@derived(on="linalg")
def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False) -> Node:
    """The X in `A @ X = B`, given what `linalg.ldl_factor` made of A.

    >>> found = torch.linalg.ldl_factor(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> torch.linalg.ldl_solve(found.LD, found.pivots, torch.tensor([[2.0], [2.0]]))
    tensor([[1.0000],
            [0.5000]])
    """
    expect_square("torch.linalg.ldl_solve", LD, "LD")
    if B.ndim < 2 or B.shape[-2] != LD.shape[-1] or pivots.shape != LD.shape[:-1]:
        problem = "B needs as many rows as LD, and pivots a number for each row"
        got = {"LD": LD.spec, "pivots": pivots.spec, "B": B.spec}
        raise ShapeError(explain("torch.linalg.ldl_solve", problem, got))
    return ldl_solution(LD, pivots, B, hermitian=hermitian)


@ldl_solution.samples
def _() -> Iterator[Any]:
    for pivots in ([2, 2, 3], [-2, -2]):
        n = len(pivots)
        given = floats(n, n), np.array(pivots, np.int32), floats(n, 2, seed=1)
        yield given, {"hermitian": False}


@ldl_solve.samples
def _() -> Iterator[Any]:
    yield floats(2, 2), np.array([-2, -2], np.int32), floats(2, 2, seed=1)
    yield floats(2, 3, 3), np.array([[1, 3, 3], [2, 3, 3]], np.int32), floats(2, 3, 1, seed=1)
