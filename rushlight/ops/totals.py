"""NumPy's sums, with small rounding errors whatever is summed over.

NumPy adds up in pairs only along what lies innermost in memory. Along anything else it adds one row
after the other, and rounds as often: the sum of a column of 10^5 floats is off by a hundred
roundings. So such sums are taken in parts here, and then those of the parts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Axes = tuple[int, ...]

SUM: Any = np.add.reduce  # called by position: keywords cost a tenth of a microsecond each

PART = 128
"""Rows that are added up one after the other."""

ONES = {kind: np.ones(PART, kind) for kind in "fd"}


def total(x: Any, axes: Axes, keepdim: bool = False) -> Any:
    """The sum of `x` over `axes`; half precision is summed in single.

    >>> float(total(np.full((100_000, 1), 0.1, np.float32), (0,))[0])
    10000.0
    """
    kind = x.dtype.char
    if kind == "e":
        return total(x.astype(np.float32), axes, keepdim).astype(x.dtype)
    if kind in "fdFD":
        if axes == (0,) and x.ndim == 2 and kind in ONES and len(x):
            row = row_sum(x, ONES[kind])
            return row[None] if keepdim else row
        if x.size > PART:
            while one_by_one(x, axes) > PART:
                x = shortened(x, axes)
    return SUM(x, axes, None, None, keepdim)


def row_sum(x: Any, ones: Any) -> Any:
    """The sum of the rows of a matrix: a product with `ones` takes the least time."""
    n = len(x)
    if n <= PART:
        return np.dot(ones[:n], x)
    whole = n // PART * PART
    parts = np.matmul(ones, x[:whole].reshape(-1, PART, x.shape[1]))
    rest = [np.dot(ones[: n - whole], x[whole:])[None]] if whole < n else []
    return row_sum(np.concatenate([parts, *rest]), ones)


def one_by_one(x: Any, axes: Axes) -> int:
    """How many numbers NumPy would add up one after the other in a sum over `axes`."""
    all_of_them, paired = [math.prod([x.shape[k] for k in some]) for some in (axes, run(x, axes))]
    return int(all_of_them // paired)


def run(x: Any, axes: Axes) -> Axes:
    """Those of `axes` that lie innermost in memory, one right around the other."""
    inwards = sorted([k for k, n in enumerate(x.shape) if n > 1], key=lambda k: abs(x.strides[k]))
    found: list[int] = []
    for k in inwards:
        if k not in axes:
            break
        if found and x.strides[k] != x.strides[found[-1]] * x.shape[found[-1]]:
            break
        found.append(k)
    return tuple(found)


def shortened(x: Any, axes: Axes) -> Any:
    """Something shorter along one of `axes` that has the same sum over them."""
    inner = run(x, axes)
    if inner:
        return SUM(x, inner, None, None, True)
    k = max(axes, key=lambda k: x.shape[k])
    n = x.shape[k]
    if n <= PART:
        return SUM(x, k, None, None, True)
    x = np.moveaxis(x, k, 0)
    whole = n // PART * PART
    parts = SUM(x[:whole].reshape(-1, PART, *x.shape[1:]), 1)
    rest = [SUM(x[whole:], 0, None, None, True)] if whole < n else []
    return np.moveaxis(np.concatenate([parts, *rest]), 0, k)
