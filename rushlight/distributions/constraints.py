"""What a parameter or a value must satisfy: `torch.distributions.constraints`.

`check` says which of a batch of values satisfy a constraint. The checks of most constraints are
written so that they take NumPy arrays as well as tensors (`Plain`): looking at numbers that exist
already records nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..calls import function
from ..ops import OPS
from ..runtime.entry import Handle
from ..runtime.record import realise
from .constraint import (
    Constraint,
    MixtureSameFamilyConstraint,
    _Dependent,
    _IndependentConstraint,
    dependent_property,
    is_dependent,
)

eigvalsh = function(OPS["eigvalsh"])
concatenated = function(OPS["cat"])
stacked = function(OPS["stack"])

__all__ = [
    "Constraint", "MixtureSameFamilyConstraint", "boolean", "cat", "corr_cholesky", "dependent",
    "dependent_property", "greater_than", "greater_than_eq", "half_open_interval", "independent",
    "integer_interval", "interval", "is_dependent", "less_than", "lower_cholesky",
    "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot", "positive",
    "positive_definite", "positive_integer", "positive_semidefinite", "real", "real_vector",
    "simplex", "square", "stack", "symmetric", "unit_interval",
]  # fmt: skip


# -- numbers -----------------------------------------------------------------------------------


class Bounded(Constraint):
    """A region of numbers with the bounds that `names` says."""

    names: tuple[str, ...] = ()

    def __init__(self, *bounds: Any) -> None:
        for name, bound in zip(self.names, bounds, strict=True):
            setattr(self, name, bound)

    def on_arrays(self) -> Any:
        bounds = [getattr(self, name) for name in self.names]
        tensors = [bound for bound in bounds if isinstance(bound, Handle)]
        if not tensors:
            return self
        if not all([bound._value.leaf for bound in tensors]):
            return None  # a bound is still to be computed
        return type(self)(*[realise(b) if isinstance(b, Handle) else b for b in bounds])

    def brief(self) -> str:
        bounds = [getattr(self, name) for name in self.names]
        return type(self).__name__ if any([isinstance(b, Handle) for b in bounds]) else repr(self)

    def __repr__(self) -> str:
        bounds = [f"{name}={getattr(self, name)}" for name in self.names]
        return f"{type(self).__name__.removeprefix('_')}({', '.join(bounds)})"


class Plain(Constraint):
    """A region whose check takes arrays and tensors alike."""

    def on_arrays(self) -> Any:
        return self


class _Real(Plain):
    """Any number, but not nan."""

    def check(self, value: Any) -> Any:
        return value == value


class _Boolean(Plain):
    """0 and 1."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        return (value == 0) | (value == 1)


class _GreaterThan(Bounded):
    """Numbers above a bound."""

    names = ("lower_bound",)

    def check(self, value: Any) -> Any:
        return value > self.lower_bound  # type: ignore[attr-defined]


class _GreaterThanEq(Bounded):
    """Numbers not below a bound."""

    names = ("lower_bound",)

    def check(self, value: Any) -> Any:
        return value >= self.lower_bound  # type: ignore[attr-defined]


class _LessThan(Bounded):
    """Numbers below a bound."""

    names = ("upper_bound",)

    def check(self, value: Any) -> Any:
        return value < self.upper_bound  # type: ignore[attr-defined]


class _Interval(Bounded):
    """Numbers between two bounds, both included."""

    names = ("lower_bound", "upper_bound")

    def check(self, value: Any) -> Any:
        return (value >= self.lower_bound) & (value <= self.upper_bound)  # type: ignore[attr-defined]


class _HalfOpenInterval(Bounded):
    """Numbers between two bounds, the lower one included."""

    names = ("lower_bound", "upper_bound")

    def check(self, value: Any) -> Any:
        return (value >= self.lower_bound) & (value < self.upper_bound)  # type: ignore[attr-defined]


def whole(value: Any) -> Any:
    """Which numbers are whole."""
    return value % 1 == 0


class _IntegerInterval(_Interval):
    """Whole numbers between two bounds, both included."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        return super().check(value) & whole(value)


class _IntegerGreaterThan(_GreaterThanEq):
    """Whole numbers not below a bound."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        return super().check(value) & whole(value)


# -- vectors -----------------------------------------------------------------------------------


class _Simplex(Plain):
    """Vectors of numbers from 0 on that add up to 1."""

    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & (abs(value.sum(-1) - 1) < 1e-6)


class _OneHot(Plain):
    """Vectors with one 1 and else 0."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Any) -> Any:
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


class _Multinomial(Bounded):
    """Vectors of numbers from 0 on that add up to a bound or less."""

    names = ("upper_bound",)
    is_discrete = True
    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)  # type: ignore[attr-defined]


# -- matrices ----------------------------------------------------------------------------------


def triangle(value: Any) -> Any:
    """The lower triangles of matrices."""
    return np.tril(value) if isinstance(value, np.ndarray) else value.tril()


def all_of(fine: Any) -> Any:
    """For each matrix whether all of it is true."""
    return fine.all(-1).all(-1)


class _Square(Plain):
    """Square matrices."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        square = value.shape[-2] == value.shape[-1]
        return all_of(value == value) | True if square else all_of(value != value) & False


