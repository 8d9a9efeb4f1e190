"""Memory for the outputs of a native program, used again and again unless someone holds it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import partial
from sys import getrefcount
from typing import Any

import numpy as np

from ..engines.engine import Output
from ..graph import contiguous_strides
from .memory import POOLED
from .source import IN_SLOT, ITS_BASE

SMALL = 1 << 16
"""Bytes of an array that is worth keeping for the next time."""


def room_for(output: Output) -> Any:
    """An array for `output`, its elements yet to be set."""
    shape, dtype, strides = output
    if strides == contiguous_strides(shape):
        return np.empty(shape, dtype.numpy)
    kind = np.dtype(dtype.numpy)
    wanted = tuple([s * kind.itemsize for s in strides])
    room = np.empty(shape, kind)
    if room.strides == wanted or room.size <= 1:
        return room
    order = sorted(range(len(shape)), key=lambda k: (-strides[k], k))
    back = sorted(range(len(shape)), key=lambda k: order[k])
    dense = np.empty([shape[k] for k in order], kind).transpose(back)
    if dense.strides == wanted:
        return dense
    extent = 1 + sum([(n - 1) * s for n, s in zip(shape, strides, strict=True)])
    return np.lib.stride_tricks.as_strided(np.empty(max(extent, 1), kind), shape, wanted)


def maker_of(output: Output) -> Callable[[], Any]:
    """What makes such an array again and again."""
    shape, dtype, strides = output
    if strides == contiguous_strides(shape):
        return partial(np.empty, shape, dtype.numpy)
    return partial(room_for, output)


class Slots(list[Any]):
    """The arrays of one program's outputs. A tensor may hold one of them too.

    `spares` has the array that was in the slot before, if it has no more than `small` bytes: a loop
    that holds a result until it has the next one uses the two in turns.
    """

    __slots__ = ("__weakref__", "outputs", "small", "spares")

    def __init__(self, outputs: Sequence[Output], small: int = SMALL) -> None:
        super().__init__([None] * len(outputs))
        self.outputs = outputs
        self.small = small
        self.spares: list[Any] = [None] * len(outputs)
        for k in range(len(outputs)):
            self.renew(k)

    def renew(self, k: int) -> Any:
        """Another array in slot `k`: whoever holds the old one keeps it."""
        old = self[k]
        if self.spares[k] is None or is_held(self.spares, k):
            POOLED.pop(id(self.spares[k]), None)
            made = room_for(self.outputs[k])
            POOLED[id(made)] = (weakref.ref(self), k)
        else:
            made = self.spares[k]
        self[k] = made
        self.spares[k] = old if old is not None and old.nbytes <= self.small else None
        if self.spares[k] is None:
            POOLED.pop(id(old), None)
        return made

    def has(self, k: int, array: Any) -> bool:
        """Whether `array` is in slot `k`, or the spare one for it."""
        return self[k] is array or self.spares[k] is array

    def __del__(self, pooled: Any = POOLED) -> None:
        # Perhaps at the very end: this file has no names then. Or an interrupt came at the start.
        for array in (*self, *getattr(self, "spares", ())):
            pooled.pop(id(array), None)


def is_held(arrays: list[Any], k: int) -> bool:
    """Whether anybody else holds the `k`-th of these arrays, or sees its memory."""
    array = arrays[k]
    if getrefcount(array) > IN_SLOT:
        return True
    return isinstance(array.base, np.ndarray) and getrefcount(array.base) > ITS_BASE
