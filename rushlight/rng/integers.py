"""Whole numbers: randint and random_, with and without bounds (rng spec §6 and §7)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.formats import Format, Shape, float_format, size_of
from rushlight.rng.twister import Twister

_SMALL = 2**28  # from here on a number takes two words
_FEW = 64  # up to here NumPy's remainder is quicker than a division and a product
_ONE_WORD = 2**32 - 1


def integers(
    twister: Twister,
    shape: Shape,
    low: int,
    high: int | None,
    dtype: Any = np.int64,
) -> NDArray[Any]:
    """A new array of whole numbers from low to high - 1; None is one more than the largest.

    >>> integers(Twister(0), 5, 0, 10)
    array([4, 9, 3, 0, 3])
    """
    form = float_format(dtype)
    if high is None:
        # From the least int64 on, every dtype gets all 64 bits.
        high = 2**63 if low == -(2**63) else _largest(dtype, form) + 1
    elif form is not None:
        low, high = _held_low(low, form), _held_high(high, form)
    n = size_of(shape)
    span = high - low
    if span < _SMALL:
        return _delivered(_small(twister, n, low, span), shape, dtype, form)
    if span < 2**64:
        out = _modulo(twister.long_pieces(n), n, np.array(span, np.uint64))
    else:
        out = twister.long_words(n).astype(np.int64)
        low = 0  # the bits themselves, read as signed
    if low:
        # Sums wrap around modulo 2**64, which is what makes the widest spans come out right.
        out += np.array(low % 2**64, np.uint64).astype(np.int64)
    return _delivered(out, shape, dtype, form)


def random_full(twister: Twister, shape: Shape, dtype: Any = np.int64) -> NDArray[Any]:
    """A new array of whole numbers from 0 to the largest, as random_() without bounds draws them.

    >>> random_full(Twister(0), 3, np.uint8)
    array([172,  47, 117], dtype=uint8)
    """
    form = float_format(dtype)
    largest = _largest(dtype, form)
    n = size_of(shape)
    out: Any
    if form is not None:
        long = largest > _ONE_WORD
        pieces = twister.long_pieces(n) if long else twister.word_pieces(n)
        out = _modulo(pieces, n, np.array(largest + 1, np.uint64 if long else np.uint32))
    elif largest > _ONE_WORD:
        out = (twister.long_words(n) & np.uint64(largest)).view(np.int64)
    else:
        out = twister.words(n) & np.uint32(largest)
    return _delivered(out, shape, dtype, form)


def _small(twister: Twister, n: int, low: int, span: int) -> NDArray[np.int64]:
    """Numbers of one word each, fewer than 2**28 different ones."""
    machine = twister.machine
    if machine is None or n <= _FEW:
        out = _modulo(twister.word_pieces(n), n, np.array(span, np.uint32))
        if low:
            out += np.array(low % 2**64, np.uint64).astype(np.int64)
        return out
    out = np.empty(n, np.int64)
    for place, words in twister.word_pieces(n):
        machine.modulo(words, out[place], span, low)
    return out


def _modulo(pieces: Any, n: int, divisor: NDArray[Any]) -> NDArray[np.int64]:
    """The n words or 64-bit values, each modulo the divisor."""
    out = np.empty(n, np.int64)
    for place, words in pieces:
        if len(words) <= _FEW:
            out[place] = words % divisor
        else:
            # Division by one number is done in vectors, the remainder is not.
            quotient = words // divisor
            quotient *= divisor
            out[place] = np.subtract(words, quotient, quotient)
    return out


def _delivered(values: Any, shape: Shape, dtype: Any, form: Format | None) -> NDArray[Any]:
    """These integers in their shape and dtype."""
    out = form.narrow(values) if form is not None else values.astype(dtype, copy=False)
    return out if isinstance(shape, int) else out.reshape(shape)


def _largest(dtype: Any, form: Format | None) -> int:
    """The largest integer of a dtype; of a float format, the last of those without gaps."""
    if form is not None:
        return 1 << form.digits
    if np.dtype(dtype).kind == "b":
        return 1
    return int(np.iinfo(dtype).max)


# A floating-point format may hold neither bound. PyTorch then moves it by a step inwards, but only
# if the number next to it inwards is rounded to the outside: for this it is written this way.


def _held_low(low: int, form: Format) -> int:
    """The lower bound as it is used for a floating-point format."""
    nearest = _rounded(low + 1, form)
    return low if nearest >= low else nearest + _gap(low + 1, form)


def _held_high(high: int, form: Format) -> int:
    """The upper bound, itself excluded, as it is used for a floating-point format."""
    nearest = _rounded(high - 1, form)
    return high if nearest < high else nearest - _gap(high - 1, form)


def _rounded(number: int, form: Format) -> int:
    """The number nearest to this one in the format; what leaves int64 becomes its minimum."""
    nearest = float(form.narrow(np.array([number], np.int64))[0])
    return int(nearest) if abs(nearest) < 2.0**63 else -(2**63)


def _gap(number: int, form: Format) -> int:
    """The distance between neighbours of the format at this number."""
    return 1 << abs(number).bit_length() - form.digits
