"""Bernoulli distributions that are relaxed to numbers between 0 and 1."""

from __future__ import annotations

from typing import Any

from . import constraints
from . import surface as torch
from .distribution import Distribution
from .odds import Odds
from .relaxed import Relaxed
from .transforms import SigmoidTransform
from .utils import broadcast_all, clamp_probs, uniform_like


class LogitRelaxedBernoulli(Odds, Distribution):
    """The logits of relaxed Bernoulli numbers: logistic noise and logits, over a temperature.

    C. J. Maddison, A. Mnih, Y. W. Teh, "The Concrete distribution" (2017).
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        self.prepare(validate_args, **dict([self.choose(probs, logits)]))

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        p = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(uniform_like(shape, p))
        return (u.log() - (-u).log1p() + p.log() - (-p).log1p()) / self.temperature

    def log_prob(self, value: Any) -> Any:
        logits, value = broadcast_all(self.logits, self.checked(value))
        off = logits - value.mul(self.temperature)
        return torch.as_tensor(self.temperature).log() + off - 2 * off.exp().log1p()


class RelaxedBernoulli(Relaxed):
    """Numbers between 0 and 1, the nearer to an end the lower the temperature.

    >>> RelaxedBernoulli(torch.tensor(0.5), torch.tensor(0.3)).temperature
    tensor(0.5000)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)
