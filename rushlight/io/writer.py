"""The pickle of what is saved, as PyTorch would have written it: its names, tensors by storage.

It is written twice. The first time only the tensors are collected, so that it is known which of
them share memory; the second time they are written with their places in it.
"""

from __future__ import annotations

import codecs
import io
import pickle
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from ..devices import Device
from ..dtypes import ALL, DType
from ..errors import PicklingError, explain
from ..nn.parameter import RUNTIME, Parameter
from ..runtime.record import realise
from ..size import Size
from ..tensor import Tensor
from .names import (
    DEVICE,
    OF_TYPE,
    PARAMETER,
    SIZE,
    STORAGE,
    TENSOR,
    TYPES,
    UNTYPED,
    WITH_STATE,
    Name,
)
from .storages import NAMES, Span, plain_array, spans_of

DTYPE_NAMES = {d: Name("torch", d.name) for d in ALL}
STORAGE_NAMES = {d: Name("torch", f"{NAMES[d.name]}Storage") for d in ALL if d.name in NAMES}
TYPE_NAMES = {kind: name for name, kind in TYPES.items()}

FAILURES = (pickle.PicklingError, AttributeError, TypeError, RecursionError)
"""What Python's pickle raises for an object that cannot be pickled."""


def written(obj: Any, protocol: int) -> tuple[bytes, list[Span]]:
    """The pickle of `obj`, and the storages it refers to, in order of their keys."""
    arrays: dict[int, tuple[Any, Any]] = {}
    try:
        Collector(arrays, protocol).dump(obj)
        placed = spans_of([array for _, array in arrays.values()])
        stream = io.BytesIO()
        writer = Writer(stream, protocol, arrays, placed)
        writer.dump(obj)
    except FAILURES as error:
        raise unpicklable(obj, protocol, error) from None
    return stream.getvalue(), writer.spans


class Again:
    """A call of `function` that stands in the pickle where its result is wanted."""

    def __init__(self, function: Name, args: tuple[Any, ...]) -> None:
        self.function = function
        self.args = args


