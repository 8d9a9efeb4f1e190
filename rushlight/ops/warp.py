"""Images sampled at the places of a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

from .. import dtypes, ops
from ..errors import ChoiceError, ShapeError, explain
from ..graph import Node
from .resample import cubic_taps
from .samples import at_kink, floats
from .table import Tensor, derived


def pixel(x: Node, n: int, aligned: bool) -> Node:
    """Coordinates from -1 to 1 as places of pixels.

    They are rounded once, as by PyTorch: on which side of a pixel's centre a place is decides what
    its gradient is, and all places of the identity are there.
    """
    x = x + 1
    if aligned:
        return x * ((n - 1) / 2)
    if x.dtype is not dtypes.float64:
        return ops.cast(ops.cast(x, dtype=dtypes.float64) * (n / 2) - 0.5, dtype=x.dtype)
    few = ops.cast(ops.cast(ops.detach(x), dtype=dtypes.float32), dtype=x.dtype)
    return (few * (n / 2) - 0.5) + (x - few) * (n / 2)  # the first bits have an exact product


def folded_back(x: Node, low: float, high: float) -> Node:
    """`x` reflected at both ends until it is between them."""
    if low == high:
        return x * 0
    span = high - low
    apart = ops.abs(x - low)
    turns = ops.floor(apart / span)
    rest = apart - turns * span
    even = ops.eq(ops.remainder(turns, 2), 0)
    return ops.where(even, rest + low, (span - rest) + low)


def brought_inside(x: Node, n: int, mode: str, aligned: bool) -> Node:
    """Places of pixels, brought inside as `padding_mode` says."""
    if mode == "reflection":
        x = folded_back(x, 0, n - 1) if aligned else folded_back(x, -0.5, n - 0.5)
    return ops.clamp(x, min=0, max=n - 1) if mode in ("border", "reflection") else x


def looked_up(image: Node, places: list[Node]) -> Node:
    """The elements of `image`, (batch, channels, *size), at whole places; 0 outside."""
    batch, channels, *size = image.shape
    inside = None
    flat = None
    for x, n in zip(places, size, strict=True):
        ok = ops.logical_and(ops.ge(x, 0), ops.le(x, n - 1))
        inside = ok if inside is None else ops.logical_and(inside, ok)
        whole = ops.cast(ops.clamp(x, min=0, max=n - 1), dtype=dtypes.int64)
        flat = whole if flat is None else flat * n + whole
    assert flat is not None and inside is not None
    out = flat.shape[1:]
    index = ops.reshape(flat, (batch, 1, math.prod(out)))
    index = ops.expand_view(index, shape=(batch, channels, math.prod(out)))
    found = ops.gather(ops.reshape(image, (batch, channels, math.prod(size))), 2, index)
    found = ops.reshape(found, (batch, channels, *out))
    return ops.where(ops.unsqueeze(inside, 1), found, 0)


@derived(on="F", grad_name="GridSampler2DBackward0")
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Node:
    """Images, or volumes, sampled at the places of `grid`, (batch, *out, 2 or 3), from -1 to 1.

    `mode` is bilinear, nearest or, for images, bicubic; beyond the edges are zeros, the border or
    reflections.

    >>> F.grid_sample(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), align_corners=True)
    tensor([[[[1.]]]])
    """
    n = input.ndim - 2
    if n not in (2, 3) or grid.ndim != input.ndim or grid.shape[-1] != n:
        problem = f"expected a 4D or 5D input and a grid with {n} coordinates"
        got = {"input": input.spec, "grid": grid.spec}
        raise ShapeError(explain("grid_sample", problem, got))
    known = ("bilinear", "nearest", "bicubic") if n == 2 else ("bilinear", "nearest")
    if mode not in known or padding_mode not in ("zeros", "border", "reflection"):
        problem = f"mode {mode!r} with padding_mode {padding_mode!r} is not available"
        raise ChoiceError(explain("grid_sample", problem, hint=f"mode is one of {known}"))
    aligned = bool(align_corners)
    sizes = input.shape[2:]
    at = [pixel(ops.select(grid, -1, n - 1 - k), size, aligned) for k, size in enumerate(sizes)]

    def inside(places: Any) -> list[Node]:
        pairs = zip(places, sizes, strict=True)
        return [brought_inside(x, size, padding_mode, aligned) for x, size in pairs]

    if mode == "nearest":
        return looked_up(input, [ops.round(x) for x in inside(at)])
    if mode == "bicubic":
        lows = [ops.floor(ops.detach(x)) for x in at]
        taps = [
            [(low + step, weight) for step, weight in cubic_taps(x - low)]
            for x, low in zip(at, lows, strict=True)
        ]
        return weighed(input, taps, inside)
    taps = []
    for x in inside(at):
        low = ops.floor(ops.detach(x))
        taps.append([(low, (low + 1) - x), (low + 1, x - low)])
    return weighed(input, taps, list)


def weighed(image: Node, taps: list[list[tuple[Node, Node]]], inside: Any) -> Node:
    """The sum of neighbours: `taps` are, for each dimension, their places and their weights."""
    total: Node | None = None
    for corner in product(*reversed(taps)):  # the first dimension changes fastest
        places = inside([place for place, _ in reversed(corner)])
        weight: Node | None = None
        for _, share in reversed(corner):
            weight = share if weight is None else weight * share
        assert weight is not None
        term = looked_up(image, places) * ops.unsqueeze(weight, 1)
        total = term if total is None else total + term
    assert total is not None
    return total


@grid_sample.samples
def _() -> Iterator[Any]:
    x, grid = floats(2, 2, 3, 4), floats(2, 2, 3, 2, low=-1.3, high=1.3, seed=1)
    yield (x, grid), {"align_corners": False}
    yield (x, grid), {"align_corners": True, "padding_mode": "border"}
    yield (x, grid), {"mode": "bicubic", "align_corners": False}
    yield at_kink(x, grid, mode="nearest", padding_mode="reflection", align_corners=False)
    grid = floats(1, 2, 2, 1, 3, low=-1, high=1, seed=1)
    yield (floats(1, 2, 2, 3, 2), grid), {"align_corners": True}
