"""Student's t distribution."""

from __future__ import annotations

import math
from typing import Any

from . import constraints
from .chi2 import Chi2
from .distribution import Distribution
from .utils import standard_normal


class StudentT(Distribution):
    """A normal number over the root of a chi-squared one by its degrees of freedom, scaled, moved.

    >>> StudentT(torch.tensor(4.0)).variance
    tensor(2.)
    """

    arg_constraints = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        self.prepare(validate_args, df=df, loc=loc, scale=scale)
        self._chi2 = Chi2(self.df, validate_args=False)

    @property
    def mean(self) -> Any:
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        df = self.df
        above = self.scale.square() * df / (df - 2)
        return above.masked_fill(df <= 2, math.inf).masked_fill(df <= 1, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        x = standard_normal(self._extended_shape(sample_shape), self.df)
        spread = (self._chi2.rsample(sample_shape) / self.df).rsqrt()
        return self.loc + self.scale * (x * spread)

    def log_prob(self, value: Any) -> Any:
        y = (self.checked(value) - self.loc) / self.scale
        df = self.df
        normal = self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi)
        normal = normal + (0.5 * df).lgamma() - (0.5 * (df + 1)).lgamma()
        return -0.5 * (df + 1) * (y.square() / df).log1p() - normal

    def entropy(self) -> Any:
        df, more = self.df, 0.5 * (self.df + 1)
        beta = (0.5 * df).lgamma() + math.lgamma(0.5) - more.lgamma()
        slope = more.digamma() - (0.5 * df).digamma()
        return self.scale.log() + more * slope + 0.5 * df.log() + beta
