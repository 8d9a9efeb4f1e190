"""Run a program node by node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any

import numpy as np

from ...graph import Constant, Node
from ...trace import Program


class NodeError(Exception):
    """An op failed on the values it was given: `node` and the `error` it raised."""

    def __init__(self, node: Node, error: Exception) -> None:
        super().__init__(f"{node.op.name}: {error}")
        self.node = node
        self.error = error


def last_uses(program: Program) -> list[list[Node]]:
    """For each step of `program.order`, the values that nobody needs after it."""
    seen: set[Node] = set(program.outputs)
    dying: list[list[Node]] = []
    for node in reversed(program.order):
        last = []
        for i in node.inputs:
            if i not in seen:
                seen.add(i)
                last.append(i)
        dying.append(last)
    dying.reverse()
    return dying


def run(program: Program, arrays: Sequence[Any]) -> list[Any]:
    """The outputs of `program`. Values are let go of as soon as nobody needs them."""
    values: dict[Node, Any] = dict(zip(program.inputs, arrays, strict=True))
    with np.errstate(all="ignore"):
        for node, dying in zip(program.order, last_uses(program), strict=True):
            args = [i.value if isinstance(i, Constant) else values[i] for i in node.inputs]
            try:
                values[node] = node.op.numpy(*args, **node.attrs)
            except Exception as error:
                raise NodeError(node, error) from error
            for i in dying:
                values.pop(i, None)
    return [o.value if isinstance(o, Constant) else values[o] for o in program.outputs]


def run_noting(
    program: Program, arrays: Sequence[Any], note: Callable[[Node, int, int], None]
) -> list[Any]:
    """As `run`, but `note` is told of each node, and when it began and ended, in nanoseconds."""
    values: dict[Node, Any] = dict(zip(program.inputs, arrays, strict=True))
    with np.errstate(all="ignore"):
        for node, dying in zip(program.order, last_uses(program), strict=True):
            args = [i.value if isinstance(i, Constant) else values[i] for i in node.inputs]
            start = perf_counter_ns()
            try:
                values[node] = node.op.numpy(*args, **node.attrs)
            except Exception as error:
                raise NodeError(node, error) from error
            note(node, start, perf_counter_ns())
            for i in dying:
                values.pop(i, None)
    return [o.value if isinstance(o, Constant) else values[o] for o in program.outputs]


def run_around_failures(
    program: Program, arrays: Sequence[Any]
) -> tuple[list[Any], dict[Node, NodeError]]:
    """As `run`, but what depends on a failing node is left out and named with its error."""
    values: dict[Node, Any] = dict(zip(program.inputs, arrays, strict=True))
    failed: dict[Node, NodeError] = {}
    with np.errstate(all="ignore"):
        for node in program.order:
            cause = next((failed[i] for i in node.inputs if i in failed), None)
            if cause is not None:
                failed[node] = cause
                continue
            args = [i.value if isinstance(i, Constant) else values[i] for i in node.inputs]
            try:
                values[node] = node.op.numpy(*args, **node.attrs)
            except Exception as error:
                failed[node] = NodeError(node, error)
    outputs = [o.value if isinstance(o, Constant) else values.get(o) for o in program.outputs]
    return outputs, failed
