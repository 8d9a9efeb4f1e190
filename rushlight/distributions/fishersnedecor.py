"""The distribution of Fisher and Snedecor."""

from __future__ import annotations

import math
from typing import Any

from . import constraints
from . import surface as torch
from .distribution import Distribution
from .gamma import Gamma
from .utils import not_below


class FisherSnedecor(Distribution):
    """The ratio of two chi-squared numbers, each over its degrees of freedom.

    >>> FisherSnedecor(torch.tensor(1.0), torch.tensor(4.0)).mean
    tensor(2.)
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.prepare(validate_args, df1=df1, df2=df2)
        self._gamma1 = Gamma(self.df1 * 0.5, self.df1, validate_args=False)
        self._gamma2 = Gamma(self.df2 * 0.5, self.df2, validate_args=False)

    @property
    def mean(self) -> Any:
        return (self.df2 / (self.df2 - 2)).masked_fill(self.df2 <= 2, math.nan)

    @property
    def mode(self) -> Any:
        a, b = self.df1, self.df2
        return ((a - 2) / a * b / (b + 2)).masked_fill(a <= 2, math.nan)

    @property
    def variance(self) -> Any:
        a, b = self.df1, self.df2
        found = 2 * b.square() * (a + b - 2) / (a * (b - 2).square() * (b - 4))
        return found.masked_fill(b <= 4, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        x = self._gamma1.rsample(sample_shape)
        y = self._gamma2.rsample(sample_shape)
        tiny = torch.finfo(y.dtype).tiny
        return not_below(x / not_below(y, tiny), tiny)

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        a, b = self.df1 * 0.5, self.df2 * 0.5
        ratio = self.df1 / self.df2
        beta = a.lgamma() + b.lgamma() - (a + b).lgamma()
        power = a * ratio.log() + (a - 1) * value.log()
        return power - (a + b) * (ratio * value).log1p() - beta
