"""Who else can see a piece of memory, and how a tensor's memory is changed without harm to them.

NumPy keeps count for us: every array and every view that can reach some memory holds a reference
to the array that owns it. Memory that only one tensor reaches may simply be exchanged for new
memory. Memory that was handed to NumPy may change behind our back, so what is recorded to be read
later must be a snapshot.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from ..graph import Node, contiguous_strides
from .entry import Entry, Handle
from .world import world

Array = np.ndarray[Any, Any]

EXPORTED: dict[int, weakref.ref[Array]] = {}
"""Arrays that NumPy code can reach, by identity."""

POOLED: dict[int, tuple[weakref.ref[Any], int]] = {}
"""Arrays that a native program may fill again (see slots.py), by identity: in which slot they are.

What it says is believed only if the array is still in that slot, or its spare one."""


SAVING: set[weakref.ref[Any]] = set()
"""Every live generation of saved values (see history.py). Its callbacks are not Python, so that no
interrupt can keep one from being taken out."""


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
    if EXPORTED and is_exported(handle._array):
        if not is_private(handle):
            return np.array(handle._array, order="K")
        EXPORTED.pop(id(owner_of(handle._array)), None)  # NumPy has let go of it
    found: Array = handle._array
    return found


def views_exported(entry: Entry, handles: Sequence[Handle]) -> bool:
    """Whether `entry` takes a view of memory that NumPy code can reach: then no copy will do."""
    if not EXPORTED or not getattr(entry.api, "view", False):
        return False
    return any([is_exported(handles[k]._array) for k in entry.places])


class _Probe:
    """Something with an `_array`, to learn how many references a private one has."""

    def __init__(self, array: Array) -> None:
        self._array = array


def _references(handle: Any) -> int:
    """How many references `getrefcount` sees to the array of a tensor."""
    return getrefcount(handle._array)


def _base_references(handle: Any) -> int:
    """How many references `getrefcount` sees to the owner of the memory that the array views."""
    base = handle._array.base
    return getrefcount(base)


_PRIVATE = _references(_Probe(np.empty(0)))
_PRIVATE_BASE = _base_references(_Probe(np.empty(1).view()))


def is_private(handle: Handle) -> bool:
    """Whether nothing but `handle` can see its memory."""
    held = _references(handle) - _PRIVATE - (handle._cell is not None)
    if held > 0 and held > is_pooled(handle._array):
        return False
    kind = type(handle._array.base)
    if kind is not np.ndarray:
        return handle._array.base is None
    return handle._array.base.base is None and _base_references(handle) <= _PRIVATE_BASE


def is_pooled(array: Array) -> bool:
    """Whether a slot holds `array`: then one reference to it means nothing."""
    known = POOLED.get(id(array))
    if known is None:
        return False
    slots = known[0]()
    return slots is not None and slots.has(known[1], array)


def store(handle: Handle, array: Array) -> None:
    """Give a persistent tensor a new value; everything that shares its memory sees it.

    `array` must be memory that nothing else uses: it may become the tensor's own.
    """
    if handle._array is array:
        return  # this has been done before, by a delivery that was interrupted
    if handle._array.strides == array.strides and is_private(handle):
        put(handle, array)
    else:
        write(handle, array)


def put(handle: Handle, array: Array) -> None:
    """Make `array` the memory of a tensor that nobody else sees; it may be what it has, changed."""
    if handle._cell is not None:
        stamp = object()
        world.changed()
        handle._cell.array = array
        handle._cell.stamp = stamp
    handle._array = array


def write(handle: Handle, value: Any) -> None:
    """Write `value` into the memory of a concrete tensor, where every alias of it sees it."""
    protect_saved(handle._array)
    np.copyto(handle._array, value, casting="unsafe")


def protect_saved(*arrays: Array) -> None:
    """Give every generation of saved values that uses their memory a copy of its own."""
    if SAVING and arrays:
        owners = {id(owner_of(array)) for array in arrays}
        for generation in [reference() for reference in list(SAVING)]:
            if generation is not None:
                generation.copy_if_shared(owners)


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
