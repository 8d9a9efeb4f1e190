"""What is made of whole matrices: norms, powers, pseudoinverses, and products of many."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, ShapeError, explain
from ..graph import Node, Spec
from .cholesky import definite
from .contract import turned
from .decompose import singular_values, symmetric_values
from .dims import axis
from .returns import named
from .samples import at_kink, floats
from .solve import expect_matrices, expect_square, identity, inverse_of, regular
from .table import Kind, Tensor, derived, primitive

Lstsq = named("linalg_lstsq", "solution residuals rank singular_values")


# -- norms -------------------------------------------------------------------------------------


@derived(on="linalg", grad_name="LinalgVectorNormBackward0")
def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Node:
    """The norm of each matrix: "fro", "nuc", inf, -inf, 1, -1, 2 or -2.

    >>> torch.linalg.matrix_norm(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    """
    x = A if dtype is None else ops.to_dtype(A, dtype)
    expect_matrices("linalg.matrix_norm", x)
    if isinstance(dim, int) or len(dim) != 2:
        raise ShapeError(explain("linalg.matrix_norm", "dim must be a 2-tuple of ints"))
    first, second = [axis(d, x.ndim, "linalg.matrix_norm") for d in dim]
    if first == second:
        raise ShapeError(explain("linalg.matrix_norm", "dims must be different"))
    if ord == "fro":
        return ops.vector_norm(x, 2, (first, second), keepdim)
    if ord in (2, -2, "nuc"):
        values = singular_values(ops.movedim(x, (first, second), (-2, -1)))
        if ord == "nuc":
            found = ops.sum(values, -1)
        else:
            found = ops.amax(values, -1) if ord == 2 else ops.amin(values, -1)
        for k in sorted((first, second)) if keepdim else ():
            found = ops.unsqueeze(found, k)
        return found
    if ord not in (1, -1, math.inf, -math.inf):
        problem = f"Order {ord} not supported."
        raise ShapeError(explain("linalg.matrix_norm", problem))
    along, over = (first, second) if abs(ord) == 1 else (second, first)
    sums = ops.sum(ops.abs(x), along, True)
    found = ops.amax(sums, over, True) if ord > 0 else ops.amin(sums, over, True)
    return found if keepdim else ops.squeeze(found, (first, second))


@derived(grad_name="LinalgVectorNormBackward0")
def linalg_norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Node:
    """The norm of vectors or, with two dimensions and an `ord`, of matrices."""
    x = A if dtype is None else ops.to_dtype(A, dtype)
    dims = (dim,) if isinstance(dim, int) else dim
    if ord is None:
        return ops.vector_norm(x, 2, dims, keepdim)
    if dims is None:
        if x.ndim not in (1, 2):
            problem = "when ord is specified but dim is not, the input must be 1D or 2D"
            raise ShapeError(explain("linalg.norm", problem, {"A": x.spec}))
        dims = tuple(range(x.ndim))
    if len(dims) == 2:
        return matrix_norm(x, ord, dims, keepdim)
    return ops.vector_norm(x, ord, dims, keepdim)


@derived(on="linalg", grad_name="SqueezeBackward0")
def cond(A: Tensor, p: Any = None) -> Node:
    """How much larger the largest singular value is than the smallest; or by another norm.

    >>> torch.linalg.cond(torch.tensor([[2.0, 0.0], [0.0, 8.0]]))
    tensor(4.)
    """
    expect_matrices("linalg.cond", A)
    if p in (None, 2, -2):
        values = singular_values(A)
        most, least = ops.amax(values, -1), ops.amin(values, -1)
        return least / most if p == -2 else most / least
    expect_square("linalg.cond", A)
    return matrix_norm(A, p) * matrix_norm(inverse_of(A), p)


@derived(on="linalg", grad_name="NotImplemented")
def matrix_rank(
    A: Tensor,
    tol: Tensor | float | None = None,
    hermitian: bool = False,
    *,
    atol: Tensor | float | None = None,
    rtol: Tensor | float | None = None,
) -> Node:
    """How many singular values are larger than a tolerance.

    >>> torch.linalg.matrix_rank(torch.tensor([[1.0, 1.0], [1.0, 1.0]]))
    tensor(1)
    """
    expect_matrices("linalg.matrix_rank", A)
    A = ops.detach(A)
    values = ops.abs(symmetric_values(A, lower=True)) if hermitian else singular_values(A)
    bound = tolerance(A, values, atol if tol is None else tol, rtol, tol is not None)
    return ops.sum(ops.gt(values, bound), -1)


def tolerance(A: Node, values: Node, atol: Any, rtol: Any, absolute: bool = False) -> Node:
    """Which singular values are as good as 0, as PyTorch decides."""
    least = ops.to_dtype(as_node(0.0 if atol is None else atol, values), values.dtype)
    if rtol is None:
        usual = A.dtype.eps * max(A.shape[-2:])
        share = ops.where(ops.gt(least, 0), 0, usual) if atol is not None else usual
    else:
        share = rtol
    share = ops.to_dtype(as_node(0.0 if absolute else share, values), values.dtype)
    most = ops.amax(values, -1) if values.shape[-1] else ops.sum(values, -1)
    bound = ops.maximum(least, share * most)
    return ops.unsqueeze(bound, -1)


def as_node(value: Any, like: Node) -> Node:
    """A number, or a tensor, as a node."""
    return value if isinstance(value, Node) else ops.constant(value, like.dtype)


@matrix_norm.samples
def _() -> Iterator[Any]:
    for order in ("fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2):
        yield floats(2, 3, 4), order
    yield floats(3, 2, 4), 1, (0, -1), True


@linalg_norm.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 4), 2
    yield floats(3, 4), 1, 0


@cond.samples
def _() -> Iterator[Any]:
    yield at_kink(regular(3))


@matrix_rank.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 3),)
    yield (definite(3),), {"hermitian": True}


# -- pseudoinverses ----------------------------------------------------------------------------


@primitive(
    Kind.LINALG,
    numpy=lambda x, *, rtol, hermitian: np.asarray(np.linalg.pinv(x, rtol, hermitian)),
    grad_name="LinalgPinvBackward0",
)
def pseudoinverse(input: Tensor, *, rtol: float, hermitian: bool) -> Spec:
    """The pseudoinverse, with singular values below `rtol` times the largest taken for 0."""
    *batch, m, n = input.shape
    return Spec((*batch, n, m), input.dtype)


@pseudoinverse.vjp
def _(g: Node, out: Node, input: Node, *, rtol: float, hermitian: bool) -> tuple[Node]:
    m, n = input.shape[-2:]
    back, gh = turned(out), turned(g)
    first = ops.matmul(ops.matmul(back, g), back)
    outside = identity(m, input) - ops.matmul(input, out)
    inside = identity(n, input) - ops.matmul(out, input)
    second = ops.matmul(ops.matmul(ops.matmul(outside, gh), out), back)
    third = ops.matmul(ops.matmul(ops.matmul(back, out), gh), inside)
    return (second + third - first,)


@pseudoinverse.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 3),), {"rtol": 1e-6, "hermitian": False}
    yield (floats(2, 3),), {"rtol": 1e-6, "hermitian": False}


def pinv_of(op: str, A: Node, atol: Any, rtol: Any, hermitian: bool) -> Node:
    """The pseudoinverse with PyTorch's tolerances."""
    expect_matrices(op, A)
    if atol is not None or isinstance(rtol, Node):
        raise ChoiceError(explain(op, "atol, and a tensor of tolerances, are not available"))
    usual = A.dtype.eps * max(A.shape[-2:])
    return pseudoinverse(A, rtol=usual if rtol is None else rtol, hermitian=hermitian)


@derived(grad_name="LinalgPinvBackward0")
def linalg_pinv(
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Node:
    """The pseudoinverse of each matrix."""
    return pinv_of("linalg.pinv", A, atol, rtol if rcond is None else rcond, hermitian)


@derived(on="torch Tensor", grad_name="LinalgPinvBackward0")
def pinverse(input: Tensor, rcond: float = 1e-15) -> Node:
    """The pseudoinverse of each matrix: `torch.linalg.pinv`.

    >>> torch.pinverse(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return pinv_of("pinverse", input, None, rcond, False)


@derived(on="linalg", grad_name="LinalgLstsqBackward0")
def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> Any:
    """The X for which `A @ X` is nearest to B, and what LAPACK says besides.

    >>> torch.linalg.lstsq(torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0], [3.0]])).solution
    tensor([[2.0000]])
    """
    expect_matrices("linalg.lstsq", A)
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and A.shape[:-1] == B.shape)
    rows = ops.unsqueeze(B, -1) if vector else B
    found = ops.matmul(pinv_of("linalg.lstsq", A, None, rcond, False), rows)
    m, n = A.shape[-2:]
    none = ops.reshape(ops.narrow(A, -1, 0, 0), (0,))
    rank = ops.expand_view(ops.constant(0, dtypes.int64), shape=(0,))
    residuals = ops.clone(none)
    driver = driver or "gelsy"
    if m > n and driver != "gelsy":
        residuals = ops.sum(ops.square(ops.abs(ops.matmul(A, found) - rows)), -2)
    if driver in ("gelsy", "gelsd", "gelss"):
        rank = matrix_rank(A)
    values = singular_values(ops.detach(A)) if driver in ("gelsd", "gelss") else ops.detach(none)
    return Lstsq(ops.squeeze(found, -1) if vector else found, residuals, rank, values)


@linalg_pinv.samples
@pinverse.samples
def _() -> Iterator[Any]:
    yield (floats(4, 3),)
    yield (floats(2, 2, 3),)


@lstsq.samples
def _() -> Iterator[Any]:
    yield at_kink(floats(4, 2), floats(4, 3, seed=1))
