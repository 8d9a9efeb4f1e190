"""What distributions have that are half of a symmetric one: the distances of its numbers from 0."""

from __future__ import annotations

import math
from typing import Any

from . import constraints
from . import surface as torch
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform


class Halved(TransformedDistribution):
    """The distances from 0 of the numbers of `whole(0, scale)`, which is symmetric."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    whole: Any

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        base = self.whole(0, scale, validate_args=False)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Any:
        """The scale of the symmetric numbers."""
        return self.base_dist.scale

    @property
    def mode(self) -> Any:
        return torch.zeros_like(self.scale)

    def log_prob(self, value: Any) -> Any:
        return self.doubled(self.checked(value))

    def doubled(self, value: Any) -> Any:
        """The logarithm of twice the density of the symmetric numbers; none is below 0."""
        found = self.base_dist.log_prob(value) + math.log(2)
        return torch.where(value >= 0, found, -math.inf)

    def cdf(self, value: Any) -> Any:
        return 2 * self.base_dist.cdf(self.checked(value)) - 1

    def icdf(self, value: Any) -> Any:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)
