"""What all distributions are: shapes, parameters, and what may be asked of them."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from ..errors import ChoiceError, MissingError, explain
from ..modes import no_grad
from ..runtime.entry import Handle
from ..size import Size
from . import constraints
from .utils import broadcast_all
from .vouching import vouch


class Distribution:
    """A distribution over values of `event_shape`, one for each element of `batch_shape`.

    A subclass says in `arg_constraints` what its parameters must satisfy, calls `prepare` with them
    and writes `log_prob` and `sample` or `rsample`. Parameters are attributes of those names.
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    arg_constraints: ClassVar[dict[str, Any]] = {}
    support: Any = None
    _validate_args: bool = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Have parameters and values checked, or not, where nothing else is said."""
        if value not in (True, False):
            raise ChoiceError(explain("set_default_validate_args", f"expects a bool, got {value}"))
        Distribution._validate_args = value

    def __init__(
        self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self.validate()

    def prepare(self, validate_args: bool | None, **parameters: Any) -> None:
        """Take parameters of one value each: they are broadcast and become attributes."""
        values = broadcast_all(*parameters.values())
        self.__dict__.update(zip(parameters, values, strict=True))
        Distribution.__init__(self, values[0]._value.shape, (), validate_args)

    def validate(self) -> None:
        """Raise if a parameter is wrong, or have the program refuse to be run then."""
        owner = type(self).__name__
        for name, constraint in self.arg_constraints.items():
            value = self.__dict__.get(name)  # of two ways to say the same, only what was given
            if isinstance(value, Handle) and not constraints.is_dependent(constraint):
                self.__dict__[name] = vouch(owner, name, value, constraint)

    @property
    def batch_shape(self) -> Size:
        """The shape of a batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one value."""
        return self._event_shape

    # -- what may be asked ---------------------------------------------------------------------

    @property
    def mean(self) -> Any:
        """The expected value."""
        raise self.lacks("mean")

    @property
    def mode(self) -> Any:
        """The likeliest value."""
        raise self.lacks("mode")

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        raise self.lacks("variance")

    @property
    def stddev(self) -> Any:
        """The square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Values drawn, `sample_shape` times for each distribution of the batch."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Values drawn so that they have a gradient by the parameters."""
        raise self.lacks("rsample")

    def sample_n(self, n: int) -> Any:
        """`n` values drawn for each distribution."""
        warnings.warn(
            "sample_n will be deprecated. Use .sample((n,)) instead", UserWarning, stacklevel=2
        )
        return self.sample((n,))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, or of the probability, of `value`."""
        raise self.lacks("log_prob")

    def cdf(self, value: Any) -> Any:
        """The probability of what is not above `value`."""
        raise self.lacks("cdf")

    def icdf(self, value: Any) -> Any:
        """Below what a share `value` lies."""
        raise self.lacks("icdf")

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values there are, along a first dimension."""
        raise self.lacks("enumerate_support")

    def entropy(self) -> Any:
        """The expected value of -log_prob."""
        raise self.lacks("entropy")

    def perplexity(self) -> Any:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def lacks(self, what: str) -> MissingError:
        """The error for what this distribution does not have."""
        return MissingError(explain(type(self).__name__, f"{what} is not defined for it"))

    # -- shapes --------------------------------------------------------------------------------

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distribution for a larger batch: its parameters are expanded."""
        new = type(self).__new__(type(self)) if _instance is None else _instance
        new.__dict__.update(self.__dict__)
        batch_shape = Size(batch_shape)
        for name, value in self.__dict__.items():
            if isinstance(value, Distribution):
                more = value.batch_shape[len(self._batch_shape) :]
                new.__dict__[name] = value.expand((*batch_shape, *more))
            elif isinstance(value, Handle) and (dims := self.event_dims(name)) is not None:
                event = value.shape[value.ndim - dims :]
                new.__dict__[name] = value.expand((*batch_shape, *event))
        new._batch_shape = batch_shape
        return new

    def event_dims(self, name: str) -> int | None:
        """How many dimensions of the attribute `name` are one distribution's; None: it stays."""
        constraint = self.arg_constraints.get(name)
        if constraint is not None and not constraints.is_dependent(constraint):
            return constraint.event_dim  # type: ignore[no-any-return]
        return 0 if constraint is not None else None

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        """The shape of what is drawn."""
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Any) -> Any:
        """`value`, of which log_prob and its like are asked; raises if it makes no sense."""
        owner = type(self).__name__
        if not isinstance(value, Handle):
            problem = "The value argument to log_prob must be a Tensor"
            raise ChoiceError(explain(owner, problem, {"value": type(value).__name__}))
        dims = value.ndim - len(self._event_shape)
        if value.shape[max(dims, 0) :] != self._event_shape:
            problem = "the right-most sizes must be the event shape"
            got = {"value": value._value.spec, "event_shape": self._event_shape}
            raise ChoiceError(explain(owner, problem, got))
        for n, m in zip(value.shape[::-1], self._extended_shape()[::-1], strict=False):
            if n != m and n != 1 and m != 1:
                problem = "the value does not broadcast with the batch and event shapes"
                got = {"value": value._value.spec, "shape": self._extended_shape()}
                raise ChoiceError(explain(owner, problem, got))
        support = self.known_support()
        return value if support is None else vouch(owner, "value", value, support)

    def known_support(self) -> Any:
        """What values must satisfy; None, with a warning, if nobody says."""
        try:
            support = self.support
        except NotImplementedError:
            support = None
        if support is None:
            text = (
                f"{type(self)} does not define `support` to enable sample validation. "
                "Please initialize the distribution with `validate_args=False` to turn off "
                "validation."
            )
            warnings.warn(text, stacklevel=4)
        return support

    def checked(self, value: Any) -> Any:
        """`value`, looked at if this distribution checks its arguments."""
        return self._validate_sample(value) if self._validate_args else value

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """A new object of this class; raises if a subclass that has its own makes it otherwise."""
        if _instance is None and type(self).__init__ is not cls.__init__:  # type: ignore[misc]
            problem = f"Subclass {type(self).__name__} of {cls.__name__} must define its own expand"
            raise MissingError(explain(type(self).__name__, problem))
        return type(self).__new__(type(self)) if _instance is None else _instance

    def __repr__(self) -> str:
        shown = []
        for name in self.arg_constraints:
            value = self.__dict__.get(name)
            if value is not None:
                one = value.numel() == 1
                shown.append(f"{name}: {value if one else value.shape}")
        return f"{type(self).__name__}({', '.join(shown)})"
