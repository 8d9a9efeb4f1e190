"""What distributions have that draw from categories."""

from __future__ import annotations

from typing import Any

from .categorical import Categorical
from .distribution import Distribution


class OverCategories(Distribution):
    """Has the parameters of a categorical distribution, one value for all of its categories."""

    def draw_from(self, categorical: Categorical, validate_args: bool | None) -> None:
        """Take the categories and their shapes."""
        self._categorical = categorical
        batch, event = categorical.batch_shape, categorical.param_shape[-1:]
        Distribution.__init__(self, batch, event, validate_args)

    @property
    def _param(self) -> Any:
        return self._categorical._param

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter."""
        return self._categorical.param_shape

    @property
    def logits(self) -> Any:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def probs(self) -> Any:
        """The probabilities of the categories."""
        return self._categorical.probs
