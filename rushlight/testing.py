"""`torch.testing`: that results are close enough, and tensors to try functions with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import dtypes, patterns
from .create import as_tensor, checked_dtype
from .dtypes import DType
from .errors import ChoiceError, explain
from .patterns import shape_of
from .random import random_, uniform_
from .runtime.entry import Handle
from .runtime.record import elements

__all__ = ["assert_close", "make_tensor"]

CLOSE = {
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7), "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip
"""How close is close by default, by dtype: relative and absolute. Other dtypes: equal."""


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Nothing, if `actual` is near `expected`; else AssertionError that says how they differ.

    Near means |actual - expected| <= atol + rtol * |expected|, element by element; the defaults
    depend on the dtype. Sequences and mappings are compared item by item.

    >>> torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0000001]))
    """
    if (rtol is None) != (atol is None):
        given, other = ("rtol", "atol") if atol is None else ("atol", "rtol")
        problem = f"{given} was given, and {other} was not: give both or neither"
        raise ChoiceError(explain("assert_close", problem))
    wanted = None if rtol is None or atol is None else (rtol, atol)
    found = difference(actual, expected, wanted, equal_nan, check_dtype, check_stride)
    if found is not None:
        where, what = found
        text = f"{what}\n\nThe failure occurred for item {where}" if where else what
        raise AssertionError(msg(text) if callable(msg) else msg or text)


def difference(
    actual: Any, expected: Any, wanted: Any, equal_nan: bool, check_dtype: bool, strides: bool
) -> tuple[str, str] | None:
    """Where two things differ first, and how; None if they are close."""
    rest = (wanted, equal_nan, check_dtype, strides)
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        if actual.keys() != expected.keys():
            return "", f"The keys of the mappings do not match: {[*actual]} and {[*expected]}"
        return first([(key, actual[key], expected[key]) for key in expected], rest)
    if are_sequences(actual, expected):
        if len(actual) != len(expected):
            return "", f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
        pairs = [(k, a, e) for k, (a, e) in enumerate(zip(actual, expected, strict=True))]
        return first(pairs, rest)
    if actual is None or expected is None or isinstance(expected, str):
        same = actual is expected or (isinstance(expected, str) and actual == expected)
        return None if same else ("", f"Expected {expected!r} but got {actual!r}.")
    numbers = all([isinstance(x, int | float | complex) for x in (actual, expected)])
    pair = [x if isinstance(x, Handle) else as_tensor(np.asarray(x)) for x in (actual, expected)]
    text = compare(*pair, wanted, equal_nan, check_dtype and not numbers, strides)
    return None if text is None else ("", text)


def are_sequences(a: Any, b: Any) -> bool:
    """Whether both are lists, tuples or the like, to be compared item by item."""
    return all([isinstance(x, Sequence) and not isinstance(x, str) for x in (a, b)])


def first(pairs: list[tuple[Any, Any, Any]], rest: Any) -> tuple[str, str] | None:
    """The first difference in pairs of items, with its place."""
    for key, a, b in pairs:
        found = difference(a, b, *rest)
        if found is not None:
            return f"[{key!r}]{found[0]}", found[1]
    return None


def compare(
    a: Any, b: Any, wanted: Any, equal_nan: bool, check_dtype: bool, strides: bool
) -> str | None:
    """How two tensors differ, None if they are close."""
    x, y = elements(a), elements(b)
    names = a._value.dtype, b._value.dtype
    for thing, mine, theirs, matters in (
        ("shape", a.shape, b.shape, True),
        ("dtype", *names, check_dtype),
        ("stride()", a.stride(), b.stride(), strides),
    ):
        if matters and mine != theirs:
            return f"The values for attribute '{thing}' do not match: {mine} != {theirs}."
    known = [CLOSE.get(dtype.name, (0.0, 0.0)) for dtype in names]
    rtol, atol = wanted or (max(k[0] for k in known), max(k[1] for k in known))
    common = np.result_type(x, y)
    wide = np.result_type(common, np.float64) if common.kind in "fc" else np.dtype(np.int64)
    x, y = x.astype(wide), y.astype(wide)
    close = np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)
    return None if close.all() else describe(x, y, close, rtol, atol)


def describe(x: Any, y: Any, close: Any, rtol: float, atol: float) -> str:
    """The report on arrays that are not close everywhere."""
    exact = not (rtol or atol)
    what = "Tensor-likes" if x.ndim else "Scalars"
    lines = [f"{what} are not {'equal' if exact else 'close'}!", ""]
    bounds = ("", "") if exact else (f" (up to {atol} allowed)", f" (up to {rtol} allowed)")
    if x.ndim == 0:
        lines.append(f"Expected {y.item()} but got {x.item()}.")
    else:
        bad = close.size - np.count_nonzero(close)
        share = bad / close.size
        lines.append(f"Mismatched elements: {bad} / {close.size} ({share:.1%})")
    with np.errstate(all="ignore"):
        far = np.where(close, 0, np.maximum(x, y) - np.minimum(x, y) if exact else np.abs(x - y))
        ratio = np.where(close, 0, far / np.abs(y * 1.0))
    for name, values, bound in zip(("absolute", "relative"), (far, ratio), bounds, strict=True):
        place = np.unravel_index(np.argmax(np.nan_to_num(values, nan=np.inf)), values.shape)
        at = f" at index {tuple(int(k) for k in place)}" if x.ndim else ""
        title = f"Greatest {name} difference" if x.ndim else f"{name.capitalize()} difference"
        lines.append(f"{title}: {values[place].item()}{at}{bound}")
    return "\n".join(lines)


def make_tensor(
    *shape: Any,
    dtype: DType,
    device: Any = None,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Any:
    """A tensor of random elements from `low` up to `high`, -9 to 9 unless said otherwise.

    noncontiguous: leave gaps in its memory. exclude_zero: replace zeros.

    >>> torch.testing.make_tensor((2, 3), dtype=torch.float32, device="cpu").shape
    torch.Size([2, 3])
    """
    kind = checked_dtype(dtype, "make_tensor")
    if kind is dtypes.bool_:
        lowest, highest = 0, 2
    else:
        lowest, highest = (-9, 9) if kind.is_signed else (0, 9)
        highest += not kind.differentiable
    low, high = lowest if low is None else low, highest if high is None else high
    size = shape_of(shape, "make_tensor")
    room = (*size[:-1], 2 * size[-1]) if noncontiguous and size else size
    made = patterns.empty(*room, dtype=kind, device=device)
    if kind.differentiable:
        uniform_(made, low, high)
    else:
        random_(made, math.ceil(low), math.ceil(high))
    if room != size:
        made = made[..., ::2]
    if exclude_zero:
        made[made == 0] = np.finfo(kind.carrier).tiny if kind.differentiable else 1
    return made.requires_grad_() if requires_grad else made
