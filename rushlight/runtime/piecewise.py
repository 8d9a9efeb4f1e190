"""Backward passes through many histories, window by window.

An episode leaves a history for each of its steps, and another number of them each time. One program
for all of them would be another program each time. But each is a repetition of some window, and the
gradient of that is the same small program every time: a `Piece`. A pass goes from the youngest
generation to the oldest, runs the piece of each, hands gradients on to those that it builds on, and
adds up those of the leaves in the order in which PyTorch does.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import bfloat, config, ops
from ..engines import numpy as engine
from ..gradient import Walk, laid_out_like, second_time
from ..graph import Cell, Leaf, Node, Saved, contiguous_strides, scope, serial_of
from ..passes import simplify
from ..trace import Program
from . import compiling, worth
from .entry import Halt
from .gathering import Joined
from .history import Generation, History, Slot, Tip, with_parents
from .memory import laid_out
from .slots import maker_of

Given = dict[Node, Any]
"""Gradients of values of one generation."""


class Piece(Halt):
    """The gradient of a window: a program of the gradients of `roots` and of saved values.

    It gives the gradients of what the window builds on, `tips` (numbers of `history.bounds`), and
    of leaves, `cells`; to those that are `known` it adds.
    """

    def __init__(self, history: History, roots: Sequence[Node], known: Iterable[Cell]) -> None:
        form = history.shared_slot()
        seeds: list[Node] = [Leaf(r.shape, r.dtype) for r in roots]
        scope.grad = False
        bounds = [form.saved[b] for b in history.bounds]
        walk = Walk([form.saved[r] for r in roots], seeds, [*bounds, *history.cells])
        self.roots = roots
        self.tips = [k for k, b in enumerate(bounds) if b in walk.found]
        self.cells = [c for c in history.cells if c in walk.found]
        sums = {c: like(c) for c in self.cells if c in set(known)}
        found = [in_order(walk.found[bounds[k]]) for k in self.tips]
        for cell in self.cells:
            g = laid_out_like(cell, walk.found[cell])
            found.append(ops.plus(sums[cell], g) if cell in sums else g)
        self.spent = frozenset([n.source for n in walk.spent if isinstance(n, Saved)])
        program = Program([ops.clone(g) if g.leaf else g for g in found])
        self.known = list(sums)
        saved = [leaf for leaf in program.inputs if isinstance(leaf, Saved)]
        self.sources = [leaf.source for leaf in saved]
        inputs = (*seeds, *sums.values(), *saved)
        self.program = Program(program.outputs, inputs)
        first = len(seeds)
        place = {cell: first + k for k, cell in enumerate(self.known)}
        self.updates = {
            len(self.tips) + k: place[cell] for k, cell in enumerate(self.cells) if cell in place
        }
        self.count = 0
        self.form = form
        self.spent_of_many = frozenset([form.saved[n] for n in self.spent])
        self.rest = [c for c in self.cells if c not in place]
        self.makers: Any = None  # of the arrays that machine code fills
        self.simplified: Any = None
        self.compiled: Any = None
        self.native: Any = None  # given by a thread in the background
        self.replay: Any = None
        self.on_numpy = worth.Spent()
        self.price = math.inf  # of its compilation, once that is wanted

    def heat(self) -> None:
        """It comes again and again: have it written as straight Python, and compiled."""
        self.simplified = simplify(self.program)
        self.compiled = engine.compile(self.simplified)
        if not compiling.state.available:
            return
        self.price = worth.price(self.simplified)
        if self.on_numpy.total < self.price:
            compiling.state.put_off.add(self)
            compiling.state.ask(compiling.Kept(self))
        else:
            self.ask()

    def ask(self) -> None:
        """Have it compiled."""
        self.price = math.inf
        compiling.state.put_off.discard(self)
        compiling.state.ask(self)

    def run(self, recorder: Any, given: Given, sums: dict[Cell, Any], arrays: Given) -> list[Any]:
        """The gradients of tips, given those of roots, and what is saved; `sums` has the others."""
        self.count += 1
        if self.count >= config.hot and self.compiled is None and not recorder.eager:
            self.heat()
        inputs = [given[r] for r in self.roots]
        inputs += [sums[c] for c in self.known]
        inputs += [arrays[source] for source in self.sources]
        native, count = self.native, len(self.tips)
        if native is not None:
            if self.makers is None:
                self.makers = [maker_of(output) for output in native.outputs]
            rooms = [make() for make in self.makers]
            try:
                native.call(recorder, self, *inputs, *rooms)
            except (TypeError, ValueError):
                pass  # nothing was written
            else:
                recorder.at = recorder.root
                sums.update(zip(self.rest, rooms[count:], strict=True))
                return rooms[:count]
        with self.on_numpy.run():
            if self.compiled is not None:
                outputs = self.compiled(inputs)
            else:
                outputs = engine.run(self.program, inputs)
        if self.on_numpy.total >= self.price:
            self.ask()
        nodes = self.program.outputs
        outputs = [laid_out(a, n, True) for a, n in zip(outputs, nodes, strict=True)]
        sums.update(zip(self.cells, outputs[count:], strict=True))
        return outputs[:count]

    def spent_of(self, slot: Slot) -> frozenset[Node]:
        """The nodes of a slot that a pass through this piece uses up."""
        if slot is self.form:
            return self.spent_of_many
        return frozenset([slot.saved[n] for n in self.spent])

    def finish(self, recorder: Any) -> None:
        """Nothing is to be delivered: a pass that was interrupted leaves all as it was."""
        recorder.at = recorder.root


def in_order(g: Node) -> Node:
    """`g`, row after row in memory."""
    return g if g.strides == contiguous_strides(g.shape) else ops.make_contiguous(g)


def like(cell: Cell) -> Leaf:
    """A leaf for an array with the shape and layout of a cell's."""
    leaf = Leaf(cell.shape, cell.dtype)
    leaf.stride_memo = cell.stride_memo
    return leaf


