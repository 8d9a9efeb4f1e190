"""What is kept of a window whose values may still be differentiated after it has run.

A tensor that requires grad and outlives its window takes its history along: a copy of the graph
that made it, in `Saved` nodes, and the arrays that a gradient will need. The nodes belong to a
`Slot`, made once and used again by later repetitions of the window, so that what is recorded on
top of them is recognised again; the arrays belong to a `Generation`, one for each repetition, held
by the tensors themselves (a `Tip` says which value of it). A slot whose generation is still held by
someone is not used again: the next repetition takes another.

Where many generations are held at once, or build on one another, as those of an episode, they all
share one slot, and their tensors denote a `Past`: what comes next is recorded once for all of them.
Gradients flow through them window by window (see piecewise.py); or they get slots of their own
after all (`unfold`).
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

import numpy as np

from ..errors import MissingError
from ..gradient import history as made
from ..gradient import values_used, vjp
from ..graph import Bound, Cell, Constant, Leaf, Node, Saved, Stale, next_serial, past, serial_of
from ..trace import view_root
from .entry import at_once
from .memory import SAVING, owner_of

FEW = 4
"""So many generations of a window may have a slot of their own, and build on one another."""

MOST_LINES = 2000

CROWDED: set[Any] = set()
"""Lines of the program whose values have had many generations at once."""

NONE_FREED: frozenset[Node] = frozenset()


next_number = count().__next__


class Generation:
    """The arrays of one repetition of a window that a later gradient needs, by the window's nodes.

    `tips` are the earlier values it builds on, one for each of `history.bounds`; `parents` the
    generations of these. `freed` are the saved nodes that a backward pass has used up; `owners` the
    tensors that denote a node; `hooks` those of saved nodes. It is `whole` if its saved nodes lead
    on to those of its parents, and these are whole.
    """

    __slots__ = (
        "__weakref__", "arrays", "depth", "freed", "history", "hooks", "number", "owners",
        "parents", "slot", "tips", "whole",
    )  # fmt: skip

    def __init__(
        self, history: History | None, tips: Sequence[Tip], direct: Sequence[Generation] = ()
    ) -> None:
        self.history = history
        self.tips = tips
        self.parents: Sequence[Generation] = ()
        self.depth = 1
        if tips or direct:
            self.parents = list(dict.fromkeys([*[tip.generation for tip in tips], *direct]))
            self.depth += max([p.depth for p in self.parents])
        self.number = next_number()  # a generation is younger than its parents
        self.arrays: dict[Node, Any] = {}
        self.freed: frozenset[Node] = NONE_FREED
        self.hooks: dict[Node, Any] = {}
        self.owners: dict[Node, weakref.ref[Any]] = {}
        self.slot: Any = Alone
        self.whole = True
        SAVING.add(weakref.ref(self, SAVING.discard))

    def copy_if_shared(self, owners: set[int]) -> None:
        """Replace arrays in memory that is about to change, that of `owners`, by copies."""
        for node, array in self.arrays.items():
            if isinstance(array, np.ndarray) and id(owner_of(array)) in owners:
                self.arrays[node] = array.copy(order="K")

    def release(self) -> None:
        """Let go of the arrays that backward passes have used up."""
        if self.freed and self.history is not None:
            left = self.history.left_after(self.slot, self.freed)
            self.arrays = {n: a for n, a in self.arrays.items() if n in left}


class Tip:
    """Where the history of a tensor begins: the value `node` of a `generation`."""

    __slots__ = ("generation", "node")

    def __init__(self, generation: Generation, node: Node) -> None:
        self.generation = generation
        self.node = node

    @property
    def saved(self) -> Node:
        """The saved node, for this generation only if that has a slot of its own."""
        found: Node = self.generation.slot.saved.get(self.node, self.node)
        return found

    def holder(self) -> Any:
        """The tensor that denotes it at present, or None."""
        reference = self.generation.owners.get(self.node)
        return None if reference is None else reference()

    def release(self) -> None:
        """Let go of arrays that have been used up."""
        self.generation.release()


def crowd(lines: Iterable[Any]) -> None:
    """From now on many generations share a slot whose values come from these lines."""
    if len(CROWDED) < MOST_LINES:
        CROWDED.update(lines)


def with_parents(generations: Iterable[Generation | None]) -> list[Generation]:
    """Generations and all that they build on, each once."""
    found: dict[int, Generation] = {}
    stack = [g for g in generations if g is not None]
    while stack:
        generation = stack.pop()
        if id(generation) not in found:
            found[id(generation)] = generation
            stack += generation.parents
    return list(found.values())


def free(nodes: Iterable[Node]) -> None:
    """A backward pass has used up the history of `nodes`, some of them perhaps saved ones."""
    spent: dict[Generation, list[Node]] = {}
    for node in nodes:
        generation = node.slot.generation() if isinstance(node, Saved) else None
        if generation is not None:
            spent.setdefault(generation, []).append(generation.slot.saved[made(node)])
    for generation, own in spent.items():
        generation.freed = generation.freed.union(own)


class Slot:
    """One copy of a window's history graph.

    `onward` is what its uses of earlier values lead to; nothing, if each time to something else.
    """

    def __init__(self, history: History, onward: tuple[Node, ...]) -> None:
        self.saved: dict[Node, Node] = {}
        self.onward = onward
        self.generation: Any = no_generation
        sources = dict(zip(history.bounds, onward, strict=False))
        for node in history.nodes:
            if isinstance(node, Constant | Saved):
                self.saved[node] = node
            elif isinstance(node, Cell):
                self.saved[node] = Saved(node, (node,), self)
            elif isinstance(node, Bound):
                leads = (sources[node],) if node in sources else ()
                self.saved[node] = Saved(node, leads, self)
            else:
                inputs = node.inputs if node in history.visited else ()
                self.saved[node] = Saved(node, tuple([self.saved[i] for i in inputs]), self)


class Alone:
    """The slot of a saved value that belongs to no window."""

    saved: dict[Node, Node] = {}

    @staticmethod
    def generation() -> None:
        """None."""


def stand_in(cell: Cell) -> tuple[Saved, Tip]:
    """What a tensor denotes that has another value than the leaf `cell`, but its history."""
    saved = Saved(cell, (cell,), Alone)
    return saved, Tip(Generation(None, []), saved)


def no_generation() -> None:
    """The generation of a slot that is free."""


def is_used_up(root: Node, freed: frozenset[Node]) -> bool:
    """Whether a backward pass has used up what a gradient of `root` would need."""
    visited: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in freed or (isinstance(node, Bound) and isinstance(node.source, Stale)):
            return True
        if node not in visited:
            visited.add(node)
            stack.extend([i for i in node.inputs if i.requires_grad])
    return False


def values_needed(node: Node) -> set[Node]:
    """The values of the forward pass that the gradient of `node` will use once it is saved.

    Its rule sees saved values then, and cannot look at what made them; so it must not do so here.
    """
    inputs: list[Node] = [
        i if isinstance(i, Constant | Saved) else Saved(i, (), Alone) for i in node.inputs
    ]
    saved = Saved(node, tuple(inputs), Alone)
    back = {saved: node, **dict(zip(inputs, node.inputs, strict=True))}
    since = next_serial()
    g = Leaf(node.shape, node.dtype)
    try:
        passed = vjp(saved, g)
    except MissingError:
        return set()  # a gradient that nobody has written: whoever asks for it is told then
    return {back.get(u, u) for u in values_used([p[1] for p in passed], g, since)}


class History:
    """What must be kept so that `roots` can be differentiated later.

    `nodes` are the graph, inputs first; `needs` those whose values a gradient uses. Those that lie
    in the memory of a leaf are not computed, but `seen` there.
    """

    def __init__(self, roots: list[Node]) -> None:
        self.roots = roots
        self.needs: set[Node] = set()
        self.spending: dict[Node, set[Node]] = {}  # what uses values, and which
        self.left: dict[Any, set[Node]] = {}  # see left_after
        self.slots: list[Slot] = []
        self.visited = visited = set[Node]()
        nodes: set[Node] = set(roots)
        stack = list(roots)
        while stack:
            node = stack.pop()
            if node in visited:
                continue
            visited.add(node)
            nodes.add(node)
            if node.leaf:
                continue  # a cell, or a value that has a history of its own: the walk ends here
            nodes.update(node.inputs)
            stack.extend([i for i in node.inputs if i.requires_grad])
            used = self.values_needed(node)
            self.needs |= used
            if any([not u.number for u in used]):
                self.spending[node] = used
        self.nodes = sorted(nodes, key=serial_of)
        self.needs = {n for n in self.needs if not isinstance(n, Constant | Saved)}
        self.seen = {n: root for n in self.needs if (root := seen_in(n)) is not None}
        self.bounds = [n for n in self.nodes if isinstance(n, Bound) and n in visited]
        self.places = [place_of_tip(bound) for bound in self.bounds if bound.entry is not None]
        self.direct = [n for n in self.nodes if isinstance(n, Saved)]
        self.cells = tuple([n for n in self.nodes if isinstance(n, Cell) and n.requires_grad])
        self.form: Any = None  # the slot that is shared by all generations, when there are many
        homes = [root.home for root in roots if root.home is not None]
        self.lines = {home.line for home in homes if home.line is not None}
        self.crowded = not self.lines.isdisjoint(CROWDED)
        self.apart = False  # whether each generation must have a slot of its own
        self.pieces: dict[Any, Any] = {}  # see piecewise.py

    def values_needed(self, node: Node) -> set[Node]:
        """The values that the gradient of `node` uses."""
        return values_needed(node)

    def sources(self) -> tuple[Node, ...]:
        """What the tensors that it builds on have denoted."""
        return tuple([bound.source for bound in self.bounds])

    def left_after(self, slot: Slot, freed: frozenset[Node]) -> set[Node]:
        """The values that are still of use when these nodes of a slot are used up."""
        left = self.left.get((slot, freed))
        if left is None:
            if len(self.left) > FEW:  # slots come and go
                self.left = {}
            left = {n for n in self.needs if n.number}
            for node, used in self.spending.items():
                if slot.saved[node] not in freed:
                    left |= used
            self.left[(slot, freed)] = left
        return left

    def crowd(self) -> None:
        """From now on there are many generations, and of other windows of these lines, too."""
        self.crowded = True
        crowd(self.lines)

    def shared_slot(self) -> Slot:
        """The slot that generations share when there are many."""
        if self.form is None:
            self.form = Slot(self, ())
        found: Slot = self.form
        return found

    def free_slot(self, onward: tuple[Node, ...]) -> Slot:
        """A slot that no generation occupies, and which leads on to these nodes."""
        for slot in self.slots:
            if slot.onward == onward and slot.generation() is None:
                return slot
        slot = Slot(self, onward)
        self.slots.append(slot)
        return slot

    def is_crowded(self, generation: Generation) -> bool:
        """Whether this generation shares the slot of many; if so those it builds on will, too."""
        if not (self.crowded or self.apart):
            held = [slot for slot in self.slots if slot.generation() is not None]
            if generation.depth > FEW:
                for known in with_parents([generation]):
                    if known.history is not None:
                        known.history.crowd()
            elif len(held) >= FEW:
                self.crowd()
        return self.crowded and not self.apart

    def next_generation(self, values: dict[Node, Any]) -> Generation:
        """Keep `values` (of `needs`) in a free slot, or the one of many."""
        tips = [entry.bound[k] for entry, k in self.places] if self.places else ()
        direct: Sequence[Generation] = ()
        if self.direct:
            direct = [g for g in [s.slot.generation() for s in self.direct] if g is not None]
        generation = Generation(self, tips, direct)
        generation.arrays = values
        if self.is_crowded(generation):
            generation.slot = self.shared_slot()
            generation.whole = False
        else:
            generation.slot = self.free_slot(self.sources())
            generation.slot.generation = weakref.ref(generation)
            generation.whole = all([p.whole for p in generation.parents])
        return generation

    def denoted(self, generation: Generation, node: Node) -> Node:
        """What a tensor with the value `node` of a generation denotes."""
        return past(node) if generation.slot is self.form else generation.slot.saved[node]


def seen_in(node: Node) -> Node | None:
    """The leaf that `node` is, or the parameter or batch of which it is a view, or None."""
    root = view_root(node)
    return root if node.leaf or isinstance(root, Cell | Bound) else None


def place_of_tip(bound: Bound) -> tuple[Any, int]:
    """The entry, and the place in its `bound`, where the tip is that a bound value stands for."""
    entry = bound.entry
    return entry, len(entry.places) + entry.keeps.index(entry.places[bound.place])


def unfold(tips: Iterable[Tip]) -> None:
    """Give the generations of `tips`, and all these build on, slots of their own.

    A gradient through all of them can be recorded then.
    """
    for generation in sorted(with_parents([t.generation for t in tips]), key=number_of):
        history = generation.history
        if generation.whole or history is None:
            continue
        history.apart = True
        slot = history.free_slot(tuple([tip.saved for tip in generation.tips]))
        slot.generation = weakref.ref(generation)
        owners = [(node, r()) for node, r in generation.owners.items()]
        held = [(t, slot.saved[n]) for n, t in owners if denotes(t, generation, n)]
        moved = {
            "freed": frozenset([slot.saved[made(n)] for n in generation.freed]),
            "hooks": {slot.saved[made(n)]: watch for n, watch in generation.hooks.items()},
            "slot": slot,
            "whole": True,
        }
        at_once(
            [*[t for t, _ in held], *[generation] * len(moved)],
            [*["_value"] * len(held), *moved],
            [*[saved for _, saved in held], *moved.values()],
        )


def number_of(generation: Generation) -> int:
    """The sort key of generations."""
    return generation.number


def denotes(tensor: Any, generation: Generation, node: Node) -> bool:
    """Whether a tensor still has that value of a generation."""
    tip = None if tensor is None else tensor._history
    if tip is None or not tensor._value.leaf:
        return False
    return tip.generation is generation and tip.node is node
