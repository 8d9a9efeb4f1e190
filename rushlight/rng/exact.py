"""Arithmetic to the last bit: fused multiply-add, and the C library's functions, over arrays.

PyTorch's kernels round once where they multiply and add; NumPy rounds twice. And NumPy has log,
log1p, exp and tan of its own, which differ from the C library's in the last bit now and then
(rng spec §19). Here both are made right.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

_SPLITTER = 2.0**27 + 1.0
_MANTISSA = np.array(2**52 - 1)
_LOW29 = np.array(2**29 - 1)
_HALF29 = np.array(2**28)
_FEW = 32  # up to here a loop over Python's math is as fast, and needs no trust


def fma(x: Floats, y: float, c: float) -> Floats:
    """The float64 array x * y + c, rounded once.

    >>> tenth = np.array([0.1])
    >>> fma(tenth, 10.0, -1.0), tenth * 10.0 - 1.0
    (array([5.55111512e-17]), array([0.]))
    """
    if y == 1.0:
        return x + c
    if c == 0.0 or not (math.isfinite(y) and math.isfinite(c)):
        return x * y + c
    _, exponent = math.frexp(max(abs(y), abs(c)))
    if abs(exponent) > 400:
        # The splitting below would overflow or lose small parts: work at a power of two nearby.
        return np.ldexp(fma(x, math.ldexp(y, -exponent), math.ldexp(c, -exponent)), exponent)
    product, low = _two_product(x, y)
    total, rest = _two_sum(product, c)
    tail = rest + low
    # Were the tail exact, total + tail would be the answer, for nothing else is rounded. Its own
    # rounding matters only if it ends exactly half-way between two results: at a power of two.
    doubtful = (tail.view(np.int64) & _MANTISSA) == 0
    if np.count_nonzero(doubtful):
        tail[doubtful] = _sum_to_odd(rest[doubtful], low[doubtful])
    return total + tail


def fma32(product: Floats, c: float) -> NDArray[np.float32]:
    """The float32 array product + c, rounded once; the product of two float32 is exact before.

    The float64 sum may be rounded itself. That matters only where it then lies exactly half-way
    between two float32: there the part lost decides. Numbers so small that float32 has fewer bits
    are half-way elsewhere, so where c is tiny every sum is treated as doubtful.
    """
    total = product + c
    result = total.astype(np.float32)
    if c == 0.0:
        return result
    if abs(c) < 2.0**-70:
        doubtful = np.ones(total.size, np.bool_)
    else:
        doubtful = (total.view(np.int64) & _LOW29) == _HALF29
    if np.count_nonzero(doubtful):
        result[doubtful] = _sum_to_odd(product[doubtful], c).astype(np.float32)
    return result


def _two_sum(x: Floats, y: Floats | float) -> tuple[Floats, Floats]:
    """The rounded sum and what the rounding lost, exactly."""
    total = x + y
    back = total - x
    return total, (x - (total - back)) + (y - back)


def _two_product(x: Floats, y: float) -> tuple[Floats, Floats]:
    """The rounded product and what the rounding lost, exactly: both factors are split in halves."""
    product = x * y
    scaled = x * _SPLITTER
    x_high = scaled - (scaled - x)
    x_low = x - x_high
    y_high = y * _SPLITTER - (y * _SPLITTER - y)
    y_low = y - y_high
    return product, ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


def _sum_to_odd(x: Floats, y: Floats | float) -> Floats:
    """The sum x + y; if it is inexact, that neighbour whose last bit is 1.

    Such a sum can be rounded again, to fewer bits, as if it had been exact.
    """
    total, lost = _two_sum(x, y)
    bits = total.view(np.int64)
    move = np.where((lost > 0.0) == (total > 0.0), 1, -1)  # away from zero or towards it
    bits += np.where((lost != 0.0) & (bits & 1 == 0), move, 0)
    return total


def _library_lgamma() -> Callable[[float], float]:
    """The C library's lgamma, or Python's own where it cannot be had: they differ in last bits."""
    try:
        found = ctypes.CDLL(None).lgamma
    except (OSError, TypeError, AttributeError):
        return math.lgamma
    found.restype, found.argtypes = ctypes.c_double, [ctypes.c_double]
    function: Callable[[float], float] = found
    return function


lgamma = _library_lgamma()


# The C library over arrays. NumPy's vector code for these functions handles only operands that run
# forwards; walking one backwards makes it call the C library for each element, five to ten times
# faster than Python can. This is not promised anywhere, so it is probed before it is used.

_PROBED = {
    "log": (0.0, 1.0),
    "log1p": (-1.0, 0.0),
    "exp": (-8.0, 8.0),
    "sin": (0.0, 2.0 * math.pi),
    "cos": (0.0, 2.0 * math.pi),
    "tan": (-0.5 * math.pi, 0.5 * math.pi),
}


def c_function(name: str) -> Callable[[Floats], Floats]:
    """The C library's function of this name, from an array to a new array.

    >>> c_function("log1p")(np.array([-0.5]))
    array([-0.69314718])
    """
    one_by_one = getattr(math, name)

    def apply(x: Floats) -> Floats:
        if x.size > _FEW and _backwards_is_c(name):
            return _backwards(name, x)
        try:
            return np.fromiter(map(one_by_one, x.tolist()), np.float64, x.size)
        except (ValueError, OverflowError):
            return _backwards(name, x)  # Python refuses infinite results

    return apply


def _backwards(name: str, x: Floats) -> Floats:
    """NumPy's function of a flat array, with the operand walked from its end."""
    out = np.empty(x.size)
    with np.errstate(all="ignore"):
        getattr(np, name)(x[::-1], out)
    return out[::-1]


@cache
def _backwards_is_c(name: str) -> bool:
    """Whether `_backwards` equals the C library on 4096 points; NumPy's own would fail at ten."""
    low, high = _PROBED[name]
    points: Any = low + (high - low) * (np.arange(4096) + 0.5) * 2.0**-12
    points += points * 1e-9  # away from round numbers, where all libraries agree
    expected = np.fromiter(map(getattr(math, name), points.tolist()), np.float64, 4096)
    return bool(np.array_equal(_backwards(name, points), expected))
