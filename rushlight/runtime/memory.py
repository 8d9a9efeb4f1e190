"""Who else can see a piece of memory, and how a tensor's memory is changed without harm to them.

NumPy keeps count for us: every array and every view that can reach some memory holds a reference
to the array that owns it. Memory that only one tensor reaches may simply be exchanged for new
memory. Memory that was handed to NumPy may change behind our back, so what is recorded to be read
later must be a snapshot.
"""

from __future__ import annotations

import weakref
from sys import getrefcount  # noqa
from typing import Any

import numpy as np

from ..graph import Node, contiguous_strides
from .entry import Handle

Array = np.ndarray[Any, Any]

EXPORTED: dict[int, weakref.ref[Array]] = {}
"""Arrays that NumPy code can reach, by identity."""

GENERATIONS: weakref.WeakSet[Any] = weakref.WeakSet()
"""Every live generation of saved values (see history.py)."""


def owner_of(array: Array) -> Array:
    """The array that owns the memory of `array`."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def export(array: Array) -> None:
    """Note that NumPy code can reach the memory of `array` from now on."""
    owner = owner_of(array)
    key = id(owner)
    if key not in EXPORTED:
        EXPORTED[key] = weakref.ref(owner, lambda _: EXPORTED.pop(key, None))


def is_exported(array: Array) -> bool:
    """Whether NumPy code can still reach the memory of `array`."""
    return bool(EXPORTED) and id(owner_of(array)) in EXPORTED


def to_read(handle: Handle) -> Array:
    """The array of a concrete tensor, safe to be read when the window is run."""
    array = handle._array
    if EXPORTED and is_exported(array):
        if is_private(handle):
            EXPORTED.pop(id(array), None)  # NumPy has let go of it
        else:
            return np.array(array, order="K")
    return array


class _Probe:
    """Something with an `_array`, to learn how many references a private one has."""

    def __init__(self) -> None:
        self._array = np.empty(0)


def _references(handle: Any) -> int:
    return getrefcount(handle._array)


_PRIVATE = _references(_Probe())


def is_private(handle: Handle) -> bool:
    """Whether nothing but `handle` can see its memory."""
    if handle._array.base is not None:
        return False
    return _references(handle) <= _PRIVATE + (handle._cell is not None)


def store(handle: Handle, array: Array) -> None:
    """Give a persistent tensor a new value; everything that shares its memory sees it.

    `array` must be memory that nothing else uses: it may become the tensor's own.
    """
    if handle._array is array:
        return  # this has been done before, by a delivery that was interrupted
    if handle._array.strides == array.strides and is_private(handle):
        if handle._cell is not None:
            handle._cell.array = array
        handle._array = array
    else:
        write(handle, array)


def write(handle: Handle, value: Any) -> None:
    """Write `value` into the memory of a concrete tensor, where every alias of it sees it."""
    protect_saved(handle._array)
    np.copyto(handle._array, value, casting="unsafe")


def protect_saved(array: Array) -> None:
    """Give every generation of saved values that uses this memory a copy of its own."""
    if GENERATIONS:
        owner = owner_of(array)
        for generation in list(GENERATIONS):
            generation.copy_if_shared(owner)


def laid_out(value: Any, node: Node, copy: bool) -> Any:
    """`value` as an array of its own with the strides that `node` is said to have."""
    array = np.asarray(value, node.dtype.numpy)
    item = array.itemsize
    wanted = tuple([s * item for s in node.strides])
    if array.strides == wanted or array.size <= 1:
        return array.copy(order="K") if copy else array
    if node.strides == contiguous_strides(node.shape):
        return array.copy(order="C")
    order = sorted(range(node.ndim), key=lambda k: -node.strides[k])
    inverse = sorted(range(node.ndim), key=lambda k: order[k])
    return array.transpose(order).copy(order="C").transpose(inverse)
