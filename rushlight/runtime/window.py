"""Windows: which values of a finished path of calls are still wanted, and how they get there."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

from numpy import ndarray

from .. import config
from ..dtypes import float32
from ..engines import numpy as engine
from ..graph import Bound, Cell, Fresh, Leaf, Node, Saved, Scalar, Stale, fresh
from ..passes import simplify
from ..trace import Program, memory_root, view_chain, view_root
from . import compiling, sites, worth
from .entry import NOTHING, Entry, Handle
from .history import Generation, History, is_used_up
from .hot import NativeReplay, Replay
from .memory import owner_of, protect_saved
from .slots import room_for
from .warm import install


class Place:
    """Where one value of a window ends up: in the `k`-th tensor of `entry`.

    `origin` is what that tensor denoted before the window, if it was concrete already and has been
    changed in place. `holders` counts the entries that hold the tensor; a later in-place call
    leaves this place `superseded`.
    """

    __slots__ = ("entry", "holders", "k", "node", "origin", "superseded")

    def __init__(self, entry: Entry, k: int, node: Node) -> None:
        self.entry = entry
        self.k = k
        self.node = node
        self.origin: Node | None = None
        self.holders = 1
        self.superseded = False

    def handle(self) -> Handle | None:
        """The tensor, this time."""
        out = self.entry.out
        found: Handle | None = out if self.entry.value is not None or out is None else out[self.k]
        return found

    def references(self) -> int:
        """How many references there are to the tensor, entries not counted."""
        if self.entry.value is not None:
            handle = self.entry.out
        else:
            handle = self.entry.out[self.k]
        return getrefcount(handle) - self.holders


def _unheld() -> int:
    """What `Place.references` says of a tensor that only its entry holds."""
    entry = Entry(None, None, True)
    node = Leaf((), float32)
    entry.out = [Handle()]
    return Place(entry, 0, node).references()


_UNHELD = _unheld()


class Window:
    """A path of calls that ended in a flush, and the plan by which its values are made real."""

    __slots__ = ("__weakref__", "count", "end", "following", "path", "places", "plan")

    def __init__(self, end: Entry) -> None:
        self.end = end
        self.path = end.path()
        self.count = 0
        self.following: Entry = NOTHING
        self.plan: Plan | None = None
        self.places: list[Place] = []
        current: dict[Node, Place] = {}
        for entry in self.path:
            for k, node in enumerate(entry.values):
                place = Place(entry, k, node)
                before = None if entry.old is None else entry.old[k]
                if before is not None and before.leaf:
                    place.origin = before
                elif before is not None:
                    previous = current[before]
                    previous.superseded = True
                    place.origin = previous.origin
                    place.holders = previous.holders + 1
                current[node] = place
                self.places.append(place)

    def line_of(self, node: Node) -> tuple[str, int] | None:
        """Where in the user's program the call was made that `node` belongs to."""
        for entry in self.path:
            if entry.serials[0] < node.serial < entry.serials[1]:
                line: tuple[str, int] | None = entry.line
                return line
        return None

    def live(self) -> list[Place]:
        """The places whose tensors somebody still holds."""
        found = []
        for place in self.places:
            if place.superseded or place.references() <= _UNHELD:
                continue
            handle = place.handle()
            if handle is not None and handle._value is place.node:
                found.append(place)
        return found

    def plan_for(self, live: list[Place]) -> Plan:
        """A plan that delivers at least the `live` places."""
        plan = self.plan
        if plan is None or not plan.covers(live):
            wanted = set(live) | (set() if plan is None else plan.live)
            self.close()
            plan = self.plan = Plan(self, [p for p in self.places if p in wanted])
        return plan

    def close(self) -> None:
        """Let go of memory that the plan keeps for its next run: there will be none."""
        if self.plan is not None:
            self.plan.replay = self.plan.native = None


