"""Many concrete tensors that are joined are joined at once, as they were given.

They are a batch that is being put together: samples of a data set, steps of a memory, sequences of
a text. How many there are, and how long each is, differs from batch to batch; if that were
recorded, every batch would be another program. Of what is joined only the shape is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..graph import Fresh

JOINS = frozenset([ops.cat, ops.stack])

FEW = 3
"""So many tensors may be parts of a computation that is always the same."""


def joined_now(op: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The array that a call of `cat` or `stack` gives; None if it is to be recorded."""
    given = [*args, 0][:2] if not kwargs else [*args, kwargs.get("dim")][:2]
    tensors, axis = given[0], given[-1]
    if len(args) + len(kwargs) > 2 or type(axis) is not int or type(tensors) not in (list, tuple):
        return None
    if len(tensors) <= FEW:
        return None
    try:
        values = {tensor._value for tensor in tensors}
    except AttributeError:
        return None  # something is no tensor
    first = next(iter(values))
    for value in values:
        if type(value) is not Fresh or value.dtype is not first.dtype:
            return None
        if len(value.shape) != len(first.shape) or (op is ops.cat and not value.shape):
            return None
    join: Any = np.concatenate if op is ops.cat else np.stack
    try:
        return np.ascontiguousarray(join([tensor._array for tensor in tensors], axis))
    except ValueError:
        return None  # recorded, it says what is wrong
