"""Backward passes from what many histories were put together to: a loss of a whole episode.

Such a pass goes window by window (runtime/piecewise.py). If Python wants to see gradients on their
way, or they are to be differentiated again, the histories are unfolded, and it is recorded whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import bfloat, ops
from .differentiate import Pass, Run
from .graph import Cell, Node, Past, scope, serial_of
from .reach import meets_past
from .runtime.due import grad_of
from .runtime.effect import Change, apply_effect, given
from .runtime.entry import at_once
from .runtime.history import unfold
from .runtime.memory import is_private
from .runtime.piecewise import Piecewise, is_plain
from .runtime.record import realise, settle, wrap
from .stepwise import anomaly

COLLECT = Pass("backward", "AddBackward0")


def meets_many(run: Run) -> bool:
    """Whether a pass reaches histories that the record knows nothing of.

    If so the window has been run, and the roots are concrete.
    """
    if run.recorder.mapping or not any([meets_past(root._value) for root in run.roots]):
        return False
    run.recorder.flush()
    return True


def goes_piecewise(run: Run) -> bool:
    """Whether the pass could be done window by window; then it has been."""
    recorder = run.recorder
    tips = [root._history for root in run.roots]
    seeds = [seed_of(root, seed) for root, seed in zip(run.roots, run.seeds, strict=True)]
    if run.create_graph or anomaly.on or recorder.watch is not None:
        return False
    if any([known is None for known in (*tips, *seeds)]) or not is_plain(tips):
        return False
    whole = Piecewise(zip(tips, seeds, strict=True))
    whole.run(recorder)
    collect(recorder, whole.sums)
    if not run.retain_graph:
        whole.free()
    return True


def unfold_all(tensors: Sequence[Any]) -> None:
    """Let the record know the histories of these tensors, which are concrete."""
    held = [t for t in tensors if t._history is not None and t._value.leaf]
    unfold([t._history for t in held])
    for tensor in held:
        if isinstance(tensor._value, Past):
            tensor._value = tensor._history.saved


def seed_of(root: Any, seed: Any) -> Any:
    """The gradient that a pass starts with at `root`; None if it is of another dtype."""
    value: Node = root._value
    if seed is None:
        ones = np.empty(value.shape, value.dtype.numpy)
        bfloat.fill(ones, 1)
        return ones
    if seed._value.dtype is not value.dtype or seed._value.requires_grad:
        return None
    return np.array(realise(seed), order="C")


def collect(recorder: Any, sums: dict[Cell, Any]) -> None:
    """Add gradients to those of the leaves."""
    cells = sorted(sums, key=serial_of)
    new = [wrap(sums[cell]) for cell in cells]
    olds = [grad_of(cell) for cell in cells]
    also = [(c, "grad", g) for c, g, old in zip(cells, new, olds, strict=True) if old is None]
    adding = [(c, g, o) for c, g, o in zip(cells, new, olds, strict=True) if o is not None]
    if not adding:
        at_once(*zip(*also, strict=True))
        return
    cells, new, olds = [list(column) for column in zip(*adding, strict=True)]
    olds = settle(recorder, olds)
    shared = any([not is_private(old) for old in olds])

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        scope.grad = False
        change = Change()
        for k, old in enumerate(olds):
            total = ops.plus(nodes[len(cells) + k], nodes[k])
            total = ops.with_data(nodes[len(cells) + k], total) if old.requires_grad else total
            change.add(total, given(len(cells) + k), old._value)
        return change

    handles = [*new, *olds]
    values = tuple([h._value for h in handles])
    key = (COLLECT, values, recorder.grad)
    apply_effect(recorder, COLLECT, key, handles, (), describe, also, values)
    if shared or recorder.eager:
        recorder.flush()
