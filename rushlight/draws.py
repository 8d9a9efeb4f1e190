"""Drawing random numbers into memory: of new tensors, and of those that exist."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import bfloat, rng
from .chance import for_each, room_for
from .generator import LOCK, Generator, twister_of
from .graph import contiguous_strides
from .overwrite import copy_, overwrite, own_memory
from .patterns import room_like
from .runtime.absent import is_absent
from .runtime.memory import put
from .runtime.mutate import check_leaf
from .runtime.record import wrap
from .runtime.recorder import local

Draw = Callable[..., Any]
"""Makes an array given a twister, a shape, a NumPy dtype and whether the tensor is contiguous.

Those of `draw_uniform` and `draw_normal` also take an array to fill.
"""


def draw_uniform(low: float, high: float) -> Draw:
    """Uniform in [low, high); both parts of a complex number are."""

    def draw(twister: Any, shape: Any, dtype: Any, contiguous: bool, *out: Any) -> Any:
        if dtype.kind == "c":
            return joined(rng.uniform(twister, (*shape, 2), low, high, part_of(dtype)), dtype)
        return rng.uniform(twister, shape, low, high, dtype, *out)

    return draw


def draw_normal(mean: float, std: float) -> Draw:
    """Normal; PyTorch has one algorithm for contiguous tensors and another for others.

    Each part of a complex number has this mean, and half of the variance.
    """

    def draw(twister: Any, shape: Any, dtype: Any, contiguous: bool, *out: Any) -> Any:
        if dtype.kind == "c":
            spread = std / math.sqrt(2.0)
            parts = rng.normal(twister, (*shape, 2), mean, spread, part_of(dtype), contiguous)
            return joined(parts, dtype)
        return rng.normal(twister, shape, mean, std, dtype, contiguous, *out)

    return draw


def part_of(dtype: Any) -> Any:
    """The NumPy dtype of the real and imaginary parts of a complex one."""
    return np.empty(0, dtype).real.dtype


def joined(parts: Any, dtype: Any) -> Any:
    """Complex numbers of real and imaginary parts, which lie beside each other."""
    return np.ascontiguousarray(parts).view(dtype)[..., 0]


def filled(room: Any, generator: Generator | None, draw: Draw) -> Any:
    """`room` filled in the order of its memory, or another array like it that was drawn so."""
    item = room.itemsize
    contiguous = tuple([s // item for s in room.strides]) == contiguous_strides(room.shape)
    order = sorted(range(room.ndim), key=lambda k: (-room.strides[k], k))
    view = room.transpose(order)
    with LOCK:
        found = draw(twister_of(generator), view.shape, room.dtype, contiguous)
    found = bfloat.converted(found, room.dtype, copy=False)
    if contiguous and found.dtype == room.dtype and found.shape == room.shape:
        return found  # large weights need not be copied
    view[...] = found
    return room


def refill(
    tensor: Any, generator: Generator | None, draw: Draw, op: str, fills: bool = False
) -> Any:
    """`tensor`, after its elements were drawn anew; `fills` says that `draw` can fill an array."""
    recorder = local.recorder
    check_leaf(recorder, op, tensor)
    if is_absent(tensor):
        return tensor
    if recorder.mapping:

        def make(shape: tuple[int, ...]) -> Any:
            return wrap(filled(room_for(tensor, shape), generator, draw))

        return copy_(tensor, for_each(op, tensor._value.shape, make))
    room = own_memory(tensor) if fills else None
    if room is not None:
        with LOCK:
            found = room
            try:
                found = draw(twister_of(generator), room.shape, room.dtype, True, room)
            finally:  # even if it was interrupted the elements are not what they were
                put(tensor, bfloat.converted(found, room.dtype, copy=False))
        return tensor
    return overwrite(tensor, filled(room_like(tensor), generator, draw))
