"""Tensors from data: numbers, lists, arrays. They are made at once, not recorded."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np

from . import dtypes
from .devices import cpu, on_meta
from .dtypes import DType
from .errors import (
    ArgumentError,
    ChoiceError,
    DtypeError,
    GradError,
    RangeError,
    ShapeError,
    explain,
)
from .outputs import written
from .public import public
from .runtime.absent import absent, is_absent
from .runtime.entry import Handle
from .runtime.memory import export
from .runtime.record import elements, give_cell, realise, wrap


def finished(array: Any, requires_grad: bool, op: str, out: Any = None, device: Any = cpu) -> Any:
    """A tensor on the memory of `array`, as a leaf that requires grad if so asked; or `out`."""
    if device is not cpu and out is None and on_meta(device, op):
        return absent(array.shape, dtypes.stored_in(array.dtype), requires_grad)
    made = wrap(array)
    if out is not None:
        return written(out, made, op, quiet=True)
    if requires_grad:
        if not made._value.dtype.differentiable:
            problem = "only Tensors of floating point and complex dtype can require gradients"
            raise GradError(explain(op, problem, {"the tensor": made._value.spec}))
        give_cell(made, True)
    return made


def checked_dtype(dtype: Any, op: str, out: Any = None) -> DType | None:
    """`dtype`, if it is one of ours or None; that of `out` if there is one."""
    if isinstance(out, Handle):
        if dtype is not None and dtype is not out._value.dtype:
            problem = f"dtype {dtype} does not match dtype of out parameter ({out._value.dtype})"
            raise DtypeError(explain(op, problem, hint="leave dtype= away"))
        return out._value.dtype
    if dtype is None or isinstance(dtype, DType):
        return dtype
    named = {float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_}
    if dtype in named:
        return named[dtype]
    hint = "such as torch.float32"
    raise ArgumentError(explain(op, f"dtype must be a torch.dtype, not {dtype!r}", hint=hint))


@public()
def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """A tensor with a copy of `data`: a number, nested lists, an array or a tensor.

    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    dtype = checked_dtype(dtype, "tensor")
    if type(data) is list:
        array = numbers_in(data, dtype)
        if array is not None:
            return finished(array, requires_grad, "tensor", None, device)
    if isinstance(data, Handle):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach()."
            "clone() or sourceTensor.detach().clone().requires_grad_(True), rather than "
            "torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    array = array_of(data, dtype, "tensor")
    if array is data or array.base is not None or isinstance(data, Handle | np.ndarray):
        array = np.array(array, order="K")  # PyTorch keeps the memory order of arrays, too
    return finished(array, requires_grad, "tensor", None, device)


def numbers_in(data: list[Any], dtype: DType | None) -> Any:
    """An array of a list of Python's own numbers, all of one type; None if it takes a look.

    States, actions and rewards come so, one by one.
    """
    kinds = set(map(type, data))
    if kinds == {float}:
        wanted = dtypes.default() if dtype is None else dtype
        if wanted is dtypes.float32 or wanted is dtypes.float64:
            return np.array(data, wanted.numpy)
    elif kinds == {int} and (dtype is None or dtype is dtypes.int64):
        try:
            return np.array(data, np.int64)
        except OverflowError:
            return None
    return None


def array_of(data: Any, dtype: DType | None, op: str) -> Any:
    """`data` as an array of `dtype`, or of the dtype that PyTorch would infer."""
    if isinstance(data, Handle):
        array = realise(data)
        return array if dtype is None else dtype.array(array, copy=True)
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
        wanted = dtypes.of_numpy(array.dtype, op) if dtype is None else dtype
        return wanted.array(array)
    if isinstance(data, list | tuple) and contains_tensor(data):
        dtype = dtype or reduce(dtypes.promote, map(dtype_of, leaves(data)))
        data = unpacked(data)
    try:
        array = np.array(data)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind in "OUSV":
        raise unreadable(data, op)
    if dtype is None:
        dtype = inferred(array, data, op)
    check_fit(array, dtype, op)
    return dtype.array(array)


