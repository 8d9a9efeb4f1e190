"""Sums, means and extremes of segments that follow one another, of any lengths."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import ops
from .calls import function
from .errors import MissingError, ShapeError, explain
from .patterns import full
from .public import public
from .runtime.record import elements, wrap

put = function(ops.index_reduce)
add = function(ops.index_add)

EMPTY = {
    "sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -math.inf, "amax": -math.inf, "min": math.inf,
    "amin": math.inf,
}  # fmt: skip
"""What each reduction makes of nothing, but for the mean, which is NaN."""


@public()
def segment_reduce(
    data: Any,
    reduce: str,
    *,
    lengths: Any = None,
    indices: Any = None,
    offsets: Any = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Any = None,
) -> Any:
    """The "sum", "mean", "prod", "max" or "min" of each segment along `axis`.

    `lengths` says how long the segments are, or `offsets` where they begin, and the last ends;
    rows of them go with rows of `data`. What is reduced begins with `initial`.

    >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> torch.segment_reduce(x, "max", lengths=torch.tensor([2, 1]))
    tensor([[3., 4.],
            [5., 6.]])
    """
    if reduce not in EMPTY:
        problem = f"reduce argument must be either sum, prod, mean, max or min, got {reduce}"
        raise ShapeError(explain("segment_reduce", problem))
    if indices is not None:
        raise MissingError(explain("segment_reduce", "give lengths or offsets, not indices"))
    if lengths is None and offsets is None:
        raise ShapeError(explain("segment_reduce", "either lengths or offsets must be defined"))
    counts = elements(lengths) if offsets is None else np.diff(elements(offsets), axis=-1)
    check(data, counts, axis, unsafe or offsets is not None)
    lead, n = math.prod(data.shape[:axis]), data.shape[axis]
    rows = counts.reshape(lead, counts.shape[-1])
    size = rows.shape[1]
    places = [np.repeat(np.arange(size) + k * size, row) for k, row in enumerate(rows)]
    kept = [np.arange(len(p)) + k * n for k, p in enumerate(places)]
    flat = data.reshape(lead * n, math.prod(data.shape[axis + 1 :]))
    if sum([len(k) for k in kept]) < lead * n:
        flat = flat.index_select(0, wrap(np.concatenate(kept)))
    begin = EMPTY[reduce] if initial is None else initial
    room = full((lead * size, flat.shape[1]), begin, dtype=data.dtype)
    index = wrap(np.concatenate(places) if places else np.zeros(0, np.int64))
    made = reduced(room, index, flat, reduce)
    if reduce == "mean":
        least = 0 if initial is None else 1  # the mean of nothing is NaN, unless it begins somehow
        made = made / wrap(np.maximum(rows, least).reshape(-1, 1).astype(made.dtype.numpy))
    return made.reshape(*counts.shape, *data.shape[axis + 1 :])


def reduced(room: Any, index: Any, flat: Any, reduce: str) -> Any:
    """`room` with what `flat` has for each row of it."""
    if reduce in ("sum", "mean"):
        return add(room, 0, index, flat)
    name = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    return put(room, 0, index, flat, name, include_self=True)


def check(data: Any, counts: Any, axis: int, unsafe: bool) -> None:
    """Raise unless segments of these lengths lie along `axis` of `data`."""
    problem = ""
    if counts.dtype.kind not in "iu":
        raise MissingError(explain("segment_reduce", "lengths and offsets must be whole numbers"))
    if axis != counts.ndim - 1:
        problem = f"expected axis to be the last dimension of lengths but got {axis}"
    elif data.shape[:axis] != counts.shape[:-1]:
        problem = "lengths must have as many rows as data has before the axis"
    elif (counts < 0).any():
        problem = "lengths contains negative value!"
    elif not unsafe and (counts.sum(-1) != data.shape[axis]).any():
        problem = f"expected all rows of lengths to sum to {data.shape[axis]}"
    elif (counts.sum(-1) > data.shape[axis]).any():
        problem = "the segments reach over the end of data"
    if problem:
        got = {"data": data._value.spec, "lengths": list(counts.shape)}
        raise ShapeError(explain("segment_reduce", problem, got))
