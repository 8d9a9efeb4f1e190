"""Weights kept orthogonal: a map from any matrices to orthogonal ones."""

from __future__ import annotations

from typing import Any

from ... import linalg, patterns
from ...calls import function
from ...errors import ChoiceError, explain
from ...modes import no_grad
from ...ops import OPS
from ...settings import finfo
from ..module import Module
from .parametrize import register_parametrization

geqrf, matrix_exp, cat = [function(OPS[name]) for name in ("geqrf", "matrix_exp", "cat")]

MAPS = ("matrix_exp", "cayley", "householder")


def nearest(matrix: Any) -> Any:
    """The orthogonal factor of the QR decomposition whose triangle has a positive diagonal."""
    q, r = linalg.qr(matrix)
    return q * r.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def is_orthogonal(q: Any) -> bool:
    """Whether the columns have length 1 and are at right angles, but for rounding."""
    n = q.shape[-1]
    apart = q.mH @ q - patterns.eye(n, dtype=q.dtype)
    return bool((apart.abs() <= 10 * n * finfo(q.dtype).eps).all())


class _Orthogonal(Module):
    """An orthogonal matrix, tall or (transposed) wide, as a function of any matrix of its shape.

    With a `base` the function starts from that: what is learned is how to turn it.
    """

    def __init__(self, weight: Any, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        self.based = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        """The orthogonal matrix."""
        wide = X.shape[-2] < X.shape[-1]
        tall = X.mT if wide else X
        Q = self.reflected(tall) if self.orthogonal_map == "householder" else self.turned(tall)
        if self.based:
            Q = self.base @ Q
        return Q.mT if wide else Q

    def turned(self, X: Any) -> Any:
        """A rotation, from the skew-symmetric matrix of which X is the lower triangle."""
        n, k = X.shape[-2:]
        low = X.tril()
        if n != k:
            low = cat([low, low.new_zeros((*X.shape[:-2], n, n - k))], -1)
        A = low - low.mH
        if self.orthogonal_map == "matrix_exp":
            return matrix_exp(A)[..., :k]
        one = patterns.eye(n, dtype=X.dtype)
        return linalg.solve(one - A * 0.5, one + A * 0.5)[..., :k]

    def reflected(self, X: Any) -> Any:
        """A product of reflections, each along a column below the diagonal of X."""
        A = X.tril(-1)
        tau = 2.0 / (1.0 + (A * A.conj()).sum(-2))
        signs = X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        return linalg.householder_product(A, tau) * signs

    def right_inverse(self, Q: Any) -> Any:
        """A matrix whose image is Q, or the orthogonal matrix near it; the base becomes that."""
        if Q.shape != self.shape:
            problem = f"Expected a matrix or batch of matrices of shape {self.shape}"
            raise ChoiceError(explain("orthogonal", problem, {"got": Q.shape}))
        with no_grad():
            wide = Q.shape[-2] < Q.shape[-1]
            tall = Q.mT if wide else Q
            found = self.rebased(tall) if self.based else self.reflections(tall)
            return found.mT if wide else found

    def rebased(self, Q: Any) -> Any:
        """The matrix that gives the base itself."""
        n, k = Q.shape[-2:]
        if n == k:
            self.base = Q.clone() if is_orthogonal(Q) else nearest(Q)
        else:
            more = Q.new_empty((*Q.shape[:-2], n, n - k)).normal_()
            self.base = nearest(cat([Q, more], -1))
        found = Q.new_zeros(Q.shape)
        found.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return found

    def reflections(self, Q: Any) -> Any:
        """The reflections that make Q."""
        if self.orthogonal_map != "householder":
            problem = f"there is no inverse of {self.orthogonal_map} without a base"
            raise NotImplementedError(explain("orthogonal", problem))
        A, tau = geqrf(Q)
        diagonal = A.diagonal(dim1=-2, dim2=-1)
        signs = diagonal.sgn()
        diagonal.copy_(signs.where(tau != 0, -signs))
        return A


def orthogonal(
    module: Any,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Any:
    """`module`, whose weight is from now on a matrix with orthonormal columns (or rows, if wide).

    orthogonal_map: "matrix_exp" (for square ones), "cayley" or "householder" (for others).
    use_trivialization: whether the weight begins as it is, made orthogonal.

    Lezcano-Casado, "Trivializations for gradient-based optimization on manifolds" (2019).

    >>> m = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(20, 40))
    >>> bool(torch.dist(m.weight.T @ m.weight, torch.eye(20)) < 1e-4)
    True
    """
    weight = getattr(module, name, None)
    if weight is None or not hasattr(weight, "_value"):
        problem = f"Module '{module._get_name()}' has no parameter or buffer with name '{name}'"
        raise ChoiceError(explain("orthogonal", problem))
    if weight.ndim < 2:
        problem = f"expected a matrix, or many, but the weight has {weight.ndim} dimensions"
        raise ChoiceError(explain("orthogonal", problem))
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in MAPS:
        problem = f"orthogonal_map has to be one of {MAPS}, not {orthogonal_map!r}"
        raise ChoiceError(explain("orthogonal", problem))
    if orthogonal_map == "householder" and weight.is_complex():
        problem = "the householder parametrization does not support complex tensors"
        raise ChoiceError(explain("orthogonal", problem))
    made = _Orthogonal(weight, orthogonal_map, use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
