"""Convolutions as PyTorch calls them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Shape
from .convolve import Pads, convolve, convolve_back, windows_along
from .samples import floats
from .table import Tensor, derived
from .views import reshape_view

Sizes = int | Sequence[int]


def each(value: Any, n: int, name: str, op: str) -> Shape:
    """`value` for each of `n` dimensions: a number stands for all of them."""
    if isinstance(value, int):
        return (value,) * n
    found = tuple(value)
    if len(found) == 1:
        return found * n
    if len(found) != n:
        problem = f"expected {name} to be a single integer value or a list of {n} values"
        raise ShapeError(explain(op, problem, {name: list(found)}))
    return found


def check_positive(op: str, name: str, values: Shape) -> None:
    """Raise unless all `values` are positive."""
    if min(values, default=1) <= 0:
        problem = f"{name} should be greater than zero, but got {list(values)}"
        raise ShapeError(explain(op, problem))


def batched(op: str, input: Node, n: int) -> Node:
    """`input` with a batch dimension, if it has none."""
    if input.ndim not in (n + 1, n + 2):
        problem = (
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {op}, but got input of "
            f"size: {list(input.shape)}"
        )
        sizes = ("(channels, length)", "(channels, height, width)", "(channels, ..., width)")[n - 1]
        hint = f"the sizes are {sizes}, after those of a batch: x.unsqueeze(0) adds one"
        raise ShapeError(explain(op, problem, {"input": input.spec}, hint))
    return input if input.ndim == n + 2 else ops.unsqueeze(input, 0)


def check_kernels(
    op: str, input: Node, weight: Node, bias: Node | None, groups: int, channels: int, outputs: int
) -> None:
    """Raise unless image, kernels and bias go together; `channels` is what the kernels take."""
    for name, node in (("weight", weight), ("bias", bias)):
        if node is not None and node.dtype is not input.dtype:
            problem = (
                f"Input type ({input.dtype.name}) and {name} type ({node.dtype.name}) should be "
                "the same"
            )
            hint = f"convert the input: x.to(torch.{node.dtype.name})"
            raise DtypeError(explain(op, problem, {"input": input.spec, name: node.spec}, hint))
    if weight.ndim != input.ndim:
        problem = f"expected {input.ndim}-dimensional weight for this input"
        raise ShapeError(explain(op, problem, {"weight": weight.spec, "input": input.spec}))
    if groups <= 0 or weight.shape[0] % groups:
        problem = (
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size {list(weight.shape)} instead"
        )
        raise ShapeError(explain(op, problem))
    if input.shape[1] != channels:
        problem = (
            f"Given groups={groups}, weight of size {list(weight.shape)}, expected input"
            f"{list(input.shape)} to have {channels} channels, but got {input.shape[1]} channels "
            "instead"
        )
        hint = "the channels are the size after the batch: (batch, channels, ...)"
        raise ShapeError(explain(op, problem, {"input": input.spec, "weight": weight.spec}, hint))
    if bias is not None and bias.shape != (outputs,):
        problem = (
            f"Given weight of size {list(weight.shape)}, expected bias to be 1-dimensional with "
            f"{outputs} elements, but got bias of size {list(bias.shape)} instead"
        )
        raise ShapeError(explain(op, problem))


def pads_for(op: str, padding: Any, kernel: Shape, stride: Shape, dilation: Shape) -> Pads:
    """How many zeros go before and after each dimension."""
    n = len(kernel)
    if padding == "valid":
        return ((0, 0),) * n
    if padding == "same":
        if any(s != 1 for s in stride):
            problem = "padding='same' is not supported for strided convolutions"
            raise ShapeError(explain(op, problem))
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return tuple([(total // 2, total - total // 2) for total in totals])
    if isinstance(padding, str):
        problem = f"Invalid padding string: '{padding}'. Should be one of 'valid', 'same'"
        raise ShapeError(explain(op, problem))
    found = each(padding, n, "padding", op)
    if min(found, default=0) < 0:
        raise ShapeError(explain(op, "negative padding is not supported"))
    return tuple([(p, p) for p in found])


def with_bias(out: Node, bias: Node | None, unbatched: bool) -> Node:
    """`out` plus a bias for each channel, without its batch dimension if there was none."""
    if bias is not None:
        out = out + reshape_view(bias, shape=(bias.size, *[1] * (out.ndim - 2)))
    return ops.squeeze(out, 0) if unbatched else out


def convolution(
    op: str,
    n: int,
    input: Node,
    weight: Node,
    bias: Node | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Node:
    """Convolution over the last `n` dimensions."""
    x = batched(op, input, n)
    check_kernels(op, x, weight, bias, groups, weight.shape[1] * groups, weight.shape[0])
    strides, dilations = each(stride, n, "stride", op), each(dilation, n, "dilation", op)
    check_positive(op, "stride", strides)
    check_positive(op, "dilation", dilations)
    kernel = weight.shape[2:]
    pads = pads_for(op, padding, kernel, strides, dilations)
    if min(windows_along(x.shape[2:], kernel, strides, pads, dilations)) <= 0:
        size = [m + a + b for m, (a, b) in zip(x.shape[2:], pads, strict=True)]
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
        problem = (
            f"Calculated padded input size per channel: ({' x '.join(map(str, size))}). Kernel "
            f"size: ({' x '.join(map(str, reach))}). Kernel size can't be greater than actual "
            "input size"
        )
        hint = "give padding, or fewer layers that make the input smaller"
        raise ShapeError(explain(op, problem, {"input": input.spec}, hint))
    out = convolve(x, weight, stride=strides, padding=pads, dilation=dilations, groups=groups)
    return with_bias(out, bias, x is not input)


@derived(on="torch F", grad_name="ConvolutionBackward0")
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Node:
    """Convolution of signals (batch, channels, length) with kernels (outputs, channels, width).

    >>> F.conv1d(torch.tensor([[[1.0, 2.0, 3.0]]]), torch.tensor([[[1.0, -1.0]]]))
    tensor([[[-1., -1.]]])
    """
    return convolution("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@derived(on="torch F", grad_name="ConvolutionBackward0")
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Node:
    """Convolution of images (batch, channels, *size) with kernels (outputs, channels, *kernel).

    >>> F.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return convolution("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@derived(on="torch F", grad_name="ConvolutionBackward0")
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Node:
    """Convolution of volumes (batch, channels, *size) with kernels (outputs, channels, *kernel).

    >>> F.conv3d(torch.ones(1, 1, 2, 2, 2), torch.ones(1, 1, 2, 2, 2)).flatten()
    tensor([8.])
    """
    return convolution("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@conv1d.samples
def _() -> Iterator[Any]:
    x, w, b = floats(2, 2, 5), floats(3, 2, 2, seed=1), floats(3, seed=2)
    yield x, w, b
    yield (x, w), {"stride": 2, "padding": 1, "dilation": 2}
    yield (x, w, b), {"padding": "same"}
    yield x[0], w, b
    yield (x, floats(4, 1, 3, seed=1)), {"groups": 2, "padding": "valid"}


@conv2d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 3, 3), floats(2, 2, 2, 2, seed=1), floats(2, seed=2)
    yield (floats(1, 1, 4, 5), floats(2, 1, 3, 2, seed=1)), {"stride": (2, 1), "padding": (1, 0)}
    yield (floats(1, 2, 3, 3), floats(2, 1, 2, 2, seed=1)), {"groups": 2}
    yield floats(2, 3, 3), floats(1, 2, 1, 1, seed=1)
    yield (floats(1, 1, 3, 3), floats(1, 1, 2, 2, seed=1)), {"padding": "same"}


@conv3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 2, 3, 2), floats(1, 2, 2, 2, 1, seed=1), floats(1, seed=2)
    yield (floats(1, 1, 2, 2, 3), floats(1, 1, 2, 1, 2, seed=1)), {"padding": 1, "stride": 2}


