"""Distributions of transformed values."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from ..modes import no_grad
from . import constraints
from .distribution import Distribution
from .independent import Independent
from .transform import ComposeTransform, Transform
from .utils import sum_rightmost


class TransformedDistribution(Distribution):
    """What becomes of the values of a distribution under transforms, one after the other.

    >>> twice = D.AffineTransform(0.0, 2.0)
    >>> doubled = D.TransformedDistribution(D.Normal(0.0, 1.0), twice)
    >>> doubled.log_prob(torch.tensor(0.0))
    tensor(-1.6121)
    """

    def __init__(
        self, base_distribution: Any, transforms: Any, validate_args: bool | None = None
    ) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        if not all([isinstance(t, Transform) for t in self.transforms]):
            problem = "transforms must be a Transform or a list of them"
            raise ChoiceError(
                explain("TransformedDistribution", problem, {"transforms": transforms})
            )
        whole = ComposeTransform(self.transforms)
        base = base_distribution
        shape = base.batch_shape + base.event_shape
        if len(shape) < whole.domain.event_dim:
            problem = f"base_distribution must have at least {whole.domain.event_dim} dimensions"
            raise ChoiceError(explain("TransformedDistribution", problem, {"shape": shape}))
        out = whole.forward_shape(shape)
        wide = whole.inverse_shape(out)
        if wide != shape:  # parameters of the transforms may have a larger batch
            base = base.expand(wide[: len(wide) - len(base.event_shape)])
        more = whole.domain.event_dim - len(base.event_shape)
        self.base_dist = Independent(base, more) if more > 0 else base
        dims = max(
            len(self.base_dist.event_shape) + whole.codomain.event_dim - whole.domain.event_dim,
            whole.codomain.event_dim,
        )
        cut = len(out) - dims
        super().__init__(out[:cut], out[cut:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = type(self).__new__(type(self)) if _instance is None else _instance
        new.__dict__.update(self.__dict__)
        shape = (*batch_shape, *self.event_shape)
        for t in reversed(self.transforms):
            shape = t.inverse_shape(shape)
        base_batch = shape[: len(shape) - len(self.base_dist.event_shape)]
        new.base_dist = self.base_dist.expand(base_batch)
        for name in self.arg_constraints.keys() & self.__dict__.keys():
            new.__dict__[name] = self.__dict__[name].expand(batch_shape)
        Distribution.__init__(new, batch_shape, self.event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether what is drawn has a gradient."""
        return self.base_dist.has_rsample  # type: ignore[no-any-return]

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        """What the last transform gives."""
        if not self.transforms:
            return self.base_dist.support
        found = self.transforms[-1].codomain
        more = len(self.event_shape) - found.event_dim
        return constraints.independent(found, more) if more > 0 else found

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return self.through(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.through(self.base_dist.rsample(sample_shape))

    def through(self, x: Any) -> Any:
        """What becomes of `x`."""
        for t in self.transforms:
            x = t(x)
        return x

    def log_prob(self, value: Any) -> Any:
        y = self.checked(value)
        dims = len(self.event_shape)
        total: Any = 0.0
        for t in reversed(self.transforms):
            x = t.inv(y)
            dims += t.domain.event_dim - t.codomain.event_dim
            total = total - sum_rightmost(t.log_abs_det_jacobian(x, y), dims - t.domain.event_dim)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, dims - len(self.base_dist.event_shape))

    def monotonous(self, value: Any) -> Any:
        """`value`, or what it is from the other end if the transforms together fall."""
        sign: Any = 1
        for t in self.transforms:
            sign = sign * t.sign
        return value if isinstance(sign, int) and sign == 1 else sign * (value - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        value = self.checked(value)
        for t in reversed(self.transforms):
            value = t.inv(value)
        return self.monotonous(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        return self.through(self.base_dist.icdf(self.monotonous(value)))
