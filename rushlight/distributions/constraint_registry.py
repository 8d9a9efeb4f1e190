"""Which transform leads from free numbers into a region: `biject_to` and `transform_to`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, MissingError, explain
from . import constraints, transforms
from .constraint import Constraint

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """A table of constraints by type, and what makes a transform for each."""

    def __init__(self) -> None:
        self._registry: dict[type, Callable[[Any], Any]] = {}

    def register(self, constraint: Any, factory: Any = None) -> Any:
        """`factory`, entered for a type of constraint (or that of an example); or a decorator."""
        if factory is None:
            return lambda made: self.register(constraint, made)
        kind = type(constraint) if isinstance(constraint, Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, Constraint):
            problem = "expected constraint to be a Constraint or a type of them"
            raise ArgumentError(explain("register", problem, {"constraint": constraint}))
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        """A transform whose results satisfy `constraint`."""
        factory = self._registry.get(type(constraint))
        if factory is None:
            problem = f"no transform to {type(constraint).__name__} constraints is known"
            raise MissingError(explain("transform_to", problem, hint="register one"))
        return factory(constraint)


biject_to = ConstraintRegistry()
"""Transforms that can be undone: for sampling, which needs volumes."""

transform_to = ConstraintRegistry()
"""Transforms that reach everything, perhaps in several ways: for optimising."""


def scaled(start: Any, loc: Any, scale: Any) -> Any:
    """The transform `start`, then scaled and moved."""
    return transforms.ComposeTransform([start, transforms.AffineTransform(loc, scale)])


def to_interval(c: Any) -> Any:
    """A transform to the numbers between two bounds."""
    sigmoid = transforms.SigmoidTransform()
    bounds = (c.lower_bound, c.upper_bound)
    if all([isinstance(b, int | float) for b in bounds]) and bounds == (0, 1):
        return sigmoid
    return scaled(sigmoid, c.lower_bound, c.upper_bound - c.lower_bound)


def enter(registry: ConstraintRegistry) -> None:
    """Enter what both registries have."""
    exp = transforms.ExpTransform
    rows: dict[Any, Callable[[Any], Any]] = {
        constraints.real: lambda c: transforms.identity_transform,
        constraints.independent: lambda c: transforms.IndependentTransform(
            registry(c.base_constraint), c.reinterpreted_batch_ndims
        ),
        constraints.greater_than: lambda c: scaled(exp(), c.lower_bound, 1),
        constraints.greater_than_eq: lambda c: scaled(exp(), c.lower_bound, 1),
        constraints.less_than: lambda c: scaled(exp(), c.upper_bound, -1),
        constraints.interval: to_interval,
        constraints.half_open_interval: to_interval,
        constraints.corr_cholesky: lambda c: transforms.CorrCholeskyTransform(),
        constraints.cat: lambda c: transforms.CatTransform(
            [registry(part) for part in c.cseq], c.dim, c.lengths
        ),
        constraints.stack: lambda c: transforms.StackTransform(
            [registry(part) for part in c.cseq], c.dim
        ),
    }
    for constraint, factory in rows.items():
        registry.register(constraint, factory)


enter(biject_to)
enter(transform_to)
biject_to.register(constraints.simplex, lambda c: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda c: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda c: transforms.LowerCholeskyTransform())
transform_to.register(
    constraints.positive_definite, lambda c: transforms.PositiveDefiniteTransform()
)
transform_to.register(
    constraints.positive_semidefinite, lambda c: transforms.PositiveDefiniteTransform()
)
