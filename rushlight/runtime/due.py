"""Gradients that a warm backward pass has recorded and whose tensors nobody has asked for.

Most gradients are only read by the optimizer. So `cell.grad` may be a `Due` that stands for the
tensor; it is made when somebody asks: `grad_of(cell)`. That may be another thread, at any moment of
the pass, the run or the step after it; so what has been made is put in place only if all is still
as it was (`install`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain, compress, repeat, starmap
from operator import and_, getitem, is_
from typing import Any

from ..errors import LostError, explain
from ..graph import Cell, Fresh, Node
from .entry import Entry, types

BUSY: Any = object()
"""The landing of gradients that are being computed just now."""

PATIENCE = 100_000
"""So often another thread looks whether that is over."""


class Due:
    """The gradient of `cell`: the `k`-th of `dues`."""

    __slots__ = ("cell", "dues", "k")

    def __init__(self, dues: Dues, cell: Cell, k: int) -> None:
        self.dues = dues
        self.cell = cell
        self.k = k


class Dues:
    """The gradients of one recorded backward pass (or call that changes them), one for each cell.

    While they are pending they stand in the place of `entry.out`. Once the window has been run
    `landing` says where they are: (slots, which of them, what the tensors denote). Nobody holds
    what is in those slots unless it is `shown`.

    `before` says what each was: None if it is new, the `Due` of an earlier call of the window, or
    an int, if it was there before the window: which of `entry.bound` its array is.
    """

    __slots__ = ("before", "each", "entry", "landing", "order", "shown", "thread")

    def __init__(self, entry: Entry, cells: Sequence[Cell], before: Sequence[Any]) -> None:
        self.entry = entry
        self.each = tuple([Due(self, cell, k) for k, cell in enumerate(cells)])
        self.before = before
        self.landing: Any = None
        self.shown = True
        self.order: Any = None  # of the world when no cell had hooks
        self.thread = threading.get_ident()  # that records them

    def __getitem__(self, k: int) -> None:
        """None: there is no such tensor yet."""

    def is_mine(self) -> bool:
        """Whether this thread is the one that records the passes."""
        return self.thread == threading.get_ident()

    def make(self) -> None:
        """Make the tensors of all that are pending."""
        entry, landing, out, bound = self.entry, self.landing, self.entry.out, self.entry.bound
        if len(entry.values) != len(self.each):
            problem = "this gradient was never computed: what was recorded has been forgotten"
            raise LostError(explain("grad", problem, hint="call backward again"))
        if landing is not None and landing is not BUSY:
            return  # the window has been run meanwhile
        made = out if out.__class__ is list else [tensor_of(old, bound) for old in self.before]
        if made is not out:
            for tensor, value in zip(made, entry.values, strict=True):
                tensor._value = value
        cells = [due.cell for due in self.each]
        install(
            [entry, *cells], ["out", *["grad"] * len(cells)], [out, *self.each], [made, *made],
            and_all(
                same(repeat(self), "landing", repeat(landing)),
                same(repeat(entry), "out", chain([out], repeat(made))),
            ),
        )  # fmt: skip

    def land(self, wanted: Sequence[Due]) -> None:
        """Make the tensors of some that are pending and whose window has been run."""
        landing = self.landing
        if landing is None or landing is BUSY:
            return  # there is another pass by now
        slots, places, leaves = landing
        self.shown = True
        taken = [places[due.k] for due in wanted]
        made = [types.new() for _ in wanted]
        for tensor, place, due in zip(made, taken, wanted, strict=True):
            tensor._array = slots[place]
            tensor._value = leaves[due.k]
        conditions = [
            same(repeat(self), "landing", repeat(landing)),
            same(repeat(self), "shown", repeat(True)),  # arrays are exchanged before the next run
            map(is_, map(getitem, repeat(slots), taken), [tensor._array for tensor in made]),
        ]
        cells = [due.cell for due in wanted]
        install(cells, ["grad"] * len(cells), wanted, made, reduce(and_all, conditions))


def tensor_of(before: Any, bound: Sequence[Any]) -> Any:
    """The tensor of a gradient that is pending: the one that there was `before`, if any was."""
    if before.__class__ is Due:
        before.dues.make()
        out = before.dues.entry.out
        return out[before.k] if out.__class__ is list else types.new()
    made = types.new()
    if before is not None and bound:
        made._array = bound[before].copy(order="K")  # the slot where it is is not the tensor's
    return made


def due_at(value: Node) -> Due | None:
    """What stands for a gradient with this value of the window, if anything ever does."""
    home = value.home
    if home is None or home.dues is None:
        return None
    found: Due = home.dues.each[home.values.index(value)]
    return found


def install(
    objects: Sequence[Any], names: Sequence[str], olds: Sequence[Any], news: Sequence[Any],
    conditions: Iterable[bool],
) -> None:  # fmt: skip
    """Replace attributes that are still `olds` by `news`, each if its condition holds then.

    It is one call of C code that looks and sets, so no other thread comes between.
    """
    chosen = and_all(conditions, same(objects, names, olds))
    deque(starmap(setattr, compress(zip(objects, names, news, strict=True), chosen)), 0)


def same(objects: Iterable[Any], names: str | Iterable[str], values: Iterable[Any]) -> map[bool]:
    """Whether the attribute of each object is the value, looked at when asked."""
    return map(
        is_, map(getattr, objects, repeat(names) if isinstance(names, str) else names), values
    )


def and_all(one: Iterable[bool], other: Iterable[bool]) -> map[bool]:
    """Whether both are true, looked at when asked."""
    return map(and_, one, other)


def grad_of(cell: Cell) -> Any:
    """The gradient tensor of a leaf, or None."""
    found = cell.grad
    attempts = 0
    while found.__class__ is Due:
        dues = found.dues
        if dues.landing is BUSY and attempts < PATIENCE and not dues.is_mine():
            attempts += 1
            time.sleep(0.0001)
        elif dues.landing is None or dues.landing is BUSY:
            dues.make()
        else:
            dues.land([found])
        found = cell.grad
    return found


def denoted(cells: Sequence[Cell], values: Sequence[Any]) -> list[Any] | None:
    """The arrays of gradients that are due, those of them that are in slots.

    None unless they denote these `values`.
    """
    arrays = []
    for cell, value in zip(cells, values, strict=True):
        due = cell.grad
        if due.__class__ is not Due:
            return None
        dues = due.dues
        landing = dues.landing
        if landing is None:
            if dues.entry.out is not dues or dues.entry.values[due.k] is not value:
                return None
        elif landing is BUSY or landing[2][due.k] is not value:
            return None
        else:
            arrays.append(landing[0][landing[1][due.k]])
    return arrays


def grads_of(cells: Sequence[Cell]) -> list[Any]:
    """`grad_of` each; it takes less time than asking one by one."""
    pending: dict[Dues, list[Due]] = {}
    for cell in cells:
        found = cell.grad
        if found.__class__ is Due:
            pending.setdefault(found.dues, []).append(found)
    for dues, wanted in pending.items():
        dues.land(wanted)
    return [grad_of(cell) for cell in cells]


def ask(path: Sequence[Entry]) -> None:
    """Make the tensors of all gradients that are pending on a path of calls."""
    for entry in path:
        if entry.dues is not None and entry.out is entry.dues:
            entry.dues.make()


def landings(plan: Any) -> dict[Entry, list[Any]]:
    """The calls whose gradients may stay in slots until somebody asks for them.

    For each gradient the number of the output, and what the tensor will denote; None if a later
    call has changed it. Each has a slot of its own, even two that are equal.
    """
    number = {node: k for k, node in enumerate(plan.program.outputs)}
    held = () if plan.history is None else plan.history.needs
    spots: dict[Node, Any] = {p.node: None for p in plan.window.places if p.superseded}
    for d in plan.direct:
        node = d.place.node
        fits = not (d.leaf is None or node in held) and (not d.store or lies_so(d))
        if fits and number[node] not in plan.native.updates:
            spots[node] = (number[node], d.leaf)
    return {
        entry: [spots[node] for node in entry.values]
        for entry in plan.window.path
        if entry.dues is not None and all([node in spots for node in entry.values])
    }


def lies_so(delivery: Any) -> bool:
    """Whether an array as the program makes it is what the changed tensor would denote."""
    node, leaf = delivery.place.node, delivery.leaf
    same = leaf.shape == node.shape and leaf.dtype is node.dtype and leaf.strides == node.strides
    return isinstance(leaf, Fresh) and bool(same)
