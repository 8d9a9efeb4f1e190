"""What distributions have that are a relaxed one, transformed."""

from __future__ import annotations

from typing import Any

from .transformed_distribution import TransformedDistribution


class Relaxed(TransformedDistribution):
    """Numbers of a relaxed distribution over logits, the nearer to hard choices the lower the
    temperature.
    """

    has_rsample = True

    @property
    def temperature(self) -> Any:
        """How soft the choice is."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Any:
        """The logarithms of the probabilities, or of the odds."""
        return self.base_dist.logits

    @property
    def probs(self) -> Any:
        """The probabilities."""
        return self.base_dist.probs
