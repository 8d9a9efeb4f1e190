"""The names that a pickle of tensors may ask for, and what answers in their place.

Every answer is a function of ours that checks what it is given: the arguments come from a file that
anybody may have written.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from ..devices import Device
from ..dtypes import DType
from ..errors import DataError, explain
from ..nn.parameter import RUNTIME, Parameter
from ..size import Size
from ..tensor import Tensor
from .storages import KINDS, Storage, tensor_on


class Name(NamedTuple):
    """A name of PyTorch or Python: in a pickle it stands for the thing itself."""

    module: str
    name: str

    def __call__(self, *args: Any) -> Any:
        """Nothing: it only looks as if it could be called, for those who write pickles."""
        raise TypeError(f"{self.module}.{self.name} is only a name")


TENSOR = Name("torch._utils", "_rebuild_tensor_v2")
UNTYPED = Name("torch._utils", "_rebuild_tensor_v3")
PARAMETER = Name("torch._utils", "_rebuild_parameter")
WITH_STATE = Name("torch._utils", "_rebuild_parameter_with_state")
OF_TYPE = Name("torch._tensor", "_rebuild_from_type_v2")
STORAGE = Name("torch.storage", "UntypedStorage")
SIZE = Name("torch", "Size")
DEVICE = Name("torch", "device")

TYPES = {Name("torch", "Tensor"): Tensor, Name("torch.nn.parameter", "Parameter"): Parameter}
"""Types of tensors: they are passed on by name."""


def in_python3(module: str, name: str) -> Name:
    """The name by which Python 3 knows what pickles of protocol 2 and less call so."""
    if module == "__builtin__":
        return Name("builtins", name)
    if module.startswith("numpy.core."):  # as NumPy 1 had it
        return Name(module.replace(".core.", "._core."), name)
    return Name(module, name)


# -- tensors -----------------------------------------------------------------------------------


def rebuild_tensor(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    hooks: Any = None,
    metadata: Any = None,
) -> Any:
    """A tensor on a storage."""
    if not isinstance(storage, Storage):
        raise ValueError(f"a tensor on {type(storage).__name__}")
    made = tensor_on(storage, offset, tuple(size), tuple(stride))
    return made.requires_grad_() if requires_grad else made


def rebuild_untyped(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Any:
    """A tensor on a storage of bytes."""
    if not isinstance(storage, Storage) or not isinstance(dtype, DType):
        raise ValueError(f"a tensor of {dtype} on {type(storage).__name__}")
    return rebuild_tensor(storage.read_as(dtype), offset, size, stride, requires_grad)


def rebuild_parameter(data: Any, requires_grad: Any, hooks: Any = None, state: Any = None) -> Any:
    """A parameter on the memory of a tensor."""
    made = Parameter(data, bool(requires_grad))
    return with_attributes(made, state)


def rebuild_of_type(function: Any, kind: Any, args: Any, state: Any) -> Any:
    """A tensor with attributes of its own."""
    if function not in (TENSOR, PARAMETER) or kind not in TYPES:
        raise ValueError(f"a tensor of type {kind}")
    return with_attributes(ANSWERS[function](*args), state)


def with_attributes(tensor: Any, state: Any) -> Any:
    """`tensor` with the attributes that its user had given it."""
    if type(state) is tuple:
        state = state[0]
    for name, value in (state or {}).items():
        if name not in RUNTIME and name[:2] != "__" and not hasattr(type(tensor), name):
            vars(tensor)[str(name)] = value
    return tensor


# -- NumPy -------------------------------------------------------------------------------------

PLAIN = "biufcSU"
"""Kinds of arrays that are taken: truth values, numbers, text. No objects, no records."""


def numpy_dtype(name: Any, *flags: Any) -> Any:
    """A dtype of plain elements, not shared with anybody."""
    found = np.dtype(str(name), False, True)  # type: ignore[call-overload]
    if found.kind not in PLAIN or found.fields is not None:
        raise ValueError(f"an array of {name}")
    return found


def set_dtype(dtype: Any, state: Any) -> None:
    """Give a dtype its byte order."""
    order = state[1]
    if order not in ("<", ">", "=", "|") or any([s is not None for s in state[2:5]]):
        raise ValueError("a dtype of records")
    if order != "|":
        sizes = (dtype.itemsize, dtype.alignment, 8) if dtype.kind == "U" else (-1, -1, 0)
        dtype.__setstate__((3, order, None, None, None, *sizes))


def numpy_empty(*args: Any) -> Any:
    """An array that is yet to be given its state."""
    return np.empty(0, np.int8)


def set_array(array: Any, state: Any) -> None:
    """Give an array its shape, dtype and contents."""
    _, shape, dtype, by_columns, content = state
    content = content.encode("latin-1") if isinstance(content, str) else bytes(content)
    array.__setstate__((1, *checked(shape, dtype, content), bool(by_columns), content))


def checked(shape: Any, dtype: Any, content: bytes) -> tuple[tuple[int, ...], Any]:
    """Shape and dtype, if `content` is as long as they say."""
    shape = tuple([int(n) for n in shape])
    if not isinstance(dtype, np.dtype) or dtype.kind not in PLAIN:
        raise ValueError("an array of objects")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{len(content)} bytes for an array of shape {shape}")
    return shape, dtype


def numpy_scalar(dtype: Any, content: Any) -> Any:
    """A scalar of NumPy."""
    content = content.encode("latin-1") if isinstance(content, str) else bytes(content)
    checked((1,), dtype, content)
    return np.frombuffer(content, dtype)[0]


def numpy_from_buffer(content: Any, dtype: Any, shape: Any, order: Any, *rest: Any) -> Any:
    """An array, as pickles of protocol 5 have them."""
    shape, dtype = checked(shape, dtype, bytes(content))
    found = np.frombuffer(bytearray(content), dtype)
    return found.reshape(shape, order="F" if order == "F" else "C")


# -- Python ------------------------------------------------------------------------------------


def encoded(text: Any, encoding: Any = "latin1") -> bytes:
    """Bytes, as pickles of protocol 2 have them."""
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"the encoding {encoding}")
    return str.encode(text, "latin-1")


def items_of(kind: Callable[..., Any]) -> Callable[..., Any]:
    """What makes a container of a list or a tuple, or of nothing."""

    def make(items: Any = ()) -> Any:
        if not isinstance(items, list | tuple | dict):
            raise ValueError(f"a container of {type(items).__name__}")
        return kind(items)

    return make


def bytes_array(content: Any = b"", encoding: Any = "latin-1") -> bytearray:
    """A bytearray."""
    return bytearray(encoded(content, encoding) if isinstance(content, str) else bytes(content))


def size(items: Any = ()) -> Size:
    """A shape."""
    return Size([int(n) for n in items])


def refuse_sparse(*args: Any) -> Any:
    """Nothing: raises DataError."""
    hint = "save tensor.to_dense() there"
    raise DataError(explain("load", "the file has sparse tensors, rushlight has none", hint=hint))


ANSWERS: dict[tuple[str, str], Callable[..., Any]] = {
    TENSOR: rebuild_tensor,
    UNTYPED: rebuild_untyped,
    PARAMETER: rebuild_parameter,
    WITH_STATE: lambda data, grad, hooks, state: rebuild_parameter(data, grad, hooks, state),
    OF_TYPE: rebuild_of_type,
    ("torch._utils", "_rebuild_sparse_tensor"): refuse_sparse,
    SIZE: size,
    DEVICE: Device,
    ("torch.serialization", "_get_layout"): str,
    ("collections", "OrderedDict"): items_of(OrderedDict),
    ("collections", "Counter"): items_of(Counter),
    ("builtins", "set"): items_of(set),
    ("builtins", "frozenset"): items_of(frozenset),
    ("builtins", "list"): items_of(list),
    ("builtins", "tuple"): items_of(tuple),
    ("builtins", "dict"): items_of(dict),
    ("builtins", "slice"): slice,
    ("builtins", "complex"): complex,
    ("builtins", "bytearray"): bytes_array,
    ("builtins", "bytes"): bytes_array,
    ("_codecs", "encode"): encoded,
    ("numpy._core.multiarray", "_reconstruct"): numpy_empty,
    ("numpy._core.multiarray", "scalar"): numpy_scalar,
    ("numpy._core.numeric", "_frombuffer"): numpy_from_buffer,
    ("numpy", "dtype"): numpy_dtype,
}
"""The functions that are called in the place of those a pickle names."""

VALUES: dict[tuple[str, str], Any] = {
    **{("torch", d.name): d for d in dtypes.ALL},
    **{("torch", f"{name}Storage"): kind for name, kind in KINDS.items()},
    STORAGE: dtypes.uint8,
    **{name: name for name in TYPES},
    ("numpy", "ndarray"): None,
}
"""The values of names that are not called."""