class Writer(pickle._Pickler):  # only the one in Python can write names of what is not there
    """Writes one pickle. `arrays` and `placed` say where each tensor is, by its identity."""

    def __init__(
        self, stream: Any, protocol: int, arrays: dict[int, Any], placed: dict[int, Span]
    ) -> None:
        super().__init__(stream, protocol)
        self.arrays = arrays
        self.placed = placed
        self.spans: list[Span] = []

    def persistent_id(self, obj: Any) -> Any:
        """How the pickle refers to a storage."""
        if type(obj) is not Span:
            return None
        if not obj.key:
            obj.key = str(len(self.spans))
            self.spans.append(obj)
        if obj.dtype in STORAGE_NAMES:
            return ("storage", STORAGE_NAMES[obj.dtype], obj.key, "cpu", obj.count)
        return ("storage", STORAGE, obj.key, "cpu", obj.count * obj.dtype.itemsize)

    def reducer_override(self, obj: Any) -> Any:
        """How our own things are written."""
        if isinstance(obj, Tensor):
            return self.reduced(obj)
        if type(obj) is Size:
            return SIZE, (tuple(obj),)
        if type(obj) is Device:
            return DEVICE, (obj.type,) if obj.index is None else (obj.type, obj.index)
        return NotImplemented

    def reduced(self, tensor: Any) -> Any:
        """The function that makes the tensor again, and its arguments."""
        kind = type(tensor)
        state = {k: v for k, v in vars(tensor).items() if k not in RUNTIME}
        plain = (*self.place(tensor), tensor.requires_grad, OrderedDict())
        if tensor.dtype not in STORAGE_NAMES:
            return UNTYPED, (*plain, tensor.dtype)
        if kind is Parameter:
            data = Again(TENSOR, (*plain[:4], False, OrderedDict()))
            rest = (data, tensor.requires_grad, OrderedDict())
            return (WITH_STATE, (*rest, state)) if state else (PARAMETER, rest)
        if kind is Tensor and not state:
            return TENSOR, plain
        return OF_TYPE, (TENSOR, TYPE_NAMES.get(kind, kind), plain, state)

    def place(self, tensor: Any) -> tuple[Any, int, Any, Any]:
        """Where the tensor is: storage, offset, size, strides."""
        array = self.arrays.setdefault(id(tensor), (tensor, plain_array(realise(tensor))))[1]
        span = self.placed.get(id(array))
        if span is None:  # made since the tensors were collected
            span = self.placed[id(array)] = Span(array)
        start = array.__array_interface__["data"][0]
        offset = (start - span.start) // array.itemsize
        strides = tuple([s // array.itemsize for s in array.strides])
        if not array.size:
            strides = tensor.stride()
        return span, offset, tuple(array.shape), strides

    def save_name(self, name: Name) -> None:
        """Write a name."""
        if self.proto >= 4:
            self.save(name.module)
            self.save(name.name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{name.module}\n{name.name}\n".encode())
        self.memoize(name)

    def save_dtype(self, dtype: DType) -> None:
        """Write a dtype: PyTorch's are global names."""
        self.save(DTYPE_NAMES[dtype])

    def save_bytes(self, content: bytes) -> None:
        """Write bytes; the way in which Python writes empty ones PyTorch does not load."""
        if content or self.proto >= 3:
            super().save_bytes(content)  # type: ignore[misc]
        else:
            self.save_reduce(codecs.encode, ("", "latin1"), obj=content)

    def save_again(self, again: Again) -> None:
        """Write a call within a call."""
        self.save_reduce(again.function, again.args, obj=again)

    dispatch = {**pickle._Pickler.dispatch, Name: save_name, DType: save_dtype}
    dispatch |= {Again: save_again, bytes: save_bytes}


class Collector(Writer):
    """Goes through the same things, but only notes which tensors there are, and their arrays."""

    def __init__(self, arrays: dict[int, Any], protocol: int) -> None:
        super().__init__(Nowhere(), protocol, arrays, {})

    def place(self, tensor: Any) -> tuple[Any, int, Any, Any]:
        """Nothing yet."""
        self.arrays[id(tensor)] = (tensor, plain_array(realise(tensor)))
        return None, 0, (), ()


class Nowhere:
    """A file that keeps nothing."""

    def write(self, content: Any) -> int:
        """The length of what is dropped."""
        return len(content)


# -- what cannot be saved ----------------------------------------------------------------------


def unpicklable(obj: Any, protocol: int, error: BaseException) -> PicklingError:
    """The error for an object that cannot be saved: where in it the trouble is."""
    path, culprit = "", obj
    found = True
    while found:
        found = False
        for step, part in parts(culprit):
            if not can_be_written(part, protocol):
                path, culprit, found = path + step, part, True
                break
    kind = type(culprit).__name__
    where = f"obj{path}" if path else "the object"
    problem = f"cannot save {where}, a {kind}: {error}"
    hint = "save state_dict()s, tensors, numbers, text and containers of these"
    return PicklingError(explain("save", problem, hint=hint))


def parts(obj: Any) -> Iterator[tuple[str, Any]]:
    """What is directly within a container, and how to get there."""
    if isinstance(obj, dict):
        yield from [(f"[{key!r}]", value) for key, value in obj.items()]
    elif isinstance(obj, list | tuple):
        yield from [(f"[{k}]", value) for k, value in enumerate(obj)]
    elif hasattr(obj, "__dict__") and not isinstance(obj, Tensor | type) and not callable(obj):
        yield from [(f".{key}", value) for key, value in vars(obj).items()]


def can_be_written(obj: Any, protocol: int) -> bool:
    """Whether the object alone can be saved."""
    try:
        Collector({}, protocol).dump(obj)
    except FAILURES:
        return False
    return True
