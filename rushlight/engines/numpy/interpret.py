"""Run a program node by node, or block by block where arrays are long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any

import numpy as np

from ...graph import Constant, Node
from ...trace import Program
from .blocks import chains, run_chain
from .node import NodeError, compute


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
    order, dying, stretches = program.order, last_uses(program), chains(program)
    k = 0
    with np.errstate(all="ignore"):
        while k < len(order):
            end = stretches.get(k, k)
            found = run_chain(order[k:end], dying[k:end], values) if end > k else None
            if found is None:
                node, end = order[k], k + 1
                args = [i.value if isinstance(i, Constant) else values[i] for i in node.inputs]
                found = {node: compute(node, args)}
            values |= found
            for i in [i for some in dying[k:end] for i in some]:
                values.pop(i, None)
            k = end
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
            values[node] = compute(node, args)
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
                values[node] = compute(node, args)
            except NodeError as error:
                failed[node] = error
    outputs = [o.value if isinstance(o, Constant) else values.get(o) for o in program.outputs]
    return outputs, failed
