"""Images as columns of patches and back, and channels exchanged for resolution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Shape
from .affine import affine_view
from .convolution import Sizes, check_positive, each
from .convolve import windows_along
from .samples import floats
from .strided import unit
from .table import Tensor, derived
from .views import permute_view, reshape_view


def patches(image: Node, kernel: Shape, stride: Shape, dilation: Shape) -> Node:
    """A view of every window of an image, (batch, channels, *kernel, *windows)."""
    size = image.shape[2:]
    out = windows_along(size, kernel, stride, ((0, 0),) * len(size), dilation)
    ndim = image.ndim
    moves = [unit(0, ndim), unit(1, ndim)]
    moves += [unit(k, ndim, d) for k, d in enumerate(dilation, 2)]
    moves += [unit(k, ndim, s) for k, s in enumerate(stride, 2)]
    shape = (*image.shape[:2], *kernel, *out)
    return affine_view(image, shape=shape, start=(0,) * ndim, moves=tuple(moves))


def layout(op: str, *sizes: Any) -> tuple[Shape, ...]:
    """Kernel, dilation, padding and stride for two dimensions."""
    names = ("kernel_size", "dilation", "padding", "stride")
    kernel, dilation, padding, stride = [
        each(value, 2, name, op) for value, name in zip(sizes, names, strict=True)
    ]
    for name, values in (("kernel size", kernel), ("stride", stride), ("dilation", dilation)):
        check_positive(op, name, values)
    return kernel, dilation, padding, stride


@derived(grad_name="Im2ColBackward0")
def im2col(
    input: Tensor,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Node:
    """The patches of images as columns, (batch, channels * kernel, patches): PyTorch's F.unfold."""
    kernel, dilations, pads, strides = layout("unfold", kernel_size, dilation, padding, stride)
    if input.ndim not in (3, 4):
        problem = "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size"
        raise ShapeError(explain("unfold", problem, {"input": input.spec}))
    image = input if input.ndim == 4 else ops.unsqueeze(input, 0)
    if any(pads):
        image = ops.pad(image, (pads[1], pads[1], pads[0], pads[0]))
    out = windows_along(image.shape[2:], kernel, strides, ((0, 0),) * 2, dilations)
    if min(out) <= 0:
        problem = f"the patches {list(kernel)} are larger than the padded image"
        raise ShapeError(explain("unfold", problem, {"input": input.spec}))
    rows = image.shape[1] * math.prod(kernel)
    columns = ops.make_contiguous(patches(image, kernel, strides, dilations))
    found = reshape_view(columns, shape=(image.shape[0], rows, math.prod(out)))
    return found if input.ndim == 4 else ops.squeeze(found, 0)


@derived(grad_name="Col2ImBackward0")
def col2im(
    input: Tensor,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Node:
    """Images made of patches, given as columns, added up where they overlap: PyTorch's F.fold."""
    kernel, dilations, pads, strides = layout("fold", kernel_size, dilation, padding, stride)
    size = each(output_size, 2, "output_size", "fold")
    if input.ndim not in (2, 3):
        problem = "Expected 2D or 3D (batch mode) tensor for input"
        raise ShapeError(explain("fold", problem, {"input": input.spec}))
    columns = input if input.ndim == 3 else ops.unsqueeze(input, 0)
    around = tuple([(p, p) for p in pads])
    out = windows_along(size, kernel, strides, around, dilations)
    rows, count = columns.shape[1:]
    if rows % math.prod(kernel) or min(out) <= 0 or math.prod(out) != count:
        problem = (
            f"an image of {list(size)} has {list(out)} patches of {list(kernel)}, so the input "
            f"should be (batch, a multiple of {math.prod(kernel)}, {math.prod(out)})"
        )
        raise ShapeError(explain("fold", problem, {"input": input.spec}))
    channels = rows // math.prod(kernel)
    # To add patches up is to convolve back with kernels that are 1 at one place and 0 elsewhere.
    identity = kernels_of_one(kernel, input)
    flat = ops.reshape(columns, (columns.shape[0] * channels, math.prod(kernel), *out))
    image = ops.convolve_back(
        flat, identity, size=size, stride=strides, padding=around, dilation=dilations, groups=1
    )
    image = ops.reshape(image, (columns.shape[0], channels, *size))
    return image if input.ndim == 3 else ops.squeeze(image, 0)


def kernels_of_one(kernel: Shape, like: Node) -> Node:
    """A kernel for each place in a window: 1 there, 0 elsewhere."""
    count = math.prod(kernel)
    one = ops.expand_view(ops.constant(1, like.dtype), shape=(count,))
    return reshape_view(ops.diag_embed(one), shape=(count, 1, *kernel))


@im2col.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 3, 4), 2
    yield (floats(2, 4, 4), (2, 1)), {"dilation": (2, 1), "padding": (1, 0), "stride": 2}


