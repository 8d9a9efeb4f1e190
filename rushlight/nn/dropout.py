"""Layers that drop values at random while training, and let everything through otherwise."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from . import functional as F
from .module import Module


class _DropoutNd(Module):
    """What dropouts have in common: the probability `p`, and whether they change their input."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            problem = f"dropout probability has to be between 0 and 1, but got {p}"
            raise ChoiceError(explain(type(self).__name__, problem))
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The settings."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """The input with each element 0 with probability `p`, else scaled by 1 / (1 - p).

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).

    >>> m = torch.nn.Dropout(p=0.5)
    >>> set(m(torch.ones(100)).tolist()) == {0.0, 2.0}
    True
    >>> m.eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """The input, (batch, channels, length), with whole channels dropped.

    >>> torch.nn.Dropout1d()(torch.ones(2, 3, 4)).std(-1).sum()
    tensor(0.)
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """The input, (batch, channels, height, width), with whole channels dropped.

    >>> torch.nn.Dropout2d()(torch.ones(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """The input, (batch, channels, depth, height, width), with whole channels dropped.

    >>> torch.nn.Dropout3d()(torch.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 4, 4, 4])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean 0 and variance 1, for networks of SELU.

    Klambauer et al., "Self-normalizing neural networks" (2017).

    >>> torch.nn.AlphaDropout(0.2)(torch.zeros(5)).shape
    torch.Size([5])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_DropoutNd):
    """AlphaDropout of whole channels.

    >>> torch.nn.FeatureAlphaDropout(0.2)(torch.zeros(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