class _LowerTriangular(Plain):
    """Matrices with nothing above the diagonal."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        return all_of(triangle(value) == value)


class _LowerCholesky(_LowerTriangular):
    """Lower triangular matrices with a positive diagonal."""

    def check(self, value: Any) -> Any:
        return super().check(value) & (value.diagonal(0, -2, -1) > 0).all(-1)


class _CorrCholesky(_LowerCholesky):
    """Lower triangular matrices with a positive diagonal and rows of length 1."""

    def check(self, value: Any) -> Any:
        eps = np.finfo(str(value.dtype).removeprefix("torch.")).eps
        off = abs((value * value).sum(-1) - 1)
        # Rounding grows with the row; the square is twice as far off as the length.
        return super().check(value) & (off < 20 * float(eps) * value.shape[-1]).all(-1)


class _Symmetric(_Square):
    """Symmetric matrices."""

    def check(self, value: Any) -> Any:
        square = super().check(value)
        if value.shape[-2] != value.shape[-1]:
            return square
        other = value.swapaxes(-2, -1)
        return all_of(abs(value - other) <= 1e-6 + 1e-5 * abs(other))


class _PositiveSemidefinite(_Symmetric):
    """Symmetric matrices with no negative eigenvalue."""

    def check(self, value: Any) -> Any:
        symmetric = super().check(value)
        return symmetric & (values_of(value) >= 0).all(-1) if symmetric.all() else symmetric


class _PositiveDefinite(_Symmetric):
    """Symmetric matrices with positive eigenvalues."""

    def check(self, value: Any) -> Any:
        symmetric = super().check(value)
        return symmetric & (values_of(value) > 0).all(-1) if symmetric.all() else symmetric


def values_of(value: Any) -> Any:
    """The eigenvalues of symmetric matrices."""
    return np.linalg.eigvalsh(value) if isinstance(value, np.ndarray) else eigvalsh(value)


# -- several -----------------------------------------------------------------------------------


class _Cat(Constraint):
    """Parts along a dimension, each with a constraint of its own."""

    def __init__(self, cseq: Any, dim: int = 0, lengths: Any = None) -> None:
        self.cseq = list(cseq)
        self.dim = dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)

    @property
    def is_discrete(self) -> bool:
        """Whether any of them holds whole numbers only."""
        return any([c.is_discrete for c in self.cseq])

    @property
    def event_dim(self) -> int:
        """The dimensions of one value."""
        return max([c.event_dim for c in self.cseq])

    def parts(self, value: Any) -> list[Any]:
        """The part of `value` for each constraint."""
        return value.split(self.lengths, self.dim)

    def check(self, value: Any) -> Any:
        pairs = zip(self.cseq, self.parts(value), strict=True)
        return concatenated([c.check(part) for c, part in pairs], self.dim)


class _Stack(Constraint):
    """Slices along a dimension, each with a constraint of its own."""

    def __init__(self, cseq: Any, dim: int = 0) -> None:
        self.cseq = list(cseq)
        self.dim = dim

    @property
    def is_discrete(self) -> bool:
        """Whether any of them holds whole numbers only."""
        return any([c.is_discrete for c in self.cseq])

    @property
    def event_dim(self) -> int:
        """The dimensions of one value."""
        dim = max([c.event_dim for c in self.cseq])
        return dim + 1 if self.dim + dim < 0 else dim

    def check(self, value: Any) -> Any:
        pairs = zip(self.cseq, value.unbind(self.dim), strict=True)
        return stacked([c.check(part) for c, part in pairs], self.dim)


dependent = _Dependent()
independent = _IndependentConstraint
boolean = _Boolean()
one_hot = _OneHot()
nonnegative_integer = _IntegerGreaterThan(0)
positive_integer = _IntegerGreaterThan(1)
integer_interval = _IntegerInterval
real = _Real()
real_vector = independent(real, 1)
positive = _GreaterThan(0.0)
nonnegative = _GreaterThanEq(0.0)
greater_than = _GreaterThan
greater_than_eq = _GreaterThanEq
less_than = _LessThan
multinomial = _Multinomial
unit_interval = _Interval(0.0, 1.0)
interval = _Interval
half_open_interval = _HalfOpenInterval
simplex = _Simplex()
lower_triangular = _LowerTriangular()
lower_cholesky = _LowerCholesky()
corr_cholesky = _CorrCholesky()
square = _Square()
symmetric = _Symmetric()
positive_semidefinite = _PositiveSemidefinite()
positive_definite = _PositiveDefinite()
cat = _Cat
stack = _Stack
