"""What transforms have in common, and how they are turned round and put one after the other."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from ..errors import ChoiceError, MissingError, explain
from . import constraints
from .utils import sum_rightmost


class Transform:
    """A differentiable function of values, perhaps invertible, and how it changes volumes.

    domain, codomain: constraints of what it takes and gives. bijective: whether it can be undone.
    A subclass writes `_call`, `_inverse` and `log_abs_det_jacobian`. With `cache_size=1` the last
    pair of values is kept, so that undoing costs nothing and loses nothing.
    """

    bijective: Any = False
    domain: Any = None
    codomain: Any = None

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ChoiceError(explain(type(self).__name__, "cache_size must be 0 or 1"))
        self._cache_size = cache_size
        self._inv: Any = None
        self._cached: Any = (None, None)

    @property
    def event_dim(self) -> int:
        """The dimensions of what it takes, if it gives as many."""
        if self.domain.event_dim == self.codomain.event_dim:
            return self.domain.event_dim  # type: ignore[no-any-return]
        raise ChoiceError(
            explain(type(self).__name__, "use domain.event_dim or codomain.event_dim")
        )

    @property
    def inv(self) -> Transform:
        """The transform that undoes this one."""
        inverse = self._inv() if self._inv is not None else None
        if inverse is None:
            inverse = _InverseTransform(self)
            self._inv = weakref.ref(inverse)
        return inverse

    @property
    def sign(self) -> Any:
        """The sign of the slope of a bijection of numbers."""
        raise MissingError(explain(type(self).__name__, "it has no sign"))

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same transform, or one like it, with such a cache."""
        if self._cache_size == cache_size:
            return self
        if type(self).__init__ is Transform.__init__:
            return type(self)(cache_size=cache_size)
        raise MissingError(explain(type(self).__name__, "with_cache is not defined for it"))

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __call__(self, x: Any) -> Any:
        """What becomes of `x`."""
        if self._cache_size and x is self._cached[0]:
            return self._cached[1]
        y = self._call(x)
        if self._cache_size:
            self._cached = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        """What becomes `y`."""
        if self._cache_size and y is self._cached[1]:
            return self._cached[0]
        x = self._inverse(y)
        if self._cache_size:
            self._cached = x, y
        return x

    def _call(self, x: Any) -> Any:
        raise MissingError(explain(type(self).__name__, "it is not defined forwards"))

    def _inverse(self, y: Any) -> Any:
        raise MissingError(explain(type(self).__name__, "it cannot be undone"))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of how much volumes grow at `x`, which becomes `y`."""
        raise MissingError(
            explain(type(self).__name__, "it changes volumes in no way that is known")
        )

    def forward_shape(self, shape: Any) -> Any:
        """The shape of what becomes of values of `shape`."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of what becomes values of `shape`."""
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _InverseTransform(Transform):
    """A transform turned round."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(cache_size=transform._cache_size)
        self._inv: Any = transform

    @property
    def inv(self) -> Transform:
        return self._inv  # type: ignore[no-any-return]

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """What it takes: what the other gives."""
        return self._inv.codomain

    @property
    def codomain(self) -> Any:  # type: ignore[override]
        """What it gives: what the other takes."""
        return self._inv.domain

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether it can be undone."""
        return self._inv.bijective  # type: ignore[no-any-return]

    @property
    def sign(self) -> Any:
        return self._inv.sign

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self._inv.with_cache(cache_size).inv  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and bool(self._inv == other._inv)

    __hash__ = Transform.__hash__

    def __call__(self, x: Any) -> Any:
        return self._inv._inv_call(x)

    def _inv_call(self, y: Any) -> Any:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._inv.forward_shape(shape)

    def __repr__(self) -> str:
        return f"_InverseTransform({self._inv!r})"


class ComposeTransform(Transform):
    """Transforms one after the other.

    >>> both = D.ComposeTransform([D.AffineTransform(1.0, 2.0), D.AffineTransform(0.0, 3.0)])
    >>> both(torch.tensor(1.0))
    tensor(9.)
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        if cache_size:
            parts = [part.with_cache(cache_size) for part in parts]
        super().__init__(cache_size=cache_size)
        self.parts = list(parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = Transform.__hash__

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """What the first takes, with as many dimensions as any that follows needs."""
        if not self.parts:
            return constraints.real
        need = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            need = max(
                need + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim
            )
        return widened(self.parts[0].domain, need)

    @property
    def codomain(self) -> Any:  # type: ignore[override]
        """What the last gives, with as many dimensions as any before it makes."""
        if not self.parts:
            return constraints.real
        made = self.parts[0].domain.event_dim
        for part in self.parts:
            made = max(
                made + part.codomain.event_dim - part.domain.event_dim, part.codomain.event_dim
            )
        return widened(self.parts[-1].codomain, made)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all of them can be undone."""
        return all([part.bijective for part in self.parts])

    @property
    def sign(self) -> Any:
        sign = 1
        for part in self.parts:
            sign = sign * part.sign
        return sign

    @property
    def inv(self) -> Transform:
        inverse = self._inv() if self._inv is not None else None
        if inverse is None:
            inverse = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv = weakref.ref(inverse)
            inverse._inv = weakref.ref(self)
        return inverse

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self if self._cache_size == cache_size else ComposeTransform(self.parts, cache_size)

    def __call__(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return x * 0
        total: Any = 0
        dims = self.domain.event_dim
        for place, part in enumerate(self.parts):
            out = y if place == len(self.parts) - 1 else part(x)
            growth = part.log_abs_det_jacobian(x, out)
            total = total + sum_rightmost(growth, dims - part.domain.event_dim)
            dims += part.codomain.event_dim - part.domain.event_dim
            x = out
        return total

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        inner = ",\n    ".join([repr(part) for part in self.parts])
        return f"ComposeTransform(\n    {inner}\n)"


def widened(constraint: Any, dims: int) -> Any:
    """`constraint` for values of `dims` dimensions, if it has fewer."""
    more = dims - constraint.event_dim
    return constraints.independent(constraint, more) if more > 0 else constraint


class IndependentTransform(Transform):
    """A transform whose last batch dimensions count as dimensions of a value."""

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size=cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def with_cache(self, cache_size: int = 1) -> Transform:
        if self._cache_size == cache_size:
            return self
        return IndependentTransform(self.base_transform, self.reinterpreted_batch_ndims, cache_size)

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """What it takes."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Any:  # type: ignore[override]
        """What it gives."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether it can be undone."""
        return self.base_transform.bijective  # type: ignore[no-any-return]

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Any) -> Any:
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        growth = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_rightmost(growth, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Any) -> Any:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        return f"IndependentTransform({self.base_transform!r}, {self.reinterpreted_batch_ndims})"
