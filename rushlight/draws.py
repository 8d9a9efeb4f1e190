"""Drawing random numbers into memory: of new tensors, and of those that exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import bfloat, rng
from .chance import for_each, room_for
from .generator import LOCK, Generator, twister_of
from .graph import contiguous_strides
from .overwrite import copy_, overwrite, own_memory
from .patterns import room_like
from .runtime.memory import put
from .runtime.mutate import check_leaf
from .runtime.record import wrap
from .runtime.recorder import local

Draw = Callable[..., Any]
"""Makes an array given a twister, a shape, a NumPy dtype and whether the tensor is contiguous.

Those of `draw_uniform` and `draw_normal` also take an array to fill.
"""


def draw_uniform(low: float, high: float) -> Draw:
    """Uniform in [low, high)."""
    return lambda t, shape, dtype, contiguous, *out: rng.uniform(t, shape, low, high, dtype, *out)


def draw_normal(mean: float, std: float) -> Draw:
    """Normal; PyTorch has one algorithm for contiguous tensors and another for others."""
    return lambda t, shape, *how: rng.normal(t, shape, mean, std, *how)


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
