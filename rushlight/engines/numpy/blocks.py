"""Elementwise ops on long arrays, block by block, so that what lies between them stays in cache.

One op at a time would write each intermediate array to memory that the system first has to find and
clear, and read it from there again: that takes several times as long as the arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...graph import Constant, Node
from ...ops.table import Kind
from ...trace import Program
from .node import compute

BLOCK = 1 << 14
"""Elements of a block: many blocks fit in the second cache, and each into memory at hand."""

LONG = 1 << 18
"""Elements of an array that is worth it."""


def chains(program: Program) -> dict[int, int]:
    """Stretches of `program.order` that can be run block by block: where each begins and ends."""
    found: dict[int, int] = {}
    start, shape = 0, None
    for k, node in enumerate([*program.order, None]):
        here = node.shape if node is not None and is_elementwise(node) else None
        if here is None or here != shape:
            if shape is not None and k > start + 1:
                found[start] = k
            start, shape = k, here
    return found


def is_elementwise(node: Node) -> bool:
    """Whether an element of a long `node` needs that element alone of inputs, or single numbers."""
    return (
        math.prod(node.shape) >= LONG
        and node.op.kind is Kind.ELEMENTWISE
        and all([i.shape in (node.shape, ()) for i in node.inputs])
    )


def run_chain(
    nodes: Sequence[Node], dying: Sequence[Sequence[Node]], values: Mapping[Node, Any]
) -> dict[Node, Any] | None:
    """The values of those `nodes` that are not `dying` in between; None if memory forbids it."""
    shape = nodes[0].shape
    given = {i for node in nodes for i in node.inputs}.difference(nodes)
    whole: dict[Node, Any] = {i: i.value if isinstance(i, Constant) else values[i] for i in given}
    long = {i: x for i, x in whole.items() if i.shape == shape}
    if not all([isinstance(x, np.ndarray) and x.flags.c_contiguous for x in long.values()]):
        return None
    flat = {i: x.reshape(-1) for i, x in long.items()}
    gone = {i for some in dying for i in some}
    size = math.prod(shape)
    results: dict[Node, Any] = {}
    for start in range(0, size, BLOCK):
        block = slice(start, start + BLOCK)
        here = {**whole, **{i: x[block] for i, x in flat.items()}}
        for node, value in one_block(nodes, dying, here):
            if node not in gone:
                if not start:
                    results[node] = np.empty(size, np.asarray(value).dtype)
                results[node][block] = value
    return {node: x.reshape(shape) for node, x in results.items()}


def one_block(
    nodes: Sequence[Node], dying: Sequence[Sequence[Node]], here: dict[Node, Any]
) -> Iterator[tuple[Node, Any]]:
    """Each of the `nodes` and its value, of the inputs' blocks `here`."""
    for node, last in zip(nodes, dying, strict=True):
        here[node] = value = compute(node, [here[i] for i in node.inputs])
        yield node, value
        for i in last:
            here.pop(i, None)
