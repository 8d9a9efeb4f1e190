"""Many concrete tensors that are joined are joined at once, as they were given.

They are a batch that is being put together: samples of a data set, steps of a memory, sequences of
a text. How many there are, and how long each is, differs from batch to batch; if that were
recorded, every batch would be another program. Of what is joined only the shape is seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..graph import Fresh
from .arguments import Call

JOINS = frozenset([ops.cat, ops.stack])

FEW = 3
"""So many tensors may be parts of a computation that is always the same."""


def joined_now(call: Call) -> Any:
    """The array that a call of `cat` or `stack` gives; None if it is to be recorded."""
    handles = call.handles
    if len(handles) <= FEW or type(call.form[1]) is not int:
        return None
    first = handles[0]._value
    for handle in handles:
        value = handle._value
        if type(value) is not Fresh or value.dtype is not first.dtype:
            return None
        if len(value.shape) != len(first.shape) or (call.op is ops.cat and not value.shape):
            return None
    join: Any = np.concatenate if call.op is ops.cat else np.stack
    try:
        return np.ascontiguousarray(join([handle._array for handle in handles], call.form[1]))
    except ValueError:
        return None  # recorded, it says what is wrong