class Delivery:
    """How one place gets its value.

    A view gets there by `chain` from the memory of `base`. An array is copied if its memory is
    somebody else's, and is the new contents of the tensor's old memory if `store` says so. `leaf`
    is what the tensor denotes afterwards, None if it takes a history along.
    """

    __slots__ = ("base", "chain", "copy", "leaf", "place", "store", "strides")

    def __init__(self, place: Place, base: Node, leaf: Node | None) -> None:
        self.place = place
        self.base = base
        self.leaf = leaf
        self.chain = view_chain(place.node)
        self.copy = False
        self.store = place.origin is not None
        item = place.node.dtype.itemsize
        self.strides = tuple([s * item for s in place.node.strides])


class Plan:
    """A program for one set of live places, and the deliveries that follow it."""

    left = False  # to NumPy, until it has come often: see sites.py
    again = 0  # when its window has come so often, it may be compiled

    def __init__(self, window: Window, live: list[Place]) -> None:
        self.window = window
        self.live = set(live)
        self.count = 0
        self.heated = False
        self.spent = worth.Spent()
        self.urgent = any([entry.urgent for entry in window.path])
        self.compiled: Any = None  # made when the plan is hot, as all of the next
        self.simplified: Program = None  # type: ignore[assignment]
        self.updates: dict[int, int] = {}  # see engines/engine.py
        self.native: Any = None  # given by a thread in the background
        self.replay: Any = None  # see hot.py
        self.history = self.keep_history(live)
        self.by_root: dict[Node, Place] = {}
        self.direct: list[Delivery] = []
        self.views: list[Delivery] = []
        outputs: dict[Node, None] = {}  # a set that keeps its order
        roots: dict[Node, int] = {}
        for place in live:
            root = view_root(place.node)
            roots[root] = roots.get(root, 0) + 1
            if root is place.node:
                self.by_root[root] = place
        taken: set[Node] = set()
        for place in live:
            root = view_root(place.node)
            delivery = Delivery(place, root, self.leaf_after(place))
            shared = root is not place.node and (root.leaf or roots[root] > 1)
            (self.views if shared else self.direct).append(delivery)
            result = root if shared else place.node
            if result.leaf or (shared and root in self.by_root):
                continue
            outputs[result] = None
            memory = memory_root(result)
            delivery.copy = memory.leaf or memory in taken
            if not shared:
                taken.add(memory)
        if self.history is not None:
            kept = self.history.needs.difference(self.history.seen)
            outputs |= dict.fromkeys(kept)
        self.program = Program(list(outputs))

    def heat(self) -> None:
        """Have a plan that is used again and again written as straight Python, and compiled."""
        self.simplified = simplify(self.program)
        self.compiled = engine.compile(self.simplified)
        taken: set[Node] = set()
        for node, result in zip(self.program.outputs, self.simplified.outputs, strict=True):
            memory = memory_root(result)  # simpler programs may share more memory
            if memory.leaf or memory in taken:
                for delivery in (*self.direct, *self.views):
                    delivery.copy = delivery.copy or node in (delivery.place.node, delivery.base)
            taken.add(memory)
        self.updates = self.in_place()
        self.heated = True  # if this was interrupted, it is done again
        price = 0.0 if self.urgent else worth.price(self.simplified)
        if self.spent.total >= price:
            self.ask()
        elif compiling.state.available:
            self.again = worth.visits(price, self.spent, self.window.count)
            compiling.state.put_off.add(self)
            compiling.state.ask(compiling.Kept(self))

    def ask(self) -> None:
        """Have it compiled, unless too many are of its place in the program."""
        self.again = 0
        compiling.state.put_off.discard(self)
        if not compiling.state.available or self.native is not None:
            return
        self.left = not sites.admits(self)
        if self.left:
            self.again = sites.PATIENCE if self.window.count < sites.PATIENCE else 0
        else:
            compiling.state.ask(self)
            if self.urgent or config.deterministic:
                compiling.wait_for(self)

    def warm(self) -> None:
        """Write the plan anew, if it may be: machine code has come, or memory has moved."""
        native = self.native
        if self.views or (self.history is not None and native is None):
            return
        if native is not None and compiling.state.machinery is not None:
            install(compiling.state.machinery, self.window.end.root.extra)
        if native is not None and self.in_place() == self.updates:
            self.replay = NativeReplay(self)
        else:
            self.replay = Replay(self) if self.history is None else None
        if self.native is not native:
            self.replay = None  # the code came just now: see to it the next time

    def in_place(self) -> dict[int, int]:
        """Which outputs may be written to the memory of which inputs: new contents of cells."""
        inputs = {leaf: i for i, leaf in enumerate(self.program.inputs)}
        owners = [id(owner_of(leaf.array)) for leaf in inputs if isinstance(leaf, Cell)]
        direct = {d.place.node: d.place.origin for d in self.direct if d.store}
        kept = () if self.history is None else self.history.seen.values()
        found = {}
        for k, node in enumerate(self.program.outputs):
            cell = direct.get(node)
            if not isinstance(cell, Cell) or cell not in inputs or cell in kept:
                continue
            if owners.count(id(owner_of(cell.array))) == 1:
                found[k] = inputs[cell]
        return found

    def covers(self, live: list[Place]) -> bool:
        """Whether this plan delivers all of `live`."""
        return self.live.issuperset(live)

    def keep_history(self, live: list[Place]) -> History | None:
        """What must be kept so that the live tensors that require grad can be differentiated."""
        freed = self.window.end.state.freed
        roots = []
        for place in live:
            node = place.node
            differentiable = node.requires_grad and not isinstance(place.origin, Cell)
            if differentiable and not is_used_up(node, freed):
                roots.append(node)
        return History(roots) if roots else None

    def leaf_after(self, place: Place) -> Node | None:
        """What the tensor of `place` denotes once it is concrete; None if it has a history."""
        node = place.node
        if isinstance(place.origin, Cell):
            return place.origin
        if not node.requires_grad:
            if isinstance(place.origin, Fresh):
                return place.origin  # its memory is where it was
            contiguous = Leaf(node.shape, node.dtype).strides == node.strides
            return fresh(node.shape, node.dtype, None if contiguous else node.strides)
        if self.history is not None and node in self.history.roots:
            return None
        return Stale(node)

    def gather(self) -> list[Any]:
        """The values of the program's inputs, this time."""
        return [value_of(leaf) for leaf in self.program.inputs]

    def outputs_on(self, arrays: list[Any]) -> list[Any] | None:
        """Where the machine code shall write its outputs, given the inputs; None if it must not.

        It must not if it reads from memory that it writes to.
        """
        native = self.native
        written = {id(owner_of(arrays[i])) for i in native.updates.values()}
        rest = [a for i, a in enumerate(arrays) if i not in native.updates.values()]
        if written and any([isinstance(a, ndarray) and id(owner_of(a)) in written for a in rest]):
            return None
        if len(written) < len(native.updates):
            return None
        protect_saved(*[arrays[i] for i in native.updates.values()])
        rooms = iter([room_for(output) for output in native.outputs])
        return [
            arrays[native.updates[k]] if k in native.updates else next(rooms)
            for k in range(len(self.program.outputs))
        ]

    def run(self, arrays: list[Any]) -> tuple[list[Any], Any]:
        """The outputs of the program and what failed, if anything."""
        try:
            with self.spent.run():
                if self.compiled is not None:
                    return self.compiled(arrays), {}
                return engine.run(self.program, arrays), {}
        except Exception:
            outputs, failed = engine.run_around_failures(self.program, arrays)
            if not failed:
                raise  # it was no op that failed: something interrupted the run
            return outputs, failed


def value_of(leaf: Node) -> Any:
    """The value of a program's input, this time."""
    if isinstance(leaf, Cell):
        return leaf.array
    if isinstance(leaf, Bound):
        return leaf.entry.bound[leaf.place]
    if isinstance(leaf, Scalar):
        return leaf.entry.numbers[leaf.place]
    assert isinstance(leaf, Saved)
    generation: Generation = leaf.slot.generation()
    return generation.arrays[leaf.source]
