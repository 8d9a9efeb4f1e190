"""New pixels from old: resizing and affine maps of pictures, with Pillow's arithmetic.

Pictures of 8 bits a channel give the bytes that Pillow gives. Resizing is two passes, along the
rows and along the columns, each a weighted mean of the pixels under a filter that is as wide as a
new pixel (or an old one, if that is wider). The weights are rounded to 22 binary places and the sum
to a byte, after each pass. An array of pixels is (height, width) or (height, width, channels).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING = range(6)
"""Pillow's numbers for the filters."""

PLACES = 22
"""Binary places of the weights of 8-bit pictures: 8 bits of pixel and 2 of room make 32."""

SIXTEENTHS = 65536.0
"""Steps per pixel in which the nearest pixel of an affine map is found."""


def triangle(x: Any) -> Any:
    """The filter of linear interpolation, of support 1."""
    return np.maximum(1.0 - np.abs(x), 0.0)


def cubic(x: Any, a: float = -0.5) -> Any:
    """Keys' cubic convolution (R. G. Keys, 1981) with parameter `a`, of support 2."""
    x = np.abs(x)
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def sinc_product(x: Any) -> Any:
    """Lanczos' filter sinc(x) sinc(x/3), of support 3."""
    return np.where((x >= -3.0) & (x < 3.0), np.sinc(x) * np.sinc(x / 3), 0.0)


def square(x: Any) -> Any:
    """The filter that weighs all pixels alike, of support 1/2."""
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


def raised_cosine(x: Any) -> Any:
    """A sinc under Hamming's window, of support 1."""
    window = 0.54 + 0.46 * np.cos(np.pi * x)
    return np.where(np.abs(x) < 1.0, np.sinc(x) * window, 0.0)


FILTERS: dict[int, tuple[Callable[..., Any], float]] = {
    LANCZOS: (sinc_product, 3.0),
    BILINEAR: (triangle, 1.0),
    BICUBIC: (cubic, 2.0),
    BOX: (square, 0.5),
    HAMMING: (raised_cosine, 1.0),
}
"""The function of each filter, and half its width in pixels."""


@functools.lru_cache(maxsize=256)
def weights(count: int, wanted: int, kind: int) -> Any:
    """The (wanted, count) matrix of what each old pixel of a line gives to each new one."""
    function, support = FILTERS[kind]
    return filter_matrix(count, wanted, function, support)


def filter_matrix(
    count: int, wanted: int, function: Callable[..., Any], support: float, widen: bool = True
) -> Any:
    """As `weights`, of any filter; not `widen`: as wide as an old pixel, even when shrinking."""
    scale = count / wanted
    stretch = max(scale, 1.0) if widen else 1.0
    support *= stretch
    matrix = np.zeros((wanted, count))
    for k in range(wanted):
        center = (k + 0.5) * scale
        first = max(int(center - support + 0.5), 0)
        last = min(int(center + support + 0.5), count)
        row = function((np.arange(first, last) - center + 0.5) / stretch)
        matrix[k, first:last] = row / row.sum()
    matrix.flags.writeable = False
    return matrix


@functools.lru_cache(maxsize=256)
def fixed_weights(count: int, wanted: int, kind: int) -> Any:
    """The weights in units of 2^-22, rounded; sums of bytes times these are exact in float64."""
    matrix = weights(count, wanted, kind) * (1 << PLACES)
    rounded = np.trunc(matrix + np.copysign(0.5, matrix))
    rounded.flags.writeable = False
    return rounded


def resize(pixels: Any, height: int, width: int, kind: int) -> Any:
    """`pixels` resized to (height, width), of the same dtype."""
    if kind == NEAREST:
        return nearest(pixels, height, width)
    old_height, old_width = pixels.shape[:2]
    planes = np.moveaxis(pixels, 2, 0) if pixels.ndim == 3 else pixels
    fewer_rows = old_height - height
    rows_first = fewer_rows <= 0 or fewer_rows <= 2 * (old_width - width)  # as Pillow 13 decides
    for along_rows in (rows_first, not rows_first):
        count, wanted = (old_width, width) if along_rows else (old_height, height)
        if count != wanted:
            planes = one_pass(planes, count, wanted, kind, along_rows)
    return np.ascontiguousarray(np.moveaxis(planes, 0, 2) if pixels.ndim == 3 else planes)


def one_pass(planes: Any, count: int, wanted: int, kind: int, along_rows: bool) -> Any:
    """Planes (..., height, width) resampled along their rows or along their columns."""
    is_bytes = planes.dtype == np.uint8
    matrix = (fixed_weights if is_bytes else weights)(count, wanted, kind)
    values = planes.astype(np.float64)
    sums = values @ matrix.T if along_rows else matrix @ values
    if is_bytes:
        sums = np.floor((sums + (1 << (PLACES - 1))) / (1 << PLACES))
        return np.clip(sums, 0, 255).astype(np.uint8)
    if planes.dtype.kind in "iu":
        limits = np.iinfo(planes.dtype)
        whole_sums = np.trunc(sums + np.copysign(0.5, sums))
        return np.clip(whole_sums, limits.min, limits.max).astype(planes.dtype)
    return sums.astype(planes.dtype)


