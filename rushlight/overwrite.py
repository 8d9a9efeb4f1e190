"""Replace all elements of a tensor: `zero_`, `fill_`, `copy_` and random fills.

What was in a concrete tensor does not matter any more, so nothing need be recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import bfloat, ops
from .dtypes import DType
from .errors import ShapeError, explain
from .graph import Fresh, Node
from .ops.samples import floats, ints
from .ops.table import Number, Tensor, derived
from .patterns import room_like
from .public import public
from .runtime.absent import is_absent
from .runtime.entry import Handle
from .runtime.memory import is_exported, is_private, store
from .runtime.mutate import apply_inplace, check_leaf
from .runtime.record import settle, wrap
from .runtime.recorder import local


def overwrite(tensor: Any, array: Any) -> Any:
    """`tensor`, after it took over the elements (and the memory) of `array`."""
    if is_absent(tensor):
        return tensor
    recorder = local.recorder
    settle(recorder, (tensor,))
    value = tensor._value
    if not value.leaf or (value.requires_grad and tensor._cell is None):
        return apply_inplace(copy, (tensor, wrap(array)), {})
    if type(value) is Fresh and is_private(tensor) and not is_exported(tensor._array):
        tensor._array = array  # calls recorded earlier go on reading the old memory
        return tensor
    recorder.flush()
    store(tensor, array)
    return tensor


LARGE = 1 << 16
"""From so many elements on new memory costs more than what is put into it."""


def own_memory(tensor: Any) -> Any:
    """The memory of a large parameter that nobody else sees, to be filled anew; else None.

    Whoever has filled it says so with `put`.
    """
    recorder = local.recorder
    if tensor._cell is None or math.prod(tensor._value.shape) < LARGE:
        return None
    settle(recorder, (tensor,))
    recorder.flush()
    if not is_private(tensor) or is_exported(tensor._array):
        return None
    flags = tensor._array.flags
    return tensor._array if flags.c_contiguous and flags.writeable else None


@public("torch Tensor")
def zero_(input: Any) -> Any:
    """Itself, with every element 0."""
    return fill_(input, 0)


@public("torch Tensor")
def fill_(input: Any, value: Any) -> Any:
    """Itself, with every element `value`."""
    check_leaf(local.recorder, "fill_", input)
    if not input._value.leaf or isinstance(value, Handle):
        return apply_inplace(fill, (input, value), {})
    room = room_like(input)
    bfloat.fill(room, value)
    return overwrite(input, room)


@public("Tensor")
def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
    """Itself, with the elements of `src`, broadcast and converted."""
    return apply_inplace(copy, (self, src), {})


@derived(grad_name="CopyBackwards")
def copy(input: Tensor, src: Tensor | Number) -> Node:
    """`src` in the shape and dtype of `input`."""
    return ops.clone(shaped(converted(src, input.dtype), input, "copy_"))


@derived(on="torch")
def fill(input: Tensor, value: Tensor | Number) -> Node:
    """A tensor like `input` with every element `value`."""
    filled = ops.clone(shaped(converted(value, input.dtype), input, "fill_"))
    return ops.overwritten(input, filled) if input.requires_grad else filled


@fill.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 2.5
    yield ints(3), 2


def converted(value: Node, dtype: DType) -> Node:
    """`value` in `dtype`."""
    return value if value.dtype is dtype and not value.number else ops.cast(value, dtype=dtype)


def shaped(value: Node, input: Node, op: str) -> Node:
    """`value` broadcast to the shape of `input`."""
    if value.shape == input.shape:
        return value
    try:
        fits = np.broadcast_shapes(value.shape, input.shape) == input.shape
    except ValueError:
        fits = False
    if not fits:
        got = {"the tensor": input.spec, "the value": value.spec}
        raise ShapeError(explain(op, "the value does not broadcast to the tensor", got))
    return ops.expand_view(value, shape=input.shape)
