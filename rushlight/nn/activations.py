"""Layers that bend a line: relu and its kin, element by element."""

from __future__ import annotations

import warnings
from typing import Any

from . import functional as F
from . import init as initial
from .module import Module
from .parameter import unset


class Elementwise(Module):
    """A layer with settings and nothing else; `shown` names those that are printed."""

    shown: tuple[str, ...] = ()

    def extra_repr(self) -> str:
        """The settings."""
        words = [f"{name}={getattr(self, name)}" for name in self.shown]
        if getattr(self, "inplace", False):
            words.append("inplace=True")
        return ", ".join(words)


class WithInplace(Elementwise):
    """A layer whose only setting is whether it changes its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class ReLU(WithInplace):
    """The input where it is positive, 0 elsewhere.

    >>> torch.nn.ReLU()(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.relu(input, True) if self.inplace else F.plain_relu(input)


class Threshold(Elementwise):
    """The input where it is above `threshold`, `value` elsewhere.

    >>> torch.nn.Threshold(1.0, -1.0)(torch.tensor([0.5, 2.0]))
    tensor([-1.,  2.])
    """

    shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.threshold(input, self.threshold, self.value, inplace=self.inplace)


class RReLU(Elementwise):
    """As LeakyReLU, with a slope drawn anew from [lower, upper) for each element when training.

    >>> torch.nn.RReLU(0.1, 0.3).eval()(torch.tensor([-1.0, 2.0]))
    tensor([-0.2000,  2.0000])
    """

    shown = ("lower", "upper")

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class Hardtanh(Elementwise):
    """The input cut off at `min_val` and `max_val`.

    >>> torch.nn.Hardtanh(-2, 2)(torch.tensor([-3.0, 0.5]))
    tensor([-2.0000,  0.5000])
    """

    shown = ("min_val", "max_val")

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None:
            warn_of_old_name("min_value", "min_val")
            min_val = min_value
        if max_value is not None:
            warn_of_old_name("max_value", "max_val")
            max_val = max_value
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace
        assert self.max_val > self.min_val

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


def warn_of_old_name(old: str, new: str) -> None:
    """Warn that a setting has another name now."""
    text = f"keyword argument `{old}` is deprecated and rename to `{new}`"
    warnings.warn(text, FutureWarning, stacklevel=3)


class ReLU6(Hardtanh):
    """The input cut off at 0 and 6.

    >>> torch.nn.ReLU6()(torch.tensor([-3.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """

    shown = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.relu6(input, self.inplace)


class LeakyReLU(Elementwise):
    """The input where it is positive, `negative_slope` times it elsewhere.

    >>> torch.nn.LeakyReLU(0.1)(torch.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """

    shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class PReLU(Module):
    """As LeakyReLU, with a slope that is learned: one, or one for each channel.

    >>> torch.nn.PReLU()(torch.tensor([-1.0, 2.0]))
    tensor([-0.2500,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = unset(num_parameters, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to `init`."""
        initial.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The settings."""
        return f"num_parameters={self.num_parameters}"


class Hardsigmoid(WithInplace):
    """A straight line from 0 at -3 to 1 at 3.

    >>> torch.nn.Hardsigmoid()(torch.tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """

    extra_repr = Module.extra_repr

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(WithInplace):
    """The input times Hardsigmoid of it.

    Howard et al., "Searching for MobileNetV3" (2019).

    >>> torch.nn.Hardswish()(torch.tensor([-4.0, 1.0, 4.0]))
    tensor([-0.0000, 0.6667, 4.0000])
    """

    extra_repr = Module.extra_repr

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.hardswish(input, self.inplace)


class WithLambda(Module):
    """A layer whose only setting is the distance from 0 that matters."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        """The setting."""
        return str(self.lambd)


class Softshrink(WithLambda):
    """The input moved towards 0 by `lambd`, and 0 where that is too far.

    >>> torch.nn.Softshrink()(torch.tensor([-1.0, 0.2, 2.0]))
    tensor([-0.5000,  0.0000,  1.5000])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.softshrink(input, self.lambd)


class Hardshrink(WithLambda):
    """The input, but 0 where it is between `-lambd` and `lambd`.

    >>> torch.nn.Hardshrink()(torch.tensor([-1.0, 0.2, 2.0]))
    tensor([-1.,  0.,  2.])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.hardshrink(input, self.lambd)
