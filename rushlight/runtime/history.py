"""What is kept of a window whose values may still be differentiated after it has run.

A tensor that requires grad and outlives its window takes its history along: a copy of the graph
that made it, in `Saved` nodes, and the arrays that a gradient will need. The nodes belong to a
`Slot`, made once and used again by later repetitions of the window, so that what is recorded on
top of them is recognised again; the arrays belong to a `Generation`, one for each repetition, held
by the tensors themselves. A slot whose generation is still held by someone is not used again: the
next repetition takes another.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import MissingError
from ..gradient import values_used, vjp
from ..graph import Bound, Cell, Constant, Leaf, Node, Saved, Stale, next_serial, serial_of
from .memory import SAVING, owner_of

NONE_FREED: frozenset[Node] = frozenset()


class Generation:
    """The arrays of one repetition of a window that a later gradient needs.

    `parents` are earlier generations this one builds on; `freed` the saved nodes that a backward
    pass has used up; `owners` the tensors that denote a saved node; `hooks` theirs.
    """

    __slots__ = ("__weakref__", "arrays", "freed", "hooks", "owners", "parents", "spending")

    def __init__(self, parents: list[Generation], spending: frozenset[Node]) -> None:
        self.spending = spending
        self.arrays: dict[Saved, Any] = {}
        self.freed: frozenset[Node] = NONE_FREED
        self.hooks: dict[Node, Any] = {}
        self.owners: dict[Node, weakref.ref[Any]] = {}
        self.parents = parents
        SAVING.add(weakref.ref(self, SAVING.discard))

    def copy_if_shared(self, owners: set[int]) -> None:
        """Replace arrays in memory that is about to change, that of `owners`, by copies."""
        for saved, array in self.arrays.items():
            if isinstance(array, np.ndarray) and id(owner_of(array)) in owners:
                self.arrays[saved] = array.copy()

    def release(self) -> None:
        """Let go of the arrays, if a backward pass has used all of them up."""
        if self.freed.issuperset(self.spending):
            self.arrays = {s: a for s, a in self.arrays.items() if s.number}


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
            spent.setdefault(generation, []).append(node)
    for generation, own in spent.items():
        generation.freed = generation.freed.union(own)


class Slot:
    """One copy of a window's history graph."""

    def __init__(self, history: History) -> None:
        self.saved: dict[Node, Node] = {}
        self.generation: Any = no_generation
        for node in history.nodes:
            if isinstance(node, Constant | Saved):
                self.saved[node] = node
            elif isinstance(node, Cell | Bound):
                onward = node if isinstance(node, Cell) else node.source
                self.saved[node] = Saved(node, (onward,), self)
            else:
                inputs = node.inputs if node in history.visited else ()
                self.saved[node] = Saved(node, tuple([self.saved[i] for i in inputs]), self)


class Alone:
    """The slot of a saved value that belongs to no window."""

    saved: dict[Node, Node] = {}

    @staticmethod
    def generation() -> None:
        """None."""


def stand_in(cell: Cell) -> Saved:
    """What a tensor denotes that has another value than the leaf `cell`, but its history."""
    return Saved(cell, (cell,), Alone)


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

    `nodes` are the graph, inputs first; `needs` those whose values a gradient uses.
    """

    def __init__(self, roots: list[Node]) -> None:
        self.roots = roots
        self.needs: set[Node] = set()
        self.spending: set[Node] = set()
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
            used = values_needed(node)
            self.needs |= used
            if any([not u.number for u in used]):
                self.spending.add(node)
        self.nodes = sorted(nodes, key=serial_of)
        self.needs = {n for n in self.needs if not isinstance(n, Constant | Saved)}
        self.sources = [n.source for n in visited if isinstance(n, Bound)]

    def free_slot(self) -> Slot:
        """A slot that no generation occupies."""
        for slot in self.slots:
            if slot.generation() is None:
                return slot
        slot = Slot(self)
        self.slots.append(slot)
        return slot

    def next_generation(self, values: dict[Node, Any]) -> tuple[Slot, Generation]:
        """Keep `values` (of `needs`) in a free slot."""
        slot = self.free_slot()
        earlier = [s for s in (*self.sources, *self.nodes) if isinstance(s, Saved)]
        parents = list({id(g): g for g in [s.slot.generation() for s in earlier] if g}.values())
        spending = frozenset([slot.saved[n] for n in self.spending])
        generation = Generation(parents, spending)
        for node in self.needs:
            saved = slot.saved[node]
            assert isinstance(saved, Saved)
            generation.arrays[saved] = values[node]
        slot.generation = weakref.ref(generation)
        return slot, generation
