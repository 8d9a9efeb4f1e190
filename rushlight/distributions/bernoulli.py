"""The Bernoulli distribution."""

from __future__ import annotations

from typing import Any

from ..modes import no_grad
from . import constraints
from . import surface as torch
from .exp_family import ExponentialFamily
from .odds import Odds
from .utils import broadcast_all, enumerated


def log_chance(logits: Any, value: Any) -> Any:
    """Value log(p) + (1 - value) log(1 - p), where p is the sigmoid of `logits`."""
    return torch.logsigmoid(logits) - (1 - value) * logits


class Bernoulli(Odds, ExponentialFamily):
    """1 with probability `probs`, else 0.

    >>> Bernoulli(torch.tensor(0.25)).variance
    tensor(0.1875)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.prepare(validate_args, **dict([self.choose(probs, logits)]))

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        likelier = (self.probs >= 0.5).to(self.probs.dtype)
        return likelier.masked_fill(self.probs == 0.5, float("nan"))  # both are

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return torch.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        logits, value = broadcast_all(self.logits, self.checked(value))
        return log_chance(logits, value)

    def entropy(self) -> Any:
        return -log_chance(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Any:
        values = torch.arange(2, dtype=self._param.dtype)
        return enumerated(values, self._batch_shape, expand)

    @property
    def _natural_params(self) -> tuple[Any]:
        return (torch.logit(self.probs),)

    def _log_normalizer(self, x: Any) -> Any:
        return torch.log1p(torch.exp(x))
