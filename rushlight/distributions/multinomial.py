"""The multinomial distribution."""

from __future__ import annotations

from typing import Any

from ..errors import MissingError, explain
from ..modes import no_grad
from . import constraints
from . import surface as torch
from .binomial import Binomial
from .categorical import Categorical
from .over_categories import OverCategories
from .utils import broadcast_all, one_hot


class Multinomial(OverCategories):
    """How often each category comes in `total_count` draws with probabilities `probs`.

    >>> Multinomial(10, torch.tensor([1.0, 4.0])).mean
    tensor([2., 8.])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self,
        total_count: int = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            problem = "counts that differ are not there: total_count must be an int"
            raise MissingError(explain("Multinomial", problem))
        self.total_count = total_count
        self.draw_from(Categorical(probs, logits, validate_args), validate_args)
        self._binomial = Binomial(total_count=total_count, probs=self.probs, validate_args=False)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        """Counts that add up to `total_count`."""
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            drawn = self._categorical.sample((self.total_count, *sample_shape))
            n = self._event_shape[0]
            return one_hot(drawn, n, self.probs).sum(0)

    def log_prob(self, value: Any) -> Any:
        logits, value = broadcast_all(self.logits, self.checked(value))
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        impossible = (value == 0) & (logits == -torch.inf)
        return ways + (logits.masked_fill(impossible, 0) * value).sum(-1)

    def entropy(self) -> Any:
        n = torch.tensor(self.total_count)
        counts = self._binomial.enumerate_support(expand=False)[1:]
        weights = self._binomial.log_prob(counts).exp()
        rest = (weights * (counts + 1).lgamma()).sum((0, -1))
        return n * self._categorical.entropy() - (n + 1).lgamma() + rest