class Piecewise:
    """A pass from values with a history, `roots` with their gradients, through all they build on.

    Afterwards `sums` has the gradients of leaves. Nothing else has changed until `free` is called.
    """

    def __init__(self, roots: Iterable[tuple[Tip, Any]]) -> None:
        self.sums: dict[Cell, Any] = {}
        self.waiting: dict[Generation, Given] = {}
        self.heap: list[tuple[int, Generation]] = []
        self.spent: list[tuple[Generation, frozenset[Node]]] = []
        for tip, g in roots:
            self.add(tip, g)

    def add(self, tip: Tip, g: Any) -> None:
        """Add to the gradient of a value."""
        given = self.waiting.get(tip.generation)
        if given is None:
            given = self.waiting[tip.generation] = {}
            heapq.heappush(self.heap, (-tip.generation.number, tip.generation))
        given[tip.node] = g if tip.node not in given else added(given[tip.node], g)

    def run(self, recorder: Any) -> None:
        """Go from the youngest generation to the oldest."""
        while self.heap:
            generation = heapq.heappop(self.heap)[1]
            self.visit(recorder, generation, self.waiting.pop(generation))

    def visit(self, recorder: Any, generation: Generation, given: Given) -> None:
        """Hand gradients of values of one generation on."""
        history: Any = generation.history
        if isinstance(history, Joined):
            for tip, g in zip(generation.tips, history.parted(given[history.root]), strict=True):
                self.add(tip, g)
            return
        piece = piece_for(recorder, history, given, self.sums)
        spent = piece.spent_of(generation.slot)
        if not spent.isdisjoint(generation.freed):
            raise second_time()
        found = piece.run(recorder, given, self.sums, generation.arrays)
        self.spent.append((generation, spent))
        for k, g in zip(piece.tips, found, strict=True):
            self.add(generation.tips[k], g)

    def free(self) -> None:
        """Let go of all that has been used up."""
        for generation, spent in self.spent:
            generation.freed = generation.freed.union(spent) if generation.freed else spent
            generation.release()


def piece_for(recorder: Any, history: History, given: Given, sums: dict[Cell, Any]) -> Piece:
    """The piece of this window, for these gradients and sums; each thread has its own."""
    key = (recorder.ident, tuple(given), *[c in sums for c in history.cells])
    piece: Piece | None = history.pieces.get(key)
    if piece is None:
        roots = sorted(given, key=serial_of)
        piece = history.pieces[key] = Piece(history, roots, sums)
    return piece


def is_plain(tips: Iterable[Tip]) -> bool:
    """Whether Python need not see the gradients of these values, and of all that they build on."""
    for generation in with_parents([tip.generation for tip in tips]):
        history = generation.history
        if history is None or history.direct or generation.hooks:
            return False
        if any([cell.hooks is not None for cell in history.cells]):
            return False
    return True


def added(a: Any, b: Any) -> Any:
    """The sum of two arrays, as an array."""
    if a.dtype == bfloat.BITS:
        return bfloat.rounded(bfloat.widened(a) + bfloat.widened(b))
    return np.asarray(a + b)