@col2im.samples
def _() -> Iterator[Any]:
    yield floats(1, 4, 6), (3, 4), 2
    yield (floats(4, 4), (4, 3), 2), {"padding": (0, 1), "stride": 2}


# -- channels for resolution -------------------------------------------------------------------


def factor_of(op: str, factor: int) -> None:
    """Raise unless `factor` is positive."""
    if factor <= 0:
        raise ShapeError(explain(op, f"expects a positive factor, but got {factor}"))


@derived(on="F torch")
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Node:
    """Images `upscale_factor` times as high and wide, made of the square of so many channels.

    >>> F.pixel_shuffle(torch.arange(4.0).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    r = upscale_factor
    factor_of("pixel_shuffle", r)
    if input.ndim < 3 or input.shape[-3] % (r * r):
        problem = (
            "expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor {r}"
        )
        raise ShapeError(explain("pixel_shuffle", problem, {"input": input.spec}))
    *batch, channels, height, width = input.shape
    n = len(batch)
    apart = ops.reshape(input, (*batch, channels // (r * r), r, r, height, width))
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    shape = (*batch, channels // (r * r), height * r, width * r)
    return copied(ops.reshape(permute_view(apart, dims=order), shape))


@derived(on="F torch")
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Node:
    """Images `downscale_factor` times as low and narrow, with the square of so many channels.

    >>> F.pixel_unshuffle(torch.arange(4.0).reshape(1, 2, 2), 2).flatten()
    tensor([0., 1., 2., 3.])
    """
    r = downscale_factor
    factor_of("pixel_unshuffle", r)
    if input.ndim < 3 or input.shape[-2] % r or input.shape[-1] % r:
        problem = f"expects height and width to be divisible by downscale_factor {r}"
        raise ShapeError(explain("pixel_unshuffle", problem, {"input": input.spec}))
    *batch, channels, height, width = input.shape
    n = len(batch)
    apart = ops.reshape(input, (*batch, channels, height // r, r, width // r, r))
    order = (*range(n), n, n + 2, n + 4, n + 1, n + 3)
    shape = (*batch, channels * r * r, height // r, width // r)
    return copied(ops.reshape(permute_view(apart, dims=order), shape))


@derived(on="F torch")
def channel_shuffle(input: Tensor, groups: int) -> Node:
    """Images whose channels, dealt out to `groups`, are taken up one from each group in turn.

    >>> F.channel_shuffle(torch.arange(4.0).reshape(1, 4, 1, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    factor_of("channel_shuffle", groups)
    if input.ndim < 3 or input.shape[1] % groups:
        problem = f"Number of channels must be divisible by groups. Got {groups} groups."
        raise ShapeError(explain("channel_shuffle", problem, {"input": input.spec}))
    batch, channels, *size = input.shape
    apart = ops.reshape(input, (batch, groups, channels // groups, *size))
    order = (0, 2, 1, *range(3, apart.ndim))
    return copied(ops.reshape(permute_view(apart, dims=order), input.shape))


def copied(image: Node) -> Node:
    """`image`, not as a view: PyTorch returns new memory here."""
    return ops.clone(image)


@pixel_shuffle.samples
def _() -> Iterator[Any]:
    yield floats(2, 4, 2, 3), 2
    yield floats(8, 1, 1), 2


@pixel_unshuffle.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 2, 4), 2


@channel_shuffle.samples
def _() -> Iterator[Any]:
    yield floats(1, 6, 2, 1), 2
