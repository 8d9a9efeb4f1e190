"""Layers with smooth curves, element by element, and those that make probabilities."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError, explain
from . import functional as F
from .activations import Elementwise, WithInplace
from .module import Module


class Sigmoid(Module):
    """1 / (1 + exp(-x)) of each element.

    >>> torch.nn.Sigmoid()(torch.tensor([0.0, 1.0]))
    tensor([0.5000, 0.7311])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.plain_sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent of each element.

    >>> torch.nn.Tanh()(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.plain_tanh(input)


class LogSigmoid(Module):
    """The logarithm of the sigmoid of each element.

    >>> torch.nn.LogSigmoid()(torch.tensor([0.0, 1.0]))
    tensor([-0.6931, -0.3133])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.logsigmoid(input)


class Tanhshrink(Module):
    """The input less its hyperbolic tangent.

    >>> torch.nn.Tanhshrink()(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.tanhshrink(input)


class Softsign(Module):
    """x / (1 + |x|) of each element.

    >>> torch.nn.Softsign()(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.5000])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.softsign(input)


class WithAlpha(Elementwise):
    """A layer with a height `alpha`, which may change its input."""

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace


class ELU(WithAlpha):
    """The input where it is positive, `alpha * (exp(x) - 1)` elsewhere.

    Clevert et al., "Fast and accurate deep network learning by exponential linear units" (2015).

    >>> torch.nn.ELU()(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.elu(input, self.alpha, self.inplace)


class CELU(WithAlpha):
    """As ELU, with a slope that is continuous whatever `alpha`: `alpha * (exp(x / alpha) - 1)`.

    >>> torch.nn.CELU(2.0)(torch.tensor([-1.0, 2.0]))
    tensor([-0.7869,  2.0000])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.celu(input, self.alpha, self.inplace)


class SELU(WithInplace):
    """ELU scaled such that mean 0 and variance 1 are kept from layer to layer.

    Klambauer et al., "Self-normalizing neural networks" (2017).

    >>> torch.nn.SELU()(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.selu(input, self.inplace)


class SiLU(WithInplace):
    """The input times its sigmoid, also called swish.

    >>> torch.nn.SiLU()(torch.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.silu(input, self.inplace)


class Mish(WithInplace):
    """The input times the hyperbolic tangent of its softplus.

    >>> torch.nn.Mish()(torch.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.mish(input, self.inplace)


class GELU(Module):
    """The input times the normal distribution function of it, or (`approximate="tanh"`) nearly so.

    Hendrycks and Gimpel, "Gaussian error linear units" (2016).

    >>> torch.nn.GELU()(torch.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The setting."""
        return f"approximate={self.approximate!r}"


class Softplus(Elementwise):
    """log(1 + exp(beta * x)) / beta; the input itself where `beta * x` is above `threshold`.

    >>> torch.nn.Softplus()(torch.tensor([-1.0, 2.0]))
    tensor([0.3133, 2.1269])
    """

    shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.softplus(input, self.beta, self.threshold)


class GLU(Elementwise):
    """The first half of the input along `dim`, times the sigmoid of the second.

    >>> torch.nn.GLU()(torch.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """

    shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """A tensor half as long along `dim`."""
        return F.glu(input, self.dim)


# -- probabilities -----------------------------------------------------------------------------


class AlongDim(Elementwise):
    """A layer whose only setting is the dimension along which it works."""

    shown = ("dim",)

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim


class Softmax(AlongDim):
    """The exponentials of the input, divided by their sum along `dim`.

    >>> torch.nn.Softmax(dim=0)(torch.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.softmax(input, self.dim)


class Softmin(AlongDim):
    """The softmax of the negated input.

    >>> torch.nn.Softmin(dim=0)(torch.tensor([0.0, 1.0]))
    tensor([0.7311, 0.2689])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.softmin(input, self.dim)


class LogSoftmax(AlongDim):
    """The logarithm of the softmax.

    >>> torch.nn.LogSoftmax(dim=0)(torch.tensor([0.0, 0.0]))
    tensor([-0.6931, -0.6931])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.log_softmax(input, self.dim)


class Softmax2d(Module):
    """The softmax over the channels of (batch, channels, height, width), or without batch.

    >>> torch.nn.Softmax2d()(torch.zeros(1, 2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        if input.ndim not in (3, 4):
            problem = f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead"
            raise ShapeError(explain("Softmax2d", problem))
        return F.softmax(input, -3)
