"""Exponential families: densities exp(<t(x), parameters> - log_normalizer(parameters) + k(x))."""

from __future__ import annotations

from typing import Any

from ..backward import grad
from .distribution import Distribution


class ExponentialFamily(Distribution):
    """A family whose entropy follows from its log-normalizer, by Bregman divergences.

    See F. Nielsen, R. Nock, "Entropies and cross-entropies of exponential families" (2010).
    """

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        """The parameters with which the statistics t(x) are weighted."""
        raise self.lacks("_natural_params")

    def _log_normalizer(self, *natural_params: Any) -> Any:
        """The logarithm of what makes the density integrate to 1."""
        raise self.lacks("_log_normalizer")

    @property
    def _mean_carrier_measure(self) -> Any:
        """The expected value of k(x)."""
        raise self.lacks("_mean_carrier_measure")

    def entropy(self) -> Any:
        """The expected value of -log_prob: what is left of the log-normalizer over its tangent."""
        total = -self._mean_carrier_measure
        params = [p.detach().requires_grad_() for p in self._natural_params]
        normal = self._log_normalizer(*params)
        slopes = grad(normal.sum(), params, create_graph=True)
        total = total + normal
        for param, slope in zip(params, slopes, strict=True):
            part = param * slope
            total = total - part.reshape((*self._batch_shape, -1)).sum(-1)
        return total
