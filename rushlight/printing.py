"""The text of a tensor, character for character what PyTorch prints for the same values.

The work goes in three steps. The elements to show are picked: all of them, or a few from both ends
of each dimension when there are many. Every picked number is written in one style, chosen from the
magnitudes of them all, so that the columns line up. The texts are then laid out between brackets,
and notes such as `dtype=torch.float64` follow where the values alone would not tell.

Nothing here knows the Tensor class: values come as NumPy arrays and dtypes as names, because
NumPy has no bfloat16 and the words printed are PyTorch's. A bfloat16 tensor comes as float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np

_PROFILES: dict[Any, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
_options: dict[str, Any] = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Nothing; from now on tensors print with these options. What is not named stays as it was.

    precision: digits after the point (4 at the start).
    threshold: the number of elements above which only the edges of a tensor are shown (1000).
    edgeitems: how many elements each edge then has, in every dimension (3).
    linewidth: the column at which rows are broken (80).
    profile: 'default', 'short' or 'full', which set the four above before they are read. As in
        PyTorch another name is not an error, it sets nothing.
    sci_mode: True or False to force or forbid scientific notation; None lets the values decide.
        As in PyTorch this one does not stay: a call that does not name it puts None back.

        >>> with printoptions():  # puts back the options of before
        ...     set_printoptions(precision=2, profile="full")
        ...     print(get_printoptions()["precision"], get_printoptions()["threshold"])
        2 inf
    """
    if profile is not None:
        _options.update(_PROFILES.get(profile, {}))
    named = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    _options.update((name, value) for name, value in named.items() if value is not None)
    _options["sci_mode"] = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keywords that `set_printoptions` takes back.

    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return dict(_options)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """A context in which `options`, those of `set_printoptions`, hold; the old ones return after.

    >>> names = {"dtype_name": "torch.float64", "default_dtype_name": "torch.float32"}
    >>> with printoptions(precision=1, sci_mode=True):
    ...     print(tensor_text(np.array(0.25), **names))
    tensor(2.5e-01, dtype=torch.float64)
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_text(
    array: Any,
    *,
    dtype_name: str,
    default_dtype_name: str,
    prefix: str = "tensor(",
    device: str | None = None,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    layout: str | None = None,
    tangent: str | None = None,
    parameter: bool = False,
) -> str:
    """The text of `repr` for a tensor with the values of `array`, a NumPy array.

    dtype_name, default_dtype_name: the tensor's dtype and the default one, as `torch.float32`.
    prefix: what opens the text, `Name(` for a subclass of Tensor.
    device: printed unless it is a CPU; for 'meta' only the `shape` of `array` is read.
    grad_fn: the name of the operation, `AddBackward0`; it is printed instead of requires_grad.
    layout: the name of a layout other than strided.
    tangent: the text of the tangent of a dual number.
    parameter: whether the tensor is an `nn.Parameter`.

        >>> names = {"dtype_name": "torch.float64", "default_dtype_name": "torch.float32"}
        >>> print(tensor_text(np.array([[1.0, -0.5], [np.nan, 10]]), **names))
        tensor([[ 1.0000, -0.5000],
                [    nan, 10.0000]], dtype=torch.float64)
    """
    place = "cpu" if device is None else device.partition(":")[0]
    body = "..." if place == "meta" else _body(array, len(prefix))
    notes = [] if place == "cpu" else [f"device='{device}'"]
    notes += _type_notes(array.shape, dtype_name, default_dtype_name, is_meta=place == "meta")
    if layout is not None:
        notes.append(f"layout={layout}")
    if grad_fn is not None or requires_grad:
        notes.append("requires_grad=True" if grad_fn is None else f"grad_fn=<{grad_fn}>")
    if tangent is not None:
        notes.append(f"tangent={tangent}")
    text = _with_notes(prefix + body, notes, len(prefix))
    return _parameter_text(text, prefix) if parameter else text


def format_text(tensor: object, spec: str, array: Any = None) -> str:
    """The text of `format(tensor, spec)`: a 0-d tensor is formatted as its number.

    array: the tensor's values; None when they are not to be formatted, as for a meta tensor or
        a subclass such as Parameter. A tensor that is not one number takes no `spec`, and
        `object.__format__` says so in a TypeError that names its class.

        >>> format_text(object(), "6.2f", np.float32(3.14159))
        '  3.14'
    """
    if array is not None and np.ndim(array) == 0:
        return format(array.item(), spec)
    return object.__format__(tensor, spec)


def _type_notes(
    shape: tuple[int, ...], dtype_name: str, default_dtype_name: str, *, is_meta: bool
) -> list[str]:
    """The size and the dtype, each where what stands between the brackets does not give it."""
    if is_meta or 0 in shape:  # no values, so nothing but the default dtype goes without saying
        size_is_told = not is_meta and len(shape) == 1
        dtype_is_told = dtype_name == default_dtype_name
    else:
        size_is_told = _options["edgeitems"] != 0
        is_double = default_dtype_name == "torch.float64"
        default_complex = "torch.complex128" if is_double else "torch.complex64"
        usual = (default_dtype_name, default_complex, "torch.int64", "torch.bool")
        dtype_is_told = dtype_name in usual
    size = [] if size_is_told else [f"size={tuple(shape)}"]
    return size if dtype_is_told else [*size, f"dtype={dtype_name}"]


def _parameter_text(text: str, prefix: str) -> str:
    """The text of a parameter; a subclass opens with its own name and so says it once more."""
    inner = text if prefix == "tensor(" else f"Parameter({text})"
    return f"Parameter containing:\n{inner}"


def _with_notes(text: str, notes: list[str], indent: int) -> str:
    """The text, its notes after it on the same line where they fit, and the closing bracket."""
    used = len(text) - text.rfind("\n") + 1  # PyTorch counts two columns too many, and so do we
    for note in notes:
        if used + len(note) + 2 > _options["linewidth"]:
            text += ",\n" + " " * indent + note
            used = indent + len(note)
        else:
            text += ", " + note
            used += len(note) + 2
    return text + ")"


def _body(array: np.ndarray[Any, Any], indent: int) -> str:
    """The values between their brackets, the first of which stands at column `indent`."""
    if array.size == 0:
        return "[]"
    if array.ndim == 0:
        return _columns(array)[0][0]
    edge = _options["edgeitems"]
    summarise = array.size > _options["threshold"]
    if summarise and edge == 0:
        return "[...]"
    cut = [summarise and size > 2 * edge for size in array.shape]
    if any(cut):
        ends = (
            [*range(size)[:edge], *range(size)[-edge:]] if is_cut else range(size)
            for size, is_cut in zip(array.shape, cut, strict=True)
        )
        array = array[np.ix_(*ends)]
    texts, width = _columns(array)
    return _brackets(iter(texts), width, array.shape, cut, indent)


def _brackets(
    texts: Iterator[str], width: int, shape: tuple[int, ...], cut: list[bool], indent: int
) -> str:
    """The texts, `width` columns each, nested to the shape, with `...` where a dimension is cut."""
    last = len(shape) - 1
    room = _options["linewidth"] - indent - last
    per_line = max(1, math.floor(room / (width + 2)))  # + 2 for the comma and the space

    def block(axis: int) -> str:
        if axis == last:
            row = list(islice(texts, shape[axis]))
            if cut[axis]:
                row.insert(len(row) // 2, " ...")
            parts = [", ".join(row[i : i + per_line]) for i in range(0, len(row), per_line)]
        else:
            parts = [block(axis + 1) for _ in range(shape[axis])]
            if cut[axis]:
                parts.insert(len(parts) // 2, "...")
        gap = ",\n" + "\n" * (last - axis - 1) + " " * (indent + axis + 1)
        return f"[{gap.join(parts)}]"

    return block(0)


def _columns(array: np.ndarray[Any, Any]) -> tuple[list[str], int]:
    """The text of each element in order, padded on the left, and the width they are padded to.

    The width is the one rows are broken by: a zero, an infinity or a nan may be wider.
    """
    kind = array.dtype.kind
    if kind == "c":
        real, real_width = _float_texts(array.real.ravel().tolist())
        imag, imag_width = _float_texts(array.imag.ravel().tolist())
        texts = [
            f"{x.rjust(real_width)}{y if y[0] == '-' else '+' + y}j"
            for x, y in zip(real, imag, strict=True)
        ]
        return texts, real_width + imag_width + 1
    values = array.ravel().tolist()
    if kind == "f":
        texts, width = _float_texts(values)
    else:
        texts = list(map(str, values))
        width = max(map(len, texts))
    return [text.rjust(width) for text in texts], width


def _float_texts(values: list[float]) -> tuple[list[str], int]:
    """The text of each float in the one style that suits them all, and the width to pad to.

    Zeros, infinities and nans have no say in either.
    """
    finite = math.isfinite
    write = _style([value for value in values if value and finite(value)])
    texts = list(map(write, values))
    widths = (len(x) for x, value in zip(texts, values, strict=True) if value and finite(value))
    return texts, max(widths, default=1)


def _style(values: list[float]) -> Callable[[float], str]:
    """The function that writes a float in the style these non-zero finite values call for."""
    precision = _options["precision"]
    if values and _is_scientific(values):
        return f"{{:.{precision}e}}".format
    if all(map(float.is_integer, values)):
        return _whole_text
    return f"{{:.{precision}f}}".format


def _is_scientific(values: list[float]) -> bool:
    """Whether the values are too large, too small or too far apart for a plain decimal point."""
    if _options["sci_mode"] is not None:
        return bool(_options["sci_mode"])
    low = min(map(abs, values))
    high = max(map(abs, values))
    return high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4


def _whole_text(value: float) -> str:
    """A whole number with the point that tells it from an integer: `2.`, but `inf`."""
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
