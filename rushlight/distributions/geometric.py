"""The geometric distribution."""

from __future__ import annotations

from typing import Any

from ..modes import no_grad
from . import constraints
from . import surface as torch
from .bernoulli import log_chance
from .distribution import Distribution
from .odds import Odds
from .utils import broadcast_all
from .vouching import vouch


class Geometric(Odds, Distribution):
    """The number k of failures before the first success: (1 - probs)^k probs.

    >>> Geometric(torch.tensor(0.25)).mean
    tensor(3.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.prepare(validate_args, **dict([self.choose(probs, logits)]))

    def validate(self) -> None:
        super().validate()
        if self._given == "probs":  # without any success it would never end
            self.probs = vouch("Geometric", "probs", self.probs, constraints.positive)

    @property
    def mean(self) -> Any:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Any:
        return torch.zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        least = torch.finfo(self.probs.dtype).tiny
        with no_grad():
            u = torch.empty(shape, dtype=self.probs.dtype).uniform_(least, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        value, probs = broadcast_all(self.checked(value), self.probs)
        failure = (-probs).log1p().masked_fill((probs == 1) & (value == 0), 0)
        return value * failure + self.probs.log()

    def entropy(self) -> Any:
        return -log_chance(self.logits, self.probs) / self.probs
