"""Tensors from data, and tensors filled with a pattern. They are made at once, not recorded."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import dtypes
from .devices import require_cpu
from .dtypes import DType
from .errors import ArgumentError, ChoiceError, GradError, ShapeError, explain
from .ops.table import dense
from .public import public
from .runtime.entry import Handle
from .runtime.memory import export
from .runtime.record import give_cell, realise, wrap


def finished(array: Any, requires_grad: bool, op: str) -> Any:
    """A tensor on the memory of `array`, as a leaf that requires grad if so asked."""
    made = wrap(array)
    if requires_grad:
        if not made._value.dtype.differentiable:
            problem = "only Tensors of floating point and complex dtype can require gradients"
            raise GradError(explain(op, problem, {"the tensor": made._value.spec}))
        give_cell(made, True)
    return made


def checked_dtype(dtype: Any, op: str) -> DType | None:
    """`dtype`, if it is one of ours or None."""
    if dtype is None or isinstance(dtype, DType):
        return dtype
    named = {float: dtypes.default(), int: dtypes.int64, bool: dtypes.bool_}
    if dtype in named:
        return named[dtype]
    kind = f"{dtype!r}"
    raise ArgumentError(explain(op, f"dtype must be a torch.dtype, not {kind}"))


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
    require_cpu(device, "tensor")
    dtype = checked_dtype(dtype, "tensor")
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
        array = np.array(array, order="C")
    return finished(array, requires_grad, "tensor")


def array_of(data: Any, dtype: DType | None, op: str) -> Any:
    """`data` as an array of `dtype`, or of the dtype that PyTorch would infer."""
    if isinstance(data, Handle):
        array = realise(data)
        return array if dtype is None else array.astype(dtype.numpy)
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
        wanted = dtypes.of_numpy(array.dtype, op) if dtype is None else dtype
        return array.astype(wanted.numpy, copy=False)
    if isinstance(data, list | tuple) and contains_tensor(data):
        data = unpacked(data)
    try:
        array = np.array(data)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind in "OUSV":
        raise unreadable(data, op)
    if dtype is None:
        dtype = inferred(array, first_leaf(data), op)
    return array.astype(dtype.numpy, copy=False)


def inferred(array: Any, leaf: Any, op: str) -> DType:
    """The dtype of a tensor of nested lists that begin with `leaf`: NumPy's own types are kept."""
    kept = isinstance(leaf, np.ndarray | np.generic) and not isinstance(leaf, float | complex)
    if kept and array.size:
        return dtypes.of_numpy(array.dtype, op)
    if array.dtype.kind == "f":
        return dtypes.default()
    if array.dtype.kind == "u":
        raise ChoiceError(explain(op, "an integer is too large for int64"))
    return dtypes.default().to_complex() if array.dtype.kind == "c" else dtypes.of_numpy(array.dtype)


def first_leaf(data: Any) -> Any:
    """The first item of nested lists."""
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return data


def contains_tensor(data: Sequence[Any]) -> bool:
    """Whether nested lists hold tensors (their first items tell)."""
    for item in data:
        if isinstance(item, Handle):
            return True
        if isinstance(item, list | tuple) and item:
            return contains_tensor(item)
    return False


def unpacked(data: Any) -> Any:
    """Nested lists with tensors of one element as numbers."""
    if isinstance(data, Handle):
        return realise(data).tolist()
    return [unpacked(d) for d in data] if isinstance(data, list | tuple) else data


def unreadable(data: Any, op: str) -> Exception:
    """The error for data that is no rectangle of numbers."""
    if isinstance(data, list | tuple):
        lengths = {len(d) if isinstance(d, list | tuple) else None for d in data}
        if len(lengths) > 1:
            first = len(data[0]) if isinstance(data[0], list | tuple) else 0
            problem = f"expected sequence of length {first} at dim 1, got rows of other lengths"
            hint = "pad the rows to one length, or keep a list of tensors"
            return ValueError(explain(op, problem, hint=hint))
    kind = type(data).__name__
    return TypeError(explain(op, f"could not make a tensor of {kind}: {data!r:.60}"))


