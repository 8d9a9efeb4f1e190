"""Cholesky factors: positive definite matrices as products of a triangle with itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import explain
from ..graph import Node, Spec
from .contract import turned
from .returns import named
from .samples import Array, at_kink, floats
from .solve import (
    SingularError,
    expect_square,
    inverse_of,
    no_errors,
    regular,
    solution,
)
from .table import Kind, Tensor, derived, primitive

CholeskyEx = named("linalg_cholesky_ex", "L info")


def times(*factors: Node) -> Node:
    """The product of several matrices."""
    out = factors[0]
    for x in factors[1:]:
        out = ops.matmul(out, x)
    return out


def root_of(x: Any) -> Array:
    """NumPy: the lower triangle L with L @ L^H = x."""
    try:
        return np.asarray(np.linalg.cholesky(x))
    except np.linalg.LinAlgError:
        problem = (
            "The factorization could not be completed because the input is not positive-definite"
        )
        raise SingularError(explain("linalg.cholesky", problem)) from None


@primitive(Kind.LINALG, numpy=root_of, grad_name="LinalgCholeskyExBackward0")
def lower_root(input: Tensor) -> Spec:
    """The lower triangle L with L @ L^H = input, of which the lower triangle is looked at."""
    return input.spec


@lower_root.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    inner = times(turned(out), g)
    both = (ops.tril(inner) + turned(ops.tril(inner, -1))) * 0.5
    back = inverse_of(out)
    return (times(turned(back), both, back),)


def definite(*sizes: int) -> Array:
    """A batch of positive definite matrices."""
    x = regular(*sizes)
    found: Array = x @ np.swapaxes(x, -1, -2)
    return found


@lower_root.samples
def _() -> Iterator[Any]:
    yield at_kink(definite(2, 3))  # it looks at one triangle; the gradient is for both


@derived(grad_name="LinalgCholeskyExBackward0")
def linalg_cholesky(A: Tensor, *, upper: bool = False) -> Node:
    """The lower triangle L with `L @ L.mH = A`, or the upper one U with `U.mH @ U = A`."""
    expect_square("linalg.cholesky", A)
    low = lower_root(turned(A) if upper else A)
    return turned(low) if upper else low


@derived(on="torch Tensor", grad_name="CholeskyBackward0")
def cholesky(input: Tensor, upper: bool = False) -> Node:
    """The lower triangle L with `L @ L.mH = input`: `torch.linalg.cholesky`.

    >>> torch.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    expect_square("cholesky", input)
    low = lower_root(turned(input) if upper else input)
    return turned(low) if upper else low


@derived(on="linalg", grad_name="LinalgCholeskyExBackward0")
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """As `linalg.cholesky`, with 0 for each matrix that has one; others raise all the same."""
    return CholeskyEx(linalg_cholesky(A, upper=upper), no_errors(A))


@derived(on="torch Tensor")
def cholesky_inverse(L: Tensor, upper: bool = False) -> Node:
    """The inverse of the matrix whose Cholesky factor is `L`.

    >>> torch.cholesky_inverse(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 1.0000]])
    """
    expect_square("cholesky_inverse", L)
    back = inverse_of(half(L, upper))
    return times(back, turned(back)) if upper else times(turned(back), back)


@derived(on="torch Tensor")
def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Node:
    """The X in `A @ X = B`, where `L` is the Cholesky factor of A."""
    expect_square("cholesky_solve", L, "L")
    low = turned(half(L, True)) if upper else half(L, False)
    return solution(turned(low), solution(low, B))


def half(x: Node, upper: bool) -> Node:
    """One triangle of `x`; its gradient goes to all of `x`, as PyTorch's does."""
    kept = ops.triu(x) if upper else ops.tril(x)
    return x + ops.detach(kept - x)


@cholesky.samples
@linalg_cholesky.samples
def _() -> Iterator[Any]:
    yield at_kink(definite(3))
    yield at_kink(definite(2, 2), upper=True)


@cholesky_ex.samples
def _() -> Iterator[Any]:
    yield at_kink(definite(3))


@cholesky_inverse.samples
def _() -> Iterator[Any]:
    yield at_kink(np.tril(regular(3)))
    yield at_kink(np.triu(regular(2, 3)), True)


@cholesky_solve.samples
def _() -> Iterator[Any]:
    yield at_kink(floats(3, 2, seed=1), np.tril(regular(3)))
