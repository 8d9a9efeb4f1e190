"""Categories as vectors with one 1."""

from __future__ import annotations

from typing import Any

from ..modes import no_grad
from . import constraints
from . import surface as torch
from .categorical import Categorical
from .over_categories import OverCategories
from .utils import broadcast_all, enumerated, one_hot


class OneHotCategorical(OverCategories):
    """A category as a vector with a 1 at its place and else 0.

    >>> OneHotCategorical(torch.tensor([1.0, 3.0])).log_prob(torch.tensor([0.0, 1.0]))
    tensor(-0.2877)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.draw_from(Categorical(probs, logits, validate_args), validate_args)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return one_hot(self.probs.argmax(-1), self._event_shape[0], self.probs)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            drawn = self._categorical.sample(sample_shape)
            return one_hot(drawn, self._event_shape[0], self.probs)

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        value, _ = broadcast_all(value, self.logits)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Any:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self._event_shape[0]
        return enumerated(torch.eye(n, dtype=self._param.dtype), self._batch_shape, expand)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """The same with gradients: what is drawn moves as the probabilities do.

    Y. Bengio, N. Léonard, A. Courville, "Estimating or propagating gradients through stochastic
    neurons" (2013).
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Any:
        drawn = self.sample(sample_shape)
        return drawn + (self.probs - self.probs.detach())
