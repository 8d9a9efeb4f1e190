"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any

from ..runtime.entry import Handle
from . import constraints
from . import surface as torch
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform
from .uniform import Uniform
from .utils import broadcast_all, euler_constant


class Gumbel(TransformedDistribution):
    """loc - scale log(-log(u)) of uniform u: what the largest of many numbers tends to.

    >>> Gumbel(torch.tensor(0.0), torch.tensor(1.0)).mean
    tensor(0.5772)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        numbers = not isinstance(loc, Handle) and not isinstance(scale, Handle)
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = torch.finfo(self.loc.dtype)
        ends = [torch.full_like(self.loc, end) for end in (limits.tiny, 1 - limits.eps)]
        if numbers:
            ends = [limits.tiny, 1 - limits.eps]
        base = Uniform(*ends, validate_args=validate_args)
        steps = [
            ExpTransform().inv,
            AffineTransform(loc=0, scale=-torch.ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(loc=loc, scale=-self.scale),
        ]
        super().__init__(base, steps, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev.square()

    def log_prob(self, value: Any) -> Any:
        y = (self.loc - self.checked(value)) / self.scale
        return (y - y.exp()) - self.scale.log()

    def entropy(self) -> Any:
        return self.scale.log() + (1 + euler_constant)
