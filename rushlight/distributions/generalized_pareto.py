"""The generalised Pareto distribution."""

from __future__ import annotations

import math
from typing import Any

from . import constraints
from . import surface as torch
from .distribution import Distribution
from .utils import uniform_like


class GeneralizedPareto(Distribution):
    """What is left above a high bar: (1 + c z)^(-1/c - 1) / scale, z the distance from loc.

    z is measured in units of `scale`, c is the concentration; where that is 0, it is exponential.

    >>> GeneralizedPareto(0.0, 1.0, 0.5).mean
    tensor(2.)
    """

    arg_constraints = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(
        self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None
    ) -> None:
        self.prepare(validate_args, loc=loc, scale=scale, concentration=concentration)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From `loc` on, to a greatest value where the concentration is negative."""
        c = self.concentration
        upper = torch.where(c < 0, self.loc - self.scale / c, math.inf)
        return constraints.interval(self.loc, upper)

    @property
    def exponential(self) -> Any:
        """Where the concentration is so small that the limit is taken."""
        c = self.concentration
        return torch.isclose(c, torch.zeros_like(c))

    @property
    def safe(self) -> Any:
        """The concentration, or 1 where the limit is taken."""
        c = self.concentration
        return torch.where(self.exponential, torch.ones_like(c), c)

    @property
    def mean(self) -> Any:
        c = self.concentration
        return (self.loc + self.scale / (1 - c)).masked_fill(c >= 1, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        c = self.concentration
        found = self.scale.square() / ((1 - c).square() * (1 - 2 * c))
        return found.masked_fill(c >= 0.5, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(uniform_like(self._extended_shape(sample_shape), self.loc))

    def log_above(self, value: Any) -> Any:
        """The logarithm of the share above `value`."""
        z = (value - self.loc) / self.scale
        return torch.where(self.exponential, -z, -(self.safe * z).log1p() / self.safe)

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        above = self.log_above(value)
        return (1 + self.concentration.masked_fill(self.exponential, 0)) * above - self.scale.log()

    def cdf(self, value: Any) -> Any:
        return 1 - self.log_above(self.checked(value)).exp()

    def icdf(self, value: Any) -> Any:
        above = (-value).log1p()
        rest = (-self.safe * above).expm1() / self.safe
        return self.loc + self.scale * torch.where(self.exponential, -above, rest)

    def entropy(self) -> Any:
        return self.scale.log() + self.concentration + 1
