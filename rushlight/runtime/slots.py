"""Memory for the outputs of a native program, used again and again unless someone holds it."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engines.engine import Output
from .memory import POOLED


def room_for(output: Output) -> Any:
    """An array for `output`, its elements yet to be set."""
    shape, dtype, strides = output
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


class Slots(list[Any]):
    """The arrays of one program's outputs. A tensor may hold one of them too."""

    __slots__ = ("__weakref__", "outputs")

    def __init__(self, outputs: Sequence[Output]) -> None:
        super().__init__([None] * len(outputs))
        self.outputs = outputs
        for k in range(len(outputs)):
            self.renew(k)

    def renew(self, k: int) -> Any:
        """Another array in slot `k`: whoever holds the old one keeps it."""
        POOLED.pop(id(self[k]), None)
        made = self[k] = room_for(self.outputs[k])
        POOLED[id(made)] = (weakref.ref(self), k)
        return made

    def __del__(self, pooled: Any = POOLED) -> None:
        for array in self:  # perhaps at the very end, when this file has no names any more
            pooled.pop(id(array), None)