@public()
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """`data` as a tensor, sharing its memory where that is possible."""
    require_cpu(device, "as_tensor")
    dtype = checked_dtype(dtype, "as_tensor")
    if isinstance(data, Handle):
        return data if dtype is None else data.to(dtype)  # type: ignore[attr-defined]
    array = array_of(data, dtype, "as_tensor")
    if isinstance(data, np.ndarray) and np.may_share_memory(array, data):
        return from_numpy(array)
    return finished(array, False, "as_tensor")


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
    made = tensor(obj, dtype=dtype) if copy else as_tensor(obj, dtype, device)
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
        raise ArgumentError(explain("from_numpy", f"expected np.ndarray (got {kind})"))
    dtypes.of_numpy(array.dtype, "from_numpy")
    if any([s < 0 for s in array.strides]):
        problem = "some of the strides of the array are negative"
        raise ShapeError(explain("from_numpy", problem, hint="use array.copy()"))
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    made = wrap(array.view())
    export(array)
    return made


@public()
def frombuffer(buffer: Any, *, dtype: DType, count: int = -1, offset: int = 0) -> Any:
    """A 1-D tensor on the memory of a buffer."""
    return from_numpy(np.frombuffer(buffer, dtype.numpy, count, offset))


@public()
def scalar_tensor(value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """A 0-d tensor of a number; of the default dtype unless said otherwise."""
    return tensor(value, dtype=dtype or dtypes.default(), device=device)


# -- patterns ----------------------------------------------------------------------------------


def shape_of(size: Sequence[Any], op: str) -> tuple[int, ...]:
    """The shape in `f(2, 3)` or `f((2, 3))`."""
    if len(size) == 1 and isinstance(size[0], list | tuple):
        size = size[0]
    try:
        shape = tuple([n.__index__() for n in size])
    except (AttributeError, TypeError):
        problem = f"a size must be a tuple of integers, not {size!r}"
        raise ArgumentError(explain(op, problem)) from None
    if any([n < 0 for n in shape]):
        raise ShapeError(explain(op, f"trying to create tensor with negative dimension: {shape}"))
    return shape


def filled(op: str, fill: Callable[[tuple[int, ...], Any], Any]) -> Callable[..., Any]:
    """A creation function of a shape, such as `zeros`."""

    def create(
        *size: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        out: Any = None,
        layout: Any = None,
        pin_memory: bool = False,
        memory_format: Any = None,
        **named: Any,
    ) -> Any:
        require_cpu(device, op)
        shape = shape_of(size or (named.pop("size"),), op)
        dtype = checked_dtype(dtype, op) or dtypes.default()
        return finished(fill(shape, dtype.numpy), requires_grad, op)

    create.__name__ = create.__qualname__ = op
    create.__doc__ = f"A tensor of the given size; its elements are {op.replace('_', ' ')}."
    return create


zeros = public()(filled("zeros", np.zeros))
ones = public()(filled("ones", np.ones))
empty = public()(filled("empty", np.empty))


@public()
def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
    layout: Any = None,
) -> Any:
    """A tensor of the given size with `fill_value` in every place."""
    require_cpu(device, "full")
    value = realise(fill_value).item() if isinstance(fill_value, Handle) else fill_value
    dtype = checked_dtype(dtype, "full") or dtypes.of_number(value)
    array = np.empty(shape_of((size,) if not isinstance(size, int) else ((size,),), "full"), dtype.numpy)
    array[...] = value
    return finished(array, requires_grad, "full")


def like(fill: Callable[..., None], op: str) -> Callable[..., Any]:
    """A creation function after the shape of a tensor, such as `zeros_like`."""

    def create(
        input: Any,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        layout: Any = None,
        memory_format: Any = None,
        **named: Any,
    ) -> Any:
        require_cpu(device, op)
        array = room_like(input, checked_dtype(dtype, op))
        fill(array, *args, *named.values())
        return finished(array, requires_grad, op)

    create.__name__ = create.__qualname__ = op
    create.__doc__ = f"As `{op.removesuffix('_like')}`, with the shape, layout and dtype of `input`."
    return create


def room_like(input: Any, dtype: DType | None = None) -> Any:
    """An uninitialised array with the shape of a tensor, and its layout if that has no gaps."""
    if not isinstance(input, Handle):
        raise ArgumentError(explain("like", f"input must be Tensor, not {type(input).__name__}"))
    value = input._value
    dtype = dtype or value.dtype
    if not dense(value.shape, value.strides):
        return np.empty(value.shape, dtype.numpy)
    order = sorted(range(value.ndim), key=lambda k: -value.strides[k])
    inverse = sorted(range(value.ndim), key=order.__getitem__)
    room = np.empty([value.shape[k] for k in order], dtype.numpy)
    return room.transpose(inverse)


