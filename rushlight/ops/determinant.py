"""Determinants, their logarithms and their gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Spec
from .contract import turned
from .returns import named
from .samples import Array
from .solve import expect_square, inverse_of, regular
from .table import Kind, Tensor, derived, primitive

SlogdetResult = named("linalg_slogdet", "sign logabsdet")
OldSlogdetResult = named("slogdet", "sign logabsdet")


def cofactors(x: Any) -> Array:
    """NumPy: the determinants of what is left without each row and column, with signs."""
    u, s, vh = np.linalg.svd(x)
    n = s.shape[-1]
    rest = np.repeat(s[..., None, :], n, -2)
    rest[..., range(n), range(n)] = 1
    scale = np.linalg.det(u) * np.linalg.det(vh)
    found = (u * rest.prod(-1)[..., None, :]) @ vh
    return np.asarray(np.conj(scale)[..., None, None] * found, x.dtype)


@primitive(Kind.LINALG, numpy=cofactors)
def cofactor(input: Tensor) -> Spec:
    """The gradient of the determinant, conjugated; it is there for singular matrices too."""
    return input.spec


@cofactor.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    # Where there is an inverse, out = conj(det) * back.
    back = turned(inverse_of(input))
    scale = ops.conj(ops.unsqueeze(ops.unsqueeze(determinant(input), -1), -1))
    weight = ops.sum(ops.conj(g) * back, (-2, -1), True)
    return (scale * (weight * back - ops.matmul(ops.matmul(back, turned(g)), back)),)


@cofactor.samples
def _() -> Iterator[Any]:
    yield (regular(3),)


@primitive(
    Kind.LINALG,
    numpy=lambda x: np.asarray(np.linalg.det(x), x.dtype),
    grad_name="LinalgDetBackward0",
)
def determinant(input: Tensor) -> Spec:
    """The determinant of each matrix."""
    return Spec(input.shape[:-2], input.dtype)


@determinant.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (ops.unsqueeze(ops.unsqueeze(g, -1), -1) * cofactor(input),)


@determinant.samples
def _() -> Iterator[Any]:
    yield (regular(2, 3),)


@derived(on="torch Tensor linalg", grad_name="LinalgDetBackward0")
def det(A: Tensor) -> Node:
    """The determinant of each matrix of a batch.

    >>> torch.linalg.det(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(-2.)
    """
    expect_square("linalg.det", A)
    return determinant(A)


@primitive(
    Kind.LINALG,
    numpy=lambda x: np.asarray(np.linalg.slogdet(x)[1]),
    grad_name="LinalgSlogdetBackward0",
)
def log_determinant(input: Tensor) -> Spec:
    """The logarithm of the magnitude of each determinant."""
    return Spec(input.shape[:-2], input.dtype.to_real())


@log_determinant.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (ops.unsqueeze(ops.unsqueeze(g, -1), -1) * turned(inverse_of(input)),)


@log_determinant.samples
def _() -> Iterator[Any]:
    yield (regular(2, 3),)


@primitive(Kind.LINALG, numpy=lambda x: np.asarray(np.linalg.slogdet(x)[0], x.dtype))
def determinant_sign(input: Tensor) -> Spec:
    """The sign of each determinant."""
    return Spec(input.shape[:-2], input.dtype)


@determinant_sign.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    if not out.dtype.is_complex:
        return (input * 0,)
    turning = ops.to_dtype(ops.imag(ops.conj(g) * out), out.dtype) * -1j
    return (ops.unsqueeze(ops.unsqueeze(turning, -1), -1) * turned(inverse_of(input)),)


@determinant_sign.samples
def _() -> Iterator[Any]:
    yield (regular(2, 3),)


@derived(grad_name="LinalgSlogdetBackward0")
def linalg_slogdet(A: Tensor) -> Any:
    """The sign of each determinant, and the logarithm of its magnitude.

    >>> torch.linalg.slogdet(torch.eye(2)).logabsdet
    tensor(0.)
    """
    expect_square("linalg.slogdet", A)
    return SlogdetResult(determinant_sign(A), log_determinant(A))


@derived(on="torch Tensor", grad_name="LinalgSlogdetBackward0")
def slogdet(input: Tensor) -> Any:
    """`torch.linalg.slogdet`, whose result has another name.

    >>> torch.slogdet(torch.eye(2)).logabsdet
    tensor(0.)
    """
    return OldSlogdetResult(*linalg_slogdet(input))


@derived(on="torch Tensor", grad_name="WhereBackward0")
def logdet(input: Tensor) -> Node:
    """The logarithm of each determinant; nan where that is negative.

    >>> torch.logdet(torch.eye(2))
    tensor(0.)
    """
    expect_square("logdet", input)
    sign, size = determinant_sign(input), log_determinant(input)
    return ops.where(ops.lt(sign, 0), math.nan, size)


@det.samples
@slogdet.samples
@linalg_slogdet.samples
def _() -> Iterator[Any]:
    yield (regular(3),)
    yield (regular(2, 2),)


@logdet.samples
def _() -> Iterator[Any]:
    yield (regular(3),)
