"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

from . import constraints
from . import surface as torch
from .bernoulli import log_chance
from .exp_family import ExponentialFamily
from .odds import Odds
from .utils import broadcast_all, clamp_probs, uniform_like


class ContinuousBernoulli(Odds, ExponentialFamily):
    """C probs^x (1 - probs)^(1 - x) for x between 0 and 1; C makes it integrate to 1.

    G. Loaiza-Ganem, J. P. Cunningham, "The continuous Bernoulli" (2019). Near probs = 1/2, between
    `lims`, Taylor's series stand for formulas that lose all their digits there.

    >>> ContinuousBernoulli(torch.tensor(0.5)).mean
    tensor(0.5000)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._lims = lims
        self.prepare(validate_args, **dict([self.choose(probs, logits)]))
        if self._given == "probs":
            self.probs = clamp_probs(self.probs)

    def parts(self) -> tuple[Any, Any, Any, Any]:
        """Where the formulas hold, a probability for them, its log odds, and probs - 1/2."""
        p = self.probs
        outside = (p <= self._lims[0]) | (p > self._lims[1])
        cut = torch.where(outside, p, self._lims[0])
        return outside, cut, (-cut).log1p() - cut.log(), p - 0.5

    def log_norm(self) -> Any:
        """The logarithm of C."""
        outside, cut, odds, x = self.parts()
        norm = odds.abs().log() - (1 - 2 * cut).abs().log()
        square = x.square()
        return torch.where(outside, norm, math.log(2.0) + (4 / 3 + 104 / 45 * square) * square)

    @property
    def mean(self) -> Any:
        outside, cut, odds, x = self.parts()
        found = cut / (2.0 * cut - 1.0) + 1.0 / odds
        return torch.where(outside, found, 0.5 + (1 / 3 + 16 / 45 * x.square()) * x)

    @property
    def variance(self) -> Any:
        outside, cut, odds, x = self.parts()
        found = cut * (cut - 1.0) / (1.0 - 2.0 * cut).square() + 1.0 / odds.square()
        square = x.square()
        return torch.where(outside, found, 1 / 12 - (1 / 15 - 128 / 945 * square) * square)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(uniform_like(self._extended_shape(sample_shape), self.probs))

    def log_prob(self, value: Any) -> Any:
        logits, value = broadcast_all(self.logits, self.checked(value))
        return log_chance(logits, value) + self.log_norm()

    def cdf(self, value: Any) -> Any:
        value = self.checked(value)
        outside, cut, _, _ = self.parts()
        found = cut.pow(value) * (1.0 - cut).pow(1.0 - value) + cut - 1.0
        inner = torch.where(outside, found / (2.0 * cut - 1.0), value)
        return inner.masked_fill(value <= 0, 0.0).masked_fill(value >= 1, 1.0)

    def icdf(self, value: Any) -> Any:
        outside, cut, odds, _ = self.parts()
        found = (-cut + value * (2.0 * cut - 1.0)).log1p() - (-cut).log1p()
        return torch.where(outside, found / -odds, value)

    def entropy(self) -> Any:
        zero, one = (-self.probs).log1p(), self.probs.log()
        return self.mean * (zero - one) - self.log_norm() - zero

    @property
    def _natural_params(self) -> tuple[Any]:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        outside = (x <= self._lims[0] - 0.5) | (x > self._lims[1] - 0.5)
        cut = torch.where(outside, x, self._lims[0] - 0.5)
        near = 0.5 * x + x.square() / 24.0 - x.pow(4) / 2880.0
        return torch.where(outside, (cut.exp() - 1.0).abs().log() - cut.abs().log(), near)
