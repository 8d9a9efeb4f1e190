"""Convolutions: products of a kernel with every window of an image, summed.

Convolution is linear in the image and in the kernel, so its gradients are of the same kind: three
primitives, each the gradient of the others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np

from ..graph import Node, Shape, Spec
from .batching import Batch, merged, moved, parted
from .samples import Array, floats
from .table import Kind, Tensor, primitive
from .totals import total

Pads = tuple[tuple[int, int], ...]


class Geometry:
    """How windows lie in an image: kept apart from the arrays, worked out once for each shape.

    `size` is that of the image, `kernel` that of a window, `out` how many windows there are.
    """

    def __init__(
        self, size: Shape, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape
    ) -> None:
        self.size, self.kernel, self.stride, self.dilation = size, kernel, stride, dilation
        self.out = windows_along(size, kernel, stride, padding, dilation)
        self.padded = tuple([n + a + b for n, (a, b) in zip(size, padding, strict=True)])
        self.inside: tuple[Any, ...] = tuple(
            [slice(a, a + n) for n, (a, _) in zip(size, padding, strict=True)]
        )
        self.whole = self.padded == size
        # For each place in a window, the elements of the padded image that are at that place.
        self.places: list[tuple[Any, ...]] = [
            tuple(
                [
                    slice(k * d, k * d + (n - 1) * s + 1, s)
                    for k, d, n, s in zip(at, dilation, self.out, stride, strict=True)
                ]
            )
            for at in itertools.product(*[range(k) for k in kernel])
        ]


def windows_along(
    size: Shape, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape
) -> Shape:
    """How many windows fit along each dimension of an image."""
    return tuple(
        [
            (n + a + b - d * (k - 1) - 1) // s + 1
            for n, k, s, (a, b), d in zip(size, kernel, stride, padding, dilation, strict=True)
        ]
    )


@lru_cache(256)
def geometry(size: Shape, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape) -> Geometry:
    """How windows lie in an image of `size`."""
    return Geometry(size, kernel, stride, padding, dilation)


def padded(x: Any, geo: Geometry) -> Any:
    """NumPy: an image with zeros around it."""
    if geo.whole:
        return x
    out = np.zeros(x.shape[:2] + geo.padded, x.dtype)
    out[(..., *geo.inside)] = x
    return out


def columns(x: Any, geo: Geometry, groups: int) -> Array:
    """NumPy: the windows of an image as columns, (batch, groups, channels * kernel, windows)."""
    x = padded(x, geo)
    batch, channels = x.shape[:2]
    steps = x.strides[2:]
    along = [s * d for s, d in zip(steps, geo.dilation, strict=True)]
    across = [s * d for s, d in zip(steps, geo.stride, strict=True)]
    view = np.lib.stride_tricks.as_strided(
        x, (batch, channels, *geo.kernel, *geo.out), (*x.strides[:2], *along, *across)
    )
    rows = channels // groups * math.prod(geo.kernel)
    return view.reshape(batch, groups, rows, math.prod(geo.out))


def convolved(
    x: Any, w: Any, *, stride: Shape, padding: Pads, dilation: Shape, groups: int
) -> Array:
    """NumPy: every window of `x` times the kernels `w`."""
    geo = geometry(x.shape[2:], w.shape[2:], stride, padding, dilation)
    count = w.shape[0]
    kernels = w.reshape(groups, count // groups, math.prod(w.shape[1:]))
    out: Array = np.matmul(kernels, columns(x, geo, groups))
    return out.reshape(x.shape[0], count, *geo.out)


def spread_back(
    g: Any, w: Any, *, size: Shape, stride: Shape, padding: Pads, dilation: Shape, groups: int
) -> Array:
    """NumPy: kernels `w`, weighted by `g`, added up where their windows lie in an image."""
    geo = geometry(size, w.shape[2:], stride, padding, dilation)
    batch, count = g.shape[:2]
    kernels = w.reshape(groups, count // groups, math.prod(w.shape[1:])).transpose(0, 2, 1)
    weights = g.reshape(batch, groups, count // groups, math.prod(geo.out))
    channels = groups * w.shape[1]
    spread = np.matmul(kernels, weights).reshape(batch, channels, len(geo.places), *geo.out)
    out: Array = np.zeros((batch, channels, *geo.padded), spread.dtype)
    for k, place in enumerate(geo.places):
        out[(..., *place)] += spread[:, :, k]
    return out if geo.whole else out[(..., *geo.inside)]


def matched(
    x: Any, g: Any, *, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape, groups: int
) -> Array:
    """NumPy: the windows of `x`, weighted by `g`, summed."""
    geo = geometry(x.shape[2:], kernel, stride, padding, dilation)
    batch, count = g.shape[:2]
    weights = g.reshape(batch, groups, count // groups, math.prod(geo.out))
    each = np.matmul(weights, columns(x, geo, groups).transpose(0, 1, 3, 2))
    summed: Array = total(each, (0,))
    return summed.reshape(count, x.shape[1] // groups, *kernel)


# -- the primitives ----------------------------------------------------------------------------


@primitive(Kind.CONTRACT, numpy=convolved, grad_name="ConvolutionBackward0")
def convolve(
    input: Tensor, weight: Tensor, *, stride: Shape, padding: Pads, dilation: Shape, groups: int
) -> Spec:
    """Products of the kernels `weight` and every window of the images `input`.

    `input` is (batch, channels, *size), `weight` (outputs, channels / groups, *kernel).
    """
    out = windows_along(input.shape[2:], weight.shape[2:], stride, padding, dilation)
    return Spec((input.shape[0], weight.shape[0], *out), input.dtype)


@convolve.vjp
def _(g: Node, out: Node, input: Node, weight: Node, **attrs: Any) -> tuple[Node, Node]:
    return (
        convolve_back(g, weight, size=input.shape[2:], **attrs),
        convolve_match(input, g, kernel=weight.shape[2:], **attrs),
    )


@primitive(Kind.CONTRACT, numpy=spread_back, grad_name="ConvolutionBackward0")
def convolve_back(
    input: Tensor,
    weight: Tensor,
    *,
    size: Shape,
    stride: Shape,
    padding: Pads,
    dilation: Shape,
    groups: int,
) -> Spec:
    """Images of `size` whose convolution with `weight` has the gradient `input`.

    In other words: what a transposed convolution computes.
    """
    return Spec((input.shape[0], groups * weight.shape[1], *size), input.dtype)


@convolve_back.vjp
def _(
    g: Node, out: Node, input: Node, weight: Node, *, size: Shape, **attrs: Any
) -> tuple[Node, Node]:
    return (
        convolve(g, weight, **attrs),
        convolve_match(g, input, kernel=weight.shape[2:], **attrs),
    )


@primitive(Kind.CONTRACT, numpy=matched)
def convolve_match(
    input: Tensor,
    g: Tensor,
    *,
    kernel: Shape,
    stride: Shape,
    padding: Pads,
    dilation: Shape,
    groups: int,
) -> Spec:
    """The gradient of the kernels of a convolution of `input` whose result has the gradient `g`."""
    return Spec((g.shape[1], input.shape[1] // groups, *kernel), input.dtype)


@convolve_match.vjp
def _(
    g: Node, out: Node, input: Node, weights: Node, *, kernel: Shape, **attrs: Any
) -> tuple[Node, Node]:
    return (
        convolve_back(weights, g, size=input.shape[2:], **attrs),
        convolve(input, g, **attrs),
    )


def for_many(
    op: Any, batch: Batch, first: Node, second: Node, *, groups: int, **attrs: Any
) -> Node:
    """What a convolution, or one of its gradients, makes of many examples.

    Where the kernels are the same for all, the images make one longer batch. Else the channels of
    each example make groups of their own.
    """
    size = batch.size
    if batch.mapped == (True, False) and op is not convolve_match:
        return parted(op(merged(first, 0), second, groups=groups, **attrs), 0, size)
    first, second = batch.spread((first, second))
    first = merged(moved(first, 0, 1), 1)
    if op is convolve_match:
        second = merged(moved(second, 0, 1), 1)
        return parted(op(first, second, groups=groups * size, **attrs), 0, size)
    out = op(first, merged(second, 0), groups=groups * size, **attrs)
    return moved(parted(out, 1, size), 1, 0)


for op in (convolve, convolve_back, convolve_match):
    op.vmap(partial(for_many, op))


def geometries() -> Iterator[Any]:
    """Samples: an image, kernels, and how the windows lie."""
    plain: Any = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    yield floats(2, 2, 5), floats(3, 2, 2, seed=1), plain
    yield floats(1, 2, 5), floats(2, 1, 2, seed=1), {**plain, "groups": 2, "padding": ((1, 2),)}
    yield floats(1, 1, 6), floats(2, 1, 2, seed=1), {**plain, "stride": (2,), "dilation": (2,)}
    square: Any = {"stride": (2, 1), "padding": ((1, 1), (0, 0)), "dilation": (1, 1), "groups": 1}
    yield floats(1, 1, 4, 3), floats(2, 1, 2, 2, seed=1), square


def lengths(x: Array, w: Array, attrs: Any) -> Shape:
    """How many windows a sample has along each dimension."""
    layout = (attrs["stride"], attrs["padding"], attrs["dilation"])
    return windows_along(x.shape[2:], w.shape[2:], *layout)


@convolve.samples
def _() -> Iterator[Any]:
    for x, w, attrs in geometries():
        yield (x, w), attrs


@convolve_back.samples
def _() -> Iterator[Any]:
    for x, w, attrs in geometries():
        g = floats(x.shape[0], w.shape[0], *lengths(x, w, attrs), seed=2)
        yield (g, w), {"size": x.shape[2:], **attrs}


@convolve_match.samples
def _() -> Iterator[Any]:
    for x, w, attrs in geometries():
        g = floats(x.shape[0], w.shape[0], *lengths(x, w, attrs), seed=2)
        yield (x, g), {"kernel": w.shape[2:], **attrs}
