"""Modules converted to another dtype or device: methods of Module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes
from ..devices import Device, on_meta, require_cpu
from ..dtypes import DType
from ..errors import ArgumentError, explain
from ..formats import LAST
from ..modes import no_grad
from ..patterns import empty_like
from ..runtime.absent import AbsenceError, forget_numbers
from ..runtime.entry import Handle
from ..runtime.record import give_cell, leaf_for, realise

Converter = Callable[[Any], Any]


def apply_to_tensors(self: Any, fn: Converter, recurse: bool = True) -> Any:
    """The module itself, after `fn` has replaced its tensors and those of the modules in it.

    Parameters stay the same objects, with other contents.
    """
    if recurse:
        for module in self.children():
            module._apply(fn)
    with no_grad():
        for parameter in self._parameters.values():
            if parameter is not None:
                exchange(parameter, fn(parameter))
                gradient = parameter.grad
                if gradient is not None:
                    parameter.grad = fn(gradient)
        for name, buffer in list(self._buffers.items()):
            if buffer is not None:
                self._buffers[name] = self.__dict__[name] = fn(buffer)
    return self


def exchange(parameter: Any, new: Any) -> None:
    """Have `parameter` be what `new` is, which nothing else uses."""
    if new is parameter:
        return
    if new.is_meta:
        forget_numbers(parameter)
        return
    array = realise(new)
    if not parameter.is_meta:
        realise(parameter)
    persistent = parameter._cell is not None or parameter.is_meta
    requires_grad = parameter._value.requires_grad
    parameter._array = array
    parameter._value = leaf_for(array)
    parameter._base, parameter._chain, parameter._views = None, (), ()
    if persistent:
        give_cell(parameter, requires_grad)


def to(self: Any, *args: Any, **kwargs: Any) -> Any:
    """The module itself, its fractional tensors converted to a dtype, all of them to a device.

    >>> m = torch.nn.Linear(1, 2).to(torch.float64)
    >>> m.weight.dtype
    torch.float64

    `memory_format=torch.channels_last` lays the weights of convolutions out anew.
    """
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    for arg in (*args, kwargs.get("tensor")):
        if isinstance(arg, Handle):
            dtype = arg._value.dtype
        elif isinstance(arg, DType):
            dtype = arg
        elif isinstance(arg, str | Device):
            device = arg
    if on_meta(device, "to"):
        return self._apply(lambda t: t.to(device))
    if device is not None and any([p.is_meta for p in self.parameters()]):
        problem = "Cannot copy out of meta tensor; no data!"
        hint = "Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() first"
        raise AbsenceError(explain(self._get_name(), problem, hint=hint))
    memory_format = kwargs.get("memory_format")
    if memory_format is not None:
        dims = LAST.get(memory_format, 4)
        self._apply(lambda t: t.to(memory_format=memory_format) if t.ndim == dims else t)
    if dtype is None:
        return self
    if dtype.category < dtypes.FLOAT:
        problem = (
            "nn.Module.to only accepts floating point or complex dtypes, but got desired "
            f"dtype={dtype}"
        )
        raise ArgumentError(explain(self._get_name(), problem))
    return self._apply(lambda t: t.to(dtype) if t._value.dtype.category >= dtypes.FLOAT else t)


def type(self: Any, dst_type: Any) -> Any:
    """The module itself, all its tensors converted to `dst_type`."""
    return self._apply(lambda t: t.type(dst_type))


def float(self: Any) -> Any:
    """The module itself, in single precision."""
    return fractional(self, dtypes.float32)


def double(self: Any) -> Any:
    """The module itself, in double precision.

    >>> torch.nn.Linear(1, 2).double().weight.dtype
    torch.float64
    """
    return fractional(self, dtypes.float64)


def half(self: Any) -> Any:
    """The module itself, in half precision."""
    return fractional(self, dtypes.float16)


def fractional(module: Any, dtype: DType) -> Any:
    """`module`, its floating-point tensors converted to `dtype`."""
    return module._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)


def bfloat16(self: Any) -> Any:
    """The module itself, in bfloat16.

    >>> torch.nn.Linear(1, 2).bfloat16().weight.dtype
    torch.bfloat16
    """
    return fractional(self, dtypes.bfloat16)


def cpu(self: Any) -> Any:
    """The module itself: it is on the CPU."""
    return self


def cuda(self: Any, device: Any = None) -> Any:
    """Not here: raises DeviceError."""
    require_cpu("cuda" if device is None else device, "cuda")
    return self


def xpu(self: Any, device: Any = None) -> Any:
    """Not here: raises DeviceError."""
    require_cpu("xpu" if device is None else device, "xpu")
    return self


def to_empty(self: Any, *, device: Any, recurse: bool = True) -> Any:
    """The module itself, with new memory whose contents are arbitrary."""
    return self._apply(lambda t: empty_like(t, device=device), recurse)
