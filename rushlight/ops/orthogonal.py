"""QR decompositions: matrices as products of an orthogonal one and a triangle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Spec
from .contract import turned
from .returns import named
from .samples import floats
from .solve import (
    expect_matrices,
    inverse_of,
    regular,
)
from .table import Kind, Tensor, derived, primitive

QR = named("linalg_qr", "Q R")
OldQR = named("qr", "Q R")


@primitive(
    Kind.LINALG, numpy=lambda x: np.asarray(np.linalg.qr(x)[0]), grad_name="LinalgQrBackward0"
)
def thin_q(input: Tensor) -> Spec:
    """The orthogonal factor of matrices that are no wider than high."""
    return input.spec


@primitive(
    Kind.LINALG, numpy=lambda x: np.asarray(np.linalg.qr(x)[1]), grad_name="LinalgQrBackward0"
)
def thin_r(input: Tensor) -> Spec:
    """The triangular factor of matrices that are no wider than high."""
    n = input.shape[-1]
    return Spec((*input.shape[:-2], n, n), input.dtype)


def through_qr(inner: Node, q: Node, r: Node, g: Node | None) -> Node:
    """The gradient of the factored matrix, given the triangle of what the two factors say."""
    low = ops.tril(inner, -1)
    diagonal = ops.tril(inner) - low
    both = ops.matmul(q, low + turned(low) + diagonal)
    whole = both if g is None else g + both
    return ops.matmul(whole, turned(inverse_of(r)))


@thin_q.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (through_qr(-ops.matmul(turned(g), out), out, thin_r(input), g),)


@thin_r.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (through_qr(ops.matmul(out, turned(g)), thin_q(input), out, None),)


@thin_q.samples
@thin_r.samples
def _() -> Iterator[Any]:
    yield (floats(2, 4, 3),)
    yield (regular(3),)


@primitive(Kind.LINALG, numpy=lambda x, *, part: np.asarray(np.linalg.qr(x, "complete")[part]))
def full_qr(input: Tensor, *, part: int) -> Spec:
    """One of the factors of a QR decomposition with a square orthogonal factor."""
    *batch, m, n = input.shape
    return Spec((*batch, m, m if part == 0 else n), input.dtype)


@full_qr.samples
def _() -> Iterator[Any]:
    yield (floats(4, 2),), {"part": 0}
    yield (floats(4, 2),), {"part": 1}


def factors(op: str, A: Node, mode: str) -> tuple[Node, Node]:
    """The factors of a QR decomposition."""
    expect_matrices(op, A)
    m, n = A.shape[-2:]
    if mode not in ("reduced", "complete", "r"):
        problem = f"mode must be one of 'reduced', 'complete' and 'r', not {mode!r}"
        raise ShapeError(explain(op, problem))
    if mode == "complete" and m > n:
        return full_qr(A, part=0), full_qr(A, part=1)
    if m >= n:
        return thin_q(A), thin_r(A)
    left = ops.narrow(A, -1, 0, m)
    q = thin_q(left)
    rest = ops.matmul(turned(q), ops.narrow(A, -1, m, n - m))
    return q, ops.cat([thin_r(left), rest], -1)


@derived(grad_name="LinalgQrBackward0")
def linalg_qr(A: Tensor, mode: str = "reduced") -> Any:
    """An orthogonal factor and an upper triangular one: `Q @ R = A`."""
    q, r = factors("linalg.qr", A, mode)
    if mode == "r":
        q = ops.expand_view(ops.constant(0, A.dtype), shape=(0,))
    return QR(q, r)


@derived(on="torch Tensor", grad_name="LinalgQrBackward0")
def qr(input: Tensor, some: bool = True) -> Any:
    """An orthogonal factor and an upper triangular one: `torch.linalg.qr`."""
    return OldQR(*factors("qr", input, "reduced" if some else "complete"))


@linalg_qr.samples
@qr.samples
def _() -> Iterator[Any]:
    yield (floats(4, 3),)
    yield (floats(2, 2, 4),)
