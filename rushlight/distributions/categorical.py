"""The categorical distribution."""

from __future__ import annotations

from typing import Any

from ..modes import no_grad
from . import constraints
from . import surface as torch
from .distribution import Distribution
from .odds import Shares
from .utils import enumerated


class Categorical(Shares, Distribution):
    """The number k of a category with probability probs[k].

    >>> Categorical(torch.tensor([1.0, 3.0])).log_prob(torch.tensor(1))
    tensor(-0.2877)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        param = self.normalise(probs, logits)
        self._num_events = param.shape[-1]
        super().__init__(param.shape[:-1], (), validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """The numbers of categories."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Any:
        return torch.full(self._extended_shape(), float("nan"), dtype=self.probs.dtype)

    @property
    def mode(self) -> Any:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Any:
        return torch.full(self._extended_shape(), float("nan"), dtype=self.probs.dtype)

    def sample(self, sample_shape: Any = ()) -> Any:
        sample_shape = tuple(sample_shape)
        with no_grad():
            if not sample_shape and len(self._batch_shape) < 2:
                return torch.multinomial(self.probs, 1, True).squeeze(-1)
            rows = self.probs.reshape(-1, self._num_events)
            count = 1
            for n in sample_shape:
                count *= n
            drawn = torch.multinomial(rows, count, True)
            return drawn.T.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value).long()
        logits = self.logits
        if value.shape != self._batch_shape:
            shape = torch.broadcast_shapes(value.shape, self._batch_shape)
            value, logits = value.expand(shape), logits.expand((*shape, self._num_events))
        return logits.gather(-1, value.unsqueeze(-1)).squeeze(-1)

    def entropy(self) -> Any:
        # log(0) is made finite, so that what is impossible adds nothing.
        logits = self.logits.clamp(min=torch.finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        return enumerated(torch.arange(self._num_events), self._batch_shape, expand)
