"""Layers that put something around their input: zeros, another number, or the input again.

Each comes for one, two and three dimensions; `padding` is one number for all sides, or two for each
dimension, the last dimension first.
"""

from __future__ import annotations

from typing import Any

from . import functional as F
from .conv import each
from .module import Module


class _PadNd(Module):
    """What all paddings have in common."""

    spatial = 0
    mode = ""

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = each(padding, 2 * self.spatial)

    def forward(self, input: Any) -> Any:
        """A larger tensor."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The setting."""
        return f"{self.padding}"


class _ConstantPadNd(Module):
    """Padding with a number."""

    spatial = 0

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__()
        self.value = value
        self.padding = each(padding, 2 * self.spatial)

    def forward(self, input: Any) -> Any:
        """A larger tensor."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The settings."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """The input with a number put around its last dimension.

    >>> torch.nn.ConstantPad1d((1, 2), 3.5)(torch.zeros(1, 1, 1))
    tensor([[[3.5000, 0.0000, 3.5000, 3.5000]]])
    """

    spatial = 1


class ConstantPad2d(_ConstantPadNd):
    """The input with a number put around its last two dimensions.

    >>> torch.nn.ConstantPad2d(2, 3.5)(torch.zeros(1, 1, 2)).shape
    torch.Size([1, 5, 6])
    """

    spatial = 2


class ConstantPad3d(_ConstantPadNd):
    """The input with a number put around its last three dimensions.

    >>> torch.nn.ConstantPad3d(3, 3.5)(torch.zeros(1, 1, 1, 1)).shape
    torch.Size([1, 7, 7, 7])
    """

    spatial = 3


class ZeroPad1d(ConstantPad1d):
    """The input with zeros put around its last dimension.

    >>> torch.nn.ZeroPad1d(1)(torch.ones(1, 2))
    tensor([[0., 1., 1., 0.]])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The setting."""
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """The input with zeros put around its last two dimensions.

    >>> torch.nn.ZeroPad2d((1, 1, 2, 0))(torch.zeros(1, 1, 3, 3)).shape
    torch.Size([1, 1, 5, 5])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The setting."""
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """The input with zeros put around its last three dimensions.

    >>> torch.nn.ZeroPad3d(1)(torch.zeros(1, 1, 1, 1)).shape
    torch.Size([1, 3, 3, 3])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The setting."""
        return f"{self.padding}"


class _ReflectionPadNd(_PadNd):
    """Padding with the input mirrored at its edges."""

    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """The input with itself, mirrored, around its last dimension.

    >>> torch.nn.ReflectionPad1d(2)(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    spatial = 1


class ReflectionPad2d(_ReflectionPadNd):
    """The input with itself, mirrored, around its last two dimensions.

    >>> torch.nn.ReflectionPad2d(2)(torch.ones(1, 1, 3, 3)).shape
    torch.Size([1, 1, 7, 7])
    """

    spatial = 2


class ReflectionPad3d(_ReflectionPadNd):
    """The input with itself, mirrored, around its last three dimensions.

    >>> torch.nn.ReflectionPad3d(1)(torch.ones(1, 1, 2, 2, 2)).shape
    torch.Size([1, 1, 4, 4, 4])
    """

    spatial = 3


class _ReplicationPadNd(_PadNd):
    """Padding with the outermost elements."""

    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """The input with its outermost elements again around its last dimension.

    >>> torch.nn.ReplicationPad1d(2)(torch.tensor([[1.0, 2.0]]))
    tensor([[1., 1., 1., 2., 2., 2.]])
    """

    spatial = 1


class ReplicationPad2d(_ReplicationPadNd):
    """The input with its outermost elements again around its last two dimensions.

    >>> torch.nn.ReplicationPad2d(2)(torch.ones(1, 1, 3, 3)).shape
    torch.Size([1, 1, 7, 7])
    """

    spatial = 2


class ReplicationPad3d(_ReplicationPadNd):
    """The input with its outermost elements again around its last three dimensions.

    >>> torch.nn.ReplicationPad3d(1)(torch.ones(1, 1, 2, 2, 2)).shape
    torch.Size([1, 1, 4, 4, 4])
    """

    spatial = 3


class _CircularPadNd(_PadNd):
    """Padding with the input as if it were a ring."""

    mode = "circular"


class CircularPad1d(_CircularPadNd):
    """The input with its other end around its last dimension.

    >>> torch.nn.CircularPad1d(1)(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    spatial = 1


class CircularPad2d(_CircularPadNd):
    """The input with its other ends around its last two dimensions.

    >>> torch.nn.CircularPad2d(2)(torch.ones(1, 1, 3, 3)).shape
    torch.Size([1, 1, 7, 7])
    """

    spatial = 2


class CircularPad3d(_CircularPadNd):
    """The input with its other ends around its last three dimensions.

    >>> torch.nn.CircularPad3d(1)(torch.ones(1, 1, 2, 2, 2)).shape
    torch.Size([1, 1, 4, 4, 4])
    """

    spatial = 3
