"""Layers that move elements about: between dimensions, and between channels and space."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError, explain
from . import functional as F
from .activations import Elementwise


class Flatten(Elementwise):
    """The input with dimensions `start_dim` to `end_dim` made one.

    >>> torch.nn.Flatten()(torch.ones(32, 1, 5, 5)).shape
    torch.Size([32, 25])
    """

    shown = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        """A tensor of fewer dimensions."""
        return input.flatten(self.start_dim, self.end_dim)


class Unflatten(Elementwise):
    """The input with dimension `dim` made several, of the given sizes.

    >>> torch.nn.Unflatten(1, (2, 5))(torch.ones(3, 10)).shape
    torch.Size([3, 2, 5])
    """

    shown = ("dim", "unflattened_size")

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, list | tuple):
            kind = type(unflattened_size).__name__
            problem = f"unflattened_size must be a tuple of ints, but found type {kind}"
            raise ArgumentError(explain("Unflatten", problem))
        for k, n in enumerate(unflattened_size):
            if not isinstance(n, int):
                problem = (
                    "unflattened_size must be tuple of ints, but found element of type "
                    f"{type(n).__name__} at pos {k}"
                )
                raise ArgumentError(explain("Unflatten", problem))
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Any) -> Any:
        """A tensor of more dimensions."""
        return input.unflatten(self.dim, self.unflattened_size)


class PixelShuffle(Elementwise):
    """(*, C r r, H, W) as (*, C, H r, W r), for r the `upscale_factor`.

    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network" (2016).

    >>> torch.nn.PixelShuffle(3)(torch.ones(1, 9, 4, 4)).shape
    torch.Size([1, 1, 12, 12])
    """

    shown = ("upscale_factor",)

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Any:
        """A tensor of fewer channels."""
        return F.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Elementwise):
    """(*, C, H r, W r) as (*, C r r, H, W), for r the `downscale_factor`.

    >>> torch.nn.PixelUnshuffle(3)(torch.ones(1, 1, 12, 12)).shape
    torch.Size([1, 9, 4, 4])
    """

    shown = ("downscale_factor",)

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Any:
        """A tensor of more channels."""
        return F.pixel_unshuffle(input, self.downscale_factor)


class ChannelShuffle(Elementwise):
    """(N, C, *) with the channels of its `groups` interleaved.

    >>> torch.nn.ChannelShuffle(2)(torch.arange(4.0).reshape(1, 4, 1)).flatten()
    tensor([0., 2., 1., 3.])
    """

    shown = ("groups",)

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        return F.channel_shuffle(input, self.groups)


class Unfold(Elementwise):
    """The blocks that a window meets as it slides over (N, C, *): (N, C * window, blocks).

    >>> torch.nn.Unfold(kernel_size=(2, 3))(torch.ones(2, 5, 3, 4)).shape
    torch.Size([2, 30, 4])
    """

    shown = ("kernel_size", "dilation", "padding", "stride")

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Any) -> Any:
        """A tensor of three dimensions, or two without batch."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Elementwise):
    """The sum of blocks, (N, C * window, blocks), at the places where a window meets: (N, C, *).

    >>> torch.nn.Fold(output_size=(4, 5), kernel_size=(2, 2))(torch.ones(1, 12, 12)).shape
    torch.Size([1, 3, 4, 5])
    """

    shown = ("output_size", "kernel_size", "dilation", "padding", "stride")

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Any) -> Any:
        """A tensor of the given size."""
        return F.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )
