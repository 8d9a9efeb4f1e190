"""Uniform real numbers: rand and uniform_ (rng spec §3)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.exact import fma, fma32
from rushlight.rng.formats import FLOAT32, FLOAT64, Format, Shape, flat, float_format, size_of
from rushlight.rng.twister import Twister

# The largest value that each kind of uniform number can take.
_TOP24 = 1.0 - 2.0**-24
_TOP53 = 1.0 - 2.0**-53
_FEW = 64  # up to here nothing is quicker than numbers made ahead


def uniform(
    twister: Twister,
    shape: Shape,
    low: float = 0.0,
    high: float = 1.0,
    dtype: Any = np.float32,
    room: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """An array of numbers from low to high, high itself excluded: a new one, or perhaps `room`.

    >>> uniform(Twister(0), 2, -1.0, 1.0)
    array([-0.00748682,  0.5364436 ], dtype=float32)
    """
    form = float_format(dtype)
    if form is None:
        raise NotImplementedError(f"uniform needs a floating-point dtype, not {dtype}")
    n = size_of(shape)
    span = _span(low, high, math.copysign(1.0, low), form)
    out: NDArray[Any]
    if form is FLOAT64:
        out = _uniform64(twister, n, span, room)
    elif span.unit and form is FLOAT32:
        out = _units(twister, n, room)
    else:
        out = _uniform24(twister, n, span, form, room)
    return out if isinstance(shape, int) else out.reshape(shape)


class _Span(NamedTuple):
    """What an interval needs, worked out once: the same few come again and again."""

    unit: bool  # from 0 to 1: the generator's own numbers
    low: float  # in the working type, which is float32 for the 16-bit formats
    width: float
    wide: NDArray[np.float64]  # `width` and `low` as arrays, which add and multiply faster
    base: NDArray[np.float64]
    exact: bool  # float64 sums of this interval lose nothing
    reaches: bool  # the largest number rounds to `high`,
    ends: tuple[Any, Any]  # which is then replaced by `low`: both as they are in the format


@lru_cache(maxsize=256)
def _span(low: float, high: float, sign_of_low: float, form: Format) -> _Span:
    """The constants of an interval; the sign only keeps -0.0 and 0.0 apart in the cache."""
    working = np.float64 if form is FLOAT64 else np.float32
    bottom = working(low)
    width = float(working(high) - bottom)
    ends = form.narrow(np.array([low, high]))
    top = np.array([_TOP53 if form is FLOAT64 else _TOP24])
    largest = form.narrow(
        fma(top, width, low) if form is FLOAT64 else fma32(top * width, float(bottom))
    )
    return _Span(
        unit=low == 0.0 and high == 1.0,
        low=float(bottom),
        width=width,
        wide=np.array(width),
        base=np.array(float(bottom)),
        exact=_fits_in_53_bits(float(bottom), width),
        reaches=bool(largest[0] == ends[1]),
        ends=(ends[0], ends[1]),
    )


def _fits_in_53_bits(low: float, width: float) -> bool:
    """Whether low + width * k / 2**24 is exact in float64 for every k below 2**24.

    It is if the bits from the highest possible to the lowest are no more than float64 has.
    """
    if not (math.isfinite(low) and math.isfinite(width)):
        return False
    highest = max(math.frexp(low)[1], math.frexp(width)[1]) + 1
    return highest - min(_lowest_bit(low), _lowest_bit(width) - 24) <= 53


def _lowest_bit(x: float) -> int:
    """The exponent of the last bit of x that is set; a large number for zero."""
    if x == 0.0:
        return 5000
    top, bottom = x.as_integer_ratio()
    return (top & -top).bit_length() - bottom.bit_length()


def _units(twister: Twister, n: int, room: NDArray[Any] | None) -> NDArray[np.float32]:
    """Uniform numbers from 0 to 1: as they are made."""
    if n <= _FEW:
        units = twister.unit24(n)
        return units if units.flags.writeable else units.copy()
    out = flat(room, n, np.float32)
    for _ in twister.fill24(out):
        pass
    return out


def _uniform24(
    twister: Twister, n: int, span: _Span, form: Format, room: NDArray[Any] | None
) -> NDArray[Any]:
    """Uniform numbers of 24 random bits, for float32 and the 16-bit formats."""
    machine = twister.machine
    if machine is not None:
        singles = flat(room, n, np.float32)
        high = span.ends[1] if span.reaches else math.nan
        for place, words in twister.word_pieces(n):
            machine.uniform24(words, singles[place], span.width, span.low, high)
        return singles if form is FLOAT32 else _without_high(form.narrow(singles), span)
    out = flat(room, n, form.dtype)
    for place, units in twister.unit24_pieces(n):
        wide = np.multiply(units, span.wide)
        if not span.exact:
            values = fma32(wide, span.low)
        elif form is FLOAT32:
            # One rounding, in the cast: the sum itself is exact.
            out[place] = np.add(wide, span.base, wide)
            continue
        else:
            values = np.add(wide, span.base, wide).astype(np.float32)
        out[place] = values if form is FLOAT32 else form.narrow(values)
    return _without_high(out, span)


def _uniform64(
    twister: Twister, n: int, span: _Span, room: NDArray[Any] | None
) -> NDArray[np.float64]:
    """Uniform numbers of 53 random bits."""
    out = flat(room, n, np.float64)
    machine = twister.machine
    if machine is not None:
        high = span.ends[1] if span.reaches else math.nan
        for place, words in twister.pair_pieces(n):
            machine.uniform53(words, out[place], span.width, span.low, high)
        return out
    for place, units in twister.unit53_pieces(n):
        out[place] = units if span.unit else fma(units, span.width, span.low)
    return _without_high(out, span)


def _without_high(out: NDArray[Any], span: _Span) -> NDArray[Any]:
    """The same array; numbers that rounding has carried up to `high` become `low`."""
    if span.reaches:
        out[out == span.ends[1]] = span.ends[0]
    return out
