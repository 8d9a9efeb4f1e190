"""Where CPython and NumPy keep what native code reads of an object, verified on known ones.

`supported` says whether this interpreter and this NumPy are as expected; nothing here may be
relied on where it says no.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from functools import cache

import numpy as np

TYPE = 8
"""Of any object: its type."""

FLOAT = 16
"""Of a float: its value."""

DATA, NDIM, SHAPE, STRIDES, BASE, DESCR, FLAGS = 16, 24, 32, 40, 48, 56, 64
"""Of an array."""

SIZE, LIST_ITEMS, TUPLE_ITEMS = 16, 24, tuple.__basicsize__
"""Of a list or tuple: how many items it has, where a list's are, and its items."""

KIND, ITEMSIZE = 24, 40
"""Of the element type of an array: its letters (kind, character, byte order), and its size."""

LETTERS = int.from_bytes(b"\xff\x00\xff\x00\x00\x00\x00\x00", "little")
"""The letters that matter: kind and byte order."""

CONTIGUOUS, ALIGNED, WRITEABLE = 0x1, 0x100, 0x400
"""Bits of the flags of an array."""


@cache
def supported() -> bool:
    """Whether native code may read arrays and numbers as this module says."""
    return (
        platform.python_implementation() == "CPython"
        and "free-threading" not in sys.version
        and struct.calcsize("P") == 8
        and sys.byteorder == "little"
        and object.__basicsize__ == 16
        and int(np.__version__.partition(".")[0]) >= 2
        and float_as_expected()
        and sequences_as_expected()
        and all([array_as_expected(array) for array in examples()])
    )


def examples() -> list[np.ndarray]:
    """Arrays that differ in everything that is read of them."""
    frozen = np.arange(6, dtype=np.int64)
    frozen.flags.writeable = False
    return [
        np.zeros((3, 5), np.float32)[:, ::2],
        np.zeros((2, 3, 4), np.float64).transpose(2, 0, 1),
        np.zeros((), np.bool_),
        np.zeros((4, 0), np.uint8),
        np.zeros(3, ">i4"),
        frozen,
        np.frombuffer(bytes(17), np.float64, 2, 1),
    ]


def word(address: int, kind: type[ctypes._SimpleCData[int]] = ctypes.c_int64) -> int:
    """The integer in memory at `address`."""
    return int(kind.from_address(address).value)


def letters(dtype: np.dtype) -> int:
    """What stands at KIND of an element type, of the letters that matter."""
    return word(id(dtype) + KIND) & LETTERS


def array_as_expected(array: np.ndarray) -> bool:
    """Whether the fields of `array` are where they should be."""
    at, dtype = id(array), array.dtype
    n = array.ndim
    shape, strides = word(at + SHAPE), word(at + STRIDES)
    flags = word(at + FLAGS, ctypes.c_int32)
    wanted = CONTIGUOUS * array.flags.c_contiguous + ALIGNED * array.flags.aligned
    wanted += WRITEABLE * array.flags.writeable
    text = letters(dtype).to_bytes(8, "little")
    return (
        word(at + TYPE) == id(np.ndarray)
        and word(at + DATA) == array.ctypes.data
        and word(at + NDIM, ctypes.c_int32) == n
        and tuple([word(shape + 8 * k) for k in range(n)]) == array.shape
        and tuple([word(strides + 8 * k) for k in range(n)]) == array.strides
        and flags & (CONTIGUOUS | ALIGNED | WRITEABLE) == wanted
        and word(at + BASE) == (0 if array.base is None else id(array.base))
        and word(at + DESCR) == id(dtype)
        and text[0:3:2] == (dtype.kind + dtype.byteorder).encode()
        and word(id(dtype) + ITEMSIZE) == dtype.itemsize
    )


def float_as_expected() -> bool:
    """Whether the value of a float is where it should be."""
    x = -1234.0625
    return ctypes.c_double.from_address(id(x) + FLOAT).value == x


def sequences_as_expected() -> bool:
    """Whether the items of lists and tuples, and all references, are where they should be."""
    one = object()
    before = word(id(one), ctypes.c_int32)
    items = [one, 1.5, "three"]
    given = tuple(items)
    address = word(id(items) + LIST_ITEMS)
    return (
        word(id(one), ctypes.c_int32) == before + 2
        and word(id(items) + SIZE) == word(id(given) + SIZE) == 3
        and [word(address + 8 * k) for k in range(3)] == [id(item) for item in items]
        and [word(id(given) + TUPLE_ITEMS + 8 * k) for k in range(3)] == [id(i) for i in items]
    )
