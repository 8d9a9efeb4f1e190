"""Transforms of numbers and vectors: `torch.distributions.transforms`."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ShapeError as TransformError
from ..errors import explain
from ..runtime.entry import Handle
from . import constraints
from . import surface as torch
from .matrix_transforms import (
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    ReshapeTransform,
    StickBreakingTransform,
)
from .several_transforms import CatTransform, StackTransform
from .transform import ComposeTransform, IndependentTransform, Transform, _InverseTransform
from .utils import sum_rightmost

__all__ = [
    "AbsTransform", "AffineTransform", "CatTransform", "ComposeTransform", "CorrCholeskyTransform",
    "CumulativeDistributionTransform", "ExpTransform", "IndependentTransform",
    "LowerCholeskyTransform", "PositiveDefiniteTransform", "PowerTransform", "ReshapeTransform",
    "SigmoidTransform", "SoftmaxTransform", "SoftplusTransform", "StackTransform",
    "StickBreakingTransform", "TanhTransform", "Transform", "_InverseTransform",
    "identity_transform",
]  # fmt: skip

identity_transform = ComposeTransform([])


class Bijection(Transform):
    """A transform of numbers that can be undone and grows with its argument."""

    bijective = True
    domain = constraints.real
    codomain = constraints.real
    sign = 1

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = Transform.__hash__


class ExpTransform(Bijection):
    """exp(x)."""

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class PowerTransform(Bijection):
    """x to the power of `exponent`.

    >>> PowerTransform(torch.tensor(2.0)).inv(torch.tensor(9.0))
    tensor(3.)
    """

    domain = constraints.positive
    codomain = constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.exponent = exponent if isinstance(exponent, Handle) else torch.tensor(exponent)

    @property
    def sign(self) -> Any:  # type: ignore[override]
        """The sign of the exponent."""
        return self.exponent.sign()

    def with_cache(self, cache_size: int = 1) -> Transform:
        same = self._cache_size == cache_size
        return self if same else PowerTransform(self.exponent, cache_size)

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, PowerTransform)
        return same and bool(self.exponent.eq(other.exponent).all())  # type: ignore[attr-defined]

    __hash__ = Transform.__hash__

    def _call(self, x: Any) -> Any:
        return x.pow(self.exponent)

    def _inverse(self, y: Any) -> Any:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        return torch.broadcast_shapes(shape, getattr(self.exponent, "shape", ()))

    def inverse_shape(self, shape: Any) -> Any:
        return self.forward_shape(shape)


def squeezed(p: Any) -> Any:
    """Probabilities kept where their logarithms and those of the rest are finite."""
    limits = torch.finfo(p.dtype)
    return p.clamp(min=limits.tiny, max=1.0 - limits.eps)


class SigmoidTransform(Bijection):
    """1 / (1 + exp(-x))."""

    codomain = constraints.unit_interval

    def _call(self, x: Any) -> Any:
        return squeezed(torch.sigmoid(x))

    def _inverse(self, y: Any) -> Any:
        inside = squeezed(y)
        return inside.log() - (-inside).log1p()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -torch.softplus(-x) - torch.softplus(x)


class SoftplusTransform(Bijection):
    """log(1 + exp(x))."""

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return torch.softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -torch.softplus(-x)


class TanhTransform(Bijection):
    """tanh(x), with a volume change that is exact far out too."""

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return torch.atanh(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # 1 - tanh(x)^2 = 4 / (exp(x) + exp(-x))^2
        return 2.0 * (math.log(2.0) - x - torch.softplus(-2.0 * x))


class AbsTransform(Transform):
    """|x|; it is undone by x itself."""

    domain = constraints.real
    codomain = constraints.positive

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbsTransform)

    __hash__ = Transform.__hash__

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


class AffineTransform(Bijection):
    """loc + scale x.

    >>> AffineTransform(1.0, 2.0)(torch.tensor(3.0))
    tensor(7.)
    """

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.loc = loc
        self.scale = scale
        self._event_dim = event_dim

    @property
    def event_dim(self) -> int:
        """How many dimensions one value has."""
        return self._event_dim

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """All numbers, or arrays of them."""
        return (
            constraints.independent(constraints.real, self._event_dim)
            if self._event_dim
            else constraints.real
        )

    codomain = domain  # type: ignore[assignment]

    def with_cache(self, cache_size: int = 1) -> Transform:
        if self._cache_size == cache_size:
            return self
        return AffineTransform(self.loc, self.scale, self._event_dim, cache_size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AffineTransform):
            return False
        pairs = ((self.loc, other.loc), (self.scale, other.scale))
        return all([bool(torch.eq(torch.as_tensor(a), torch.as_tensor(b)).all()) for a, b in pairs])

    __hash__ = Transform.__hash__

    @property
    def sign(self) -> Any:  # type: ignore[override]
        """The sign of the scale."""
        if isinstance(self.scale, Handle):
            return self.scale.sign()
        return (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if isinstance(self.scale, Handle):
            growth = self.scale.abs().log()
        else:
            growth = torch.full_like(x, math.log(abs(self.scale)))
        shape = torch.broadcast_shapes(growth.shape, x.shape)
        return sum_rightmost(growth.expand(shape), self._event_dim)

    def forward_shape(self, shape: Any) -> Any:
        parts = [getattr(p, "shape", ()) for p in (self.loc, self.scale)]
        return torch.broadcast_shapes(shape, *parts)

    def inverse_shape(self, shape: Any) -> Any:
        return self.forward_shape(shape)


class SoftmaxTransform(Transform):
    """exp(x) scaled to add up to 1; undone by the logarithm, which is one of many that fit."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoftmaxTransform)

    __hash__ = Transform.__hash__

    def _call(self, x: Any) -> Any:
        return torch.softmax(x, -1)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise TransformError(explain("SoftmaxTransform", "takes vectors"))
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        return self.forward_shape(shape)


class CumulativeDistributionTransform(Transform):
    """The share of a distribution that lies below x."""

    bijective = True
    codomain = constraints.unit_interval
    sign = 1

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """Where the distribution is."""
        return self.distribution.support

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)

    def with_cache(self, cache_size: int = 1) -> Transform:
        same = self._cache_size == cache_size
        return self if same else CumulativeDistributionTransform(self.distribution, cache_size)
