"""Backward passes in steps, for when Python must see gradients on their way.

Each node's rule is recorded as a call of its own, so that between two of them hooks, retained
gradients and custom functions get real tensors. They may even look at values, which ends the
window: then the nodes still to be visited are those saved for the new one.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import gradient, ops
from .differentiate import Run, op_name
from .errors import GradError, explain
from .graph import Bound, Cell, Node, Saved, next_serial, scope
from .patterns import ones_like
from .public import public
from .reach import reached
from .runtime.due import grad_of
from .runtime.effect import Change, apply_effect, new_tensor
from .runtime.history import free
from .runtime.mutate import apply_inplace
from .runtime.record import apply, realise


class Step:
    """What an entry of the trie says was called: one node's rule, or the end of a pass."""

    def __init__(self, name: str, grad_name: Any = op_name) -> None:
        self.name = name
        self.grad_name = grad_name


class Anomaly(threading.local):
    """Whether the backward passes of a thread look for NaN on their way."""

    on = False


anomaly = Anomaly()


@public("autograd")
class set_detect_anomaly:
    """Have backward passes raise at the first function whose gradient is NaN, or no more.

    At once, and back again when used as a context. Passes go in steps then, and are slower.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = anomaly.on
        anomaly.on = bool(mode and check_nan)

    def __enter__(self) -> set_detect_anomaly:
        return self

    def __exit__(self, *error: Any) -> None:
        anomaly.on = self.before


@public("autograd")
class detect_anomaly(set_detect_anomaly):
    """A context in which backward passes raise at the first function whose gradient is NaN.

    >>> x = torch.tensor(0.0, requires_grad=True)
    >>> with torch.autograd.detect_anomaly():
    ...     x.sqrt().backward()
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)


class Running(threading.local):
    """The backward pass in steps that a thread is in, if it is in one."""

    now: Steps | None = None


running = Running()
VJP = Step("vjp")
FREE = Step("free")


class Watch:
    """What Python wants with the gradient of a value: `hooks`, in order, and whom to tell."""

    def __init__(self) -> None:
        self.hooks: dict[int, Any] = {}
        self.after: dict[int, Any] = {}  # called with the leaf once its gradient is collected
        self.retained_by: Any = None  # weak reference to the tensor that keeps its gradient
        self.function: Any = None  # the custom function call that made the value

    def __bool__(self) -> bool:
        return bool(self.hooks or self.after or self.retained_by or self.function)


