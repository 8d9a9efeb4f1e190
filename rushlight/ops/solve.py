"""Systems of linear equations: inverses, solutions, determinants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, RushlightError, ShapeError, explain
from ..graph import Node, Spec
from .contract import turned
from .returns import named
from .samples import Array, complexes, floats
from .table import Kind, Tensor, derived, primitive

SolveEx = named("linalg_solve_ex", "result info")
TriangularSolve = named("triangular_solve", "solution cloned_coefficient")
InvEx = named("linalg_inv_ex", "inverse info")


class SingularError(RushlightError, RuntimeError):
    """A matrix that has no inverse, or no decomposition of the kind asked for."""


def expect_square(op: str, input: Node, name: str = "A") -> None:
    """Raise unless `input` is a batch of square matrices of fractions."""
    if input.ndim < 2:
        problem = f"The input tensor {name} must have at least 2 dimensions."
        raise ShapeError(explain(op, problem, {name: input.spec}))
    if input.shape[-1] != input.shape[-2]:
        problem = (
            f"{name} must be batches of square matrices, but they are "
            f"{input.shape[-2]} by {input.shape[-1]} matrices"
        )
        raise ShapeError(explain(op, problem, {name: input.spec}))
    expect_fractions(op, input, name)


def expect_fractions(op: str, input: Node, name: str = "A") -> None:
    """Raise unless `input` has a floating-point or complex dtype."""
    if input.dtype.category < dtypes.FLOAT:
        problem = f"Expected a floating point or complex tensor as input. Got {input.dtype.name}"
        raise DtypeError(explain(op, problem, {name: input.spec}, "convert with .float()"))


def expect_matrices(op: str, input: Node, name: str = "A") -> None:
    """Raise unless `input` is a batch of matrices of fractions."""
    if input.ndim < 2:
        problem = f"The input tensor {name} must have at least 2 dimensions."
        raise ShapeError(explain(op, problem, {name: input.spec}))
    expect_fractions(op, input, name)


def batch_of(*inputs: Node) -> tuple[int, ...]:
    """The common shape of batches of matrices."""
    try:
        return np.broadcast_shapes(*[x.shape[:-2] for x in inputs])
    except ValueError:
        got = {f"matrix {k}": x.spec for k, x in enumerate(inputs)}
        raise ShapeError(explain("linalg", "batches do not broadcast", got)) from None


def inverted(x: Any) -> Array:
    """NumPy: the inverse of each matrix."""
    try:
        return np.asarray(np.linalg.inv(x))
    except np.linalg.LinAlgError:
        problem = (
            "The diagonal element is zero, the inversion could not be completed because the input "
            "matrix is singular."
        )
        raise SingularError(explain("linalg.inv", problem, hint="see torch.linalg.pinv")) from None


@primitive(Kind.LINALG, numpy=inverted, grad_name="LinalgInvExBackward0")
def inverse_of(input: Tensor) -> Spec:
    """The inverse of each matrix."""
    return input.spec


@inverse_of.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    back = turned(out)
    return (-ops.matmul(ops.matmul(back, g), back),)


@inverse_of.samples
def _() -> Iterator[Any]:
    yield (regular(2, 3),)
    yield (complexes(2, 2) + 2 * np.eye(2, dtype=np.complex64),)


def regular(*sizes: int) -> Array:
    """A batch of matrices far from singular; the last of `sizes` is theirs."""
    n = sizes[-1]
    found: Array = floats(*sizes[:-1], n, n, low=-1, high=1) + 2 * np.eye(n, dtype=np.float32)
    return found


@derived(on="linalg", grad_name="LinalgInvExBackward0")
def inv(input: Tensor) -> Node:
    """The inverse of each matrix of a batch.

    >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    expect_square("linalg.inv", input)
    return inverse_of(input)


@derived(on="torch Tensor", grad_name="LinalgInvExBackward0")
def inverse(input: Tensor) -> Node:
    """The inverse of each matrix of a batch: `torch.linalg.inv`."""
    return inv(input)


@inv.samples
@inverse.samples
def _() -> Iterator[Any]:
    yield (regular(3),)
    yield (regular(2, 2),)


@derived(on="linalg", grad_name="LinalgInvExBackward0")
def inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """The inverse of each matrix, and 0 for each that has one; others raise here all the same."""
    expect_square("linalg.inv_ex", A)
    return InvEx(inverse_of(A), no_errors(A))


@inv_ex.samples
def _() -> Iterator[Any]:
    yield (regular(2, 3),)


def no_errors(input: Node) -> Node:
    """A zero for each matrix."""
    zero = ops.constant(0, dtypes.int32)
    return ops.clone(ops.expand_view(zero, shape=input.shape[:-2]))