def check_fit(array: Any, dtype: DType, op: str) -> None:
    """Raise if a number in `array` would become another in `dtype`."""
    if array.dtype.kind == "c" and not dtype.is_complex:
        problem = f"a complex number cannot be converted to {dtype.name}"
        raise ArgumentError(explain(op, problem, hint="take the .real part of it"))
    if dtype.category != dtypes.INT or array.dtype == dtype.numpy or not array.size:
        return
    limits = np.iinfo(dtype.numpy)
    least = limits.min if dtype.is_signed else -limits.max  # PyTorch lets these wrap around
    fits = (array >= least) & (array <= limits.max)
    if not fits.all():
        problem = f"value cannot be converted to type {dtype.name} without overflow"
        got = {"the value": array[~fits].flat[0].item()}
        hint = f"{dtype.name} holds {limits.min} to {limits.max}"
        raise RangeError(explain(op, problem, got, hint))


def inferred(array: Any, data: Any, op: str) -> DType:
    """The dtype of a tensor of nested lists, `data`: NumPy's own types among them are kept."""
    kinds = kinds_in(data)
    if any([issubclass(kind, np.ndarray | np.generic) for kind in kinds]):
        found = [dtypes.of_numpy(np.dtype(k), op) for k in kinds if issubclass(k, np.generic)]
        found += [dtypes.of_number(kind()) for kind in kinds if kind in (bool, int, float, complex)]
        if np.ndarray in kinds:
            found += [dtypes.of_numpy(a.dtype, op) for a in leaves(data) if type(a) is np.ndarray]
        if found:
            return reduce(dtypes.promote, found)
    if array.dtype.kind == "f":
        return dtypes.default()
    if array.dtype.kind == "u":
        raise ChoiceError(explain(op, "an integer is too large for int64"))
    return (
        dtypes.default().to_complex() if array.dtype.kind == "c" else dtypes.of_numpy(array.dtype)
    )


def kinds_in(data: Any) -> set[type]:
    """The types of the items of nested lists."""
    if not isinstance(data, list | tuple):
        return {type(data)}
    kinds = set(map(type, data))
    inner = {kind for kind in kinds if issubclass(kind, list | tuple)}
    if not inner:
        return kinds
    within = [kinds_in(item) for item in data if type(item) in inner]
    return (kinds - inner).union(*within)


def contains_tensor(data: Sequence[Any]) -> bool:
    """Whether nested lists hold tensors (their first items tell)."""
    for item in data:
        if isinstance(item, Handle):
            return True
        if isinstance(item, list | tuple) and item:
            return contains_tensor(item)
    return False


def dtype_of(leaf: Any) -> DType:
    """The dtype of a tensor or a number in nested lists."""
    return leaf._value.dtype if isinstance(leaf, Handle) else dtypes.of_number(leaf)


def unpacked(data: Any) -> Any:
    """Nested lists with tensors of one element as numbers."""
    if isinstance(data, Handle):
        return elements(data).tolist()
    return [unpacked(d) for d in data] if isinstance(data, list | tuple) else data


class TextError(ArgumentError, ChoiceError):
    """Text where numbers are wanted: a TypeError or a ValueError, depending on where it stands."""


def unreadable(data: Any, op: str) -> Exception:
    """The error for data that is no rectangle of numbers."""
    if isinstance(data, list | tuple):
        lengths = {len(d) if isinstance(d, list | tuple) else None for d in data}
        if len(lengths) > 1:
            first = len(data[0]) if isinstance(data[0], list | tuple) else 0
            problem = f"expected sequence of length {first} at dim 1, got rows of other lengths"
            hint = "pad the rows to one length, or keep a list of tensors"
            return ChoiceError(explain(op, problem, hint=hint))
    leaf = next((leaf for leaf in leaves(data) if not isinstance(leaf, NUMBERS)), 0)
    if isinstance(leaf, int):
        return ChoiceError(explain(op, f"an integer is too large for int64: {data!r:.60}"))
    problem = f"could not infer dtype of {type(leaf).__name__}: {data!r:.60}"
    if isinstance(leaf, str | bytes):
        hint = "texts must become numbers first, as in [names.index(n) for n in labels]"
        return TextError(explain(op, problem, hint=hint))
    hint = "is a value missing, or a return?" if leaf is None else ""
    return DtypeError(explain(op, problem, hint=hint))


NUMBERS = (int, float, complex, np.number, np.bool_)


