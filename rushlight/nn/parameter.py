"""Parameters and buffers: the tensors that a module owns."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from ..errors import ArgumentError, explain
from ..missing import missing
from ..patterns import empty
from ..runtime.absent import is_absent, standing_for
from ..runtime.record import give_cell, leaf_for, realise, wrap
from ..tensor import Tensor, TensorType

LATER = ("UninitializedBuffer", "UninitializedParameter")
"""Kinds of parameters that are in a file above this one."""

RUNTIME = frozenset({"_base", "_cell", "_chain", "_grad", "_history", "_views"})
"""What the runtime keeps in a tensor's `__dict__`; anything else there the user has put there."""


class ParameterType(TensorType):
    """The type of Parameter: other tensors may call themselves parameters by `_is_param`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """What `__new__` makes: there is no legacy constructor."""
        return type.__call__(cls, *args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        return (
            cls is Parameter
            and isinstance(instance, Tensor)
            and bool(getattr(instance, "_is_param", False))
        )


class Parameter(Tensor, metaclass=ParameterType, shown="torch.nn.parameter.Parameter"):
    """A tensor that becomes a parameter of the module it is assigned to.

    It shares the memory of `data` and is a leaf, which requires grad unless said otherwise.

    >>> torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """The parameter; of the type of `data`, if that is a subclass of Tensor."""
        if data is None:
            data = wrap(np.empty(0, np.float32))
        if not isinstance(data, Tensor):
            kind = type(data).__name__
            hint = "torch.tensor(...) makes a tensor of numbers, lists and arrays"
            raise ArgumentError(
                explain(cls.__name__, f"data must be a Tensor, not {kind}", {}, hint)
            )
        foreign = type(data) is not Tensor and not type.__instancecheck__(Parameter, data)
        made = leaf_like(type(data) if foreign else cls, data, requires_grad)
        if foreign:
            made._is_param = True
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to be done: `__new__` knows the type."""

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self.text(parameter=True)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            if is_absent(self):
                memo[id(self)] = leaf_like(type(self), self, self.requires_grad)
            else:
                memo[id(self)] = self.rebuilt(realise(self).copy(order="K"))
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        state = {k: v for k, v in self.__dict__.items() if k not in RUNTIME}
        array = realise(self)
        if not array.flags.c_contiguous and not array.flags.f_contiguous:
            array = np.ascontiguousarray(array)
        return (on_memory, (type(self), array, self.requires_grad), state or None)

    def rebuilt(self, array: Any) -> Any:
        """A parameter of the same type on other memory."""
        return on_memory(type(self), array, self.requires_grad)


def on_memory(kind: type[Any], array: Any, requires_grad: bool) -> Any:
    """A tensor of type `kind` on the memory of `array`, a leaf."""
    made = object.__new__(kind)
    made._array = array
    made._value = leaf_for(array)
    if requires_grad:
        if not made._value.dtype.differentiable:
            made.requires_grad_()  # says what is wrong
        give_cell(made, True)
    return made


def leaf_like(kind: type[Any], data: Any, requires_grad: bool) -> Any:
    """A leaf of type `kind` on the memory of `data`, or without numbers if that has none."""
    if is_absent(data):
        return standing_for(data._value, requires_grad, object.__new__(kind))
    return on_memory(kind, realise(data), requires_grad)


def unset(*size: Any, device: Any = None, dtype: Any = None) -> Parameter:
    """A parameter of the given size whose elements are yet to be set."""
    made: Parameter = Parameter(empty(*size, device=device, dtype=dtype))
    return made


def __getattr__(name: str) -> Any:
    if name in LATER:  # they are made of what is here
        return getattr(importlib.import_module(".lazy", __package__), name)
    raise missing("torch.nn.parameter", name, ["Buffer", "Parameter", *LATER])


class BufferType(type):
    """The type of Buffer: tensors are buffers if they say so by `_is_buffer`."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and bool(getattr(instance, "_is_buffer", False))


class Buffer(metaclass=BufferType):
    """A tensor that becomes a buffer of the module it is assigned to.

    A buffer is part of the module's state but is not trained; it is saved in the state dict if
    it is `persistent`.

    >>> m = torch.nn.Module()
    >>> m.mean = torch.nn.Buffer(torch.zeros(2))
    >>> list(m.state_dict())
    ['mean']
    """

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        """A tensor on the memory of `data`, marked as a buffer."""
        if data is None:
            data = wrap(np.empty(0, np.float32))
        kind = type(data) if type(data) is not Parameter else Tensor
        made = leaf_like(kind, data, data.requires_grad)
        made.persistent = persistent
        made._is_buffer = True
        return made
