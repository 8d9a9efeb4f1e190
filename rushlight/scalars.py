"""The number in a tensor of one element, for those who ask for one: methods of Tensor."""

from __future__ import annotations

import warnings
from typing import Any

from . import dtypes
from .errors import ArgumentError, DtypeError, ManyError, ShapeError, explain
from .runtime.record import elements
from .runtime.recorder import local

HINT = "use .tolist() for all of them, or reduce it first, e.g. .mean()"


def item(self: Any) -> Any:
    """The only element, as a Python number."""
    array = elements(self)
    if array.size != 1:
        problem = f"a Tensor with {array.size} elements cannot be converted to Scalar"
        raise ManyError(explain("item", problem, {"the tensor": self._value.spec}, HINT))
    return array.item()


def only(tensor: Any) -> Any:
    """As `item`; raises what PyTorch raises where a Python number is asked for."""
    if tensor._value.size != 1:
        problem = "only one element tensors can be converted to Python scalars"
        raise ManyError(explain("number", problem, {"the tensor": tensor._value.spec}, HINT))
    return item(tensor)


class Told:
    """Whether the user has been told what `float(tensor)` does to gradients."""

    already = False


def tell(tensor: Any) -> None:
    """Warn, once, that autograd knows nothing of the number that becomes of a tensor."""
    if tensor._value.requires_grad and local.recorder.grad and not Told.already:
        Told.already = True
        warnings.warn(
            "A tensor that requires grad was converted to a number, of which autograd knows "
            "nothing: use .item(), or .detach() before it.",
            UserWarning,
            stacklevel=3,
        )


def real(tensor: Any) -> Any:
    """The only element, which must be a real number."""
    number = only(tensor)
    if isinstance(number, complex):
        problem = "a complex number cannot be converted to a real one"
        hint = "take its .real or .imag, or .abs()"
        raise DtypeError(explain("number", problem, {"the tensor": tensor._value.spec}, hint))
    return number


def as_bool(self: Any) -> bool:
    """`bool(tensor)`."""
    array = elements(self)
    if array.size != 1:
        problem = "Boolean value of Tensor with more than one value is ambiguous"
        if array.size == 0:
            problem = "Boolean value of Tensor with no values is ambiguous"
        got = {"the tensor": self._value.spec}
        raise ShapeError(explain("bool", problem, got, "use x.any(), x.all() or x.numel()"))
    return bool(array.item())


def as_float(self: Any) -> float:
    """`float(tensor)`."""
    tell(self)
    return float(real(self))


def as_int(self: Any) -> int:
    """`int(tensor)`."""
    return int(real(self))


def as_complex(self: Any) -> complex:
    """`complex(tensor)`."""
    tell(self)
    return complex(only(self))


def as_index(self: Any) -> int:
    """What a tensor means as an index of a list."""
    if self._value.dtype.category > dtypes.INT or self._value.size != 1:
        problem = "only integer tensors of a single element can be converted to an index"
        raise ArgumentError(explain("index", problem, {"the tensor": self._value.spec}))
    return int(item(self))
