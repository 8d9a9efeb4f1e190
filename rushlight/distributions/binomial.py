"""The binomial distribution."""

from __future__ import annotations

from typing import Any

from ..errors import MissingError, explain
from ..modes import no_grad
from . import constraints
from . import surface as torch
from .distribution import Distribution
from .odds import Odds
from .utils import enumerated


class Binomial(Odds, Distribution):
    """How many of `total_count` trials succeed, each with probability `probs`.

    >>> Binomial(10, torch.tensor(0.5)).mean
    tensor(5.)
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.total_count, value = self.choose_counted(total_count, probs, logits)
        super().__init__(value.shape, (), validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """From 0 to `total_count`."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        likeliest = ((self.total_count + 1) * self.probs).floor()
        return torch.minimum(likeliest, self.total_count).clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return torch.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        n, logits = self.total_count, self.logits
        # log of n! / (k! (n - k)!), and k logits - n log(1 + exp(logits))
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        return ways + value * logits - n * torch.softplus(logits)

    def entropy(self) -> Any:
        values = self.enumerate_support(False)
        chances = self.log_prob(values)
        return -(chances.exp() * chances).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        most = int(self.total_count.max())
        if int(self.total_count.min()) != most:
            problem = "counts that differ have values that differ: they cannot be enumerated"
            raise MissingError(explain("Binomial", problem))
        values = torch.arange(1 + most, dtype=self._param.dtype)
        return enumerated(values, self._batch_shape, expand)
