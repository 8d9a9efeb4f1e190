"""Cholesky factors of matrices of correlations."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ChoiceError, explain
from ..modes import no_grad
from . import constraints
from . import surface as torch
from .beta import Beta
from .distribution import Distribution


class LKJCholesky(Distribution):
    """Factors L of correlations L L' with a density like their determinant^(concentration - 1).

    D. Lewandowski, D. Kurowicka, H. Joe, "Generating random correlation matrices based on vines
    and extended onion method" (2009); drawn by their onion method.

    >>> LKJCholesky(3, 1.0).event_shape
    torch.Size([3, 3])
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(
        self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        if dim < 2:
            problem = f"dim must be an integer greater than or equal to 2, found {dim}"
            raise ChoiceError(explain("LKJCholesky", problem))
        self.dim = dim
        self.prepare(validate_args, concentration=concentration)
        self._event_shape = torch.Size((dim, dim))
        self._beta = self.radii()

    def radii(self) -> Beta:
        """The distribution of the squared lengths of rows, less their diagonal."""
        a = self.concentration
        offset = torch.arange(self.dim - 1, dtype=a.dtype)
        offset = torch.constant_pad_nd(offset, (1, 0))
        outer = (a + 0.5 * (self.dim - 2)).unsqueeze(-1) - 0.5 * offset
        return Beta(offset + 0.5, outer)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            y = self._beta.sample(sample_shape).unsqueeze(-1)
            z = torch.randn(self._extended_shape(sample_shape), dtype=y.dtype).tril(-1)
            direction = z / z.norm(dim=-1, keepdim=True)
            direction = direction.masked_fill(z == 0, 0)  # the first row has none
            w = y.sqrt() * direction
            tiny = torch.finfo(w.dtype).tiny
            rest = (1 - w.square().sum(-1)).clamp(min=tiny).sqrt()
            return w + rest.diag_embed()

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        a, n = self.concentration, self.dim - 1
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = torch.arange(2, self.dim + 1, dtype=a.dtype)
        order = 2 * (a - 1).unsqueeze(-1) + self.dim - order
        density = (order * diagonal.log()).sum(-1)
        outer = a + 0.5 * n
        volume = 0.5 * n * math.log(math.pi) + torch.mvlgamma(outer - 0.5, n) - outer.lgamma() * n
        return density - volume
