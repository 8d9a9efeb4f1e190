"""Recorded calls on the gradients of all parameters that nobody has asked for (see runtime/due.py).

They make no tensors of them once they have come before: what stands for a gradient is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Cell
from ..runtime.due import Due, Dues, denoted, due_at, grads_of
from ..runtime.entry import at_once
from ..runtime.memory import EXPORTED
from ..runtime.record import apply, types
from ..runtime.recorder import local
from .replace import Replacement, Rule, replace


def due_cells(parameters: Sequence[Any]) -> list[Cell]:
    """The cells of those that have a gradient, if all of these are due, else none."""
    cells: dict[Cell, None] = {}
    for p in parameters:
        cell = p._cell
        if cell is None:
            if p._grad is not None or p._value.requires_grad:
                return []
        elif cell.grad is not None:
            if cell.grad.__class__ is not Due or cell in cells:
                return []
            cells[cell] = None
    return list(cells)


def result_of(op: Any, cells: Sequence[Cell], option: Any) -> Any:
    """What `op` makes of the gradients and an option: a tensor. None if they require grad."""
    recorder = local.recorder
    entry = recorder.at.next
    known = entry.extra
    if entry.api is op and known is not None and known[0] == option and not cannot(recorder, entry):
        arrays = denoted(cells, known[1]) if len(known[1]) == len(cells) else None
        if arrays is not None:
            made = types.new()
            made._value = entry.value
            entry.bound = arrays
            entry.out = made
            recorder.at = entry
            return made
    gradients = grads_of(cells)
    values = [g._value for g in gradients]
    if any([value.requires_grad for value in values]):
        return None
    made = apply(op, (gradients, option), {})
    entry = recorder.at
    if entry.api is op and entry.value is not None and values == [g._value for g in gradients]:
        entry.extra = (option, values)
    return made


def replace_gradients(
    api: Replacement,
    cells: Sequence[Cell],
    numbers: Sequence[float],
    rule: Rule,
    others: Sequence[Any] = (),
) -> None:
    """Give the gradients the values that `rule` makes of them and of `others`, some tensors."""
    recorder = local.recorder
    if replaced_again(recorder, api, cells, numbers, others):
        return
    tensors = [*grads_of(cells), *others]
    replace(api, tensors, len(cells), numbers, None, rule)
    entry = recorder.at
    if entry.api is api and entry.dues is None:
        before = what_they_were(entry, cells)
        if before is not None:
            entry.dues = Dues(entry, cells, before)


def replaced_again(
    recorder: Any, api: Replacement, cells: Sequence[Cell], numbers: Any, others: Sequence[Any]
) -> bool:
    """Whether this call is just what came next the last time; then it has been recorded."""
    entry = recorder.at.next
    dues = entry.dues
    if entry.api is not api or dues is None or cannot(recorder, entry):
        return False
    count = len(cells)
    values = entry.pattern[1]
    if len(dues.each) != count or len(values) != count + len(others):
        return False
    for due, cell in zip(dues.each, cells, strict=True):
        if due.cell is not cell:
            return False
    arrays = denoted(cells, values[:count])
    if arrays is None:
        return False
    for tensor, value in zip(others, values[count:], strict=True):
        if tensor._value is not value:
            return False
        if value.leaf:
            arrays.append(tensor._array)
    entry.numbers = numbers
    entry.bound = arrays
    at_once(
        [entry, dues, *cells, recorder],
        ["out", "landing", *["grad"] * count, "at"],
        [dues, None, *dues.each, entry],
    )
    return True


def cannot(recorder: Any, entry: Any) -> bool:
    """Whether the call of `entry` must be recorded in the usual way now."""
    return bool(
        entry.mode is not recorder.grad or recorder.eager or entry.keeps
        or (EXPORTED and entry.places)
    )  # fmt: skip


def what_they_were(entry: Any, cells: Sequence[Cell]) -> list[Any] | None:
    """What the gradients were that `entry` changes, see `Dues`; None if they cannot be put off."""
    if len(entry.values) != len(cells) or any([v.requires_grad for v in entry.values]):
        return None
    found: list[Any] = []
    for k, (cell, old) in enumerate(zip(cells, entry.old, strict=True)):
        if old.leaf and k in entry.places:
            found.append(entry.places.index(k))
            continue
        due = None if old.leaf else due_at(old)
        if due is None or due.cell is not cell:
            return None
        found.append(due)
    return found