class Steps:
    """A backward pass of `run`, one node at a time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.recorder = run.recorder
        self.flushes = self.recorder.flushes
        self.grads: dict[Node, Any] = {}
        self.heap: list[tuple[int, Node]] = []
        self.spent: set[Node] = set()
        self.wanted: dict[Node, int] = {}
        self.found: dict[int, Any] = {}
        self.cells: set[Cell] = set()
        self.uses: Counter[Cell] = Counter()  # how many nodes are still to pass on to a leaf
        self.saved: dict[Node, Node] = {}  # what became of nodes whose windows have ended

    def backward(self, cells: Sequence[Cell]) -> None:
        """Collect gradients in `.grad` of the `cells`."""
        self.cells = set(cells)
        if any([cell.hooks for cell in cells]):
            self.uses = self.counted()
        self.walk()

    def counted(self) -> Counter[Cell]:
        """How many nodes pass a gradient on to each leaf."""
        seen = reached([root._value for root in self.run.roots])
        users = [set(node.parents) for node in seen if not isinstance(node, Cell)]
        return Counter([p for parents in users for p in parents if isinstance(p, Cell)])

    def settle_leaves(self, node: Node) -> None:
        """Visit the leaves whose gradient was complete with what `node` passed on to them.

        As in PyTorch their hooks come before those of anything further back.
        """
        for leaf in dict.fromkeys(node.parents):
            if isinstance(leaf, Cell) and leaf in self.uses:
                self.uses[leaf] -= 1
                if not self.uses[leaf] and leaf in self.grads:
                    self.visit(leaf, self.grads.pop(leaf))

    def find(self, targets: list[Any]) -> list[Any]:
        """The gradients of `targets`, None where there is none."""
        self.wanted = {t._value: k for k, t in enumerate(targets)}
        self.walk()
        return [self.found.get(self.wanted[t._value]) for t in targets]

    def walk(self) -> None:
        """Visit every node between the roots and the leaves."""
        before = self.recorder.grad
        self.recorder.grad = self.run.create_graph
        around, running.now = running.now, self
        try:
            for root, seed in zip(self.run.roots, self.run.seeds, strict=True):
                self.add(root._value, ones_like(root) if seed is None else seed)
            self.go()
            if not self.run.retain_graph:
                self.free()
        finally:
            self.recorder.grad = before
            running.now = around

    def reaches(self, values: Sequence[Node]) -> list[bool]:
        """Whether a gradient of each of the `values` is found in this pass."""
        seen = reached([root._value for root in self.run.roots])
        return [value in seen for value in values]

    def go(self) -> None:
        """Visit nodes until none is left. (A function of its own: in Python 3.13 an interrupt at
        the end of a `while` loop's body passes by the `finally` around that loop.)
        """
        while self.heap:
            node = self.now(heapq.heappop(self.heap)[1])
            if node in self.grads:
                self.visit(node, self.grads.pop(node))

    def now(self, node: Node) -> Node:
        """`node`, or what was saved for it if the window it was made in has ended since."""
        if self.recorder.flushes != self.flushes:
            self.flushes = self.recorder.flushes
            saved = {}
            for root in self.run.roots:
                if isinstance(root._value, Saved):
                    saved.update(root._value.slot.saved)
            saved = {n: s for n, s in saved.items() if not isinstance(n, Cell)}  # cells remain
            self.saved |= saved
            self.grads = {saved.get(n, n): g for n, g in self.grads.items()}
            self.wanted = {saved.get(n, n): k for n, k in self.wanted.items()}
            self.heap = [(-n.serial, n) for n in self.grads]
            heapq.heapify(self.heap)
            self.spent = {saved.get(n, n) for n in self.spent}
        return self.saved.get(node, node)

    def add(self, node: Node, g: Any) -> None:
        """Add `g` to the gradient of `node`."""
        known = self.grads.get(node)
        if known is None:
            self.grads[node] = g
            heapq.heappush(self.heap, (-node.serial, node))
        else:
            self.grads[node] = apply(ops.plus, (known, g), {})

    def watch_of(self, node: Node) -> Watch | None:
        """What Python wants with the gradient of `node`, if anything."""
        if isinstance(node, Cell):
            found: Watch | None = node.hooks
            return found
        watch = self.recorder.hooks.get(node)
        if watch is None:
            for generation in self.run.generations():
                watch = watch or generation.hooks.get(node)
        return watch

    def visit(self, node: Node, g: Any) -> None:
        """Show `g`, the whole gradient of `node`, to whoever watches; pass it on."""
        watch = self.watch_of(node)
        if watch is not None:
            for hook in list(watch.hooks.values()):
                changed = hook(g)
                g = g if changed is None else changed
            holder = None if watch.retained_by is None else watch.retained_by()
            if holder is not None:
                holder._grad = g if holder._grad is None else apply(ops.plus, (holder._grad, g), {})
            node = self.now(node)
        if node in self.wanted:
            self.found[self.wanted[node]] = g
        if isinstance(node, Cell):
            self.collect(node, g, watch)
        elif watch is not None and watch.function is not None:
            self.call_custom(node, g, watch.function)
        else:
            self.record(node, g)
        if self.uses and not isinstance(node, Cell):
            self.settle_leaves(node)

    def collect(self, cell: Cell, g: Any, watch: Watch | None) -> None:
        """Add `g` to the gradient of a leaf."""
        if cell not in self.cells:
            return
        old = grad_of(cell)
        if old is None or self.run.create_graph:
            total = g if old is None else apply(ops.plus, (old, g), {})
            # The tensor given to hooks must not be the one that later passes add to.
            cell.grad = total if self.run.create_graph else apply(ops.clone, (total,), {})
        else:
            apply_inplace(ops.plus, (old, g), {})
        if watch is not None:
            for hook in list(watch.after.values()):
                hook(cell.owner())

    def call_custom(self, node: Node, g: Any, call: Any) -> None:
        """Let a custom function pass on the gradients of all its outputs."""
        saved = node.slot.saved if isinstance(node, Saved) else {}
        outputs = [saved.get(output, output) for output in call.nodes]
        gradients = [g if n is node else self.grads.pop(n, None) for n in outputs]
        parents = self.now_all(call.parents(node))
        if self.wanted and not call.has_backward():
            origin = reached([p for p in parents if p is not None and p.requires_grad])
            if not any([n in origin for n in self.wanted]):
                return
        for parent, passed in zip(parents, call.backward(gradients), strict=True):
            parent = self.now(parent) if parent is not None else None
            if parent is not None and passed is not None and parent.requires_grad:
                self.add(parent, passed)

    def now_all(self, nodes: Sequence[Any]) -> list[Any]:
        """`now` of each node that is one."""
        return [None if n is None else self.now(n) for n in nodes]

    def record(self, node: Node, g: Any) -> None:
        """Record the rule of `node`; add what it passes on."""
        run = self.run

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            scope.grad = run.create_graph
            since = next_serial()
            passed = gradient.vjp(node, nodes[0])
            used = gradient.values_used([p[1] for p in passed], nodes[0], since)
            change = Change()
            spends = any([not u.number for u in used])
            if spends and node in run.freed():
                raise gradient.second_time()
            change.returned = (tuple([p[0] for p in passed]), spends)
            for _, value in passed:
                change.add(value, new_tensor, None)
            return change

        handles = [g, *run.roots]
        key = (VJP, node, run.create_graph, tuple([h._value for h in handles]))
        # A list of our own: adding one gradient may end the window, which must keep the others.
        out = list(apply_effect(self.recorder, VJP, key, handles, (), describe))
        parents, spends = self.recorder.at.returned
        if spends:
            self.spent.add(node)
        for k, (parent, passed) in enumerate(zip(parents, out, strict=True)):
            if anomaly.on:
                check_nan(node, passed, k)
            self.add(parent, passed)

    def free(self) -> None:
        """Record that the history that was walked is used up."""
        spent = frozenset(self.spent)
        free(spent)

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            change = Change()
            change.freed = spent
            return change

        apply_effect(self.recorder, FREE, (FREE, spent), (), (), describe)


def check_nan(node: Node, g: Any, k: int) -> None:
    """Raise GradError if `g`, the `k`-th gradient that `node` passes on, has a NaN in it."""
    if bool(np.isnan(realise(g)).any()):
        while isinstance(node, Saved | Bound):
            node = node.source
        name = node.label or node.op.grad_name
        raise GradError(explain("backward", f"Function {name!r} returned nan values in output {k}"))
