"""The gamma distribution and, of special parameters, chi-squared."""

from __future__ import annotations

from typing import Any

from . import constraints
from . import surface as torch
from .exp_family import ExponentialFamily
from .utils import not_below


class Gamma(ExponentialFamily):
    """rate^concentration x^(concentration - 1) exp(-rate x) / gamma(concentration), for x >= 0.

    >>> Gamma(torch.tensor(2.0), torch.tensor(4.0)).mean
    tensor(0.5000)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.prepare(validate_args, concentration=concentration, rate=rate)

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        drawn = torch._standard_gamma(self.concentration.expand(shape))
        return not_below(drawn / self.rate.expand(shape), torch.finfo(drawn.dtype).tiny)

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        a, rate = self.concentration, self.rate
        return torch.xlogy(a, rate) + torch.xlogy(a - 1, value) - rate * value - torch.lgamma(a)

    def cdf(self, value: Any) -> Any:
        value = self.checked(value)
        return torch.igamma(self.concentration, self.rate * value)

    def entropy(self) -> Any:
        a = self.concentration
        return a - self.rate.log() + torch.lgamma(a) + (1 - a) * torch.digamma(a)

    @property
    def _natural_params(self) -> tuple[Any, Any]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return torch.lgamma(x + 1) + (x + 1) * (-y.reciprocal()).log()
