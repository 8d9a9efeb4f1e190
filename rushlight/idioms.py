"""Methods that programs use and that are no ops: of memory, of a shape changed in place."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from . import bfloat, ops
from .calls import function
from .dtypes import DType
from .errors import DeviceError, GradError, ShapeError, explain
from .formats import preserve_format
from .graph import contiguous_strides
from .indexing import from_array
from .ops import OPS
from .public import public
from .runtime.entry import Handle, at_once, types
from .runtime.memory import protect_saved
from .runtime.mutate import check_leaf
from .runtime.record import leaf_for, realise, wrap
from .runtime.recorder import local
from .runtime.world import world


@public("Tensor")
def is_signed(self: Any) -> bool:
    """Whether the dtype has negative numbers."""
    return bool(self._value.dtype.is_signed)


@public("Tensor")
def apply_(self: Any, callable: Callable[[Any], Any]) -> Any:
    """Itself, with `callable(number)` in the place of each number: slow, one at a time."""
    array = realise(self)
    new = [callable(number) for number in bfloat.values(array).reshape(-1).tolist()]
    return self.copy_(wrap_like(self, np.array(new).reshape(array.shape)))


def wrap_like(tensor: Any, array: Any) -> Any:
    """A tensor of `array` in the dtype of `tensor`."""
    return wrap(tensor._value.dtype.array(array))


@public("Tensor")
def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Any:
    """Itself, with `fill_value` on the diagonal.

    >>> torch.zeros(2, 2).fill_diagonal_(1.0)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if self.ndim < 2:
        problem = "dimensions must be larger than 1"
        raise ShapeError(explain("fill_diagonal_", problem, {"the tensor": self._value.spec}))
    mask = np.zeros(self.shape, bool)
    np.fill_diagonal(mask, True, wrap)
    return self.masked_fill_(from_array(mask), fill_value)


@public("Tensor")
def is_shared(self: Any) -> bool:
    """Whether other processes see its memory: never."""
    return False


@public("Tensor")
def share_memory_(self: Any) -> Any:
    """Itself: threads share it as it is, and other processes get copies."""
    return self


@public("Tensor")
def is_pinned(self: Any, device: Any = None) -> bool:
    """Whether its memory is pinned for an accelerator: never."""
    return False


@public("Tensor")
def pin_memory(self: Any, device: Any = None) -> Any:
    """Not here: raises DeviceError, as PyTorch does without an accelerator."""
    raise DeviceError(explain("pin_memory", "there is no accelerator to pin memory for"))


def reshaped(name: str) -> Any:
    """The method `<name>_`, which gives a tensor another shape on the same memory."""
    view = function(OPS[name])

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_leaf(local.recorder, f"{name}_", self)
        realise(self)
        seen = view(self, *args, **kwargs)
        realise(seen)
        become(self, seen)
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"Itself, with the shape that `{name}` gives."
    return method


def become(tensor: Any, view: Any) -> None:
    """Make `tensor` what `view`, a view of it, is. Its other views then have the old base."""
    if tensor._base is None:
        base = types.new()
        base._array, base._value, base._views = tensor._array, tensor._value, tensor._views
        base._history = tensor._history
        hold(base)
        for other in [v() for v in tensor._views]:
            if other is not None:
                other._base = base
        view._base = base
    at_once(
        (tensor,) * 6,
        ("_array", "_value", "_base", "_chain", "_views", "_history"),
        (view._array, view._value, view._base, view._chain, (), view._history),
    )
    tensor._cell = None
    hold(tensor)
    root = tensor._base
    if all([known() is not tensor for known in root._views]):
        root._views = [*root._views, weakref.ref(tensor)]
    world.changed()


def hold(tensor: Any) -> None:
    """Note that `tensor` is what denotes its value, if that is kept for a gradient."""
    tip = tensor._history
    if tip is not None and tip.node in tip.generation.owners:
        tip.generation.owners[tip.node] = weakref.ref(tensor)


for _name in ("as_strided", "t", "transpose", "swapaxes", "swapdims", "squeeze", "unsqueeze"):
    if _name in OPS:
        public("torch Tensor" if _name == "as_strided" else "Tensor")(reshaped(_name))


@public("Tensor")
def resize_(self: Any, *sizes: Any, memory_format: Any = None) -> Any:
    """Itself with another shape; what there is no room for is lost, new elements are zero.

    >>> torch.arange(6).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    check_leaf(local.recorder, "resize_", self)
    if self._value.requires_grad:
        raise GradError(explain("resize_", "cannot resize variables that require grad"))
    shape = tuple(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
    local.recorder.flush()
    old = realise(self).reshape(-1)
    room = np.zeros(shape, old.dtype)
    kept = min(room.size, old.size)
    room.reshape(-1)[:kept] = old[:kept]
    protect_saved(self._array)
    give_memory(self, room)
    return self


@public("Tensor")
def set_(
    self: Any, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None
) -> Any:
    """Itself, on the memory of `source`: a tensor, with its shape, or a storage."""
    if isinstance(source, Handle):
        self.data = source
    elif source is not None:
        shape = (len(source.flat) - storage_offset,) if size is None else tuple(size)
        strides = contiguous_strides(shape) if stride is None else tuple(stride)
        self.data = source.flat.as_strided(shape, strides, storage_offset)
    else:
        give_memory(self, np.empty(0, self._value.dtype.numpy))
    return self


def give_memory(tensor: Any, array: Any) -> None:
    """Put a concrete tensor on other memory."""
    tensor._base, tensor._chain, tensor._views, tensor._cell = None, (), (), None
    world.changed()
    at_once((tensor, tensor), ("_array", "_value"), (array, leaf_for(array)))


@public("Tensor")
def view(self: Any, *shape: Any) -> Any:
    """A view of the same memory with another shape, or with its bytes read as another dtype.

    >>> torch.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if len(shape) != 1 or not isinstance(shape[0], DType):
        return viewed(self, *shape)
    if self._value.requires_grad:
        raise GradError(explain("view", "bytes cannot be read as another dtype with a gradient"))
    array = realise(self)
    other = shape[0].itemsize != array.itemsize
    if other and array.ndim and array.strides[-1] != array.itemsize:
        problem = "the last dimension must be contiguous to be read as another dtype"
        raise ShapeError(explain("view", problem, {"the tensor": self._value.spec}))
    return wrap(array.view(shape[0].numpy))


@public("torch Tensor")
def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy of `input` in memory of its own; gradients flow through it.

    >>> x = torch.tensor([1.0, 2.0])
    >>> y = x.clone()
    >>> x[0] = 5
    >>> y
    tensor([1., 2.])
    """
    if memory_format is None or memory_format is preserve_format:
        return copied(input)
    return copied_in(input, memory_format)


viewed = function(OPS["view"])
copied_in = function(OPS["copied_in"])
copied = function(ops.clone)