def leaves(data: Any) -> Iterator[Any]:
    """The items of nested lists that are no lists."""
    if isinstance(data, list | tuple):
        for item in data:
            yield from leaves(item)
    else:
        yield data


@public()
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """`data` as a tensor, sharing its memory where that is possible."""
    dtype = checked_dtype(dtype, "as_tensor")
    if isinstance(data, Handle) and not is_absent(data) and device is not None:
        return data.to(device, dtype)  # type: ignore[attr-defined]
    if isinstance(data, Handle):
        return data if dtype is None else data.to(dtype)  # type: ignore[attr-defined]
    array = array_of(data, dtype, "as_tensor")
    shares = isinstance(data, np.ndarray) and np.may_share_memory(array, data)
    if shares and not on_meta(device, "as_tensor"):
        return from_numpy(array)
    return finished(array, False, "as_tensor", None, device)


@public()
def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Any:
    """`obj` as a tensor: a copy only if `copy` says so or if there is no other way."""
    made = tensor(obj, dtype=dtype, device=device) if copy else as_tensor(obj, dtype, device)
    return made.requires_grad_() if requires_grad else made


@public()
def from_numpy(array: Any) -> Any:
    """A tensor on the memory of a NumPy array: each sees what the other writes.

    >>> a = np.zeros(2)
    >>> t = torch.from_numpy(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=torch.float64)
    """
    if not isinstance(array, np.ndarray):
        kind = type(array).__name__
        hint = "torch.tensor(data) makes a tensor of lists and numbers"
        raise ArgumentError(explain("from_numpy", f"expected np.ndarray (got {kind})", hint=hint))
    dtypes.of_numpy(array.dtype, "from_numpy")
    if any([s < 0 for s in array.strides]):
        problem = "some of the strides of the array are negative"
        raise ChoiceError(explain("from_numpy", problem, hint="use array.copy()"))
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    made = wrap(array.view())
    export(array)
    return made


@public()
def from_dlpack(ext_tensor: Any) -> Any:
    """A tensor on the memory of a tensor of another library (NumPy, JAX, PyTorch, ...).

    >>> torch.from_dlpack(np.arange(3.0))
    tensor([0., 1., 2.], dtype=torch.float64)
    """
    if isinstance(ext_tensor, Handle):
        return ext_tensor.detach()  # type: ignore[attr-defined]
    try:
        array = np.from_dlpack(ext_tensor)
    except (AttributeError, BufferError, RuntimeError) as error:
        raise ArgumentError(explain("from_dlpack", str(error))) from error
    return from_numpy(array)


@public()
def frombuffer(buffer: Any, *, dtype: DType, count: int = -1, offset: int = 0) -> Any:
    """A 1-D tensor on the memory of a buffer."""
    if dtype is dtypes.bfloat16:
        bits = frombuffer(buffer, dtype=dtypes.uint16, count=count, offset=offset)
        return bits.view(dtype)
    return from_numpy(np.frombuffer(buffer, dtype.numpy, count, offset))


@public()
def from_file(
    filename: Any, shared: bool | None = None, size: int = 0, *, dtype: Any = None, **options: Any
) -> Any:
    """A 1-D tensor of `size` elements on the memory of a file.

    With `shared` what is written to it goes to the file, which is made or lengthened if need be;
    without, the file stays as it is.
    """
    kind = checked_dtype(dtype, "from_file") or dtypes.default()
    length = size * kind.itemsize
    if shared:
        with open(filename, "ab") as file:
            if file.tell() < length:
                file.truncate(length)
    elif not os.path.isfile(filename) or os.path.getsize(filename) < length:
        problem = f"there is no file of at least {length} bytes, for {size} elements"
        raise ShapeError(explain("from_file", problem, {"the file": filename}))
    room = np.memmap(filename, kind.numpy, "r+" if shared else "c", shape=(size,)) if size else []
    made = finished(np.asarray(room, kind.numpy), bool(options.get("requires_grad")), "from_file")
    export(realise(made))
    return made


@public()
def scalar_tensor(
    value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A 0-d tensor of a number; of the default dtype unless said otherwise."""
    kind = dtype or dtypes.default()
    return tensor(value, dtype=kind, device=device, requires_grad=requires_grad)