def nearest(pixels: Any, height: int, width: int) -> Any:
    """`pixels` resized by taking the old pixel in whose area the center of each new one lies."""
    rows, columns = (
        nearest_places(n, m) for n, m in zip(pixels.shape, (height, width), strict=False)
    )
    return pixels[rows[:, None], columns]


def nearest_places(count: int, wanted: int) -> Any:
    """For each new pixel of a line, the number of the old one that it takes."""
    steps = np.full(wanted, count / wanted)
    steps[0] *= 0.5  # the center of the first
    return np.minimum(np.floor(np.add.accumulate(steps)).astype(np.int64), count - 1)


# -- affine maps -------------------------------------------------------------------------------

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): the new pixel at (x, y) is taken from the old at (ax+by+c, dx+ey+f)."""


def affine(pixels: Any, height: int, width: int, matrix: Matrix, kind: int, fill: Any) -> Any:
    """A picture of (height, width) whose pixels are where `matrix` says; `fill` outside."""
    out = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
    out[...] = fill
    if kind == NEAREST:
        inside, rows, columns = nearest_sources(pixels.shape, height, width, matrix)
        out[inside] = pixels[rows[inside], columns[inside]]
        return out
    inside, values = interpolated(pixels, height, width, matrix)
    out[inside] = values.astype(pixels.dtype)  # cut off, not rounded, as Pillow does
    return out


def nearest_sources(
    shape: tuple[int, ...], height: int, width: int, matrix: Matrix
) -> tuple[Any, Any, Any]:
    """Whether the old place of each new pixel is inside, and its row and column."""
    a, b, c, d, e, f = matrix
    x, y = np.arange(width), np.arange(height)[:, None]
    if b == 0 and d == 0:
        columns = np.floor(stepped(c + a * 0.5, a, width)) + 0 * y
        rows = np.floor(stepped(f + e * 0.5, e, height))[:, None] + 0 * x
    else:
        columns = whole(c + a * 0.5 + b * 0.5) + x * whole(a) + y * whole(b)
        rows = whole(f + d * 0.5 + e * 0.5) + x * whole(d) + y * whole(e)
        columns, rows = columns >> 16, rows >> 16
    inside = (columns >= 0) & (columns < shape[1]) & (rows >= 0) & (rows < shape[0])
    return inside, rows.astype(np.int64), columns.astype(np.int64)


def stepped(start: float, step: float, count: int) -> Any:
    """`count` numbers from `start`, each the one before plus `step` (so are its roundings)."""
    steps = np.full(count, step)
    steps[0] = start
    return np.add.accumulate(steps)


def whole(x: float) -> int:
    """`x` in units of 1/65536, rounded."""
    return math.floor(x * SIXTEENTHS + 0.5)


def interpolated(pixels: Any, height: int, width: int, matrix: Matrix) -> tuple[Any, Any]:
    """Whether each new pixel lies inside the old picture, and the values of those that do."""
    a, b, c, d, e, f = matrix
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    return between(pixels, a * x + b * y + c, d * x + e * y + f)


def between(pixels: Any, at_x: Any, at_y: Any) -> tuple[Any, Any]:
    """Whether each place lies inside the picture, and the values at those that do."""
    old_height, old_width = pixels.shape[:2]
    inside = (at_x >= 0) & (at_x < old_width) & (at_y >= 0) & (at_y < old_height)
    at_x, at_y = at_x[inside] - 0.5, at_y[inside] - 0.5
    left, top = np.floor(at_x).astype(np.int64), np.floor(at_y).astype(np.int64)
    dx, dy = at_x - left, at_y - top
    if pixels.ndim == 3:
        dx, dy = dx[:, None], dy[:, None]
    columns = np.clip([left, left + 1], 0, old_width - 1)
    rows = np.clip([top, top + 1], 0, old_height - 1)
    values = pixels.astype(np.float64)
    upper, lower = (
        values[row, columns[0]] + (values[row, columns[1]] - values[row, columns[0]]) * dx
        for row in rows
    )
    return inside, upper + (lower - upper) * dy


def perspective(
    pixels: Any, height: int, width: int, numbers: Sequence[float], kind: int, fill: Any
) -> Any:
    """A picture of (height, width) seen from the side, as eight numbers say; `fill` outside."""
    a, b, c, d, e, f, g, h = numbers
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    far = g * x + h * y + 1
    at_x, at_y = (a * x + b * y + c) / far, (d * x + e * y + f) / far
    out = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
    out[...] = fill
    if kind == NEAREST:
        columns, rows = np.floor(at_x).astype(np.int64), np.floor(at_y).astype(np.int64)
        inside = (columns >= 0) & (columns < pixels.shape[1])
        inside &= (rows >= 0) & (rows < pixels.shape[0])
        out[inside] = pixels[rows[inside], columns[inside]]
        return out
    inside, values = between(pixels, at_x, at_y)
    out[inside] = values.astype(pixels.dtype)
    return out
