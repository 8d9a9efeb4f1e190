"""Matrices as products of simpler ones: eigenvalues and singular values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import DType
from ..errors import ShapeError, explain
from ..graph import Node, Spec
from .cholesky import definite, times
from .contract import turned
from .returns import named
from .samples import at_kink, floats
from .solve import (
    expect_matrices,
    expect_square,
    identity,
    regular,
)
from .table import Kind, Tensor, derived, primitive

Eigh = named("linalg_eigh", "eigenvalues eigenvectors")
Eig = named("linalg_eig", "eigenvalues eigenvectors")
SVD = named("linalg_svd", "U S Vh")
OldSVD = named("svd", "U S V")


def as_diagonal(values: Node) -> Node:
    """`values` to multiply columns with, one for each."""
    return ops.unsqueeze(values, -2)


# -- symmetric eigenvalues ---------------------------------------------------------------------


def differences(values: Node, dtype: DType) -> Node:
    """For each two values the second less the first; 1 for a value and itself."""
    gaps = ops.unsqueeze(values, -2) - ops.unsqueeze(values, -1)
    return ops.to_dtype(gaps + identity(values.shape[-1], gaps), dtype)


@primitive(
    Kind.LINALG,
    numpy=lambda x, *, lower: np.linalg.eigh(x, "L" if lower else "U")[0],
    grad_name="LinalgEighBackward0",
)
def symmetric_values(input: Tensor, *, lower: bool) -> Spec:
    """The eigenvalues of symmetric matrices, ascending; one triangle is looked at."""
    return Spec(input.shape[:-1], input.dtype.to_real())


@primitive(
    Kind.LINALG,
    numpy=lambda x, *, lower: np.linalg.eigh(x, "L" if lower else "U")[1],
    grad_name="LinalgEighBackward0",
)
def symmetric_vectors(input: Tensor, *, lower: bool) -> Spec:
    """The eigenvectors of symmetric matrices, in columns."""
    return input.spec


@symmetric_values.vjp
def _(g: Node, out: Node, input: Node, *, lower: bool) -> tuple[Node]:
    v = symmetric_vectors(input, lower=lower)
    return (ops.matmul(v * as_diagonal(ops.to_dtype(g, v.dtype)), turned(v)),)


@symmetric_vectors.vjp
def _(g: Node, out: Node, input: Node, *, lower: bool) -> tuple[Node]:
    gaps = differences(symmetric_values(input, lower=lower), out.dtype)
    inner = ops.matmul(turned(out), g)
    return (times(out, (inner - turned(inner)) * 0.5 / gaps, turned(out)),)


@symmetric_values.samples
@symmetric_vectors.samples
def _() -> Iterator[Any]:
    yield at_kink(definite(2, 3), lower=True)


@derived(on="linalg", grad_name="LinalgEighBackward0")
def eigh(A: Tensor, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, and eigenvectors, in columns, of symmetric matrices.

    >>> torch.linalg.eigh(torch.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    expect_square("linalg.eigh", A)
    lower = is_lower(UPLO)
    return Eigh(symmetric_values(A, lower=lower), symmetric_vectors(A, lower=lower))


@derived(on="linalg", grad_name="LinalgEighBackward0")
def eigvalsh(A: Tensor, UPLO: str = "L") -> Node:
    """Eigenvalues, ascending, of symmetric matrices.

    >>> torch.linalg.eigvalsh(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    expect_square("linalg.eigvalsh", A)
    return symmetric_values(A, lower=is_lower(UPLO))


def is_lower(triangle: str) -> bool:
    """Whether a letter names the lower triangle; raises unless it names one."""
    if triangle.upper() not in ("L", "U"):
        problem = f"Expected UPLO argument to be 'L' or 'U', but got {triangle}"
        raise ShapeError(explain("linalg.eigh", problem))
    return triangle.upper() == "L"


@eigh.samples
@eigvalsh.samples
def _() -> Iterator[Any]:
    yield at_kink(np.array([[2.0, 1.0], [1.0, 3.0]], np.float32))


# -- singular values ---------------------------------------------------------------------------


def svd_part(part: int) -> Callable[..., Any]:
    """NumPy: one of the three factors."""
    return lambda x, *, full=False: np.asarray(np.linalg.svd(x, full_matrices=full)[part])


@primitive(
    Kind.LINALG,
    numpy=lambda x: np.asarray(np.linalg.svd(x, compute_uv=False)),
    grad_name="LinalgSvdBackward0",
)
def singular_values(input: Tensor) -> Spec:
    """The singular values, descending."""
    *batch, m, n = input.shape
    return Spec((*batch, min(m, n)), input.dtype.to_real())


@primitive(Kind.LINALG, numpy=svd_part(0), grad_name="LinalgSvdBackward0")
def left_vectors(input: Tensor, *, full: bool) -> Spec:
    """The left singular vectors, in columns."""
    *batch, m, n = input.shape
    return Spec((*batch, m, m if full else min(m, n)), input.dtype)


@primitive(Kind.LINALG, numpy=svd_part(2), grad_name="LinalgSvdBackward0")
def right_vectors(input: Tensor, *, full: bool) -> Spec:
    """The right singular vectors, in rows, conjugated."""
    *batch, m, n = input.shape
    return Spec((*batch, n if full else min(m, n), n), input.dtype)


def thin(input: Node) -> tuple[Node, Node, Node]:
    """The three factors, none larger than it must be."""
    s = singular_values(input)
    u, vh = left_vectors(input, full=False), right_vectors(input, full=False)
    return u, s, vh


@singular_values.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    u, vh = left_vectors(input, full=False), right_vectors(input, full=False)
    return (ops.matmul(u * as_diagonal(ops.to_dtype(g, u.dtype)), vh),)


def turn(x: Node, s: Node) -> Node:
    """How much each two singular vectors turn towards one another, of their inner products."""
    skew = x - turned(x)
    return skew / differences(ops.square(s), x.dtype)


@left_vectors.vjp
def _(g: Node, out: Node, input: Node, *, full: bool) -> tuple[Node]:
    u, s, vh = thin(input)
    g = first_columns(g, input)
    width = ops.to_dtype(s, u.dtype)
    inner = ops.matmul(turned(u), g)
    found = times(u, turn(inner, s) * as_diagonal(width), vh)
    if input.shape[-2] > input.shape[-1]:
        outside = g - ops.matmul(u, inner)
        found = found + ops.matmul(outside / as_diagonal(width), vh)
    return (found,)


@right_vectors.vjp
def _(g: Node, out: Node, input: Node, *, full: bool) -> tuple[Node]:
    u, s, vh = thin(input)
    g = turned(first_columns(turned(g), input))
    width = ops.to_dtype(s, u.dtype)
    inner = ops.matmul(vh, turned(g))
    found = times(u, ops.unsqueeze(width, -1) * turn(inner, s), vh)
    if input.shape[-1] > input.shape[-2]:
        outside = g - ops.matmul(turned(inner), vh)
        found = found + ops.matmul(u / as_diagonal(width), outside)
    return (found,)


def first_columns(g: Node, input: Node) -> Node:
    """The gradient of what `thin` has; as in PyTorch the other vectors have none."""
    return ops.narrow(g, -1, 0, min(input.shape[-2:]))


@singular_values.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 3),)
    yield (floats(2, 3),)


