"""Tensors filled with a pattern: zeros, counts, the identity. They are made at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import bfloat, dtypes
from .create import check_fit, checked_dtype, finished
from .devices import on_meta
from .dtypes import DType
from .errors import ArgumentError, MemoryLackError, ShapeError, explain
from .formats import LAST, contiguous_format, order_in, strides_in
from .ops.layouts import dense
from .public import public
from .runtime.absent import absent, absent_like, is_absent
from .runtime.entry import Handle
from .runtime.record import elements


def shape_of(size: Sequence[Any], op: str) -> tuple[int, ...]:
    """The shape in `f(2, 3)` or `f((2, 3))`."""
    if len(size) == 1 and isinstance(size[0], list | tuple):
        size = size[0]
    try:
        shape = tuple([n.__index__() for n in size])
    except (AttributeError, TypeError):
        problem = f"a size must be a tuple of integers, not {size!r}"
        hint = "convert the sizes with int(...), or divide with //"
        raise ArgumentError(explain(op, problem, hint=hint)) from None
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
        absently = on_meta(device, op)
        if not size and "size" not in named:
            raise ArgumentError(explain(op, "missing argument 'size'", hint=f"{op}(2, 3)"))
        shape = shape_of(size or (named.pop("size"),), op)
        dtype = checked_dtype(dtype, op, out) or dtypes.default()
        if absently:
            return absent(shape, dtype, requires_grad)
        try:
            order = order_in(memory_format, len(shape), op) or range(len(shape))
            array = in_order(fill, shape, order, dtype)
        except (MemoryError, ValueError):
            problem = f"there is no room for {math.prod(shape) * dtype.itemsize:,} bytes"
            hint = "are the sizes right? smaller batches and float32 need less"
            raise MemoryLackError(explain(op, problem, {"the size": shape}, hint)) from None
        return finished(array, requires_grad, op, out)

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
    value = elements(fill_value).item() if isinstance(fill_value, Handle) else fill_value
    dtype = checked_dtype(dtype, "full", out) or dtypes.of_number(value)
    if not isinstance(size, list | tuple):
        problem = f"size must be a tuple of integers, not {type(size).__name__}"
        raise ArgumentError(explain("full", problem, hint=f"full(({size},), {value})"))
    if out is None and on_meta(device, "full"):
        return absent(shape_of((size,), "full"), dtype, requires_grad)
    array = np.empty(shape_of((size,), "full"), dtype.numpy)
    check_fit(np.asarray(value), dtype, "full")
    bfloat.fill(array, value)
    return finished(array, requires_grad, "full", out)


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
        if is_absent(input) if device is None else on_meta(device, op):
            return absent_like(input, checked_dtype(dtype, op), requires_grad)
        array = room_like(input, checked_dtype(dtype, op), memory_format)
        fill(array, *args, *named.values())
        return finished(array, requires_grad, op)

    create.__name__ = create.__qualname__ = op
    create.__doc__ = (
        f"As `{op.removesuffix('_like')}`, with the shape, layout and dtype of `input`."
    )
    return create


def room_like(input: Any, dtype: DType | None = None, memory_format: Any = None) -> Any:
    """An uninitialised array with the shape of a tensor, and its layout if that has no gaps."""
    if not isinstance(input, Handle):
        raise ArgumentError(explain("like", f"input must be Tensor, not {type(input).__name__}"))
    value = input._value
    dtype = dtype or value.dtype
    if memory_format is None and value.stride_memo is None:
        return np.empty(value.shape, dtype.numpy)
    if memory_format in LAST:
        return in_order(np.empty, value.shape, order_in(memory_format, value.ndim, "like"), dtype)
    if memory_format is contiguous_format or not dense(value.shape, value.strides):
        return np.empty(value.shape, dtype.numpy)
    order = sorted(range(value.ndim), key=lambda k: -value.strides[k])
    return in_order(np.empty, value.shape, order, dtype)


def in_order(fill: Any, shape: Any, order: Any, dtype: DType) -> Any:
    """An array made by `fill` whose dimensions have this order in memory, the slowest first."""
    made = dtype.array(fill([shape[k] for k in order], dtype.carrier))
    return made.transpose(np.argsort(order)) if made.ndim > 1 else made


zeros_like = public()(like(lambda array: bfloat.fill(array, 0), "zeros_like"))
ones_like = public()(like(lambda array: bfloat.fill(array, 1), "ones_like"))
empty_like = public()(like(lambda array: None, "empty_like"))
full_like = public()(like(bfloat.fill, "full_like"))


@public()
def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """An uninitialised tensor whose elements lie `stride` elements apart in memory."""
    dtype = checked_dtype(dtype, "empty_strided") or dtypes.default()
    shape = shape_of((size,), "empty_strided")
    reach = sum([(n - 1) * s for n, s in zip(shape, stride, strict=True)]) + 1
    room = np.empty(max(reach, 1) if 0 not in shape else 1, dtype.numpy)
    steps = [s * dtype.itemsize for s in stride]
    array = np.lib.stride_tricks.as_strided(room, shape, steps)
    return finished(array, requires_grad, "empty_strided", None, device)


@public("Tensor")
def new_empty_strided(
    self: Any, size: Any, stride: Any, *, dtype: Any = None, **options: Any
) -> Any:
    """An uninitialised tensor of these strides, with the dtype of this one unless given."""
    return empty_strided(size, stride, dtype=dtype or self._value.dtype, **options)


@public()
def empty_permuted(size: Any, physical_layout: Any, **options: Any) -> Any:
    """An uninitialised tensor whose dimensions lie in memory in the order `physical_layout`."""
    shape = shape_of((size,), "empty_permuted")
    if sorted(physical_layout) != list(range(len(shape))):
        problem = f"physical_layout must name each dimension once, but got {physical_layout}"
        raise ShapeError(explain("empty_permuted", problem))
    return empty_strided(shape, strides_in(shape, tuple(physical_layout)), **options)


@public()
def arange(
    start: Any = None,
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
    if start is None or end is None:
        start, end = 0, start if end is None else end
    start, end, step = [number(n, "arange") for n in (start, end, step)]
    if not all([math.isfinite(n) for n in (start, end, step)]):
        raise ShapeError(explain("arange", f"unsupported range: {start} -> {end}"))
    if step == 0 or (end - start) * step < 0:
        problem = "step must be nonzero" if step == 0 else "bounds inconsistent with the step sign"
        raise ShapeError(explain("arange", f"{problem}: {start}, {end}, {step}"))
    whole = all([isinstance(n, int | np.integer) for n in (start, end, step)])
    dtype = checked_dtype(dtype, "arange", out) or (dtypes.int64 if whole else dtypes.default())
    if dtype.category <= dtypes.INT and not whole:  # PyTorch converts the bounds first
        start, end, step, whole = int(start), int(end), int(step), True
    count = math.ceil((end - start) / step)
    kind = np.int64 if dtype.category <= dtypes.INT and whole else np.float64
    array = start + np.arange(count, dtype=kind) * kind(step)
    return finished(dtype.array(array), requires_grad, "arange", out, device)


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
    dtype = checked_dtype(dtype, "linspace", out) or dtypes.default()
    start, end = [number(n, "linspace") for n in (start, end)]
    if not isinstance(steps, int | np.integer):
        kind = type(steps).__name__
        raise ArgumentError(explain("linspace", f"argument 'steps' must be int, not {kind}"))
    if steps < 0:
        raise ShapeError(explain("linspace", "number of steps must be non-negative"))
    exact = dtype.category >= dtypes.FLOAT and not dtype.narrow
    kind = dtype.numpy if exact else np.dtype(np.float32)
    step = kind.type(kind.type(kind.type(end) - kind.type(start)) / kind.type(max(steps - 1, 1)))
    if dtype.narrow:
        line = narrow_line(start, end, float(step), steps, dtype)
        return finished(line, requires_grad, "linspace", out, device)
    # Each number is start + k * step, or end - k * step, rounded once.
    wide = np.longdouble if kind == np.float64 else np.float64
    places = np.arange(steps, dtype=wide)
    from_end = kind.type(end) - wide(step) * (steps - 1 - places)
    array = np.where(places < steps // 2, kind.type(start) + wide(step) * places, from_end)
    if steps == 1:
        array = np.full(1, start)
    return finished(dtype.array(array), requires_grad, "linspace", out, device)


def number(value: Any, op: str) -> Any:
    """A number, given as one or as a tensor without dimensions."""
    if isinstance(value, Handle) and value._value.ndim and op == "linspace":
        problem = "only supports 0-dimensional start and end tensors"
        raise ShapeError(explain(op, problem, {"it": value._value.spec}))
    return elements(value).item() if isinstance(value, Handle) else value


def narrow_line(start: float, end: float, step: float, steps: int, dtype: DType) -> Any:
    """`linspace` in a narrow dtype, where the step and each product are rounded, too."""
    rounded: Callable[[Any], Any] = lambda x: bfloat.converted(dtype.array(x), np.dtype(np.float32))  # noqa: E731
    places = np.arange(steps)
    ways = rounded(rounded(np.minimum(places, steps - 1 - places)) * rounded(step))
    line = np.where(places < steps // 2, rounded(start) + ways, rounded(end) - ways)
    return dtype.array(line if steps > 1 else np.full(steps, start))


@public()
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **options: Any) -> Any:
    """`steps` powers of `base`, their exponents evenly from `start` to `end`."""
    requires_grad, out = options.pop("requires_grad", False), options.pop("out", None)
    dtype = checked_dtype(options.pop("dtype", None), "logspace", out) or dtypes.default()
    wide = dtypes.float32 if dtype.narrow else dtype
    device = options.pop("device", None)
    exponents = elements(linspace(start, end, steps, dtype=wide, device="cpu", **options))
    powers = np.power(exponents.dtype.type(base), exponents)
    return finished(dtype.array(powers), requires_grad, "logspace", out, device)


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
    dtype = checked_dtype(dtype, "eye", out) or dtypes.default()
    if min(n, n if m is None else m) < 0:
        raise ShapeError(explain("eye", f"n must be greater or equal to 0, got {n}"))
    array = dtype.array(np.eye(n, m, dtype=dtype.carrier))
    return finished(array, requires_grad, "eye", out, device)


@public()
def tril_indices(row: int, col: int, offset: int = 0, **options: Any) -> Any:
    """Rows and columns of the lower triangle of a matrix, a 2-by-N tensor."""
    array = np.stack(np.tril_indices(row, offset, col)).astype(np.int64)
    return finished(array, False, "tril_indices", None, options.get("device"))


@public()
def triu_indices(row: int, col: int, offset: int = 0, **options: Any) -> Any:
    """Rows and columns of the upper triangle of a matrix, a 2-by-N tensor."""
    array = np.stack(np.triu_indices(row, offset, col)).astype(np.int64)
    return finished(array, False, "triu_indices", None, options.get("device"))
