"""`torch.nn.utils.parametrizations`: weights kept to a length, or to a largest singular value."""

from __future__ import annotations

from typing import Any

from ...errors import ChoiceError, explain
from ...modes import no_grad
from .. import functional as F
from ..conv import _ConvTransposeNd
from ..module import Module
from .orthogonal import orthogonal
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def lengths(weight: Any, dim: int) -> Any:
    """The length of each part of `weight` along `dim` (-1: of all of it)."""
    if dim == -1:
        return weight.norm()
    others = [k for k in range(weight.dim()) if k != dim]
    return weight.norm(dim=others, keepdim=True)


class _WeightNorm(Module):
    """A weight as its length, `original0`, times a direction, `original1`."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        """The weight."""
        return weight_v * (weight_g / lengths(weight_v, self.dim))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """Length and direction of a weight."""
        return lengths(weight, self.dim).detach(), weight.detach().clone()


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """`module`, whose weight is from now on a length times a direction, learned apart.

    Salimans & Kingma, "Weight normalization" (2016).

    >>> m = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(20, 40))
    >>> m.parametrizations.weight.original0.shape
    torch.Size([40, 1])
    """
    if getattr(module, name, None) is None:
        problem = f"Module '{module._get_name()}' has no parameter or buffer with name '{name}'"
        raise ChoiceError(explain("weight_norm", problem))
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


def check_iterations(count: int) -> None:
    """Raise unless power iteration has steps to do."""
    if count <= 0:
        problem = f"Expected n_power_iterations to be positive, but got {count}"
        raise ChoiceError(explain("spectral_norm", problem))


def dim_of_outputs(module: Any) -> int:
    """The dimension of a layer's weight that is counted by its outputs."""
    return 1 if isinstance(module, _ConvTransposeNd) else 0


def as_matrix(weight: Any, dim: int) -> Any:
    """A weight with all dimensions but `dim` made one; a vector is a column."""
    if dim:
        weight = weight.permute(dim, *[d for d in range(weight.dim()) if d != dim])
    return weight.flatten(1) if weight.dim() > 1 else weight.unsqueeze(1)


class _SpectralNorm(Module):
    """A weight over its largest singular value, which power iteration follows."""

    def __init__(
        self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        ndim = weight.dim()
        if not -ndim <= dim < ndim:
            problem = f"Dimension out of range (expected to be in [{-ndim}, {ndim - 1}], got {dim})"
            raise IndexError(explain("spectral_norm", problem))
        check_iterations(n_power_iterations)
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            height, width = matrix.shape
            u = matrix.new_empty(height).normal_(0, 1)
            v = matrix.new_empty(width).normal_(0, 1)
            self.register_buffer("_u", F.normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", F.normalize(v, dim=0, eps=eps))
            self.iterate(matrix, 15)

    def iterate(self, matrix: Any, count: int) -> None:
        """Bring both singular vectors nearer."""
        with no_grad():
            u, v = self._u, self._v
            for _ in range(count):
                u = F.normalize(matrix.mv(v), dim=0, eps=self.eps)
                v = F.normalize(matrix.mT.mv(u), dim=0, eps=self.eps)
            self._u.copy_(u)
            self._v.copy_(v)

    def forward(self, weight: Any) -> Any:
        """The weight, with a largest singular value of 1."""
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self.iterate(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()
        return weight / u.dot(matrix.mv(v))

    def right_inverse(self, value: Any) -> Any:
        """The weight itself."""
        return value


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """`module`, whose weight is from now on divided by its largest singular value.

    Miyato et al., "Spectral normalization for generative adversarial networks" (2018).

    >>> m = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(20, 40))
    >>> bool((torch.linalg.matrix_norm(m.weight, 2) - 1).abs() < 0.5)
    True
    """
    weight = getattr(module, name, None)
    if weight is None:
        problem = f"Module '{module._get_name()}' has no parameter or buffer with name '{name}'"
        raise ChoiceError(explain("spectral_norm", problem))
    dim = dim_of_outputs(module) if dim is None else dim
    made = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, made)
