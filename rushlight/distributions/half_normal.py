"""The half-normal distribution."""

from __future__ import annotations

import math
from typing import Any

from .halved import Halved
from .normal import Normal


class HalfNormal(Halved):
    """The distance of normal numbers from 0.

    >>> HalfNormal(torch.tensor(1.0)).mean
    tensor(0.7979)
    """

    whole = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale.square() * (1 - 2 / math.pi)
