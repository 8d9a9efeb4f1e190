"""The half-Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

from . import surface as torch
from .cauchy import Cauchy
from .halved import Halved


class HalfCauchy(Halved):
    """The distance of Cauchy numbers from 0; half of them are below `scale`.

    >>> HalfCauchy(torch.tensor(1.0)).cdf(torch.tensor(1.0))
    tensor(0.5000)
    """

    whole = Cauchy

    @property
    def mean(self) -> Any:
        return torch.full(self._extended_shape(), math.inf, dtype=self.scale.dtype)

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    def log_prob(self, value: Any) -> Any:
        return self.doubled(torch.as_tensor(self.checked(value), dtype=self.scale.dtype))
