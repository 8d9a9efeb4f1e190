"""The number formats a result may have, and the way down to each from a wider one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..bfloat import BITS

Shape: TypeAlias = int | tuple[int, ...]

_CHUNK = 24576  # numbers worked on at a time where there are many steps: they stay in cache


class Format(NamedTuple):
    """A floating-point format: the dtype that carries it and its significant bits.

    bfloat16 has no NumPy dtype: its values are carried by float32, already rounded.
    """

    name: str
    dtype: np.dtype[Any]
    digits: int

    def narrow(self, values: NDArray[Any]) -> NDArray[Any]:
        """A new array of these float64 or float32 values, rounded to nearest even.

        The 16-bit formats go by way of float32, as PyTorch does: two roundings.
        """
        if self.digits == 8:
            return round_to_bfloat16(values.astype(np.float32))
        if self.digits == 11:
            with np.errstate(over="ignore"):  # to infinity, silently
                return values.astype(np.float32).astype(np.float16)
        return values.astype(self.dtype)


BFLOAT16 = Format("bfloat16", np.dtype(np.float32), 8)
FLOAT16 = Format("float16", np.dtype(np.float16), 11)
FLOAT32 = Format("float32", np.dtype(np.float32), 24)
FLOAT64 = Format("float64", np.dtype(np.float64), 53)

# Looked up by whatever names a format: the string, NumPy's dtype or its scalar type.
_FORMATS: dict[Any, Format] = {"bfloat16": BFLOAT16, BITS: BFLOAT16}
for _format in (FLOAT16, FLOAT32, FLOAT64):
    _FORMATS |= dict.fromkeys((_format.name, _format.dtype, _format.dtype.type), _format)


def float_format(dtype: Any) -> Format | None:
    """The floating-point format of this name or dtype; None if it is an integer or bool."""
    return _FORMATS.get(dtype)


def round_to_bfloat16(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same float32 array, each value rounded in place to the nearest bfloat16, ties to even.

    >>> round_to_bfloat16(np.array([1.0, 3.1415927], np.float32))
    array([1.      , 3.140625], dtype=float32)
    """
    bits = values.view(np.uint32)
    bits += (bits >> 16 & 1) + 0x7FFF
    bits &= 0xFFFF0000
    return values


def size_of(shape: Shape) -> int:
    """The number of elements of a shape, which may be a plain count."""
    return shape if isinstance(shape, int) else math.prod(shape)


def flat(room: NDArray[Any] | None, n: int, dtype: Any) -> NDArray[Any]:
    """The n places of an array without gaps, or a new array if that is of another dtype."""
    if room is None or room.dtype != dtype:
        return np.empty(n, dtype)
    return room.reshape(-1)


def chunks(n: int) -> Iterator[slice]:
    """The slices that cut n places into stretches short enough for the cache, whole sixteens."""
    for start in range(0, n, _CHUNK):
        yield slice(start, min(start + _CHUNK, n))
