"""The Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

from . import constraints
from . import surface as torch
from .distribution import Distribution


class Cauchy(Distribution):
    """1 / (pi scale (1 + ((x - loc) / scale)^2)): it has no mean.

    >>> Cauchy(torch.tensor(0.0), torch.tensor(1.0)).cdf(torch.tensor(1.0))
    tensor(0.7500)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.prepare(validate_args, loc=loc, scale=scale)

    @property
    def mean(self) -> Any:
        return torch.full_like(self.loc, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return torch.full_like(self.loc, math.inf)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        return self.loc + torch.empty(shape, dtype=self.loc.dtype).cauchy_() * self.scale

    def log_prob(self, value: Any) -> Any:
        off = (self.checked(value) - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - off.square().log1p()

    def cdf(self, value: Any) -> Any:
        return ((self.checked(value) - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()
