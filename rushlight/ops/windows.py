"""The largest element, and the sum, of every window of an image: what pooling is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..graph import Node, Shape, Spec
from .along import fold_along
from .batching import beside
from .convolve import Geometry, Pads, geometry, padded, windows_along
from .samples import Array, at_kink, floats
from .table import Kind, Tensor, primitive
from .views import reshape_view
from .writing import nothing


def lowest(dtype: Any) -> Any:
    """The smallest number of a NumPy dtype."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def surrounded(x: Any, geo: Geometry) -> Any:
    """NumPy: an image with numbers around it that are never the largest."""
    if geo.whole:
        return x
    out = np.full(x.shape[:2] + geo.padded, lowest(x.dtype), x.dtype)
    out[(..., *geo.inside)] = x
    return out


def spec_of_windows(
    input: Node, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape
) -> Shape:
    """The shape of an array with one element for each window."""
    return input.shape[:2] + windows_along(input.shape[2:], kernel, stride, padding, dilation)


# -- maxima ------------------------------------------------------------------------------------


def maxima(x: Any, *, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape) -> Array:
    """NumPy: the largest element of every window of `x`."""
    geo = geometry(x.shape[2:], kernel, stride, padding, dilation)
    x = surrounded(x, geo)
    best: Array = np.array(x[(..., *geo.places[0])])
    for place in geo.places[1:]:
        np.maximum(x[(..., *place)], best, out=best)
    return best


@primitive(Kind.REDUCE, numpy=maxima, grad_name="MaxPool2DWithIndicesBackward0")
def window_max(
    input: Tensor, *, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape
) -> Spec:
    """The largest element of every window of the images `input`, (batch, channels, *size)."""
    return Spec(spec_of_windows(input, kernel, stride, padding, dilation), input.dtype)


@window_max.vjp
def _(g: Node, out: Node, input: Node, **attrs: Any) -> tuple[Node]:
    batch, channels = input.shape[:2]
    count = math.prod(out.shape[2:])
    places = reshape_view(max_places(input, **attrs), shape=(batch, channels, count))
    flat = nothing((batch, channels, math.prod(input.shape[2:])), g)
    found = fold_along(
        flat,
        places,
        ops.reshape(g, (batch, channels, count)),
        axis=2,
        how="add",
        wrap=False,
        op="max_pool",
    )
    return (reshape_view(found, shape=input.shape),)


