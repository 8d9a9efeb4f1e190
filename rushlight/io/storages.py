"""Storages: the pieces of memory that tensors lie on, as files know them.

In a file a tensor is a storage, and an offset, sizes and strides in it; several tensors may lie on
one storage. What is saved of a piece of memory is the part that the saved tensors cover: a row of a
large matrix does not bring the matrix along.
"""

from __future__ import annotations

import copy
import math
import sys
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import DType
from ..runtime.memory import owner_of
from ..runtime.record import wrap
from .archive import Archive

NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16",
    "int64": "Long", "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte",
    "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip
"""What files call storages of each dtype. Those of other dtypes are untyped, counted in bytes."""

KINDS: dict[str, Any] = {name: dtypes.by_name(dtype) for dtype, name in NAMES.items()}


# -- reading -----------------------------------------------------------------------------------


class Storage:
    """A storage in the file that is being read; its memory is read when it is first needed."""

    def __init__(self, archive: Archive, kind: Any, key: str, count: int) -> None:
        self.archive = archive
        self.record = f"data/{key}"
        self.dtype: DType = kind
        self.count = count
        wanted = count * self.dtype.itemsize
        if archive.size(self.record) != wanted:
            got = {"the record": f"{archive.size(self.record)} bytes", "wanted": f"{wanted} bytes"}
            raise ValueError(f"storage {key}: {got}")
        self.memory: Any = None

    def array(self) -> Any:
        """Its elements, in one dimension."""
        if self.memory is None:
            content = self.archive.array(self.record)
            kind = in_bytes(self.dtype)
            array = content.view(kind.newbyteorder("<" if self.archive.little else ">"))
            if not array.dtype.isnative:
                array = array.astype(kind)
            self.memory = array.view(self.dtype.numpy)
        return self.memory

    def read_as(self, dtype: DType) -> Storage:
        """The same memory, that of a storage of bytes, as one of another dtype."""
        if self.dtype is not dtypes.uint8 or self.archive.little != (sys.byteorder == "little"):
            raise ValueError(f"a storage of {self.dtype.name}, to be read as {dtype.name}")
        made = copy.copy(self)
        made.dtype, made.count = dtype, self.count // dtype.itemsize
        made.memory = self.array()[: made.count * dtype.itemsize].view(dtype.numpy)
        return made


def in_bytes(dtype: DType) -> np.dtype[Any]:
    """The NumPy dtype of the bytes of an element, which may have to be turned round."""
    return np.dtype(np.uint16) if dtype is dtypes.bfloat16 else dtype.numpy


class Shelf:
    """All storages of one file by key."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.known: dict[str, Storage] = {}

    def storage(self, pid: Any) -> Storage:
        """The storage that a persistent id of a pickle means."""
        what, kind, key, _, count = pid
        if what != "storage" or not isinstance(kind, DType):
            raise ValueError(f"a persistent {what!r}")
        if key not in self.known:
            self.known[key] = Storage(self.archive, kind, str(key), int(count))
        return self.known[key]


def tensor_on(storage: Storage, offset: int, size: Any, stride: Any) -> Any:
    """A tensor on a storage, after checking that it stays within it."""
    size = tuple([int(n) for n in size])
    steps = tuple([int(n) for n in stride])
    count = math.prod(size)
    last = offset + sum([(n - 1) * s for n, s in zip(size, steps, strict=True)])
    if min((*size, *steps, offset), default=0) < 0 or (count and last >= storage.count):
        raise ValueError(f"a tensor of shape {size} reaches beyond its storage")
    if not count:
        return wrap(np.zeros(size, storage.dtype.numpy))
    memory = storage.array()
    item = memory.itemsize
    strides = [s * item for s in steps]
    return wrap(np.ndarray(size, memory.dtype, memory, int(offset) * item, strides))


# -- writing -----------------------------------------------------------------------------------


class Span:
    """Memory from `start` to `end` that overlapping `members` cover: one storage of the file."""

    def __init__(self, first: Any) -> None:
        self.start, self.end = bounds(first)
        self.members = [first]
        self.dtype = dtypes.stored_in(first.dtype)
        self.count = (self.end - self.start) // first.itemsize
        self.key = ""

    def joined(self, array: Any) -> bool:
        """Whether `array` overlaps, and so is a member from now on."""
        start, end = bounds(array)
        if start >= self.end or (start - self.start) % array.itemsize:
            return False
        self.end = max(end, self.end)
        self.count = (self.end - self.start) // array.itemsize
        self.members.append(array)
        return True

    def content(self) -> Any:
        """Its bytes, lowest byte first in each element."""
        first = self.members[0]
        flat = np.lib.stride_tricks.as_strided(first, (self.count,), (first.itemsize,))
        if sys.byteorder == "big":
            flat = flat.view(in_bytes(self.dtype)).byteswap()
        return flat.view(np.uint8) if self.count else b""


def bounds(array: Any) -> tuple[int, int]:
    """The addresses of the first byte of `array`, whose strides are positive, and beyond its last.

    >>> start, end = bounds(np.zeros((2, 3), np.float32))
    >>> end - start
    24
    """
    start: int = array.__array_interface__["data"][0]
    if not array.size:
        return start, start
    steps = zip(array.shape, array.strides, strict=True)
    return start, start + sum([(n - 1) * s for n, s in steps]) + array.itemsize


def spans_of(arrays: list[Any]) -> dict[int, Span]:
    """The span of each of the `arrays`, by identity. They must be plain (see `plain_array`)."""
    groups: dict[Any, list[Any]] = {}
    for array in arrays:
        groups.setdefault((id(owner_of(array)), array.dtype), []).append(array)
    found: dict[int, Span] = {}
    for group in groups.values():
        span = None
        for array in sorted(group, key=bounds):
            if span is None or not span.joined(array):
                span = Span(array)
            found[id(array)] = span
    return found


def plain_array(array: Any) -> Any:
    """`array`, or a copy if its strides are not those of a tensor in a file."""
    odd = any([s < 0 or s % array.itemsize for s in array.strides])
    return np.ascontiguousarray(array) if odd or not array.dtype.isnative else array
