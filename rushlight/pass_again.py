"""A backward pass that has come before, recorded by straight Python written for its leaves.

Once it is certain that all is as it was nothing is called, so that no interrupt can leave some
gradients old and some new. No tensors are made for gradients while nobody asks for them (see
runtime/due.py); those that somebody has asked for are added to as tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .graph import Cell, Fresh
from .runtime.due import Dues, denoted, due_at, grad_of
from .runtime.entry import types
from .runtime.history import free
from .runtime.memory import EXPORTED, is_private
from .runtime.source import Source, indented
from .runtime.world import world
from .stepwise import anomaly


class Again:
    """What is known of the pass of `entry`: its `cells`, and which were `added` to."""

    def __init__(self, entry: Any, cells: Sequence[Cell], added: Sequence[bool]) -> None:
        self.entry = entry
        self.cells = cells
        self.added = added
        self.source = Source(
            EXPORTED=EXPORTED, anomaly=anomaly, denoted=denoted, free=free, grad_of=grad_of,
            is_private=is_private, new=types.new, world=world,
        )  # fmt: skip
        self.kept = entry.keeps == (0,)  # the root has a history
        self.leaves = [old for old, adds in zip(entry.old, added, strict=True) if adds]

    def fits(self) -> bool:
        """Whether it reads nothing else than the root and gradients that are leaves."""
        read = self.kept + sum([old.leaf for old in self.leaves])
        return read == len(self.entry.places) and self.entry.keeps in ((), (0,))

    def bind(self, arrays: str) -> list[str]:
        """A line that binds what the pass reads, `arrays` being those of gradients."""
        given = f"root._array, {arrays}tip, " if self.kept else arrays
        return [f"entry.bound = ({given})"] if self.entry.places else []

    def look(self, retain_graph: bool | None, create_graph: bool) -> list[str]:
        """Lines that look at all but gradients."""
        self.source.space |= {"retain_graph": retain_graph, "create_graph": create_graph}
        lines = [
            "if retains is not retain_graph or creates is not create_graph: return False",
            "if recorder.hooks or recorder.eager or anomaly.on: return False",
            "if entry.mode is not recorder.grad: return False",
        ]
        if self.entry.places:
            lines.append("if EXPORTED: return False")
        if self.kept:
            lines.append("tip = root._history")
            lines.append("kept = tip.generation")
            lines.append("if kept.freed or kept.hooks or kept.parents: return False")
        return lines

    def put_off(self) -> list[str]:
        """Lines that record it without tensors, if nobody has asked for the gradients yet."""
        before = self.before()
        if before is None:
            return []
        source = self.source
        dues = self.entry.dues = source.space["dues"] = Dues(self.entry, self.cells, before)
        names = [source.name(cell, "c") for cell in self.cells]
        new = [n for n, adds in zip(names, self.added, strict=True) if not adds]
        words = [f"{name}.grad is None" for name in new]
        lines = []
        if self.leaves:
            source.space["old"] = [c for c, a in zip(self.cells, self.added, strict=True) if a]
            source.space["olds"] = self.leaves
            lines = ["arrays = denoted(old, olds)"]
            words.insert(0, "arrays is not None")
        hooks = " or ".join([f"{name}.hooks is not None" for name in names])
        inside = ["if world.order is not dues.order:", "    order = world.order"]
        inside += [f"    if {hooks}: return False", "    dues.order = order"]
        inside += self.bind("*arrays, " if self.leaves else "")
        inside += ["entry.out = dues", "dues.landing = None"]
        for name, due in zip(names, dues.each, strict=True):
            inside.append(f"{name}.grad = {source.name(due, 'd')}")
        return [*lines, f"if {' and '.join(words)}:", *indented(inside)]

    def before(self) -> list[Any] | None:
        """What each gradient was before (see `Dues`); None if they cannot be put off."""
        found: list[Any] = []
        place = 1  # of the gradient among the tensors of the call
        for cell, old, adds in zip(self.cells, self.entry.old, self.added, strict=True):
            if not adds:
                found.append(None)
                continue
            if isinstance(old, Fresh):
                found.append(self.entry.places.index(place))
            else:
                due = None if old.leaf or old.requires_grad else due_at(old)
                if due is None or due.cell is not cell:
                    return None
                found.append(due)
            place += 1
        return found

    def add_up(self) -> list[str]:
        """Lines that record it with the tensors of gradients, some of which are added to."""
        entry, source = self.entry, self.source
        lines, stores, arrays = [], [], ""
        for k, (cell, adds, old) in enumerate(zip(self.cells, self.added, entry.old, strict=True)):
            name = source.name(cell, "c")
            lines.append(f"h{k} = grad_of({name})")
            if adds:
                node = source.name(old, "n")
                lines.append(f"if h{k} is None or h{k}._value is not {node}: return False")
                if old.leaf:
                    lines.append(f"if not is_private(h{k}): return False")
                    arrays += f"h{k}._array, "
            else:
                lines += [f"if h{k} is not None: return False", f"h{k} = new()"]
            lines.append(f"if {name}.hooks is not None: return False")
            stores.append(f"h{k}._value = {source.name(entry.values[k], 'n')}")
            stores.append(f"{name}.grad = h{k}")
        made = ", ".join([f"h{k}" for k in range(len(self.cells))])
        return [*lines, *self.bind(arrays), f"entry.out = [{made}]", *stores]


def repetition(
    entry: Any,
    cells: Sequence[Cell],
    added: Sequence[bool],
    retain_graph: bool | None,
    create_graph: bool,
) -> Any:
    """A function that records the pass of `entry` again: straight Python for these `cells`.

    None if there is no such function. `added` says which had a gradient already; the last two are
    what the user has given. The function says whether the pass is the same: it is for roots whose
    value is `entry.a`.
    """
    again = Again(entry, cells, added)
    if not again.fits():
        return None
    last = ["recorder.at = entry"]
    if entry.keeps and not (create_graph if retain_graph is None else retain_graph):
        last.append("free(entry.state.freed)")
    last.append("return True")
    due = again.put_off()
    lines = [*again.look(retain_graph, create_graph), *due, *(indented(last) if due else ())]
    if any(added):
        lines += [*again.add_up(), *last]
    signature = "repeat(entry, recorder, root, retains, creates)"
    return again.source.function(signature, [*lines, "return False"])
