"""Batches of rows in machine code: what a batch maker does (see gather.py), once it is there.

Nothing is copied ahead: the dataset may be changed until its batch is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from .. import dtypes
from ..engines.engine import Output
from ..engines.rote import GATHER, NDIM, SOURCE
from ..graph import contiguous_strides
from ..runtime import compiling
from ..runtime.entry import Handle
from ..runtime.record import leaf_for
from ..runtime.rote import Unfit, offset_of
from ..runtime.slots import Slots
from ..runtime.warm import tensors_made
from ..tensor import Tensor

LARGEST = 1 << 24
"""Bytes of a batch in one array, at most: of larger ones copying takes all the time there is."""

MOST = 1 << 12
"""Samples of a batch, at most."""

FIXED = (tuple, np.ndarray, Tensor, type(None), bool)
"""Types of what has one length for ever, or is looked at anyway."""


def native_maker(table: Any, count: int, otherwise: Callable[[Any], Any]) -> Any:
    """A function that makes the batch at an array of `count` indices, or has `otherwise` do it.

    None if there is none.
    """
    machinery = compiling.state.machinery
    if machinery is None or not 0 < count <= MOST:
        return None
    try:
        words, things = table_for(table, count, otherwise)
    except Unfit:
        return None
    return machinery.gather(words, things)


def table_for(table: Any, count: int, otherwise: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """The table of such a function (see engines/rote.py), and the objects that it names."""
    (kind, new), nothing = tensors_made(), ()
    arrays = [t._array if isinstance(t, Tensor) else t for t in table.tensors]
    rows = len(arrays[0])
    if not rows or {len(array) for array in arrays} != {rows}:
        raise Unfit("sources differ in length")
    slots = slots_for(arrays, count)
    leaves = [leaf_for(room) for room in slots]
    sources = list(map(source, table.tensors, leaves, table.values))
    looks = looks_at(table.intact)
    index = source(np.empty(count, np.int64), None, None)
    scratch = np.empty(count + 2 * len(arrays), np.int64)
    words = {
        "tables": len(arrays), "count": count, "rows": rows, "single": table.single,
        "map_data": 0, "map_count": 0, "scratch": scratch.ctypes.data, "otherwise": id(otherwise),
        "slots": id(slots), "spares": id(slots.spares), "like": id(np.empty_like),
        "tensor_type": id(kind), "new": new, "no_arguments": id(nothing),
        "value_offset": offset_of(Handle, "_value"), "array_offset": offset_of(Handle, "_array"),
        "looks": len(looks) // 4,
    }  # fmt: skip
    if table.rows is not None:
        words["map_data"], words["map_count"] = table.rows.ctypes.data, len(table.rows)
    things = [table.tensors, table.rows, table.intact, table.values, leaves, slots, scratch]
    things += [otherwise, kind, nothing, np.empty_like]
    rest = [*index, *looks, *chain.from_iterable(sources)]
    return np.array([*[words[word] for word in GATHER[:-1]], *rest], np.int64), things


def slots_for(arrays: list[Any], count: int) -> Slots:
    """Two arrays for each part of a batch, used in turns."""
    if max([array.nbytes // len(array) for array in arrays]) * count > LARGEST:
        raise Unfit("copying takes all the time there is")
    shapes = [(count, *array.shape[1:]) for array in arrays]
    kinds = [dtypes.stored_in(array.dtype) for array in arrays]
    outputs = zip(shapes, kinds, map(contiguous_strides, shapes), strict=True)
    slots = Slots([Output(*output) for output in outputs], LARGEST)
    for k in range(len(slots)):
        slots.renew(k)
    return slots


def looks_at(intact: list[tuple[Any, ...]]) -> list[int]:
    """What must not have changed, in words."""
    words: list[int] = []
    for owner, name, found, count in intact:
        if type(found) not in (list, range, *FIXED):
            raise Unfit("its length is not where that of a list is")
        words += [id(owner), id(name), id(found), count if type(found) is list else -1]
    return words


def source(thing: Any, leaf: Any, value: Any) -> list[int]:
    """The words of a source, a tensor that denotes `value` or (if that is None) an array."""
    array = thing if value is None else thing._array
    fits = type(array) is np.ndarray and array.flags.c_contiguous and array.flags.aligned
    if not fits or array.dtype is not np.dtype(array.dtype.type) or array.ndim >= SOURCE - NDIM:
        raise Unfit("its rows do not lie one after the other")
    where = 0 if value is None else id(value)
    row = array.nbytes // len(array)
    words = [id(thing), where, id(leaf), id(array.dtype), row, array.ndim, *array.shape[1:]]
    return words + [0] * (SOURCE - len(words))
