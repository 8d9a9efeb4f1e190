"""Transforms of vectors and matrices: shapes, simplices, triangular and definite matrices."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ChoiceError, explain
from ..size import Size
from . import constraints
from . import surface as torch
from .transform import Transform
from .utils import tril_matrix_to_vec, vec_to_tril_matrix


class Alike(Transform):
    """A transform without parameters: all of its kind are equal."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = Transform.__hash__


class ReshapeTransform(Transform):
    """The last dimensions in another shape.

    >>> ReshapeTransform((4,), (2, 2))(torch.arange(4))
    tensor([[0, 1],
            [2, 3]])
    """

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape = Size(in_shape)
        self.out_shape = Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            problem = "in_shape, out_shape have different numbers of elements"
            got = {"in_shape": self.in_shape, "out_shape": self.out_shape}
            raise ChoiceError(explain("ReshapeTransform", problem, got))
        super().__init__(cache_size=cache_size)

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """Arrays of the one shape."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> Any:  # type: ignore[override]
        """Arrays of the other."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def with_cache(self, cache_size: int = 1) -> Transform:
        same = self._cache_size == cache_size
        return self if same else ReshapeTransform(self.in_shape, self.out_shape, cache_size)

    def _call(self, x: Any) -> Any:
        return x.reshape((*x.shape[: x.ndim - len(self.in_shape)], *self.out_shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape((*y.shape[: y.ndim - len(self.out_shape)], *self.in_shape))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x.new_zeros(x.shape[: x.ndim - len(self.in_shape)])

    def forward_shape(self, shape: Any) -> Any:
        return exchanged(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        return exchanged(shape, self.out_shape, self.in_shape)


def exchanged(shape: Any, old: Size, new: Size) -> Size:
    """`shape` with `new` in the place of `old` at its end."""
    cut = len(shape) - len(old)
    if cut < 0 or tuple(shape[cut:]) != tuple(old):
        raise ChoiceError(
            explain("ReshapeTransform", f"expects a shape that ends with {old}, not {shape}")
        )
    return Size((*shape[:cut], *new))


class StickBreakingTransform(Alike):
    """n numbers to n + 1 shares: each breaks a piece off what is left of a stick.

    https://mc-stan.org/docs/reference-manual/transforms.html, "Unit simplex".
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def offsets(self, n: int, like: Any) -> Any:
        """The logarithms of n, n - 1, ..., 1: where all numbers are 0, the shares are equal."""
        return torch.arange(n, 0, -1, dtype=like.dtype).log()

    def _call(self, x: Any) -> Any:
        z = torch.sigmoid(x - self.offsets(x.shape[-1], x))
        left = (1 - z).cumprod(-1)
        return torch.constant_pad_nd(z, [0, 1], 1) * torch.constant_pad_nd(left, [1, 0], 1)

    def _inverse(self, y: Any) -> Any:
        pieces = y[..., :-1]
        left = 1 - pieces.cumsum(-1)
        left = left.clamp(min=torch.finfo(y.dtype).tiny)
        return pieces.log() - left.log() + self.offsets(pieces.shape[-1], y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        x = x - self.offsets(x.shape[-1], x)
        return (torch.logsigmoid(x) - x + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        return Size((*shape[:-1], shape[-1] - 1))


class LowerCholeskyTransform(Alike):
    """The lower triangle of a matrix, with the exponentials of its diagonal."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Alike):
    """L L', where L is the lower triangle of a matrix with the exponentials of its diagonal."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Any) -> Any:
        lower = LowerCholeskyTransform()(x)
        return lower @ lower.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(torch.cholesky(y))


class CorrCholeskyTransform(Alike):
    """n (n - 1) / 2 numbers to the Cholesky factor of a matrix of correlations.

    Their hyperbolic tangents are partial correlations, from which each row of length 1 is made
    like a stick that is broken: https://mc-stan.org/docs/reference-manual/transforms.html.
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Any) -> Any:
        eps = torch.finfo(x.dtype).eps
        r = vec_to_tril_matrix(x.tanh().clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - r.square()).sqrt().cumprod(-1)  # of the length 1 of a row
        r = r + torch.eye(r.shape[-1], dtype=r.dtype)
        return r * torch.constant_pad_nd(left[..., :-1], [1, 0], 1)

    def _inverse(self, y: Any) -> Any:
        left = 1 - y.square().cumsum(-1)
        left = torch.constant_pad_nd(left[..., :-1], [1, 0], 1)
        t = tril_matrix_to_vec(y, -1) / tril_matrix_to_vec(left, -1).sqrt()
        return (t.log1p() - (-t).log1p()) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        left = 1 - y.square().cumsum(-1)
        rows = 0.5 * tril_matrix_to_vec(left, -2).log().sum(-1)
        slopes = -2 * (x + torch.softplus(-2 * x) - math.log(2.0)).sum(-1)
        return rows + slopes

    def forward_shape(self, shape: Any) -> Any:
        n = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != shape[-1]:
            raise ChoiceError(explain("CorrCholeskyTransform", "takes n (n - 1) / 2 numbers"))
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Any) -> Any:
        if shape[-2] != shape[-1]:
            raise ChoiceError(explain("CorrCholeskyTransform", "is undone for square matrices"))
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))
