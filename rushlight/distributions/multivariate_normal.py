"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ChoiceError, explain
from . import constraints
from . import surface as torch
from .distribution import Distribution
from .utils import lazy_property, standard_normal

LOG_TWO_PI = math.log(2 * math.pi)


def times(matrix: Any, vector: Any) -> Any:
    """Matrices times vectors, both in batches."""
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def solved(tril: Any, vector: Any) -> Any:
    """What a lower triangular matrix takes to `vector`."""
    return torch.solve_triangular(tril, vector.unsqueeze(-1), upper=False).squeeze(-1)


def log_diagonal(tril: Any) -> Any:
    """The logarithm of the determinant of a triangular matrix."""
    return tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def inverse_of(tril: Any) -> Any:
    """The inverse of L L', of a lower triangular L."""
    identity = torch.eye(tril.shape[-1], dtype=tril.dtype)
    half = torch.solve_triangular(tril, identity.expand(tril.shape), upper=False)
    return half.mT @ half


def tril_of_precision(precision: Any) -> Any:
    """The Cholesky factor of the inverse of `precision`, from that of its mirror image."""
    flipped = torch.cholesky(precision.flip((-2, -1)))
    upper = flipped.flip((-2, -1)).mT
    identity = torch.eye(precision.shape[-1], dtype=precision.dtype)
    return torch.solve_triangular(upper, identity.expand(precision.shape), upper=False)


def choose_matrix(owner: str, **matrices: Any) -> tuple[str, Any]:
    """The one of `matrices` that was given, and its name."""
    given = [(name, x) for name, x in matrices.items() if x is not None]
    if len(given) != 1:
        problem = f"exactly one of {', '.join(matrices)} must be given"
        raise ChoiceError(explain(owner, problem))
    name, matrix = given[0]
    if matrix.ndim < 2:
        problem = f"{name} must be a matrix, or a batch of them"
        raise ChoiceError(explain(owner, problem, {name: matrix._value.spec}))
    return name, matrix


def factor(name: str, matrix: Any) -> Any:
    """The Cholesky factor of the covariance that `matrix`, called `name`, says."""
    if name == "scale_tril":
        return matrix
    return torch.cholesky(matrix) if name == "covariance_matrix" else tril_of_precision(matrix)


class Covariance:
    """Has `scale_tril`, `covariance_matrix` and `precision_matrix`; one was given."""

    def wide(self, matrix: Any) -> Any:
        """`matrix` for each distribution of the batch."""
        n = self._event_shape[-1]  # type: ignore[attr-defined]
        return matrix.expand((*self._batch_shape, n, n))  # type: ignore[attr-defined]

    @lazy_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance."""
        return self.wide(self._unbroadcasted_scale_tril)  # type: ignore[attr-defined]

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The expected products of deviations from the mean."""
        tril = self._unbroadcasted_scale_tril  # type: ignore[attr-defined]
        return self.wide(tril @ tril.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        return self.wide(inverse_of(self._unbroadcasted_scale_tril))  # type: ignore[attr-defined]


class MultivariateNormal(Covariance, Distribution):
    """Vectors loc + L z of standard normal z, where L L' is the covariance.

    >>> MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(torch.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.ndim < 1:
            raise ChoiceError(explain("MultivariateNormal", "loc must be a vector, or several"))
        name, matrix = choose_matrix(
            "MultivariateNormal",
            covariance_matrix=covariance_matrix,
            precision_matrix=precision_matrix,
            scale_tril=scale_tril,
        )
        batch = torch.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.__dict__[name] = matrix.expand((*batch, *matrix.shape[-2:]))
        self.loc = loc.expand((*batch, loc.shape[-1]))
        super().__init__(batch, self.loc.shape[-1:], validate_args)
        given = self.__dict__[name] if matrix.shape[:-2] == batch else matrix
        self._unbroadcasted_scale_tril = factor(name, given)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        squares = self._unbroadcasted_scale_tril.square().sum(-1)
        return squares.expand((*self._batch_shape, *self._event_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        z = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + times(self._unbroadcasted_scale_tril, z)

    def log_prob(self, value: Any) -> Any:
        tril = self._unbroadcasted_scale_tril
        off = solved(tril, self.checked(value) - self.loc)
        square = off.square().sum(-1)
        return -0.5 * (self._event_shape[0] * LOG_TWO_PI + square) - log_diagonal(tril)

    def entropy(self) -> Any:
        half = log_diagonal(self._unbroadcasted_scale_tril)
        found = 0.5 * self._event_shape[0] * (1.0 + LOG_TWO_PI) + half
        return found.expand(self._batch_shape)