# -- transposed --------------------------------------------------------------------------------


def check_extras(op: str, extras: Shape, strides: Shape, dilations: Shape) -> None:
    """Raise unless every output padding is smaller than the stride or the dilation."""
    for extra, s, d in zip(extras, strides, dilations, strict=True):
        if extra >= max(s, d):
            problem = (
                "output padding must be smaller than either stride or dilation, but got "
                f"output_padding {list(extras)}, stride {list(strides)}, dilation {list(dilations)}"
            )
            raise ShapeError(explain(op, problem))


def transposed(
    op: str,
    n: int,
    input: Node,
    weight: Node,
    bias: Node | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Node:
    """Transposed convolution over the last `n` dimensions."""
    x = batched(op, input, n)
    outputs = weight.shape[1] * groups if weight.ndim > 1 else 0
    check_kernels(op, x, weight, bias, groups, weight.shape[0], outputs)
    strides, dilations = each(stride, n, "stride", op), each(dilation, n, "dilation", op)
    check_positive(op, "stride", strides)
    check_positive(op, "dilation", dilations)
    pads = each(padding, n, "padding", op)
    extras = each(output_padding, n, "output_padding", op)
    check_extras(op, extras, strides, dilations)
    layout = zip(x.shape[2:], strides, pads, dilations, weight.shape[2:], extras, strict=True)
    size = tuple([(m - 1) * s - 2 * p + d * (k - 1) + e + 1 for m, s, p, d, k, e in layout])
    if min(size) <= 0:
        problem = f"the output size {list(size)} is too small"
        raise ShapeError(explain(op, problem, {"input": input.spec, "weight": weight.spec}))
    padding = tuple([(p, p) for p in pads])
    # More output may have room for more windows than there are elements: they weigh nothing.
    room = windows_along(size, weight.shape[2:], strides, padding, dilations)
    more = [(0, w - m) for m, w in zip(x.shape[2:], room, strict=True)]
    if any([after for _, after in more]):
        x = ops.pad(x, [n for ends in more[::-1] for n in ends])
    out = convolve_back(
        x,
        weight,
        size=size,
        stride=strides,
        padding=padding,
        dilation=dilations,
        groups=groups,
    )
    return with_bias(out, bias, x.ndim != input.ndim)


@derived(on="torch F", grad_name="ConvolutionBackward0")
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Node:
    """Kernels (channels, outputs, width) weighted by a signal (batch, channels, length), added up.

    >>> F.conv_transpose1d(torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[1.0, 1.0]]]))
    tensor([[[1., 3., 2.]]])
    """
    op = "conv_transpose1d"
    return transposed(op, 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@derived(on="torch F", grad_name="ConvolutionBackward0")
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Node:
    """Kernels (channels, outputs, *kernel) weighted by images (batch, channels, *size), added up.

    >>> F.conv_transpose2d(torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 2))
    tensor([[[[1., 2., 1.]]]])
    """
    op = "conv_transpose2d"
    return transposed(op, 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@derived(on="torch F", grad_name="ConvolutionBackward0")
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Node:
    """Kernels (channels, outputs, *kernel) weighted by volumes (batch, channels, *size), added up.

    >>> F.conv_transpose3d(torch.ones(1, 1, 1, 1, 2), torch.ones(1, 1, 1, 1, 2)).flatten()
    tensor([1., 2., 1.])
    """
    op = "conv_transpose3d"
    return transposed(op, 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


@conv_transpose1d.samples
def _() -> Iterator[Any]:
    x, w, b = floats(2, 2, 3), floats(2, 3, 2, seed=1), floats(3, seed=2)
    yield x, w, b
    yield (x, w), {"stride": 2, "padding": 1, "output_padding": 1, "dilation": 2}
    yield (x[0], floats(2, 1, 3, seed=1)), {"groups": 2}


@conv_transpose2d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 2, 2), floats(2, 1, 2, 2, seed=1), floats(1, seed=2)
    yield (floats(1, 1, 2, 3), floats(1, 2, 3, 2, seed=1)), {"stride": (2, 1), "padding": (1, 0)}


@conv_transpose3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 1, 2, 1, 2), floats(1, 2, 2, 2, 1, seed=1), floats(2, seed=2)
