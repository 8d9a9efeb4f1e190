"""Eigenvalues and eigenvectors of matrices that need not be symmetric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..graph import Node, Spec
from .cholesky import times
from .contract import turned
from .decompose import Eig, as_diagonal, differences
from .samples import Array, at_kink
from .solve import expect_square, identity, inverse_of
from .table import Kind, Tensor, derived, primitive


def complex_of_dtype(input: Node) -> dtypes.DType:
    """The complex dtype for numbers like these."""
    wide = input.dtype in (dtypes.float64, dtypes.complex128)
    return dtypes.complex128 if wide else dtypes.complex64


def eigen_part(part: int) -> Any:
    """NumPy: the eigenvalues, or the eigenvectors."""

    def run(x: Any) -> Array:
        found = np.linalg.eig(x)[part]
        wide = x.dtype in (np.float64, np.complex128)
        return np.asarray(found, np.complex128 if wide else np.complex64)

    return run


@primitive(Kind.LINALG, numpy=eigen_part(0), grad_name="LinalgEigBackward0")
def general_values(input: Tensor) -> Spec:
    """The eigenvalues, complex."""
    return Spec(input.shape[:-1], complex_of_dtype(input))


@primitive(Kind.LINALG, numpy=eigen_part(1), grad_name="LinalgEigBackward0")
def general_vectors(input: Tensor) -> Spec:
    """The eigenvectors, complex, of length 1, in columns."""
    return Spec(input.shape, complex_of_dtype(input))


@general_values.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    v = general_vectors(input)
    back = turned(inverse_of(v))
    return (times(back * as_diagonal(g), turned(v)),)


@general_vectors.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    inner = ops.matmul(turned(out), g)
    own = ops.real(ops.diagonal(inner, 0, -2, -1))
    along = ops.matmul(turned(out), out * as_diagonal(ops.to_dtype(own, out.dtype)))
    gaps = ops.conj(differences(general_values(input), out.dtype))
    turning = (inner - along) / gaps
    turning = turning - turning * identity(out.shape[-1], out)
    return (times(turned(inverse_of(out)), turning, turned(out)),)


@general_values.samples
@general_vectors.samples
def _() -> Iterator[Any]:
    yield at_kink(np.array([[1.0, 2.0], [0.5, 4.0]], np.float32))


@derived(on="linalg", grad_name="LinalgEigBackward0")
def eig(A: Tensor) -> Any:
    """Eigenvalues and, in columns, eigenvectors: complex numbers.

    >>> torch.linalg.eig(torch.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([2.+0.j, 1.+0.j])
    """
    expect_square("linalg.eig", A)
    return Eig(general_values(A), general_vectors(A))


@derived(on="linalg", grad_name="LinalgEigBackward0")
def eigvals(A: Tensor) -> Node:
    """Eigenvalues: complex numbers.

    >>> torch.linalg.eigvals(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([2.+0.j, 1.+0.j])
    """
    expect_square("linalg.eigvals", A)
    return general_values(A)


@eig.samples
@eigvals.samples
def _() -> Iterator[Any]:
    yield at_kink(np.array([[1.0, 2.0], [0.5, 4.0]], np.float32))
