"""Transforms of parts: each part of a value along a dimension has its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import ChoiceError, explain
from . import constraints
from . import surface as torch
from .transform import Transform
from .utils import sum_rightmost


class CatTransform(Transform):
    """Transforms of stretches along a dimension, of the given lengths."""

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(cache_size=cache_size)
        self.transforms = [t.with_cache(cache_size) if cache_size else t for t in tseq]
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise ChoiceError(explain("CatTransform", "needs one length for each transform"))
        self.dim = dim

    @property
    def event_dim(self) -> int:
        """The dimensions of one value."""
        return max([t.event_dim for t in self.transforms])

    @property
    def length(self) -> int:
        """The length of all stretches together."""
        return sum(self.lengths)

    def with_cache(self, cache_size: int = 1) -> Transform:
        same = self._cache_size == cache_size
        return self if same else CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """What the parts must satisfy."""
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Any:  # type: ignore[override]
        """What the parts of the result satisfy."""
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all can be undone."""
        return all([t.bijective for t in self.transforms])

    def parts(self, x: Any) -> Any:
        """Each transform with its stretch of `x`."""
        return zip(self.transforms, x.split(self.lengths, self.dim), strict=True)

    def _call(self, x: Any) -> Any:
        return torch.cat([t(part) for t, part in self.parts(x)], self.dim)

    def _inverse(self, y: Any) -> Any:
        return torch.cat([t.inv(part) for t, part in self.parts(y)], self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        found = []
        for (t, part), out in zip(self.parts(x), y.split(self.lengths, self.dim), strict=True):
            growth = t.log_abs_det_jacobian(part, out)
            found.append(sum_rightmost(growth, self.event_dim - t.event_dim))
        dim = self.dim if self.dim < 0 else self.dim - x.ndim
        dim += self.event_dim
        return torch.cat(found, dim) if dim < 0 else sum(found)


class StackTransform(Transform):
    """Transforms of the slices along a dimension."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.transforms = [t.with_cache(cache_size) if cache_size else t for t in tseq]
        self.dim = dim

    def with_cache(self, cache_size: int = 1) -> Transform:
        same = self._cache_size == cache_size
        return self if same else StackTransform(self.transforms, self.dim, cache_size)

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """What the slices must satisfy."""
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @property
    def codomain(self) -> Any:  # type: ignore[override]
        """What the slices of the result satisfy."""
        return constraints.stack([t.codomain for t in self.transforms], self.dim)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all can be undone."""
        return all([t.bijective for t in self.transforms])

    def parts(self, x: Any) -> Any:
        """Each transform with its slice of `x`."""
        return zip(self.transforms, x.unbind(self.dim), strict=True)

    def _call(self, x: Any) -> Any:
        return torch.stack([t(part) for t, part in self.parts(x)], self.dim)

    def _inverse(self, y: Any) -> Any:
        return torch.stack([t.inv(part) for t, part in self.parts(y)], self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        pairs = zip(self.parts(x), y.unbind(self.dim), strict=True)
        found = [t.log_abs_det_jacobian(part, out) for (t, part), out in pairs]
        return torch.stack(found, self.dim)
