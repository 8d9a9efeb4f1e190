"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from ..modes import no_grad
from . import constraints
from . import surface as torch
from .categorical import Categorical
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """Values of one of several distributions, which a categorical one chooses.

    >>> pair = D.Normal(torch.tensor([-1.0, 1.0]), 1.0)
    >>> MixtureSameFamily(Categorical(torch.ones(2)), pair).variance
    tensor(2.)
    """

    def __init__(
        self,
        mixture_distribution: Any,
        component_distribution: Any,
        validate_args: bool | None = None,
    ) -> None:
        mixture, parts = mixture_distribution, component_distribution
        if not isinstance(mixture, Categorical) or not isinstance(parts, Distribution):
            problem = "needs a Categorical and a distribution of components"
            got = {"mixture": type(mixture).__name__, "components": type(parts).__name__}
            raise ChoiceError(explain("MixtureSameFamily", problem, got))
        outer, inner = mixture.batch_shape, parts.batch_shape[:-1]
        for n, m in zip(reversed(outer), reversed(inner), strict=False):
            if n != 1 and m != 1 and n != m:
                problem = "the batch shapes of mixture and components do not fit"
                got = {"mixture": outer, "components": inner}
                raise ChoiceError(explain("MixtureSameFamily", problem, got))
        count = parts.batch_shape[-1] if parts.batch_shape else 0
        choices = mixture.logits.shape[-1]
        if choices != count:
            problem = f"the mixture chooses among {choices}, but there are {count}"
            raise ChoiceError(explain("MixtureSameFamily", problem))
        self._mixture_distribution = mixture
        self._component_distribution = parts
        self._event_ndims = len(parts.event_shape)
        super().__init__(inner, parts.event_shape, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = type(self).__new__(type(self)) if _instance is None else _instance
        new.__dict__.update(self.__dict__)
        count = self._mixture_distribution._num_events
        new._component_distribution = self._component_distribution.expand((*batch_shape, count))
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        Distribution.__init__(new, batch_shape, self._event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @constraints.dependent_property
    def support(self) -> Any:
        """Where all components are."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Any:
        """What chooses."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """Those among which is chosen."""
        return self._component_distribution

    def weighed(self, values: Any) -> Any:
        """The sum of `values` of the components, weighted with their probabilities."""
        probs = self._mixture_distribution.probs
        wide = probs.reshape((*probs.shape, *[1] * self._event_ndims))
        return (wide * values).sum(-1 - self._event_ndims)

    def beside(self, x: Any) -> Any:
        """`x` with a dimension for the components."""
        return x.unsqueeze(-1 - self._event_ndims)

    @property
    def mean(self) -> Any:
        return self.weighed(self._component_distribution.mean)

    @property
    def variance(self) -> Any:
        parts = self._component_distribution
        between = (parts.mean - self.beside(self.mean)).square()
        return self.weighed(parts.variance) + self.weighed(between)

    def cdf(self, x: Any) -> Any:
        found = self._component_distribution.cdf(self.beside(x))
        return (found * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Any) -> Any:
        x = self.beside(self.checked(x))
        found = self._component_distribution.log_prob(x)
        weights = torch.log_softmax(self._mixture_distribution.logits, -1)
        return (found + weights).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            chosen = self._mixture_distribution.sample(sample_shape)
            parts = self._component_distribution.sample(sample_shape)
            dim = len(tuple(sample_shape)) + len(self._batch_shape)
            chosen = chosen.reshape((*chosen.shape, *[1] * (self._event_ndims + 1)))
            shape = (*parts.shape[:dim], 1, *self._event_shape)
            return parts.gather(dim, chosen.expand(shape)).squeeze(dim)

    def __repr__(self) -> str:
        inner = f"  {self._mixture_distribution},\n  {self._component_distribution}"
        return f"MixtureSameFamily(\n{inner})"
