"""Many concrete tensors that are joined are joined at once, as they were given.

They are a batch that is being put together: samples of a data set, steps of a memory, sequences of
a text, losses of an episode. How many there are, and how long each is, differs from batch to batch;
if that were recorded, every batch would be another program. Of what is joined only the shape is
seen. If some have a history, so has the whole: its gradient is taken apart.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from itertools import accumulate, compress, pairwise
from typing import Any

import numpy as np

from .. import ops
from ..graph import Bound, Fresh, Node, Past, Saved, past, scope
from .history import Generation, History, Tip

JOINS = frozenset([ops.cat, ops.stack])

FEW = 3
"""So many tensors may be parts of a computation that is always the same."""


class Joined(History):
    """The history of what `op` has made of `tensors` along `axis`."""

    def __init__(self, op: Any, tensors: Sequence[Any], axis: int) -> None:
        self.op, self.axis = op, axis
        scope.grad = True
        given = [Bound(tensor._value, None, k) for k, tensor in enumerate(tensors)]
        self.root = op(given, axis)
        self.root.label = op.grad_name
        self.wanted = [bound.requires_grad for bound in given]
        self.ends: list[int] | None = None
        if op is ops.cat:
            self.ends = [*accumulate([bound.shape[axis] for bound in given])]
        super().__init__([self.root])

    def values_needed(self, node: Node) -> set[Node]:
        """None."""
        return set()

    def parted(self, g: Any) -> list[Any]:
        """The gradients of the tensors that have a history, given that of the whole."""
        g = np.moveaxis(g, self.axis, 0)
        if self.ends is None:
            parts = [g[k, ...] for k in range(len(g))]
        else:
            parts = [g[a:b] for a, b in pairwise([0, *self.ends])]
            parts = [np.moveaxis(p, 0, self.axis) for p in parts] if self.axis else parts
        return [p if p.flags.c_contiguous else p.copy() for p in compress(parts, self.wanted)]


def joined_now(
    recorder: Any, op: Any, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[Any, Tip | None] | None:
    """The array that a call of `cat` or `stack` gives, and its history if it has one.

    None if the call is to be recorded.
    """
    given = [*args, 0][:2] if not kwargs else [*args, kwargs.get("dim")][:2]
    tensors, axis = given[0], given[-1]
    if len(args) + len(kwargs) > 2 or type(axis) is not int or type(tensors) not in (list, tuple):
        return None
    if len(tensors) <= FEW:
        return None
    try:
        values = {tensor._value for tensor in tensors}
        if any([type(value) is Past for value in values]) and recorder.at.parent is not None:
            recorder.flush()  # the last ones are being computed
            values = {tensor._value for tensor in tensors}
    except AttributeError:
        return None  # something is no tensor
    first = next(iter(values))
    kinds = (Fresh, Past, Saved) if any([type(value) is Past for value in values]) else (Fresh,)
    for value in values:
        if type(value) not in kinds or value.dtype is not first.dtype:
            return None
        if len(value.shape) != len(first.shape) or (op is ops.cat and not value.shape):
            return None
    join: Any = np.concatenate if op is ops.cat else np.stack
    try:
        array = np.ascontiguousarray(join([tensor._array for tensor in tensors], axis))
    except ValueError:
        return None  # recorded, it says what is wrong
    return array, tip_of(op, tensors, axis) if recorder.grad and len(kinds) > 1 else None


def tip_of(op: Any, tensors: Sequence[Any], axis: int) -> Tip:
    """Where the history begins of what was joined."""
    history = Joined(op, tensors, axis)
    tips = [tensor._history for tensor in compress(tensors, history.wanted)]
    generation = Generation(history, tips)
    generation.whole = False
    return Tip(generation, history.root)


def denote(made: Any, tip: Tip) -> None:
    """Let the concrete tensor `made` have the history that begins at `tip`."""
    tip.generation.owners[tip.node] = weakref.ref(made)
    made._history = tip
    made._value = past(tip.node)
