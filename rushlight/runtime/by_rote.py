"""A warm window by rote: the table that does what the lines of hot.py do, in machine code.

Only what is usual is in it: calls have returned new plain tensors, nobody has asked for a gradient,
no history is kept. Where anything is not as usual the table refuses, having done nothing,
and the Python function sees to it.
"""

from __future__ import annotations

from typing import Any

from ..graph import DEAD_CELLS, Bound, Cell, Node, Scalar
from .due import BUSY
from .memory import SAVING
from .rote import Rote, Unfit
from .world import world

REPLAY, FLUSHES, COUNT, STEPS = range(4)
"""What a table is given: the replay, the numbers of flushes of the recorder and of the window; then
for each object that counts steps a tuple of numbers, and how many steps it has counted."""

MISSES = 50
"""After so many refusals, if they are more than a quarter of all runs, it is not tried again."""


class ByRote:
    """The table for a NativeReplay (see hot.py), and how it fares.

    `known` are the rows that may change, by name.
    """

    def __init__(self, replay: Any) -> None:
        self.rote = Rote(replay.native.call, replay.slots.renew, STEPS + 2 * len(replay.counted))
        self.known: dict[Any, int] = {}
        self.misses = 0
        self.since = 0
        self.table: Any = None

    def write(self, replay: Any) -> bool:
        """Write the table; whether that could be done."""
        try:
            self.look(replay)
            replay.look_by_rote(self)
            self.gather(replay)
            for entry in replay.landings:
                self.rote.set(entry.dues, "landing", BUSY)
            self.rote.call()
            self.store(replay)
            self.table = self.rote.table()
        except Unfit:
            return False
        return True

    def expect(self, name: Any, thing: Any) -> None:
        """From now on the row `name` wants this object, which somebody else keeps alive."""
        if self.table is not None and name in self.known:
            self.table[self.known[name], 2] = id(thing)

    def missed(self, count: int) -> bool:
        """Whether the table has refused too often to be tried again; `count` are all runs."""
        if not self.misses:
            self.since = count
        self.misses += 1
        return self.misses >= MISSES and 4 * self.misses > count - self.since

    # -- its parts -----------------------------------------------------------------------------

    def look(self, replay: Any) -> None:
        """Rows that make sure that all is as it was."""
        rote = self.rote
        plan = replay.plan
        window = plan.window
        recorder = window.end.root.extra
        if plan.history is not None:
            raise Unfit("a history is kept")
        if replay.stamps:
            self.known["order"] = rote.same(world, "order", world.order)
            rote.empty(SAVING)
        rote.empty_in(recorder, "hooks")
        rote.same(recorder, "eager", False)
        rote.empty(DEAD_CELLS)
        for entry in window.path:
            if replay.left_out(entry):
                continue
            if entry.keeps:
                raise Unfit("a history is let go of")
            if entry.dues is not None and entry not in replay.landings:
                raise Unfit("gradients do not stay in slots")
            if entry in replay.landings:
                rote.same(entry, "out", entry.dues)
                rote.same(entry.dues, "shown", False)
        for place in window.places:
            entry = place.entry
            if place.superseded or replay.left_out(entry) or entry in replay.landings:
                continue
            item = 0 if entry.value is not None else place.k + 1
            if place in plan.live:
                rote.tensor(entry, "out", item, kind_of(place))
            else:
                rote.sole(entry, "out", item, place.holders)

    def gather(self, replay: Any) -> None:
        """Rows that gather the arguments of the machine code."""
        rote = self.rote
        rote.thing(replay.plan.window.end.root.extra)
        rote.passed(REPLAY)
        for leaf in replay.plan.program.inputs:
            self.value(replay, leaf)
        self.first_slot = rote.arguments
        for k in range(len(replay.slots)):
            rote.slot(replay.slots, k)

    def value(self, replay: Any, leaf: Node) -> None:
        """A row for the value of an input."""
        rote = self.rote
        if isinstance(leaf, Cell):
            rote.argument(leaf, "array")
        elif isinstance(leaf, Bound):
            rote.bound(leaf.entry, "bound", leaf.place)
        elif not isinstance(leaf, Scalar):
            raise Unfit("it reads what was saved")
        elif replay.left_out(leaf.entry):
            cohort, k = replay.number_at(leaf.place)
            rote.number(STEPS + 2 * cohort, k)
        else:
            rote.bound(leaf.entry, "numbers", leaf.place)

    def store(self, replay: Any) -> None:
        """Rows that hand the results over, and begin another window."""
        rote = self.rote
        plan = replay.plan
        window = plan.window
        root = window.end.root
        recorder = root.extra
        for k, counted in enumerate(replay.counted):
            rote.set_given(counted, "step", STEPS + 2 * k + 1)
        number = {node: k for k, node in enumerate(plan.program.outputs)}
        for delivery in plan.direct:
            entry = delivery.place.entry
            if replay.left_out(entry) or entry in replay.landings:
                continue
            node, leaf = delivery.place.node, delivery.leaf
            k = number[node]
            item = 0 if entry.value is not None else delivery.place.k + 1
            if k in replay.native.updates:
                rote.denote(entry, "out", item, node, leaf)
            elif delivery.store:
                raise Unfit("a tensor that was there before is changed")
            else:
                slot = self.first_slot + replay.slot_of(k)
                rote.deliver(entry, "out", item, node, leaf, slot)
        for entry, found in replay.landings.items():
            rote.set(entry.dues, "landing", replay.landing(found))
        for entry in window.path:
            if replay.left_out(entry):
                continue
            rote.set(entry, "out", None)
            if entry.places or entry.scalars:
                rote.set(entry, "bound", ())
                rote.set(entry, "numbers", ())
        rote.set(recorder, "last", window)
        rote.set_given(recorder, "flushes", FLUSHES)
        rote.set_given(window, "count", COUNT)
        rote.move(root, "next", window, "following")
        rote.set(recorder, "at", root)


def kind_of(place: Any) -> Any:
    """The type of the tensor that is changed in place, None if it is a new one."""
    owner = place.origin.owner() if isinstance(place.origin, Cell) else None
    return None if owner is None else type(owner)