@left_vectors.samples
@right_vectors.samples
def _() -> Iterator[Any]:
    yield (floats(4, 3),), {"full": False}
    yield (floats(2, 3),), {"full": False}


@derived(grad_name="LinalgSvdBackward0")
def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: Any = None) -> Any:
    """Left singular vectors in columns, singular values, and right singular vectors in rows."""
    expect_matrices("linalg.svd", A)
    u, vh = left_vectors(A, full=full_matrices), right_vectors(A, full=full_matrices)
    return SVD(u, singular_values(A), vh)


@derived(on="torch Tensor", grad_name="LinalgSvdBackward0")
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """Left singular vectors, singular values, and right singular vectors, all in columns."""
    expect_matrices("svd", input)
    if not compute_uv:
        zero = ops.constant(0, input.dtype)
        m, n = input.shape[-2:]
        u = ops.expand_view(zero, shape=(*input.shape[:-2], m, m))
        v = ops.expand_view(zero, shape=(*input.shape[:-2], n, n))
        return OldSVD(u, singular_values(input), v)
    u, vh = left_vectors(input, full=not some), right_vectors(input, full=not some)
    return OldSVD(u, singular_values(input), turned(vh))


@derived(on="linalg", grad_name="LinalgSvdBackward0")
def svdvals(A: Tensor, *, driver: Any = None) -> Node:
    """The singular values, descending.

    >>> torch.linalg.svdvals(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    expect_matrices("linalg.svdvals", A)
    return singular_values(A)


@linalg_svd.samples
@svdvals.samples
@svd.samples
def _() -> Iterator[Any]:
    yield (regular(3),)
