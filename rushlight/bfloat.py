"""bfloat16, which NumPy lacks: the arrays that hold it, and the ways to them and back.

A bfloat16 is the upper half of a float32. An array of them has the dtype `BITS`, two bytes without
a meaning for NumPy: it moves them like any others and refuses to compute with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BITS = np.dtype("V2")
"""The NumPy dtype of arrays of bfloat16."""

NAN = np.uint16(0x7FC0)

EPS = 2.0**-7
LARGEST = (2 - EPS) * 2.0**127


def rounded(x: Any) -> Array:
    """An array of the bfloat16 nearest to real numbers, ties to even, by way of float32.

    >>> widened(rounded(np.array([1.0, 3.1415927])))
    array([1.      , 3.140625], dtype=float32)
    """
    with np.errstate(all="ignore"):  # to infinity, silently
        single = np.asarray(x, np.float32)
        bits = single.view(np.uint32)
        upper = ((bits + (0x7FFF + (bits >> 16 & 1))) >> 16).astype(np.uint16)
    return np.where(np.isnan(single), NAN, upper).astype(np.uint16, copy=False).view(BITS)


def widened(x: Any) -> Array:
    """The float32 array of the numbers in an array of bfloat16."""
    bits: Array = np.asarray(x).view(np.uint16).astype(np.uint32)
    return (bits << 16).view(np.float32)


def nearest(x: float) -> float:
    """The bfloat16 nearest to a number.

    >>> nearest(0.1)
    0.10009765625
    """
    return float(widened(rounded(x)))


def values(x: Any) -> Any:
    """`x`, an array that NumPy can compute with: in float32 if it is of bfloat16."""
    return widened(x) if x.dtype == BITS else x


def next_after(x: Array, y: Array) -> Array:
    """What `np.nextafter(x, y)` would be for arrays of bfloat16."""
    bits, other = np.broadcast_arrays(x.view(np.uint16), y.view(np.uint16))
    a, b = widened(bits), widened(other)
    step = np.where((a < b) == (a > 0), 1, -1).astype(np.int32)
    found = np.where(a == 0, np.where(b < 0, 0x8001, 1), bits + step)
    found = np.where(a == b, other, found)
    return np.where(np.isnan(a) | np.isnan(b), NAN, found).astype(np.uint16).view(BITS)


def fill(array: Array, value: Any) -> None:
    """Put `value` everywhere in an array, one of bfloat16 or another."""
    array[...] = rounded(value) if array.dtype == BITS else value


def converted(x: Any, kind: np.dtype[Any], copy: bool = True) -> Array:
    """What `x.astype(kind, copy=copy)` would be if NumPy knew bfloat16."""
    array = np.asarray(x)
    if array.dtype == kind:
        return array.astype(kind, copy=copy)
    if kind == np.float16 and array.dtype == np.float64:
        array = array.astype(np.float32)  # rounded twice, as by PyTorch
    if kind == BITS:
        return rounded(array.real if array.dtype.kind == "c" else array)
    return values(array).astype(kind, copy=False)
