"""The largest element, and the sum, of every window of an image: what pooling is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..graph import Node, Shape, Spec
from .along import fold_along
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
        np.maximum(best, x[(..., *place)], best)
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


def where_maximal(
    x: Any, *, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape
) -> Array:
    """NumPy: where the first of the largest elements of every window is, in the flattened image."""
    geo = geometry(x.shape[2:], kernel, stride, padding, dilation)
    image = surrounded(x, geo)
    best = np.full(x.shape[:2] + geo.out, lowest(x.dtype), x.dtype)
    # Which place in the window is best; later ones only if they are larger. Small integers and
    # products are much faster than masked copies.
    small: Any = np.int8 if len(geo.places) < 128 else np.int32
    number: Array = np.broadcast_to(first_inside(geo, padding, small), best.shape)
    for k, place in enumerate(geo.places):
        candidate = image[(..., *place)]
        better = candidate > best
        number = np.where(better, small(k), number) if k == 0 else np.maximum(
            number, better * small(k)
        )
        np.maximum(best, candidate, best)
    if x.dtype.kind == "f" and np.isnan(best).any():
        number = np.array(number)
        for k in range(len(geo.places) - 1, -1, -1):
            nan = np.isnan(image[(..., *geo.places[k])])
            np.copyto(number, small(k), where=nan)
    starts, steps = in_flat_image(geo, padding)
    return starts + steps.take(number)
