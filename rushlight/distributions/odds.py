"""Distributions given by probabilities or by logits, whichever the program has."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from ..runtime.entry import Handle
from ..size import Size
from .utils import broadcast_all, lazy_property, logits_to_probs, one_or_other, probs_to_logits


class Odds:
    """Has `probs` and `logits` of two cases; the one that was not given is worked out when asked.

    `logits` are the logarithms of the odds probs / (1 - probs).
    """

    binary = True
    _given: str

    def choose(self, probs: Any, logits: Any) -> tuple[str, Any]:
        """The name and value of the parameter that was given."""
        one_or_other(type(self).__name__, probs, logits)
        self._given = "logits" if probs is None else "probs"
        return self._given, logits if probs is None else probs

    def choose_counted(self, total_count: Any, probs: Any, logits: Any) -> tuple[Any, Any]:
        """`total_count` and the parameter that was given, alike in shape and dtype."""
        name, value = self.choose(probs, logits)
        count, value = broadcast_all(total_count, value)
        self.__dict__[name] = value
        return count.type_as(value), value

    @lazy_property
    def logits(self) -> Any:
        """The logarithms of probabilities, or of odds."""
        return probs_to_logits(self.probs, is_binary=self.binary)

    @lazy_property
    def probs(self) -> Any:
        """The probabilities."""
        return logits_to_probs(self.logits, is_binary=self.binary)

    @property
    def _param(self) -> Any:
        """The parameter that was given."""
        return self.__dict__[self._given]

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter that was given."""
        return self._param.shape  # type: ignore[no-any-return]


class Shares(Odds):
    """Has `probs` and `logits` of several cases along the last dimension, which add up to 1."""

    binary = False

    def normalise(self, probs: Any, logits: Any) -> Any:
        """The given parameter, scaled so that probabilities add up to 1."""
        name, value = self.choose(probs, logits)
        if not isinstance(value, Handle) or value.ndim < 1:
            problem = f"{name} must be a tensor of one dimension or more"
            raise ChoiceError(explain(type(self).__name__, problem))
        if name == "probs":
            value = value / value.sum(-1, keepdim=True)
        else:
            value = value - value.logsumexp(-1, keepdim=True)
        self.__dict__[name] = value
        return value
