"""Normal numbers: randn and normal_, by either of PyTorch's two ways (rng spec §4 and §5).

Sixteen or more numbers in contiguous memory are made in blocks of sixteen, in the working type.
Fewer, or strided ones, are made in pairs, in float64, with the second of a pair kept in the
generator for the next call of this kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.exact import Floats, c_function, fma, fma32
from rushlight.rng.formats import (
    FLOAT32,
    FLOAT64,
    Format,
    Shape,
    chunks,
    flat,
    float_format,
    size_of,
)
from rushlight.rng.polynomials import box_muller
from rushlight.rng.twister import Twister, count_words

_BLOCK = 16
_TWO_PI = 2.0 * math.pi
_FEW = 64  # up to here pairs are made by a loop
_STRETCH = 4096  # so many numbers are worth a transformation of their own
_DRAW = 1024  # a transformation takes NumPy as long as so many words, were it of a few numbers

_log = c_function("log")
_log1p = c_function("log1p")
_cos = c_function("cos")
_sin = c_function("sin")


def normal(
    twister: Twister,
    shape: Shape,
    mean: float = 0.0,
    std: float = 1.0,
    dtype: Any = np.float32,
    contiguous: bool = True,
    room: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """An array of normal numbers: a new one, or perhaps `room`.

    `contiguous` says what the tensor to be filled is.

    >>> normal(Twister(0), 2)
    array([ 1.5409961, -0.2934289], dtype=float32)
    """
    form = float_format(dtype)
    if form is None:
        raise NotImplementedError(f"normal needs a floating-point dtype, not {dtype}")
    n = size_of(shape)
    if n < _BLOCK or not contiguous:
        out = form.narrow(normal_pairs(twister, n, mean, std))
    elif form is FLOAT64:
        out = _blocks64(twister, mean, std, flat(room, n, np.float64))
    else:
        out = _blocks32(twister, mean, std, form, flat(room, n, np.float32))
    return out if isinstance(shape, int) else out.reshape(shape)


def normal_pairs(twister: Twister, n: int, mean: float, std: float) -> Floats:
    """Normal numbers in float64, made in pairs; a value left from the last call comes first."""
    if n == 0:
        return np.empty(0)
    cached = twister.cached_normal
    fresh = n if cached is None else n - 1
    pairs = (fresh + 1) // 2
    values = _some_pairs(twister, pairs) if n <= _FEW else _many_pairs(twister, pairs)
    if cached is not None:
        values = np.concatenate(([cached], values))
    # What the C++ code keeps for the next call is the standard normal number.
    twister.cached_normal = float(values[n]) if fresh % 2 else None
    values = values[:n]
    for place in chunks(n):
        values[place] = fma(values[place], std, mean)
    return values


def _some_pairs(twister: Twister, pairs: int) -> Floats:
    """2 * pairs standard normal numbers, by a loop: for a few it is faster than arrays."""
    values: list[float] = []
    units = iter(twister.unit53(2 * pairs).tolist())
    for u, v in zip(units, units, strict=True):
        radius = math.sqrt(-2.0 * math.log1p(-v))
        angle = _TWO_PI * u
        values += (radius * math.cos(angle), radius * math.sin(angle))
    return np.array(values)


def _many_pairs(twister: Twister, pairs: int) -> Floats:
    """2 * pairs standard normal numbers."""
    values = np.empty((pairs, 2))
    if twister.machine is not None:
        flat = values.reshape(-1)
        for _ in twister.fill53(flat):
            pass
        twister.machine.normal_pairs(flat)
        return flat
    units = twister.unit53(2 * pairs).reshape(-1, 2)
    for place in chunks(pairs):
        radius = np.sqrt(-2.0 * _log1p(-units[place, 1]))
        angle = _TWO_PI * units[place, 0]
        values[place, 0] = radius * _cos(angle)
        values[place, 1] = radius * _sin(angle)
    return values.ravel()


def _blocks32(
    twister: Twister, mean: float, std: float, form: Format, out: NDArray[np.float32]
) -> NDArray[Any]:
    """Numbers made in blocks of sixteen, in float32; `out` is filled with them."""
    mean = float(np.float32(mean))
    std = float(np.float32(std))
    transform = _transform32 if twister.machine is None else twister.machine.box_muller
    # The 16-bit formats do not draw for the places of an incomplete block.
    _fill(out, twister.fill24, lambda units: transform(units, mean, std), form is FLOAT32)
    return out if form is FLOAT32 else form.narrow(out)


def _blocks64(twister: Twister, mean: float, std: float, out: Floats) -> Floats:
    """Numbers made in blocks of sixteen, in float64 with the C library's functions: `out`."""
    transform = _transform64 if twister.machine is None else twister.machine.box_muller64
    _fill(out, twister.fill53, lambda units: transform(units, mean, std), True)
    return out


def _fill(
    out: NDArray[Any],
    fill: Callable[[Any], Iterator[int]],
    transform: Callable[[Any], None],
    wasteful: bool,
) -> None:
    """None; `out` gets uniform numbers by `fill`, in whole blocks made normal ones by `transform`.

    Where 16 does not divide their number, the last 16 come from a block of their own, drawn after
    all others. PyTorch may draw for the incomplete block too, for nothing. What was filled is
    transformed while it is still in the cache.
    """
    n = len(out)
    whole = n // _BLOCK * _BLOCK
    done = 0
    for filled in fill(out if wasteful else out[:whole]):
        stop = min(filled, whole) // _BLOCK * _BLOCK
        if stop - done >= _STRETCH or stop == whole:
            transform(out[done:stop])
            done = stop
    if whole < n:
        last = np.empty(_BLOCK, out.dtype)
        for _ in fill(last):
            pass
        transform(last)
        out[n - _BLOCK :] = last


def _transform32(units: NDArray[np.float32], mean: float, std: float) -> None:
    """None; a few blocks of uniform numbers become normal ones in place."""
    count_words(_DRAW)
    box_muller(units.reshape(-1, 2, _BLOCK // 2))
    if mean == 0.0 and std == 1.0:
        units += 0.0  # makes -0 to 0
    else:
        units[...] = fma32(units * np.float64(std), mean)


def _transform64(units: Floats, mean: float, std: float) -> None:
    """None; a few blocks of uniform numbers become normal ones in place."""
    count_words(_DRAW)
    blocks = units.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(-2.0 * _log((1.0 - blocks[:, 0]).ravel()))
    angle = (_TWO_PI * blocks[:, 1]).ravel()
    blocks[:, 0] = fma(radius * _cos(angle), std, mean).reshape(-1, _BLOCK // 2)
    blocks[:, 1] = fma(radius * _sin(angle), std, mean).reshape(-1, _BLOCK // 2)
