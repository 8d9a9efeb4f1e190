"""Straight Python for a window that comes again and again: look, fetch, run, deliver.

It does what `Recorder.flush` does with a plan, without looking anything up. While results are
handed over nothing is called, so that no interrupt comes between; should one come right after the
run, or a tensor be in the way, `complete` hands over what is left. Views are not for it, and
histories (see keeping.py) only where machine code runs the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import config
from ..graph import DEAD_CELLS, Bound, Cell, Node, Saved, Scalar
from . import compiling
from .by_rote import ByRote
from .due import BUSY, landings
from .entry import Entry, Halt
from .keeping import Keeping
from .memory import SAVING, laid_out, protect_saved, store
from .slots import Slots
from .source import IN_SLOT, ITS_BASE, UNHELD, Source, indented
from .world import world

if TYPE_CHECKING:
    from .window import Delivery, Place, Plan

TOLD = {
    "DEAD_CELLS": DEAD_CELLS, "SAVING": SAVING, "config": config, "laid_out": laid_out,
    "protect_saved": protect_saved, "store": store, "world": world,
}  # fmt: skip


class Replay(Halt):
    """A plan and the functions that repeat it, given this object itself (they do not refer to it).

    `repeat(replay, recorder)` runs the window if it is as it was, else it returns False and has
    done nothing. `completing` are the lines of a function that finishes one that was interrupted.
    """

    failed: dict[Node, Any] = {}

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.values: Any = ()  # the outputs, between a run and the end of its delivery
        self.source = Source(
            **TOLD, compiled=plan.compiled, plan=plan, root=plan.window.end.root, window=plan.window
        )
        self.write()

    def finish(self, recorder: Any) -> None:
        """Hand over what is left of an interrupted repetition."""
        complete = self.source.function("complete(replay, recorder)", self.completing)
        complete(self, recorder)

    # -- what differs ------------------------------------------------------------------------

    def first(self) -> list[str]:
        """Lines that come first: they make tensors that nobody has asked for yet (see due.py)."""
        known = [self.source.name(e, "e") for e in self.plan.window.path if e.dues is not None]
        return [f"if {e}.out is {e}.dues: {e}.dues.make()" for e in known]

    def left_out(self, entry: Entry) -> bool:
        """Whether nothing is to be done for `entry`: its call has not been recorded."""
        return False

    def run(self) -> list[str]:
        """Lines that run the program."""
        inputs = [self.value_of(leaf) for leaf in self.plan.program.inputs]
        return [
            f"replay.values = values = compiled([{', '.join(inputs)}])",
            "recorder.at = replay",
        ]

    def again(self) -> list[str]:
        """Lines by which `complete` finds the outputs."""
        return ["values = replay.values"]

    def result(self, delivery: Delivery, k: int) -> list[str]:
        """Lines that put the `k`-th output into the tensor `h`."""
        node = self.source.name(delivery.place.node, "n")
        strides = self.source.name(delivery.strides, "t")
        lines = [
            f"a = values[{k}]",
            f"if a.__class__ is not ndarray or a.strides != {strides}:",
            f"    a = laid_out(a, {node}, {delivery.copy})",
        ]
        if delivery.copy:
            lines[1:] = [f"a = laid_out(a, {node}, True)"]
        return [*lines, "store(h, a)" if delivery.store else "h._array = a"]

    def denote(self, delivery: Delivery) -> list[str]:
        """Lines that say what the tensor `h` denotes from now on."""
        return [f"h._value = {self.source.name(delivery.leaf, 'n')}"]

    # -- what does not -----------------------------------------------------------------------

    def write(self) -> None:
        """Make the functions."""
        rest = [*self.deliveries(), *self.clearing(), "return True"]
        lines = [*self.first(), f"if {self.surprise()}: return False", *self.run(), *rest]
        self.repeat = self.source.function(f"repeat({self.arguments()})", lines)
        self.completing = [*self.again(), *rest]

    def arguments(self) -> str:
        """The parameters of `repeat`."""
        return "replay, recorder"

    def value_of(self, leaf: Node) -> str:
        """The expression for the value of an input."""
        source = self.source
        if isinstance(leaf, Cell):
            return f"{source.name(leaf, 'c')}.array"
        if isinstance(leaf, Bound):
            return f"{source.name(leaf.entry, 'e')}.bound[{leaf.place}]"
        if isinstance(leaf, Scalar):
            if self.left_out(leaf.entry):
                return f"n{leaf.place}"
            return f"{source.name(leaf.entry, 'e')}.numbers[{leaf.place}]"
        assert isinstance(leaf, Saved)
        slot = source.name(leaf.slot, "s")
        return f"{slot}.generation().arrays[{source.name(leaf.source, 'n')}]"

    def tensor_of(self, place: Place) -> str:
        """The expression for the tensor at `place`."""
        item = "" if place.entry.value is not None else f"[{place.k}]"
        return f"{self.source.name(place.entry, 'e')}.out{item}"

    def surprise(self) -> str:
        """The expression that tells whether somebody holds a tensor that is not delivered."""
        words = [
            f"getrefcount({self.tensor_of(place)}) > {UNHELD + place.holders - 1}"
            for place in self.plan.window.places
            if not place.superseded
            and place not in self.plan.live
            and not self.left_out(place.entry)
        ]
        if self.plan.native is None:  # it may be compiled then, or give way
            seen = {self.plan.again, compiling.VISITS} - {0}
            words += [f"window.count == {n - 1}" for n in sorted(seen)]
        return " or ".join(["recorder.hooks", "recorder.eager", *words])

    def deliveries(self) -> list[str]:
        """Lines that hand the outputs over."""
        source = self.source
        number = {node: k for k, node in enumerate(self.plan.program.outputs)}
        lines = [
            f"{source.name(entry, 'e')}.bound[{len(entry.places) + k}].release()"
            for entry in self.plan.window.path
            for k in range(len(entry.keeps))
        ]
        for entry in self.plan.window.path:
            if not self.left_out(entry):
                lines += self.delivered(entry, number)
        return lines

    def delivered(self, entry: Entry, number: dict[Node, int]) -> list[str]:
        """Lines that hand the outputs over that are for what `entry` returned."""
        lines = []
        for delivery in self.plan.direct:
            if delivery.place.entry is entry:
                node = delivery.place.node
                lines.append(f"h = {self.tensor_of(delivery.place)}")
                lines.append(f"if h._value is {self.source.name(node, 'n')}:")
                lines += indented([*self.result(delivery, number[node]), *self.denote(delivery)])
        return lines

    def clearing(self) -> list[str]:
        """Lines that let go of this time's tensors and begin another window.

        The tensors die when the function returns: their finalizers may record calls.
        """
        path = [entry for entry in self.plan.window.path if not self.left_out(entry)]
        names = [self.source.name(entry, "e") for entry in path]
        lines = [f"dead = ({''.join([f'{n}.out, ' for n in names])})"]
        lines += [f"{n}.out = None" for n in names]
        lines += [
            f"{name}.bound = {name}.numbers = ()"
            for name, entry in zip(names, path, strict=True)
            if entry.places or entry.keeps or entry.scalars
        ]
        return [
            *lines,
            "window.count += 1",
            "recorder.last = window",
            "recorder.flushes += 1",
            "root.next = window.following",
            "recorder.at = root",
            "replay.values = ()",
            "if DEAD_CELLS or recorder.count > config.trie_cap: recorder.tidy()",
        ]


class NativeReplay(Replay):
    """A plan that machine code runs.

    `order` is that of the world when the cells were found to have the memory that `stamps` are of.
    `kept` is what `keeping` keeps of the run whose results are being handed over.
    """

    counted: Sequence[Any] = ()
    kept: Any = None

    def __init__(self, plan: Plan, slots: Slots | None = None) -> None:
        self.native = plan.native
        self.slots = Slots(plan.native.outputs) if slots is None else slots
        self.by_rote: ByRote | None = None
        self.stamps = self.stamped(plan)
        self.order: Any = None
        self.landings = landings(plan)
        self.keeping = None if plan.history is None else Keeping(plan)
        super().__init__(plan)
        self.write_by_rote()

    def write_by_rote(self) -> None:
        """Have machine code do what it can, and the function that was written the rest."""
        machinery = compiling.state.machinery
        found = ByRote(self)
        if machinery is None or not found.write(self):
            return
        self.by_rote, self.slow = found, self.repeat
        self.agree(None)
        self.source.space |= {"rote": machinery.run, "table": found.table}
        given = self.arguments()
        lines = [
            *self.trying(),
            "if replay.by_rote.missed(window.count): replay.repeat = replay.slow",
            f"return replay.slow({given})",
        ]
        self.repeat = self.source.function(f"repeat({given})", lines)

    def trying(self, more: str = "") -> list[str]:
        """Lines that try to do it by rote."""
        given = f"table, replay, recorder.flushes + 1, window.count + 1{more}"
        return [f"if rote({given}): return True"]

    def look_by_rote(self, rote: ByRote) -> None:
        """Add rows that look whether all is as it was."""

    def stamped(self, plan: Plan) -> list[tuple[Cell, object]]:
        """The cells beside which others are written, with what tells their memory."""
        cells = [leaf for leaf in plan.program.inputs if isinstance(leaf, Cell)]
        return [(cell, cell.stamp) for cell in cells if self.native.updates]

    def stands(self) -> bool:
        """Whether what is taken for granted is so in the present order of the world."""
        order = world.order
        if any([cell.stamp is not stamp for cell, stamp in self.stamps]):
            stamps = self.stamped(self.plan)
            if self.plan.in_place() != self.plan.updates:
                self.plan.replay = None  # memory is shared now
                return False
            self.stamps = stamps
        self.agree(order)
        return True

    def agree(self, order: Any) -> None:
        """All is as it should be while the world is in this `order` (None: look every time)."""
        self.order = order
        if self.by_rote is not None:
            self.by_rote.expect("order", order)

    def first(self) -> list[str]:
        """Lines that come first: they make tensors that nobody has asked for and that stay due."""
        kept = [self.source.name(entry, "e") for entry in self.landings]
        lines = [line for line in super().first() if line.split(".")[0][3:] not in kept]
        if self.stamps:
            lines.append("if world.order is not replay.order and not replay.stands(): return False")
        return lines

    def run(self) -> list[str]:
        """Lines that run the program; it refuses to, if what it writes is read by another name."""
        source = self.source
        source.space |= {
            "call": self.native.call, "protect": protect_saved, "renew": self.slots.renew,
            "slots": self.slots, "BUSY": BUSY, "empty": np.empty,
        }  # fmt: skip
        lines = self.fetched()
        looks: list[list[str]] = []
        anew = {} if self.keeping is None else self.keeping.anew
        for k, room in enumerate(self.slots):
            if k in anew:
                shape, dtype = (
                    source.name(anew[k].shape, "l"),
                    source.name(anew[k].dtype.numpy, "k"),
                )
                lines.append(f"b{k} = empty({shape}, {dtype})")
                looks.append([])
                continue
            held = f"getrefcount(b{k}) > {IN_SLOT}"
            if isinstance(room.base, np.ndarray):  # of which NumPy's views of it are views
                held += f" or getrefcount(b{k}.base) > {ITS_BASE}"
            lines.append(f"b{k} = slots[{k}]")
            looks.append([f"if {held}: b{k} = renew({k})"])
        for entry, found in self.landings.items():
            name = self.source.name(entry, "e")
            places = [self.slot_of(spot[0]) for spot in found if spot is not None]
            mine = [look for k in places for look in looks[k]]
            if not any([type(before) is int for before in entry.dues.before]):
                for k in places:  # else what was in the slot may be what is added to
                    looks[k] = []
            mine.append(f"{name}.dues.shown = False")
            lines += [f"if {name}.dues.shown:", *indented(mine), f"{name}.dues.landing = BUSY"]
        lines += [line for look in looks for line in look]
        if self.keeping is not None:
            lines += self.keeping.before(self)
        given = [f"a{k}" for k in range(len(self.plan.program.inputs))]
        given += [f"b{k}" for k in range(len(self.slots))]
        return [*lines, f"call(recorder, replay, {', '.join(given)})"]

    def fetched(self) -> list[str]:
        """Lines that fetch what the program reads."""
        inputs = self.plan.program.inputs
        lines = [f"a{k} = {self.value_of(leaf)}" for k, leaf in enumerate(inputs)]
        written = list(self.native.updates.values())
        first = [lines[i] for i in written]
        if written:  # what was saved gets a copy of its own, before that is fetched
            first.append(f"if SAVING: protect({', '.join([f'a{i}' for i in written])})")
        return first + [line for i, line in enumerate(lines) if i not in written]

    def again(self) -> list[str]:
        """Lines by which `complete` finds the outputs, and what is kept."""
        kept = [] if self.keeping is None else self.keeping.again()
        return [*[f"b{k} = slots[{k}]" for k in range(len(self.slots))], *kept]

    def clearing(self) -> list[str]:
        """Lines that let go of this time's tensors, and of what was kept for them."""
        return [*super().clearing(), *([] if self.keeping is None else ["replay.kept = None"])]

    def output(self, k: int) -> str:
        """The expression for the array of the `k`-th output."""
        return f"a{self.native.updates[k]}" if k in self.native.updates else f"b{self.slot_of(k)}"

    def landing(self, found: list[Any]) -> tuple[Any, ...]:
        """Where gradients are that stay in slots: see `Dues`."""
        spots = [(None, None) if s is None else (self.slot_of(s[0]), s[1]) for s in found]
        return (self.slots, [place for place, _ in spots], [leaf for _, leaf in spots])

    def slot_of(self, k: int) -> int:
        """The slot of the `k`-th output, which is no update."""
        return k - len([u for u in self.native.updates if u < k])

    def result(self, delivery: Delivery, k: int) -> list[str]:
        """Lines that put the `k`-th output into the tensor `h`; what was updated has it already."""
        if k in self.native.updates:
            return []
        slot = self.slot_of(k)
        return [f"store(h, b{slot})" if delivery.store else f"h._array = b{slot}"]

    def denote(self, delivery: Delivery) -> list[str]:
        """Lines that say what the tensor `h` denotes, and which history it has."""
        lines = super().denote(delivery)
        return lines if self.keeping is None else self.keeping.denote(delivery, lines)

    def delivered(self, entry: Entry, number: dict[Node, int]) -> list[str]:
        """Lines that hand outputs over; gradients that nobody has asked for stay in slots."""
        lines = super().delivered(entry, number)
        if entry not in self.landings:
            return lines
        name = self.source.name(entry, "e")
        landing = self.source.name(self.landing(self.landings[entry]), "l")
        return [
            f"if {name}.out is {name}.dues: {name}.dues.landing = {landing}",
            f"if {name}.out is not {name}.dues:",
            *indented([*lines, f"{name}.dues.shown = True"]),
        ]
