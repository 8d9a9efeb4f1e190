"""Divergences between distributions of different kinds.

They are -entropy(p) - E_p[log q]: what must be known of p are moments and expected logarithms.
Where p has values that q has not, the divergence is infinite.
"""

from __future__ import annotations

import math
from typing import Any

from . import surface as torch
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import register_kl
from .laplace import Laplace
from .normal import LOG_ROOT, Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform
from .utils import euler_constant

__all__: list[str] = []

INF = math.inf

INFINITE = {
    Beta: [Pareto],
    ContinuousBernoulli: [Pareto],
    Exponential: [Beta, ContinuousBernoulli, Pareto, Uniform],
    Gamma: [Beta, ContinuousBernoulli, Pareto, Uniform],
    Gumbel: [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform],
    Laplace: [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform],
    Normal: [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform],
    Pareto: [Beta, ContinuousBernoulli, Uniform],
    Poisson: [Bernoulli, Binomial],
}
"""Pairs of which the first has values that the second never has."""


def infinite(p: Any, q: Any) -> Any:
    """Infinity for each distribution of the batch."""
    shape = torch.broadcast_shapes(p.batch_shape, q.batch_shape)
    return torch.full(shape, INF, dtype=p.mean.dtype)


for type_p, others in INFINITE.items():
    for type_q in others:
        register_kl(type_p, type_q)(infinite)


def within(p: Uniform, low: Any, high: Any, found: Any) -> Any:
    """`found`, but infinite where `p` reaches beyond an interval."""
    return found.masked_fill((p.low < low) | (p.high > high), INF)


def from_zero(p: Any, found: Any) -> Any:
    """`found`, but infinite where `p` has negative values."""
    return found.masked_fill(p.low < 0, INF) if isinstance(p, Uniform) else found


# -- expected values ---------------------------------------------------------------------------


def x_log_x(x: Any) -> Any:
    """X log(x), which is 0 at 0."""
    return torch.xlogy(x, x)


def mean_log(p: Any) -> Any:
    """E_p[log x]."""
    if isinstance(p, Exponential):
        return -euler_constant - p.rate.log()
    if isinstance(p, Gamma):
        return p.concentration.digamma() - p.rate.log()
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return (x_log_x(p.high) - x_log_x(p.low)) / (p.high - p.low) - 1


def mean_exp(p: Any, q: Gumbel) -> Any:
    """E_p[exp(-(x - loc) / scale)], with the parameters of a Gumbel distribution."""
    if isinstance(p, Normal):
        return ((q.loc - p.loc) / q.scale + 0.5 * (p.scale / q.scale).square()).exp()
    if isinstance(p, Uniform):
        ends = ((q.loc - p.low) / q.scale).exp() - ((q.loc - p.high) / q.scale).exp()
        return ends * q.scale / (p.high - p.low)
    a = p.concentration if isinstance(p, Gamma) else 1.0
    return (q.loc / q.scale - a * (1 / (q.scale * p.rate)).log1p()).exp()


# -- to one kind, from many --------------------------------------------------------------------


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Pareto, Normal)
@register_kl(Uniform, Normal)
def _(p: Any, q: Normal) -> Any:
    apart = p.variance + (p.mean - q.loc).square()
    return -p.entropy() + q.scale.log() + LOG_ROOT + 0.5 * apart / q.scale.square()


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Gamma, Exponential)
@register_kl(Pareto, Exponential)
@register_kl(Uniform, Exponential)
def _(p: Any, q: Exponential) -> Any:
    return from_zero(p, -p.entropy() - q.rate.log() + q.rate * p.mean)


@register_kl(Beta, Gamma)
@register_kl(Exponential, Gamma)
@register_kl(Pareto, Gamma)
@register_kl(Uniform, Gamma)
def _(p: Any, q: Gamma) -> Any:
    a = q.concentration
    norm = a.lgamma() - a * q.rate.log()
    return from_zero(p, -p.entropy() + norm - (a - 1) * mean_log(p) + q.rate * p.mean)


@register_kl(Exponential, Gumbel)
@register_kl(Gamma, Gumbel)
@register_kl(Normal, Gumbel)
@register_kl(Uniform, Gumbel)
def _(p: Any, q: Gumbel) -> Any:
    return -p.entropy() + q.scale.log() + (p.mean - q.loc) / q.scale + mean_exp(p, q)


@register_kl(Normal, Laplace)
def _(p: Normal, q: Laplace) -> Any:
    off = p.loc - q.loc
    ratio = off / p.scale
    around = math.sqrt(2 / math.pi) * p.scale * (-0.5 * ratio.square()).exp()
    distance = around + off * torch.erf(math.sqrt(0.5) * ratio)
    return -p.entropy() + (2 * q.scale).log() + distance / q.scale


# -- to what lies between bounds ---------------------------------------------------------------


@register_kl(Beta, ContinuousBernoulli)
@register_kl(Uniform, ContinuousBernoulli)
def _(p: Any, q: ContinuousBernoulli) -> Any:
    found = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q.log_norm()
    return within(p, 0, 1, found) if isinstance(p, Uniform) else found


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _(p: Any, q: Uniform) -> Any:
    found = -p.entropy() + (q.high - q.low).log()
    return found.masked_fill((q.low > 0) | (q.high < 1), INF)


@register_kl(Uniform, Beta)
def _(p: Uniform, q: Beta) -> Any:
    a, b = q.concentration1, q.concentration0
    mirrored = Uniform(1 - p.high, 1 - p.low, validate_args=False)
    logs = (a - 1) * mean_log(p) + (b - 1) * mean_log(mirrored)
    beta = a.lgamma() + b.lgamma() - (a + b).lgamma()
    return within(p, 0, 1, -p.entropy() - logs + beta)


@register_kl(Uniform, Pareto)
def _(p: Uniform, q: Pareto) -> Any:
    logs = (q.alpha + 1) * mean_log(p)
    found = -p.entropy() - q.alpha.log() - q.alpha * q.scale.log() + logs
    return found.masked_fill(p.low < q.scale, INF)
