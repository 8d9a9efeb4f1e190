"""Categorical distributions that are relaxed to shares."""

from __future__ import annotations

from typing import Any

from . import constraints
from . import surface as torch
from .categorical import Categorical
from .over_categories import OverCategories
from .relaxed import Relaxed
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs, uniform_like


class ExpRelaxedCategorical(OverCategories):
    """The logarithms of relaxed one-hot vectors: Gumbel noise and logits, over a temperature.

    C. J. Maddison, A. Mnih, Y. W. Teh, "The Concrete distribution" (2017).
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector  # those whose exponentials add up to 1, to be exact
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        self.draw_from(Categorical(probs, logits), validate_args)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        u = clamp_probs(uniform_like(shape, self.logits))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(-1, keepdim=True)

    def log_prob(self, value: Any) -> Any:
        n = self._event_shape[0]
        logits, value = broadcast_all(self.logits, self.checked(value))
        t = torch.as_tensor(self.temperature, dtype=logits.dtype)
        scale = torch.full_like(t, float(n)).lgamma() + t.log() * (n - 1)
        score = logits - value.mul(t)
        return (score - score.logsumexp(-1, keepdim=True)).sum(-1) + scale


class RelaxedOneHotCategorical(Relaxed):
    """Shares of categories, the nearer to one alone the lower the temperature.

    >>> RelaxedOneHotCategorical(torch.tensor(0.5), torch.tensor([1.0, 3.0])).probs
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)
