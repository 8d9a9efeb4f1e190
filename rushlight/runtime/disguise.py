"""Tensors of a type of the user's: the type says what functions make of them.

Such a tensor stands before another one, of the usual type, which has the numbers and the history.
What it denotes cannot be recorded: whoever tries is told so, and asks the type (see subclass.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, explain
from ..graph import Leaf, contiguous_strides
from .deliver import Failed
from .entry import Handle


class OverrideError(ArgumentError):
    """A tensor of a type of the user's was to be recorded."""


class Disguised(Failed):
    """What a tensor denotes that stands before another, `inner`."""

    __slots__ = ("inner",)

    def __init__(self, inner: Handle) -> None:
        value = inner._value
        Leaf.__init__(self, value.shape, value.dtype, value.requires_grad)
        self.inner = inner
        if value.strides != contiguous_strides(value.shape):
            self.stride_memo = value.strides

    @property
    def error(self) -> Exception:  # type: ignore[override]
        """A new one each time: it is caught, and must not collect what it has seen."""
        hint = "x.as_subclass(torch.Tensor) is a tensor of the usual type"
        return OverrideError(explain("record", f"this takes no {self.spec} of your type", {}, hint))


def inner_of(thing: Any) -> Any:
    """The tensor of the usual type behind `thing`; anything else as it is."""
    value = getattr(thing, "_value", None)
    return value.inner if type(value) is Disguised else thing


def show(handle: Any, inner: Handle) -> Any:
    """`handle`, after it came to stand before `inner`."""
    handle._value, handle._array = Disguised(inner), None
    return handle


NOBODY: Any = object()
"""No argument of a call says what becomes of it."""


class Asking:
    """How types are asked: `call(name, on, args, kwargs)` gives what they say, or NOBODY.

    The surface knows the functions that types are told of, and sets it.
    """

    call: Callable[..., Any] = staticmethod(lambda *given: NOBODY)


asking = Asking()
