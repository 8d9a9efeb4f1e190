"""Deliver the results of a window to the tensors that want them.

Running a window changes nothing; delivering does. A delivery that is interrupted (Ctrl-C, an
exception thrown in from another thread) is simply run again: every step of it may be repeated.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from ..errors import RushlightError, explain
from ..graph import Bound, Cell, Leaf, Node, Past, Saved, fresh
from ..trace import apply_chain, view_chain
from .entry import Halt, Handle
from .history import Generation, Tip, place_of_tip
from .memory import laid_out, store
from .window import Delivery, Plan, value_of


class Failed(Leaf):
    """What a tensor denotes whose op failed when it was run: `error` is raised whoever asks."""

    __slots__ = ("error",)

    def __init__(self, node: Node, error: Exception) -> None:
        super().__init__(node.shape, node.dtype)
        self.error = error


class Results(Halt):
    """The results of one run of `plan`, on their way to the tensors.

    `arrays` are the values of the program's inputs, `outputs` those of its outputs, and `failed`
    says which nodes failed, with what error.
    """

    def __init__(
        self, plan: Plan, arrays: list[Any], outputs: list[Any], failed: dict[Node, Any]
    ) -> None:
        self.plan = plan
        self.arrays = arrays
        self.outputs = outputs
        self.failed = failed
        self.values: dict[Node, Any] = {}
        self.generation: Generation | None = None
        self.bases: dict[Node, Any] = {}
        self.is_prepared = False

    def prepare(self) -> None:
        """Keep what views and histories need of this run. May be run again if interrupted."""
        plan = self.plan
        self.values = dict(zip(plan.program.outputs, self.outputs, strict=True))
        # What lies in memory that a delivery may write to is copied before the first of them.
        for delivery in plan.direct:
            node = delivery.place.node
            if delivery.copy and node not in self.failed:
                self.values[node] = laid_out(self.values[node], node, True)
        for delivery in plan.views:
            base = delivery.base
            if base.leaf and not isinstance(base, Cell):
                self.bases[base] = value_of(base)
            elif base in self.values and base not in self.failed and base not in self.bases:
                self.bases[base] = laid_out(self.values[base], base, delivery.copy)
        history = plan.history
        if history is not None and not self.failed:
            inputs = dict(zip(plan.program.inputs, self.arrays, strict=True))
            kept = {n: self.keep(n, inputs) for n in history.needs}
            self.generation = history.next_generation(kept)
        self.is_prepared = True
        self.arrays = []  # a parameter's memory is exchanged only if nobody else holds it

    def keep(self, node: Node, inputs: dict[Node, Any]) -> Any:
        """The value of `node`, for the history."""
        assert self.plan.history is not None
        root = self.plan.history.seen.get(node)
        if root is None:
            return self.values[node]
        array = inputs[root] if root in inputs else value_of(root)
        return apply_chain(array, view_chain(node))

    def deliver(self, hooks: dict[Node, Any]) -> None:
        """Hand everything over, with the `hooks` of tensors. May be run again if interrupted."""
        path = self.plan.window.path
        if not self.is_prepared:
            self.prepare()
        if self.generation is not None:
            saved = self.generation.slot.saved
            for node in hooks.keys() & saved.keys():
                self.generation.hooks[saved[node]] = hooks[node]
        for entry in path:
            for bound in entry.bound:
                if isinstance(bound, Tip):
                    bound.release()
        for delivery in self.plan.direct:
            handle = self.wanted_by(delivery)
            if handle is not None:
                self.deliver_array(delivery, handle)
        for delivery in self.plan.views:
            handle = self.wanted_by(delivery)
            if handle is not None:
                self.deliver_view(delivery, handle)
        for entry in path:
            entry.forget()

    def finish(self, recorder: Any) -> None:
        """Hand everything over to the tensors of `recorder`, and let it begin another window."""
        self.deliver(recorder.hooks)
        recorder.begin(self.plan.window)
        if self.failed:
            raise_failure(self)

    def wanted_by(self, delivery: Delivery) -> Handle | None:
        """The tensor that wants this value, unless it failed or the tensor denotes another now."""
        place = delivery.place
        handle = place.handle()
        node = place.node
        if handle is None or handle._value is not node:
            return None
        failure = self.failed.get(node) or self.failed.get(delivery.base)
        if failure is None:
            return handle
        if place.origin is not None:
            handle._value = place.origin  # the change never happened
        else:
            handle._array = None
            handle._value = Failed(node, failure.error)
        return None

    def deliver_array(self, delivery: Delivery, handle: Handle) -> None:
        """Give `handle` an array of its own, or new contents for the one it has."""
        node = delivery.place.node
        array = self.values[node]
        if type(array) is not np.ndarray or array.strides != delivery.strides:
            array = laid_out(array, node, False)
        if delivery.store:
            store(handle, array)
        else:
            handle._array = array
        self.denote(delivery, handle, node)

    def deliver_view(self, delivery: Delivery, handle: Handle) -> None:
        """Make `handle` a view of the memory of its base."""
        base = delivery.base
        owner = None
        if isinstance(base, Cell):
            array, owner = base.array, base.owner()
        elif base in self.plan.by_root:
            owner = self.plan.by_root[base].handle()
            array = owner._array if owner is not None else None
        else:
            if isinstance(base, Bound) and isinstance(base.source, Saved | Past):
                entry, k = place_of_tip(base)
                owner = entry.bound[k].holder()
            array = self.bases[base]
        handle._array = apply_chain(array, delivery.chain)
        if owner is not None:
            link(owner, handle, delivery.chain)
        self.denote(delivery, handle, delivery.place.node)

    def denote(self, delivery: Delivery, handle: Handle, node: Node) -> None:
        """Say what `handle` denotes from now on."""
        leaf = delivery.leaf
        if leaf is None and self.generation is None:
            leaf = fresh(node.shape, node.dtype)  # something failed: there is no history
        if leaf is None:
            generation: Any = self.generation
            generation.owners[node] = weakref.ref(handle)
            handle._history = Tip(generation, node)
            handle._value = generation.history.denoted(generation, node)
        else:
            if handle._history is not None:
                handle._history = None
            handle._value = leaf


def link(base: Handle, view: Handle, chain: Any) -> None:
    """Note that the concrete tensor `view` is a view of `base`, by the ops of `chain`."""
    if base._base is not None:
        chain = base._chain + chain
        base = base._base
    view._base = base
    view._chain = chain
    views = base._views
    count = len(views)
    if not views or (count > 8 and not count & (count - 1)):  # at powers of two: seldom enough
        views = base._views = [v for v in views if v() is not None]
    views.append(weakref.ref(view))


def raise_failure(results: Results) -> None:
    """Raise the error of the op that failed first, and say where it was asked for."""
    failure = next(iter(results.failed.values()))
    line = results.plan.window.line_of(failure.node)
    where = f"\n  recorded at {line[0]}, line {line[1]}" if line else ""
    error = failure.error
    if isinstance(error, RushlightError):
        raise type(error)(f"{error}{where}") from None
    raise RuntimeError(explain(failure.node.op.name, str(error)) + where) from error
