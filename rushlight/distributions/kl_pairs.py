"""Divergences between two distributions of one kind."""

from __future__ import annotations

import math
from typing import Any

from ..backward import grad
from ..errors import MissingError, explain
from . import surface as torch
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .dirichlet import Dirichlet
from .exp_family import ExponentialFamily
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .kl import kl_divergence, register_kl
from .laplace import Laplace
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal, log_diagonal, solved
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .pareto import Pareto
from .poisson import Poisson
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform
from .utils import euler_constant, sum_rightmost

__all__: list[str] = []

INF = math.inf


# -- counts and categories ---------------------------------------------------------------------


@register_kl(Bernoulli, Bernoulli)
def _(p: Bernoulli, q: Bernoulli) -> Any:
    one = p.probs * (torch.softplus(-q.logits) - torch.softplus(-p.logits))
    one = one.masked_fill(q.probs == 0, INF).masked_fill(p.probs == 0, 0)
    zero = (1 - p.probs) * (torch.softplus(q.logits) - torch.softplus(p.logits))
    return one + zero.masked_fill(q.probs == 1, INF).masked_fill(p.probs == 1, 0)


@register_kl(Bernoulli, Poisson)
def _(p: Bernoulli, q: Poisson) -> Any:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Binomial, Binomial)
def _(p: Binomial, q: Binomial) -> Any:
    if (p.total_count < q.total_count).any():
        problem = "KL of fewer trials from more is not known in closed form"
        raise MissingError(explain("kl_divergence", problem))
    rest = (-p.probs).log1p() - (-q.probs).log1p()
    found = p.total_count * (p.probs * (p.logits - q.logits) + rest)
    return found.masked_fill(p.total_count > q.total_count, INF)


@register_kl(Categorical, Categorical)
def _(p: Categorical, q: Categorical) -> Any:
    found = p.probs * (p.logits - q.logits)
    return found.masked_fill(q.probs == 0, INF).masked_fill(p.probs == 0, 0).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _(p: OneHotCategorical, q: OneHotCategorical) -> Any:
    return kl_divergence(p._categorical, q._categorical)


@register_kl(Geometric, Geometric)
def _(p: Geometric, q: Geometric) -> Any:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _(p: Poisson, q: Poisson) -> Any:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _(p: ContinuousBernoulli, q: ContinuousBernoulli) -> Any:
    one = p.mean * (p.logits - q.logits)
    return one + p.log_norm() + (-p.probs).log1p() - q.log_norm() - (-q.probs).log1p()


# -- numbers -----------------------------------------------------------------------------------


@register_kl(Beta, Beta)
def _(p: Beta, q: Beta) -> Any:
    return kl_divergence(p._dirichlet, q._dirichlet)


@register_kl(Dirichlet, Dirichlet)
def _(p: Dirichlet, q: Dirichlet) -> Any:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    volume = total.lgamma() - b.sum(-1).lgamma() - (a.lgamma() - b.lgamma()).sum(-1)
    logs = a.digamma() - total.digamma().unsqueeze(-1)
    return volume + ((a - b) * logs).sum(-1)


@register_kl(Cauchy, Cauchy)
def _(p: Cauchy, q: Cauchy) -> Any:
    # F. Chyzak, F. Nielsen, "A closed-form formula for the KL divergence between Cauchy
    # distributions" (2019).
    apart = (p.scale + q.scale).square() + (p.loc - q.loc).square()
    return apart.log() - (4 * p.scale * q.scale).log()


@register_kl(Exponential, Exponential)
def _(p: Exponential, q: Exponential) -> Any:
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@register_kl(Gamma, Gamma)
def _(p: Gamma, q: Gamma) -> Any:
    a, b = p.concentration, q.concentration
    rates = b * (p.rate / q.rate).log() + a * (q.rate / p.rate - 1)
    return rates + b.lgamma() - a.lgamma() + (a - b) * a.digamma()


@register_kl(Gumbel, Gumbel)
def _(p: Gumbel, q: Gumbel) -> Any:
    ratio = p.scale / q.scale
    off = (p.loc - q.loc) / q.scale
    tail = (torch.lgamma(1 + ratio) - off).exp()
    return off - ratio.log() + ratio * euler_constant + tail - (1 + euler_constant)


@register_kl(Laplace, Laplace)
def _(p: Laplace, q: Laplace) -> Any:
    ratio = p.scale / q.scale
    off = (p.loc - q.loc).abs()
    return off / q.scale + ratio * (-off / p.scale).exp() - ratio.log() - 1


@register_kl(Normal, Normal)
def _(p: Normal, q: Normal) -> Any:
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).square() - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _(p: HalfNormal, q: HalfNormal) -> Any:
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Pareto, Pareto)
def _(p: Pareto, q: Pareto) -> Any:
    ratio = q.alpha / p.alpha
    found = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return found.masked_fill(p.scale < q.scale, INF)


@register_kl(Uniform, Uniform)
def _(p: Uniform, q: Uniform) -> Any:
    found = ((q.high - q.low) / (p.high - p.low)).log()
    return found.masked_fill((q.low > p.low) | (q.high < p.high), INF)


# -- vectors -----------------------------------------------------------------------------------


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _(p: Any, q: Any) -> Any:
    if p.event_shape != q.event_shape:
        problem = "both must have vectors of one size"
        raise MissingError(explain("kl_divergence", problem))
    n = p.event_shape[0]
    shape = (*torch.broadcast_shapes(p.batch_shape, q.batch_shape), n, n)
    a, b = p.scale_tril, q.scale_tril
    spread = torch.solve_triangular(b.expand(shape), a.expand(shape), upper=False)
    off = solved(b, q.loc - p.loc).square().sum(-1)
    logs = log_diagonal(b) - log_diagonal(a)
    return logs + 0.5 * (spread.square().sum((-1, -2)) + off - n)


# -- made of others ----------------------------------------------------------------------------


@register_kl(Independent, Independent)
def _(p: Independent, q: Independent) -> Any:
    count = p.reinterpreted_batch_ndims
    if count != q.reinterpreted_batch_ndims:
        problem = "both must take as many batch dimensions for a value"
        raise MissingError(explain("kl_divergence", problem))
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), count)


@register_kl(TransformedDistribution, TransformedDistribution)
def _(p: TransformedDistribution, q: TransformedDistribution) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        problem = "both must have the same transforms and event shape"
        raise MissingError(explain("kl_divergence", problem))
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(ExponentialFamily, ExponentialFamily)
def _(p: ExponentialFamily, q: ExponentialFamily) -> Any:
    if type(p) is not type(q):
        problem = f"no KL(p || q) is known for p of type {type(p).__name__} "
        problem += f"and q of type {type(q).__name__}"
        raise MissingError(explain("kl_divergence", problem))
    params = [x.detach().requires_grad_() for x in p._natural_params]
    normal = p._log_normalizer(*params)
    slopes = grad(normal.sum(), params, create_graph=True)
    total = q._log_normalizer(*q._natural_params) - normal
    for mine, other, slope in zip(params, q._natural_params, slopes, strict=True):
        part = (other - mine) * slope
        total = total - sum_rightmost(part, part.ndim - total.ndim)
    return total
