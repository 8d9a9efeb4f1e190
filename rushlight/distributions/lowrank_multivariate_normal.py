"""Normal vectors whose covariance is a thin matrix times its transpose, and a diagonal."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from . import constraints
from . import surface as torch
from .distribution import Distribution
from .multivariate_normal import LOG_TWO_PI, inverse_of, log_diagonal, solved, times
from .utils import lazy_property, standard_normal


def capacitance_tril(w: Any, d: Any) -> Any:
    """The Cholesky factor of I + W' D^-1 W, the small matrix of Woodbury's identity."""
    scaled = w.mT / d.unsqueeze(-2)
    small = scaled @ w
    return torch.cholesky(small + torch.eye(small.shape[-1], dtype=small.dtype))


def mahalanobis(w: Any, d: Any, off: Any, tril: Any) -> Any:
    """Off' (W W' + D)^-1 off, by Woodbury's identity."""
    scaled = times(w.mT / d.unsqueeze(-2), off)
    return (off.square() / d).sum(-1) - solved(tril, scaled).square().sum(-1)


class LowRankMultivariateNormal(Distribution):
    """Vectors loc + W y + sqrt(D) z of standard normal y and z: the covariance is W W' + D.

    >>> d = LowRankMultivariateNormal(torch.zeros(2), torch.ones(2, 1), torch.ones(2))
    >>> d.covariance_matrix
    tensor([[2., 1.],
            [1., 2.]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None
    ) -> None:
        if loc.ndim < 1 or cov_factor.ndim < 2:
            problem = "loc must be a vector and cov_factor a matrix, or batches of them"
            raise ChoiceError(explain("LowRankMultivariateNormal", problem))
        n = loc.shape[-1]
        if cov_factor.shape[-2] != n or cov_diag.shape[-1] != n:
            problem = f"cov_factor must be {n} by any number, and cov_diag have {n} elements"
            got = {"cov_factor": cov_factor._value.spec, "cov_diag": cov_diag._value.spec}
            raise ChoiceError(explain("LowRankMultivariateNormal", problem, got))
        shapes = (loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        batch = torch.broadcast_shapes(*shapes)
        self.loc = loc.expand((*batch, n))
        self.cov_factor = cov_factor.expand((*batch, *cov_factor.shape[-2:]))
        self.cov_diag = cov_diag.expand((*batch, n))
        super().__init__(batch, (n,), validate_args)
        self._unbroadcasted_cov_factor = cov_factor
        self._unbroadcasted_cov_diag = cov_diag
        self._capacitance_tril = capacitance_tril(cov_factor, cov_diag)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        found = self._unbroadcasted_cov_factor.square().sum(-1) + self._unbroadcasted_cov_diag
        return found.expand((*self._batch_shape, *self._event_shape))

    @property
    def covariance_matrix(self) -> Any:
        """The expected products of deviations from the mean."""
        w = self._unbroadcasted_cov_factor
        found = w @ w.mT + torch.diag_embed(self._unbroadcasted_cov_diag)
        n = self._event_shape[0]
        return found.expand((*self._batch_shape, n, n))

    @lazy_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance."""
        return torch.cholesky(self.covariance_matrix)

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        return inverse_of(self.scale_tril)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        for name in ("scale_tril", "precision_matrix"):
            new.__dict__.pop(name, None)
        return new

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        y = standard_normal((*shape[:-1], self.cov_factor.shape[-1]), self.loc)
        z = standard_normal(shape, self.loc)
        low_rank = times(self._unbroadcasted_cov_factor, y)
        return self.loc + low_rank + self._unbroadcasted_cov_diag.sqrt() * z

    def half_log_det(self) -> Any:
        """Half the logarithm of the determinant of the covariance."""
        return log_diagonal(self._capacitance_tril) + 0.5 * self._unbroadcasted_cov_diag.log().sum(
            -1
        )

    def log_prob(self, value: Any) -> Any:
        off = self.checked(value) - self.loc
        w, d = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        square = mahalanobis(w, d, off, self._capacitance_tril)
        return -0.5 * (self._event_shape[0] * LOG_TWO_PI + square) - self.half_log_det()

    def entropy(self) -> Any:
        found = 0.5 * self._event_shape[0] * (1.0 + LOG_TWO_PI) + self.half_log_det()
        return found.expand(self._batch_shape)
