"""Gradients that a warm backward pass has recorded and whose tensors nobody has asked for.

Most gradients are only read by the optimizer. So `cell.grad` may be a `Due` that stands for the
tensor; it is made when somebody asks: `grad_of(cell)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import LostError, explain
from ..graph import Cell
from .entry import Entry, at_once, types


class Due:
    """The gradient of `cell`: the `k`-th of `dues`."""

    __slots__ = ("cell", "dues", "k")

    def __init__(self, dues: Dues, cell: Cell, k: int) -> None:
        self.dues = dues
        self.cell = cell
        self.k = k


class Dues:
    """The gradients of one recorded backward pass, one for each of its cells.

    While they are pending they stand in the place of `entry.out`. Once the window has been run
    `landing` says where they are: (slots, which of them, what the tensors denote). Nobody holds
    what is in those slots unless it is `shown`.
    """

    __slots__ = ("each", "entry", "landing", "order", "shown")

    def __init__(self, entry: Entry, cells: Sequence[Cell]) -> None:
        self.entry = entry
        self.each = tuple([Due(self, cell, k) for k, cell in enumerate(cells)])
        self.landing: Any = None
        self.shown = True
        self.order: Any = None  # of the world when no cell had hooks

    def __getitem__(self, k: int) -> None:
        """None: there is no such tensor yet."""

    def make(self) -> None:
        """Make the tensors of all that are pending."""
        entry = self.entry
        if len(entry.values) != len(self.each):
            problem = "this gradient was never computed: what was recorded has been forgotten"
            raise LostError(explain("grad", problem, hint="call backward again"))
        made = [types.new() for _ in self.each]
        for tensor, value in zip(made, entry.values, strict=True):
            tensor._value = value
        wanted = [due for due in self.each if due.cell.grad is due]
        tensors = [made[due.k] for due in wanted]
        names = ["grad"] * len(wanted)
        cells = [due.cell for due in wanted]
        at_once([entry, *cells], ["out", *names], [made, *tensors])
        if self.landing is not None:  # another thread has run the window meanwhile
            at_once(cells, names, wanted)

    def land(self, due: Due) -> None:
        """Make the tensor of one whose window has been run."""
        slots, places, leaves = self.landing
        made = types.new()
        self.shown = True
        made._array = slots[places[due.k]]
        made._value = leaves[due.k]
        due.cell.grad = made


def grad_of(cell: Cell) -> Any:
    """The gradient tensor of a leaf, or None."""
    found = cell.grad
    while found.__class__ is Due:
        dues = found.dues
        if dues.landing is None:
            dues.make()
        else:
            dues.land(found)
        found = cell.grad
    return found


def ask(path: Sequence[Entry]) -> None:
    """Make the tensors of all gradients that are pending on a path of calls."""
    for entry in path:
        if entry.dues is not None and entry.out is entry.dues:
            entry.dues.make()
