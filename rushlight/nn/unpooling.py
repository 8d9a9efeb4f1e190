"""Maximum pooling undone, and maximum pooling over windows at random places."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from . import functional as F
from .activations import Elementwise
from .conv import each
from .module import Module


class _MaxUnpoolNd(Elementwise):
    """What these layers have in common: the window, as it was for pooling."""

    shown = ("kernel_size", "stride", "padding")
    spatial = 0

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        n = self.spatial
        self.kernel_size = each(kernel_size, n)
        self.stride = each(kernel_size if stride is None else stride, n)
        self.padding = each(padding, n)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """A larger tensor, of `output_size` if that is given."""
        function = getattr(F, f"max_unpool{self.spatial}d")
        return function(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(_MaxUnpoolNd):
    """What `MaxPool1d(..., return_indices=True)` was given, with zeros for all but the maxima.

    >>> x, places = torch.nn.MaxPool1d(2, return_indices=True)(torch.tensor([[1.0, 3.0, 2.0, 0.0]]))
    >>> torch.nn.MaxUnpool1d(2)(x, places)
    tensor([[0., 3., 2., 0.]])
    """

    spatial = 1


class MaxUnpool2d(_MaxUnpoolNd):
    """What `MaxPool2d(..., return_indices=True)` was given, with zeros for all but the maxima."""

    spatial = 2


class MaxUnpool3d(_MaxUnpoolNd):
    """What `MaxPool3d(..., return_indices=True)` was given, with zeros for all but the maxima."""

    spatial = 3


class _FractionalMaxPoolNd(Module):
    """The largest elements of windows at random places; Graham, "Fractional max-pooling" (2014)."""

    spatial = 0

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        n = self.spatial
        self.kernel_size = each(kernel_size, n)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else each(output_size, n)
        self.output_ratio = None if output_ratio is None else each(output_ratio, n)
        name = self._get_name()
        if (output_size is None) is (output_ratio is None):
            problem = "requires one of output_size and output_ratio, and not both"
            raise ChoiceError(explain(name, problem))
        if self.output_ratio is not None and not all([0 < r < 1 for r in self.output_ratio]):
            problem = f"output_ratio must be between 0 and 1 (got {output_ratio})"
            raise ChoiceError(explain(name, problem))

    def forward(self, input: Any) -> Any:
        """A smaller tensor; with return_indices also where the maxima are."""
        function = getattr(F, f"fractional_max_pool{self.spatial}d")
        return function(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            self._random_samples,
        )  # fmt: skip


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The largest elements of windows at random places of (batch, channels, height, width).

    >>> torch.nn.FractionalMaxPool2d(3, output_ratio=0.5)(torch.ones(2, 4, 10, 8)).shape
    torch.Size([2, 4, 5, 4])
    """

    spatial = 2


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The largest elements of windows at random places of (batch, channels, depth, height, width).

    >>> torch.nn.FractionalMaxPool3d(2, output_size=3)(torch.ones(1, 2, 6, 5, 4)).shape
    torch.Size([1, 2, 3, 3, 3])
    """

    spatial = 3
