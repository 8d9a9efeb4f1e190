"""What constraints have in common, and those that are made of others or depend on parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ChoiceError, MissingError, explain


class Constraint:
    """A region of the real numbers, vectors or matrices.

    is_discrete: whether it holds whole numbers only. event_dim: the dimensions of one value.
    """

    is_discrete: Any = False
    event_dim: Any = 0

    def on_arrays(self) -> Any:
        """The same constraint for NumPy arrays; None if there is none, or none yet."""
        return None

    def check(self, value: Any) -> Any:
        """For each value of a batch whether it is inside."""
        raise NotImplementedError

    def each(self, value: Any) -> Any:
        """Truth values that are all true if all of a batch is inside, with the least effort."""
        return self.check(value)

    def brief(self) -> str:
        """Its name in an error message, for which nothing is computed."""
        return repr(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__.removeprefix('_')}()"


class _Dependent(Constraint):
    """A region that depends on other parameters."""

    def __init__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented):
        self._is_discrete = is_discrete
        self._event_dim = event_dim

    @property
    def is_discrete(self) -> bool:
        """Whether it holds whole numbers only, if that is known without the parameters."""
        return known(self._is_discrete, "is_discrete")

    @property
    def event_dim(self) -> int:
        """The dimensions of one value, if they are known without the parameters."""
        return known(self._event_dim, "event_dim")

    def __call__(
        self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented
    ) -> Any:
        """The same, of which more is known."""
        given = [
            self._is_discrete if is_discrete is NotImplemented else is_discrete,
            self._event_dim if event_dim is NotImplemented else event_dim,
        ]
        return _Dependent(is_discrete=given[0], event_dim=given[1])

    def check(self, value: Any) -> Any:
        """An error: the parameters are needed."""
        problem = "a constraint that depends on parameters is checked by the distribution's own"
        raise ChoiceError(explain("constraints.dependent", problem, hint="use d.support.check(x)"))


def known(value: Any, what: str) -> Any:
    """`value`, if it is known."""
    if value is NotImplemented:
        problem = f"{what} is only known when the parameters are"
        raise MissingError(explain("constraints.dependent", problem))
    return value


def is_dependent(constraint: Any) -> bool:
    """Whether the constraint is one that depends on other parameters."""
    return isinstance(constraint, _Dependent)


class dependent_property(property, _Dependent):
    """A property of a distribution that is a constraint; of the class, a `dependent` one."""

    def __init__(
        self,
        fn: Callable[..., Any] | None = None,
        *,
        is_discrete: Any = NotImplemented,
        event_dim: Any = NotImplemented,
    ) -> None:
        super().__init__(fn)
        self._is_discrete = is_discrete
        self._event_dim = event_dim

    def __call__(self, fn: Any) -> Any:  # type: ignore[override]
        """As a decorator with options: the property of `fn`."""
        return dependent_property(fn, is_discrete=self._is_discrete, event_dim=self._event_dim)


class _IndependentConstraint(Constraint):
    """A constraint whose last batch dimensions count as dimensions of a value."""

    def __init__(self, base_constraint: Any, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def on_arrays(self) -> Any:
        base = self.base_constraint.on_arrays()
        if base is None or base is self.base_constraint:
            return base and self
        return _IndependentConstraint(base, self.reinterpreted_batch_ndims)

    @property
    def is_discrete(self) -> bool:
        """Whether it holds whole numbers only."""
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> int:
        """The dimensions of one value."""
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def check(self, value: Any) -> Any:
        """For each value of a batch whether all of it is inside."""
        count = self.reinterpreted_batch_ndims
        fine = self.base_constraint.check(value)
        if fine.ndim < count:
            problem = f"expects values of {self.event_dim} dimensions or more, got {value.ndim}"
            raise ChoiceError(explain("constraints.independent", problem))
        return fine.reshape((*fine.shape[: fine.ndim - count], -1)).all(-1) if count else fine

    def each(self, value: Any) -> Any:
        return self.base_constraint.each(value)

    def brief(self) -> str:
        return f"IndependentConstraint({self.base_constraint.brief()}, ...)"

    def __repr__(self) -> str:
        return f"IndependentConstraint({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """What values of a mixture must satisfy: what those of its components must."""

    def __init__(self, base_constraint: Any) -> None:
        self.base_constraint = base_constraint

    @property
    def is_discrete(self) -> bool:
        """Whether it holds whole numbers only."""
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> int:
        """The dimensions of one value."""
        return self.base_constraint.event_dim

    def check(self, value: Any) -> Any:
        """For each value of a batch whether all components allow it."""
        n = self.event_dim
        fine = self.base_constraint.check(value.unsqueeze(-1 - n))
        outer = value.ndim - n
        return fine.reshape((*fine.shape[:outer], -1)).all(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamilyConstraint({self.base_constraint!r})"
