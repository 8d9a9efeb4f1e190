"""Backward passes."""

from __future__ import annotations

import weakref
from typing import Any

from . import gradient, ops
from .errors import GradError, explain
from .graph import Cell, Node, scope, Bound
from .runtime.effect import Change, apply_effect
from .runtime.entry import State, Handle
from .runtime.history import Generation
from .runtime.record import settle, types
from .runtime.recorder import local


class Backward:
    name = "backward"


BACKWARD = Backward()
LEAVES = weakref.WeakKeyDictionary()

Node.__weakref__ if hasattr(Node, "__weakref__") else None


def leaves_of(root):
    seen = set()
    stack = [root]
    cells = []
    while stack:
        n = stack.pop()
        if n in seen:
            continue
        seen.add(n)
        if isinstance(n, Cell):
            cells.append(n)
        else:
            stack.extend([p for p in n.parents if p.requires_grad])
    return sorted(cells, key=lambda c: c.serial)


def backward(tensors, gradients, retain_graph, create_graph):
    recorder = local.recorder
    t = tensors[0]
    settle(recorder, [t])
    if not t._value.requires_grad:
        raise GradError("element 0 of tensors does not require grad and does not have a grad_fn")
    cells = leaves_of(t._value)
    olds = [c.grad for c in cells if c.grad is not None]
    handles = [t, *[g for g in gradients if g is not None], *olds]
    settle(recorder, handles)
    flags = (retain_graph, create_graph, tuple([c.grad is None for c in cells]), len(gradients))
    key = (BACKWARD, flags, tuple([h._value for h in handles]), recorder.grad)

    def describe(nodes, scalars):
        at = recorder.at
        root = nodes[0]
        seed = nodes[1] if gradients[0] is not None else gradient.ones(root)
        old = dict(zip([c for c in cells if c.grad is not None], nodes[len(nodes) - len(olds) :]))
        scope.grad = create_graph
        history = t._history
        freed = at.state.freed | (history.freed if history is not None else frozenset())
        walk = gradient.Walk([root], [seed], is_freed=freed.__contains__)
        change = Change()
        change.freed = frozenset(walk.spent) if not retain_graph else frozenset()
        for cell, g in walk.leaves.items():
            if cell.grad is None:
                change.add(g, grad_of(cell), None)
            else:
                change.add(ops.plus(old[cell], g), grad_of(cell), cell.grad._value)
        return change

    apply_effect(recorder, BACKWARD, key, handles, (), describe)
    entry = recorder.at
    if entry.state.freed:
        for b in entry.bound:
            if isinstance(b, Generation):
                b.free(entry.state.freed)


def grad_of(cell):
    def find(handles):
        if cell.grad is None:
            cell.grad = types.new()
        return cell.grad

    return find
