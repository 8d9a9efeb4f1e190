"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any

from ..modes import no_grad
from . import constraints
from . import surface as torch
from .distribution import Distribution
from .gamma import Gamma
from .odds import Odds
from .utils import lazy_property


class NegativeBinomial(Odds, Distribution):
    """How many trials succeed, each with probability `probs`, before `total_count` have failed.

    >>> NegativeBinomial(3.0, torch.tensor(0.5)).mean
    tensor(3.)
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self,
        total_count: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.total_count, value = self.choose_counted(total_count, probs, logits)
        super().__init__(value.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Any:
        return self.mean / torch.sigmoid(-self.logits)

    @lazy_property
    def _gamma(self) -> Gamma:
        """What the rates are drawn from."""
        rate = (-self.logits).exp()
        return Gamma(concentration=self.total_count, rate=rate, validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return torch.poisson(self._gamma.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        n, logits = self.total_count, self.logits
        plain = n * torch.logsigmoid(-logits) + value * torch.logsigmoid(logits)
        ways = (n + value).lgamma() - (1.0 + value).lgamma() - n.lgamma()
        return plain + ways.masked_fill(n + value == 0.0, 0.0)