zeros_like = public()(like(lambda array: array.fill(0), "zeros_like"))
ones_like = public()(like(lambda array: array.fill(1), "ones_like"))
empty_like = public()(like(lambda array: None, "empty_like"))
full_like = public()(like(lambda array, fill_value: array.fill(fill_value), "full_like"))


@public()
def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
    layout: Any = None,
) -> Any:
    """Numbers from `start` up to, not including, `end`, `step` apart.

    >>> torch.arange(5)
    tensor([0, 1, 2, 3, 4])
    """
    require_cpu(device, "arange")
    if end is None:
        start, end = 0, start
    start, end, step = [realise(n).item() if isinstance(n, Handle) else n for n in (start, end, step)]
    if step == 0 or (end - start) * step < 0:
        problem = "step must be nonzero" if step == 0 else "bounds inconsistent with the step sign"
        raise ShapeError(explain("arange", f"{problem}: {start}, {end}, {step}"))
    whole = all([isinstance(n, int | np.integer) for n in (start, end, step)])
    dtype = checked_dtype(dtype, "arange") or (dtypes.int64 if whole else dtypes.default())
    count = math.ceil((end - start) / step)
    kind = np.int64 if dtype.category <= dtypes.INT and whole else np.float64
    array = (start + np.arange(count, dtype=kind) * kind(step)).astype(dtype.numpy)
    return finished(array, requires_grad, "arange")


@public(name="range")
def range_(start: Any = 0, end: Any = None, step: Any = 1, **options: Any) -> Any:
    """As `arange`, but including `end` (PyTorch's deprecated `range`)."""
    if end is None:
        start, end = 0, start
    return arange(float(start), end + step / 2, step, **options)


@public()
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
) -> Any:
    """`steps` numbers from `start` to `end`, both included, evenly apart.

    They are counted from `start` in the first half and from `end` in the second, as in PyTorch.

    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    require_cpu(device, "linspace")
    dtype = checked_dtype(dtype, "linspace") or dtypes.default()
    start, end = [realise(n).item() if isinstance(n, Handle) else n for n in (start, end)]
    if steps < 0:
        raise ShapeError(explain("linspace", "number of steps must be non-negative"))
    kind = dtype.numpy if dtype.category >= dtypes.FLOAT else np.dtype(np.float32)
    step = kind.type(kind.type(kind.type(end) - kind.type(start)) / kind.type(max(steps - 1, 1)))
    # Each number is start + k * step, or end - k * step, rounded once.
    places = np.arange(steps, dtype=np.float64)
    from_end = kind.type(end) - np.float64(step) * (steps - 1 - places)
    array = np.where(places < steps // 2, kind.type(start) + np.float64(step) * places, from_end)
    if steps == 1:
        array = np.full(1, start)
    return finished(array.astype(dtype.numpy), requires_grad, "linspace")


@public()
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **options: Any) -> Any:
    """`steps` powers of `base`, their exponents evenly from `start` to `end`."""
    requires_grad = options.pop("requires_grad", False)
    exponents = realise(linspace(start, end, steps, **options))
    return finished(np.power(exponents.dtype.type(base), exponents), requires_grad, "logspace")


@public()
def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
) -> Any:
    """The identity matrix of `n` rows (and `m` columns)."""
    require_cpu(device, "eye")
    dtype = checked_dtype(dtype, "eye") or dtypes.default()
    return finished(np.eye(n, n if m is None else m, dtype=dtype.numpy), requires_grad, "eye")


@public()
def tril_indices(row: int, col: int, offset: int = 0, **options: Any) -> Any:
    """Rows and columns of the lower triangle of a matrix, a 2-by-N tensor."""
    return wrap(np.stack(np.tril_indices(row, offset, col)).astype(np.int64))


@public()
def triu_indices(row: int, col: int, offset: int = 0, **options: Any) -> Any:
    """Rows and columns of the upper triangle of a matrix, a 2-by-N tensor."""
    return wrap(np.stack(np.triu_indices(row, offset, col)).astype(np.int64))
