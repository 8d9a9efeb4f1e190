"""Leave out of a program what need not be computed.

Gradients are written for clarity, so traces are full of transposes of transposes, products with one
and scalars that are spread over a shape only to be multiplied with it. The nodes of the recording
are not touched: the simplified program has nodes of its own where it differs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..graph import Constant, Node, Spec
from ..ops.table import Kind
from ..trace import Program

SMALL = 16
"""Constants of at most this many elements are computed beforehand."""


class Literal(Constant):
    """A constant with a dtype and a shape of its own."""

    __slots__ = ()
    number = False

    def __init__(self, array: Any, spec: Spec) -> None:
        super().__init__(0.0)
        self.value = array
        self.shape, self.dtype = spec


def simplify(program: Program) -> Program:
    """A program with the same inputs and outputs, and no more nodes."""
    known: dict[Node, Node] = {}
    same: dict[Any, Node] = {}
    for node in program.order:
        inputs = tuple([known.get(i, i) for i in node.inputs])
        if node.op.kind is Kind.ELEMENTWISE:
            inputs = unspread(node, inputs)
        made = node
        if any([a is not b for a, b in zip(inputs, node.inputs, strict=True)]):
            made = Node(node.op, inputs, node.attrs, node.spec, False)
            made.stride_memo = node.stride_memo
        rule = RULES.get(node.op)
        made = folded(made) or (rule and rule(made)) or made
        known[node] = same.setdefault(identity(made), made)
    outputs = [known[o] for o in program.outputs]
    return Program(outputs, program.inputs)


def identity(node: Node) -> Any:
    """What two nodes have in common whose values are the same."""
    if node.leaf:
        return node
    try:
        return (node.op, node.inputs, tuple(node.attrs.items()), hash(tuple(node.attrs.items())))
    except TypeError:
        return node


def folded(node: Node) -> Node | None:
    """A small node of nothing but constants, computed."""
    if node.size > SMALL or not node.inputs:
        return None
    values = [i.value for i in node.inputs if isinstance(i, Constant)]
    if len(values) < len(node.inputs):
        return None
    value = node.op.numpy(*values, **node.attrs)
    return Literal(np.asarray(value, node.dtype.numpy), node.spec)


def unspread(node: Node, inputs: tuple[Node, ...]) -> tuple[Node, ...]:
    """`inputs` of an elementwise node, less what only spreads them over its shape."""
    small = tuple([source_of_spread(i, node) for i in inputs])
    if small == inputs:
        return inputs
    shape = np.broadcast_shapes(*[i.shape for i in small])
    return small if shape == node.shape else inputs


def source_of_spread(value: Node, node: Node) -> Node:
    """What `value` is an expansion of, as far as broadcasting does that anyway."""
    while not value.leaf:
        if value.op is ops.expand_view or (
            value.op is ops.reshape_view and value.inputs[0].ndim == 0
        ):
            inner = value.inputs[0]
        else:
            break
        if inner.number:
            break
        value = inner
    return value


def of_permute(node: Node) -> Node | None:
    """A transpose of a transpose."""
    inner = node.inputs[0]
    dims = node.attrs["dims"]
    if not inner.leaf and inner.op is ops.permute_view:
        first = inner.attrs["dims"]
        dims = tuple([first[d] for d in dims])
        inner = inner.inputs[0]
    if dims == tuple(range(len(dims))):
        return inner
    if inner is node.inputs[0]:
        return None
    return Node(node.op, (inner,), {"dims": dims}, node.spec, False)


def of_reshape(node: Node) -> Node | None:
    """A reshape of a reshape, or to the shape that is there."""
    inner = node.inputs[0]
    while not inner.leaf and inner.op is ops.reshape_view:
        inner = inner.inputs[0]
    if inner.shape == node.shape:
        return inner
    if inner is node.inputs[0]:
        return None
    return Node(node.op, (inner,), node.attrs, node.spec, False)


def of_product(node: Node) -> Node | None:
    """A product with one."""
    for one, other in (node.inputs, node.inputs[::-1]):
        is_one = isinstance(one, Constant) and np.ndim(one.value) == 0 and one.value == 1
        if is_one and other.spec == node.spec and not other.number:
            return other
    return None


def of_basic_index(node: Node) -> Node | None:
    """A view of what was just written into that view."""
    inner = node.inputs[0]
    if inner.leaf or inner.op is not ops.write_view or inner.attrs["view"] is not node.op:
        return None
    return inner.inputs[1] if dict(inner.attrs["attrs"]) == node.attrs else None


RULES: dict[Any, Callable[[Node], Node | None]] = {
    ops.permute_view: of_permute,
    ops.reshape_view: of_reshape,
    ops.mul: of_product,
    ops.basic_index: of_basic_index,
}
