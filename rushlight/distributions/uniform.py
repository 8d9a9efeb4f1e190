"""The uniform distribution."""

from __future__ import annotations

from typing import Any

from . import constraints
from .distribution import Distribution
from .utils import uniform_like
from .vouching import vouch


class Uniform(Distribution):
    """1 / (high - low) between `low` and `high`.

    >>> Uniform(1.0, 3.0).mean
    tensor(2.)
    """

    arg_constraints = {
        "low": constraints.dependent(is_discrete=False, event_dim=0),
        "high": constraints.dependent(is_discrete=False, event_dim=0),
    }
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.prepare(validate_args, low=low, high=high)

    def validate(self) -> None:
        self.high = vouch("Uniform", "high", self.high, constraints.greater_than(self.low))

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From `low` to `high`."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Any:
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Any:
        return self.high * float("nan")  # no value is likelier than others

    @property
    def variance(self) -> Any:
        return (self.high - self.low).square() / 12

    @property
    def stddev(self) -> Any:
        return (self.high - self.low) / 12**0.5

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = uniform_like(self._extended_shape(sample_shape), self.low)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        inside = (self.low <= value) & (self.high > value)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def cdf(self, value: Any) -> Any:
        value = self.checked(value)
        return ((value - self.low) / (self.high - self.low)).clamp(min=0, max=1)

    def icdf(self, value: Any) -> Any:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Any:
        return (self.high - self.low).log()
