"""Layers that normalise each sample: over its last dimensions, or over groups of channels."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from . import functional as F
from . import init
from .module import Module
from .parameter import unset


def register_scale(module: Module, name: str, wanted: bool, shape: Any, factory: Any) -> None:
    """Give `module` a parameter of `shape`, or None in its place if it is not `wanted`."""
    module.register_parameter(name, unset(shape, **factory) if wanted else None)


class LayerNorm(Module):
    """The input with mean 0 and variance 1 over its last dimensions, scaled and moved.

    normalized_shape: the sizes of these dimensions.
    elementwise_affine: whether there are a `weight` and (unless `bias=False`) a `bias`.

    Ba et al., "Layer normalization" (2016).

    >>> torch.nn.LayerNorm(2, elementwise_affine=False)(torch.tensor([[1.0, 3.0]]))
    tensor([[-1.0000,  1.0000]])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        single = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if single else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        factory = {"device": device, "dtype": dtype}
        register_scale(self, "weight", elementwise_affine, self.normalized_shape, factory)
        register_scale(self, "bias", elementwise_affine and bias, self.normalized_shape, factory)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the scales to 1 and 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """The input over the root of the mean of its squares over its last dimensions, scaled.

    Zhang and Sennrich, "Root mean square layer normalization" (2019).

    >>> torch.nn.RMSNorm(2, elementwise_affine=False)(torch.tensor([[3.0, 4.0]]))
    tensor([[0.8485, 1.1314]])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        single = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if single else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        factory = {"device": device, "dtype": dtype}
        register_scale(self, "weight", elementwise_affine, self.normalized_shape, factory)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the scale to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Any) -> Any:
        """A tensor of the same shape."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """(batch, channels, *) with mean 0 and variance 1 over each group of channels of each sample.

    Wu and He, "Group normalization" (2018).

    >>> torch.nn.GroupNorm(2, 4, affine=False)(torch.tensor([[1.0, 3.0, 5.0, 5.0]]))
    tensor([[-1.0000,  1.0000,  0.0000,  0.0000]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            problem = (
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
            raise ChoiceError(explain("GroupNorm", problem))
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        factory = {"device": device, "dtype": dtype}
        register_scale(self, "weight", affine, num_channels, factory)
        register_scale(self, "bias", affine and bias, num_channels, factory)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the scales to 1 and 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class CrossMapLRN2d(Module):
    """Like LocalResponseNorm, for images, in the form of an older library.

    The window is the odd one of `size` or `size - 1` channels (at least one), and the square of the
    first channel counts in all that come after it (in gradients too, where PyTorch has others).

    >>> m = torch.nn.CrossMapLRN2d(3, alpha=3.0, beta=1.0)
    >>> m(torch.ones(1, 2, 1, 1)).flatten()
    tensor([0.3333, 0.3333])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        if input.ndim != 4:
            problem = f"CrossMapLRN2d: Expected input to be 4D, got {input.ndim}D instead"
            raise ChoiceError(explain("CrossMapLRN2d", problem))
        reach = (self.size - 1) // 2
        squares = input.square()
        around = F.pad(squares, (0, 0, 0, 0, reach, reach)).unfold(1, 2 * reach + 1, 1).sum(-1)
        first = F.pad(squares[:, :1], (0, 0, 0, 0, 0, input.shape[1] - 1)).cumsum(1)
        later = F.pad(first, (0, 0, 0, 0, reach + 1, 0))[:, : input.shape[1]]
        total = (around + later) * (self.alpha / self.size) + self.k
        return input * total.pow(-self.beta)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LocalResponseNorm(Module):
    """The input over `(k + alpha * m) ** beta`, m the mean of squares of `size` channels around.

    Krizhevsky et al., "ImageNet classification with deep convolutional neural networks" (2012).

    >>> m = torch.nn.LocalResponseNorm(1, alpha=1.0, beta=0.5)
    >>> m(torch.tensor([[[3.0], [4.0]]])).flatten()
    tensor([0.9487, 0.9701])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
