"""The Wishart distribution."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ChoiceError, explain
from ..modes import no_grad
from ..runtime.entry import Handle
from . import constraints
from . import surface as torch
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .multivariate_normal import Covariance, choose_matrix, factor, log_diagonal


class Wishart(Covariance, ExponentialFamily):
    """Sums of `df` matrices x x' of normal vectors x with the given covariance.

    Drawn by Bartlett's decomposition: triangles of chi (on the diagonal) and normal numbers.

    >>> Wishart(torch.tensor(3.0), torch.eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = choose_matrix(
            "Wishart",
            covariance_matrix=covariance_matrix,
            precision_matrix=precision_matrix,
            scale_tril=scale_tril,
        )
        df = df if isinstance(df, Handle) else torch.tensor(df, dtype=matrix.dtype)
        batch = torch.broadcast_shapes(matrix.shape[:-2], df.shape)
        n = matrix.shape[-1]
        if bool((df <= n - 1).any()):
            problem = f"df must be greater than {n - 1}, the size of the matrices less one"
            raise ChoiceError(explain("Wishart", problem))
        self.__dict__[name] = matrix.expand((*batch, n, n))
        self.df = df.expand(batch)
        self.arg_constraints = {  # type: ignore[misc]
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(n - 1),
        }
        super().__init__(batch, (n, n), validate_args)
        self._unbroadcasted_scale_tril = factor(name, matrix)
        self._dist_chi2 = Chi2(self.df.unsqueeze(-1) - torch.arange(n, dtype=df.dtype))

    @property
    def mean(self) -> Any:
        return self.df.view((*self._batch_shape, 1, 1)) * self.covariance_matrix

    @property
    def mode(self) -> Any:
        factor = self.df - self.covariance_matrix.shape[-1] - 1
        factor = factor.masked_fill(factor <= 0, math.nan)
        return factor.view((*self._batch_shape, 1, 1)) * self.covariance_matrix

    @property
    def variance(self) -> Any:
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        products = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self.df.view((*self._batch_shape, 1, 1)) * (v.square() + products)

    def bartlett(self, sample_shape: Any) -> Any:
        """Matrices drawn."""
        n = self._event_shape[-1]
        triangle = self._dist_chi2.rsample(tuple(sample_shape)).sqrt().diag_embed()
        below = torch.randn((*triangle.shape[:-2], n * (n - 1) // 2), dtype=triangle.dtype)
        rows, columns = torch.tril_indices(n, n, -1)
        full = torch.zeros_like(triangle)
        full[..., rows, columns] = below
        half = self._unbroadcasted_scale_tril @ (triangle + full)
        return half @ half.mT

    def rsample(self, sample_shape: Any = (), max_try_correction: int | None = None) -> Any:
        """Matrices drawn; those that rounding has made singular are drawn again."""
        self.bartlett(sample_shape)  # PyTorch takes the first for wrong, and so draws twice
        drawn = self.bartlett(sample_shape)
        dims = tuple(range(-len(self._batch_shape), 0))
        for _ in range(max_try_correction or (3 if self._event_shape[-1] < 10 else 10)):
            with no_grad():
                wrong = ~constraints.positive_definite.check(drawn)
                wrong = wrong.any(dims) if dims else wrong
                count = int(wrong.sum())
            if not count:
                break
            drawn = drawn.masked_scatter(
                wrong.reshape((*wrong.shape, *[1] * (drawn.ndim - wrong.ndim))),
                self.bartlett((count,)),
            )
        return drawn

    def log_prob(self, value: Any) -> Any:
        value = self.checked(value)
        nu, n = self.df, self._event_shape[-1]
        tril = self._unbroadcasted_scale_tril
        trace = torch.cholesky_solve(value, tril.expand(value.shape)).diagonal(dim1=-2, dim2=-1)
        return (
            -nu * (n * math.log(2) / 2 + log_diagonal(tril))
            - torch.mvlgamma(nu / 2, p=n)
            + (nu - n - 1) / 2 * torch.slogdet(value).logabsdet
            - trace.sum(-1) / 2
        )

    def entropy(self) -> Any:
        nu, n = self.df, self._event_shape[-1]
        steps = torch.arange(n, dtype=nu.dtype)
        slopes = torch.digamma((nu.unsqueeze(-1) - steps) / 2).sum(-1)
        return (
            (n + 1) * (n * math.log(2) / 2 + log_diagonal(self._unbroadcasted_scale_tril))
            + torch.mvlgamma(nu / 2, p=n)
            - (nu - n - 1) / 2 * slopes
            + nu * n / 2
        )

    @property
    def _natural_params(self) -> tuple[Any, Any]:
        return 0.5 * self.df, -0.5 * self.precision_matrix

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        n = self._event_shape[-1]
        return x * -torch.slogdet(-y).logabsdet + torch.mvlgamma(x, p=n)