# -- solutions ---------------------------------------------------------------------------------


def solved(a: Any, b: Any) -> Array:
    """NumPy: the solutions of a @ x = b."""
    try:
        return np.asarray(np.linalg.solve(a, b))
    except np.linalg.LinAlgError:
        problem = "The solver failed because the input matrix is singular."
        raise SingularError(explain("linalg.solve", problem, hint="see linalg.lstsq")) from None


@primitive(Kind.LINALG, numpy=solved, grad_name="LinalgSolveExBackward0")
def solution(A: Tensor, B: Tensor) -> Spec:
    """The X in A @ X = B, for batches of matrices."""
    return Spec((*batch_of(A, B), *B.shape[-2:]), B.dtype)


@solution.vjp
def _(g: Node, out: Node, A: Node, B: Node) -> tuple[Node, Node]:
    to_b = solution(turned(A), g)
    return -ops.matmul(to_b, turned(out)), to_b


@solution.samples
def _() -> Iterator[Any]:
    yield regular(2, 3), floats(2, 3, 2, seed=1)
    yield regular(3), floats(2, 3, 1, seed=1)


def is_vector(A: Node, B: Node) -> bool:
    """Whether B is a batch of vectors, by PyTorch's rule."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and A.shape[:-1] == B.shape)


@derived(on="linalg", grad_name="LinalgSolveExBackward0")
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Node:
    """The X in `A @ X = B`, or with left=False in `X @ A = B`; B may be a vector.

    >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    expect_square("linalg.solve", A)
    vector = is_vector(A, B)
    if not left:
        if vector:
            problem = "Vector broadcasting of the left hand side is not supported for left=False."
            raise ShapeError(explain("linalg.solve", problem))
        return ops.mT(solution(ops.mT(A), ops.mT(B)))
    rows = ops.unsqueeze(B, -1) if vector else B
    if rows.ndim < 2 or A.shape[-1] != rows.shape[-2]:
        problem = "Incompatible shapes of A and B for the equation AX = B"
        raise ShapeError(explain("linalg.solve", problem, {"A": A.spec, "B": B.spec}))
    found = solution(A, rows)
    return ops.squeeze(found, -1) if vector else found


@solve.samples
def _() -> Iterator[Any]:
    yield regular(3), floats(3, 2, seed=1)
    yield regular(3), floats(3, seed=1)
    yield regular(2, 3), floats(2, 3, seed=1)
    yield (regular(3), floats(2, 3, seed=1)), {"left": False}


@derived(on="linalg", grad_name="LinalgSolveExBackward0")
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """As `solve`, with 0 for each matrix that is not singular; others raise here all the same."""
    return SolveEx(solve(A, B, left=left), no_errors(A))


@solve_ex.samples
def _() -> Iterator[Any]:
    yield regular(3), floats(3, 2, seed=1)


@derived(on="linalg", grad_name="LinalgSolveTriangularBackward0")
def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Node:
    """The X in `A @ X = B` (or `X @ A = B`), looking at one triangle of A only.

    With `unitriangular` the diagonal counts as ones.

    >>> a = torch.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> torch.linalg.solve_triangular(a, torch.tensor([[4.0], [4.0]]), upper=True)
    tensor([[1.5000],
            [1.0000]])
    """
    expect_square("linalg.solve_triangular", A)
    shift = 1 if unitriangular else 0
    kept = ops.triu(A, shift) if upper else ops.tril(A, -shift)
    if unitriangular:
        kept = kept + identity(A.shape[-1], A)
    if left:
        return solution(kept, B)
    return ops.mT(solution(ops.mT(kept), ops.mT(B)))


def identity(n: int, like: Node) -> Node:
    """The identity matrix."""
    one = ops.constant(1, like.dtype)
    return ops.diag_embed(ops.expand_view(one, shape=(n,)))


@solve_triangular.samples
def _() -> Iterator[Any]:
    yield (regular(3), floats(3, 2, seed=1)), {"upper": True}
    yield (regular(2, 3), floats(2, 2, 3, seed=1)), {"upper": False, "left": False}
    yield (regular(3), floats(3, 2, seed=1)), {"upper": True, "unitriangular": True}


@derived(on="torch Tensor", grad_name="TriangularSolveBackward0")
def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> Any:
    """As `linalg.solve_triangular(A, input)`, and a copy of A: its old name."""
    whole = ops.mT(A) if transpose else A
    found = solve_triangular(
        whole, input, upper=upper is not transpose, unitriangular=unitriangular
    )
    return TriangularSolve(found, ops.clone(A))


@triangular_solve.samples
def _() -> Iterator[Any]:
    yield floats(3, 2, seed=1), regular(3)
    yield floats(3, 2, seed=1), regular(3), False, True
