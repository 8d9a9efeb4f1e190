"""Straight Python for a window that comes again and again: look, fetch, run, deliver.

It does what `Recorder.flush` does with a plan, without looking anything up. While results are
handed over nothing is called, so that no interrupt comes between; should one come right after the
run, or a tensor be in the way, `complete` hands over what is left. The deliveries that need more
than an array (views, histories) are not for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import config
from ..graph import DEAD_CELLS, Bound, Cell, Node, Saved, Scalar
from .entry import Entry, Halt
from .memory import SAVING, laid_out, owner_of, protect_saved, store
from .slots import Slots
from .source import IN_SLOT, ITS_BASE, UNHELD, Source

if TYPE_CHECKING:
    from .window import Delivery, Place, Plan

TOLD = {
    "DEAD_CELLS": DEAD_CELLS, "SAVING": SAVING, "config": config, "laid_out": laid_out,
    "owner_of": owner_of, "protect_saved": protect_saved, "store": store,
}  # fmt: skip


class Replay(Halt):
    """A plan and the functions that repeat it, given this object itself (they do not refer to it).

    `repeat(replay, recorder)` runs the window if it is as it was, else it returns False and has
    done nothing. `complete(replay, recorder)` finishes one that was interrupted.
    """

    failed: dict[Node, Any] = {}

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.values: Any = ()  # the outputs, between a run and the end of its delivery
        self.counts: Any = ()  # see `Step`
        self.source = Source(
            **TOLD, compiled=plan.compiled, plan=plan, root=plan.window.end.root, window=plan.window
        )
        self.write()

    def finish(self, recorder: Any) -> None:
        """Hand over what is left of an interrupted repetition."""
        self.complete(self, recorder)

    # -- what differs ------------------------------------------------------------------------

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

    # -- what does not -----------------------------------------------------------------------

    def write(self) -> None:
        """Make the functions."""
        rest = [*self.deliveries(), *self.clearing(), "return True"]
        lines = [f"if {self.surprise()}: return False", *self.run(), *rest]
        self.repeat = self.source.function(f"repeat({self.arguments()})", lines)
        self.complete = self.source.function("complete(replay, recorder)", [*self.again(), *rest])

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
                return f"numbers[{leaf.place}]"
            return f"{source.name(leaf.entry, 'e')}.numbers[{leaf.place}]"
        assert isinstance(leaf, Saved)
        slot = source.name(leaf.slot, "s")
        return f"{slot}.generation().arrays[{source.name(leaf, 'n')}]"

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
        for delivery in self.plan.direct:
            if self.left_out(delivery.place.entry):
                continue
            node = source.name(delivery.place.node, "n")
            lines += [f"h = {self.tensor_of(delivery.place)}", f"if h._value is {node}:"]
            lines += indented(self.result(delivery, number[delivery.place.node]))
            lines.append(f"    h._value = {source.name(delivery.leaf, 'n')}")
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
    """A plan that machine code runs."""

    def __init__(self, plan: Plan, slots: Slots | None = None) -> None:
        self.native = plan.native
        self.slots = Slots(plan.native.outputs) if slots is None else slots
        super().__init__(plan)

    def run(self) -> list[str]:
        """Lines that run the program, unless what it writes is in the way of what it reads."""
        source = self.source
        source.space |= {
            "call": self.native.call, "protect": protect, "renew": self.slots.renew,
            "slots": self.slots,
        }  # fmt: skip
        inputs = self.plan.program.inputs
        written = [inputs[i] for i in self.native.updates.values()]
        arrays = {leaf: leaf.array for leaf in written if isinstance(leaf, Cell)}
        source.space["owners"] = frozenset([id(owner_of(a)) for a in arrays.values()])
        lines = []
        if arrays:
            names = ", ".join([source.name(leaf, "c") for leaf in arrays])
            lines.append(f"if SAVING: protect(({names},))")
        for k, leaf in enumerate(inputs):
            lines.append(f"a{k} = {self.value_of(leaf)}")
            if isinstance(leaf, Cell) and leaf in arrays:
                cell, stamp = source.name(leaf, "c"), source.name(leaf.stamp, "m")
                lines.append(f"if {cell}.stamp is not {stamp}: plan.replay = None; return False")
            elif arrays and not leaf.number:
                lines += aside(f"a{k}")
        for k, room in enumerate(self.slots):
            held = f"getrefcount(b{k}) > {IN_SLOT}"
            if isinstance(room.base, np.ndarray):  # of which NumPy's views of it are views
                held += f" or getrefcount(b{k}.base) > {ITS_BASE}"
            lines += [f"b{k} = slots[{k}]", f"if {held}: b{k} = renew({k})"]
        given = [f"a{k}" for k in range(len(inputs))] + [f"b{k}" for k in range(len(self.slots))]
        return [*lines, f"call(recorder, replay, {', '.join(given)})"]

    def again(self) -> list[str]:
        """Lines by which `complete` finds the outputs."""
        return [f"b{k} = slots[{k}]" for k in range(len(self.slots))]

    def result(self, delivery: Delivery, k: int) -> list[str]:
        """Lines that put the `k`-th output into the tensor `h`; what was updated has it already."""
        updates = self.native.updates
        if k in updates:
            return []
        slot = k - len([u for u in updates if u < k])
        return [f"store(h, b{slot})" if delivery.store else f"h._array = b{slot}"]


class Step(NativeReplay):
    """A plan whose last call changes nothing but cells in place, and need not even be recorded.

    `repeat(replay, recorder, numbers, counts)` takes the numbers of that call. `counted` are
    objects, each of whose attribute `step` becomes the number in `counts` when the step is taken.
    """

    def __init__(self, plan: Plan, counted: Sequence[Any], slots: Slots) -> None:
        self.end = plan.window.end
        self.counted = counted
        super().__init__(plan, slots)

    def left_out(self, entry: Entry) -> bool:
        """Whether `entry` is the last call."""
        return entry is self.end

    def arguments(self) -> str:
        """The parameters of `repeat`."""
        return "replay, recorder, numbers, counts"

    def surprise(self) -> str:
        """The plan must be the one that the window would follow."""
        return f"window.plan is not plan or {super().surprise()}"

    def run(self) -> list[str]:
        """Lines that run the program."""
        return ["replay.counts = counts", *super().run()]

    def again(self) -> list[str]:
        """Lines by which `complete` finds the outputs."""
        return [*super().again(), "counts = replay.counts"]

    def deliveries(self) -> list[str]:
        """Lines that hand the outputs over, and count the step."""
        lines = [
            f"{self.source.name(thing, 'k')}.step = counts[{k}]"
            for k, thing in enumerate(self.counted)
        ]
        return [*lines, *super().deliveries()]


def protect(cells: Sequence[Cell]) -> None:
    """Give saved values that are in the memory of `cells` memory of their own."""
    protect_saved(*[cell.array for cell in cells])


def fits_step(plan: Plan) -> bool:
    """Whether the last call of the window can go unrecorded: see `Step`."""
    native = plan.native
    end = plan.window.end
    if native is None or plan.history is not None or plan.views or end.keeps or end.places:
        return False
    updated = {plan.program.outputs[k] for k in native.updates}
    return all([value in updated for value in end.values]) and all(
        [isinstance(old, Cell) for old in end.old or ()]
    )


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, inside an `if`."""
    found = [f"    {line}" for line in lines]
    return found or ["    pass"]


def aside(name: str) -> list[str]:
    """Lines that return False if the array called `name` is in memory that is written."""
    return [
        f"o = {name}.base",
        f"if o is None: o = {name}",
        f"elif o.__class__ is not ndarray or o.base is not None: o = owner_of({name})",
        "if id(o) in owners: return False",
    ]
