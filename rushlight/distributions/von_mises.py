"""The von Mises distribution."""

from __future__ import annotations

import math
from typing import Any

from ..modes import no_grad
from . import constraints
from . import surface as torch
from .distribution import Distribution
from .utils import lazy_property


class VonMises(Distribution):
    """exp(concentration cos(x - loc)) over 2 pi I0(concentration), for angles x.

    Drawn by rejection: D. J. Best, N. I. Fisher, "Efficient simulation of the von Mises
    distribution" (1979).

    >>> VonMises(torch.tensor(1.0), torch.tensor(2.0)).mean
    tensor(1.)
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.prepare(validate_args, loc=loc, concentration=concentration)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @lazy_property
    def variance(self) -> Any:
        """1 minus the length of the mean direction."""
        k = self.concentration
        return 1 - torch.i1e(k) / torch.i0e(k)

    @lazy_property
    def _proposal_r(self) -> Any:
        """The parameter of the wrapped Cauchy distribution that angles are proposed from."""
        k = self.concentration.double()
        tau = 1 + (1 + 4 * k.square()).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * k)
        r = (1 + rho.square()) / (2 * rho)
        return torch.where(k < 1e-5, 1 / k + k, r)  # its limit, before digits are lost

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            loc, k = self.loc.double(), self.concentration.double()
            r = self._proposal_r
            x = torch.empty(shape, dtype=loc.dtype)
            done = torch.zeros(shape, dtype=torch.bool)
            while not done.all():
                u1, u2, u3 = torch.rand((3, *shape), dtype=loc.dtype).unbind()
                z = (math.pi * u1).cos()
                f = (1 + r * z) / (r + z)
                c = k * (r - f)
                accept = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                if accept.any():
                    x = torch.where(accept, (u3 - 0.5).sign() * f.acos(), x)
                    done = done | accept
            return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Any) -> Any:
        off = self.checked(value) - self.loc
        k = self.concentration
        # log I0(k) = log i0e(k) + k
        return k * off.cos() - math.log(2 * math.pi) - (torch.i0e(k).log() + k)