@lru_cache(256)
def flat_places(
    size: Shape, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape
) -> tuple[Array, Array, Array]:
    """How places in windows become places in the flattened image.

    The number of each window's first place inside the image, where each window starts, and how far
    from there each of its places is.
    """
    out = windows_along(size, kernel, stride, padding, dilation)
    ndim = len(size)
    first = np.zeros(out, np.int64)
    starts = np.zeros(out, np.int64)
    steps = np.zeros(kernel, np.int64)
    for j in range(ndim):
        line = [-1 if i == j else 1 for i in range(ndim)]
        begin = np.arange(out[j]) * stride[j] - padding[j][0]
        inside = np.maximum(-(begin // dilation[j]), 0)
        pitch = math.prod(size[j + 1 :])
        first = first * kernel[j] + inside.reshape(line)
        starts = starts + (begin * pitch).reshape(line)
        steps = steps + (np.arange(kernel[j]) * dilation[j] * pitch).reshape(line)
    return first, starts, steps.reshape(-1)


def where_maximal(x: Any, *, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape) -> Array:
    """NumPy: where the first of the largest elements of every window is, in the flattened image."""
    layout = (x.shape[2:], kernel, stride, padding, dilation)
    geo = geometry(*layout)
    first, starts, steps = flat_places(*layout)
    image = surrounded(x, geo)
    best = np.full(x.shape[:2] + geo.out, lowest(x.dtype), x.dtype)
    # Later places count only if they are larger. Products and maxima of small integers are much
    # faster than copies under a mask.
    small: Any = np.int8 if len(geo.places) < 128 else np.int32
    number = np.broadcast_to(first.astype(small), best.shape)
    for k, place in enumerate(geo.places):
        candidate = image[(..., *place)]
        number = np.maximum(number, (candidate > best) * small(k))
        np.maximum(best, candidate, out=best)
    if x.dtype.kind == "f" and np.isnan(best).any():
        for k in range(len(geo.places) - 1, -1, -1):
            np.copyto(number, small(k), where=np.isnan(image[(..., *geo.places[k])]))
    return starts + steps.take(number)


@primitive(Kind.REDUCE, numpy=where_maximal)
def max_places(
    input: Tensor, *, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape
) -> Spec:
    """Where the first of the largest elements of every window is, in the flattened image."""
    return Spec(spec_of_windows(input, kernel, stride, padding, dilation), dtypes.int64)


def images() -> Iterator[Any]:
    """Samples: an image, and how the windows lie."""
    plain: Any = {"kernel": (2,), "stride": (2,), "padding": ((0, 0),), "dilation": (1,)}
    yield floats(2, 2, 6), plain
    yield floats(1, 2, 6), {**plain, "stride": (1,), "padding": ((1, 1),), "dilation": (2,)}
    square: Any = {"kernel": (2, 3), "stride": (2, 1), "padding": ((1, 1), (1, 2))}
    yield floats(1, 1, 4, 3), {**square, "dilation": (1, 1)}


@window_max.samples
@max_places.samples
def _() -> Iterator[Any]:
    for x, attrs in images():
        yield (x,), attrs
    attrs = {"kernel": (2,), "stride": (2,), "padding": ((1, 1),), "dilation": (1,)}
    strange = np.array([[[-np.inf, np.nan, 3.0, 1.0, 1.0, -np.inf]]], np.float32)
    yield at_kink(strange, **attrs)


# -- sums --------------------------------------------------------------------------------------


def sums(x: Any, *, kernel: Shape, stride: Shape, padding: Pads) -> Array:
    """NumPy: the sum of every window of `x`, with zeros around it."""
    geo = geometry(x.shape[2:], kernel, stride, padding, (1,) * len(kernel))
    x = padded(x, geo)
    total: Array = np.array(x[(..., *geo.places[0])])
    for place in geo.places[1:]:
        total += x[(..., *place)]
    return total


def sums_back(g: Any, *, size: Shape, kernel: Shape, stride: Shape, padding: Pads) -> Array:
    """NumPy: an image to which each element of `g` was added all over its window."""
    geo = geometry(size, kernel, stride, padding, (1,) * len(kernel))
    out: Array = np.zeros(g.shape[:2] + geo.padded, g.dtype)
    for place in geo.places:
        out[(..., *place)] += g
    return out if geo.whole else out[(..., *geo.inside)]


@primitive(Kind.REDUCE, numpy=sums, grad_name="AvgPool2DBackward0")
def window_sum(input: Tensor, *, kernel: Shape, stride: Shape, padding: Pads) -> Spec:
    """The sum of every window of the images `input`, (batch, channels, *size)."""
    # Summing a view of windows would be several times as slow.
    shape = spec_of_windows(input, kernel, stride, padding, (1,) * len(kernel))
    return Spec(shape, input.dtype)


@window_sum.vjp
def _(g: Node, out: Node, input: Node, **attrs: Any) -> tuple[Node]:
    return (window_spread(g, size=input.shape[2:], **attrs),)


@primitive(Kind.REDUCE, numpy=sums_back)
def window_spread(
    input: Tensor, *, size: Shape, kernel: Shape, stride: Shape, padding: Pads
) -> Spec:
    """Images of `size` to which each element of `input` was added all over its window."""
    return Spec((*input.shape[:2], *size), input.dtype)


@window_spread.vjp
def _(g: Node, out: Node, input: Node, *, size: Shape, **attrs: Any) -> tuple[Node]:
    return (window_sum(g, **attrs),)


for op in (window_max, max_places, window_sum, window_spread):
    op.vmap(partial(beside, op))


@window_sum.samples
def _() -> Iterator[Any]:
    for x, attrs in images():
        yield (x,), {name: attrs[name] for name in ("kernel", "stride", "padding")}


@window_spread.samples
def _() -> Iterator[Any]:
    attrs: Any = {"kernel": (2,), "stride": (1,), "padding": ((1, 1),)}
    yield (floats(2, 1, 4),), {"size": (3,), **attrs}
