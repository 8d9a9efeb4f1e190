"""Vectorisation as a transform of the graph: what was recorded for one example, for a batch.

Each node is made again from inputs that hold all examples along their first axis, by the rule of
its op (`ops/batching.py`). Nodes that do not depend on an example are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import ops
from .errors import GradError, explain
from .gradient import sum_to, to_dtype_of
from .graph import Bound, Cell, Leaf, Node, Past, Saved, Stale, needed, scope
from .ops.batching import Batch, moved, rule_of


def vectorized(
    outputs: Sequence[Node], known: dict[Node, Node], size: int, depth: int = 0
) -> list[Node]:
    """`outputs` for all examples, or as they are if they are the same for all.

    `known` says which nodes hold the examples of a node; what is found out is added to it. `depth`
    is how many derivatives are being taken around all of this.
    """
    before = scope.grad
    try:
        for node in needed(outputs):
            if node not in known and any([x in known for x in node.inputs]):
                # A node has a history where its example has one, not where it is made again.
                scope.grad = node.requires_grad
                if node.op is ops.custom and node.requires_grad:
                    if is_wanted(node, depth):
                        raise no_rule(node)
                    scope.grad = False  # the pass that it was called for is over
                known[node] = batched(node, known, size)
    finally:
        scope.grad = before
    return [known.get(node, node) for node in outputs]


def batched(node: Node, known: dict[Node, Node], size: int) -> Node:
    """What `node` is for all examples."""
    inputs = [known.get(x, x) for x in node.inputs]
    mapped = tuple([x in known for x in node.inputs])
    op = node.op
    if op is ops.track:
        return inputs[0]  # the pass that tracked it is over
    shape = (size, *node.shape)
    if not size:  # the rule of an op may not know what to make of nothing
        return ops.expand_view(ops.constant(0, node.dtype), shape=shape)
    made = rule_of(op)(Batch(size, mapped), *inputs, **node.attrs)
    if made.shape != shape or made.dtype is not node.dtype:
        problem = f"the rule of vmap gave {made.spec} for {size} examples of {node.spec}"
        raise AssertionError(explain(op.name, problem))
    return made


def is_wanted(root: Node, depth: int) -> bool:
    """Whether anything but the `depth`-th derivative wants a gradient of `root`."""
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        source = node.source if isinstance(node, Saved) else node
        if isinstance(source, Cell | Past | Stale):
            return True
        tracks = not isinstance(source, Bound) and source.op is ops.track
        if tracks and source.attrs["depth"] < depth:
            return True
        stack.extend([p for p in node.parents if p.requires_grad])
    return False


def no_rule(node: Node) -> GradError:
    """The error for a custom function whose gradient is wanted for many examples at once."""
    name = node.label.removesuffix("Backward") or "custom function"
    problem = "gradients cannot flow through a custom function into or out of vmap"
    hint = f"take them inside, as in vmap(grad(f)), or write {name} with tensor operations"
    return GradError(explain(name, problem, hint=hint))


def batch_of(example: Node) -> Node:
    """What an `example` node is an example of, with the examples along the first axis."""
    return moved(example.inputs[0], example.attrs["axis"], 0)


@ops.one_by_one.vjp
def _(
    g: Node, out: Node, *inputs: Node, op: Any, mapped: tuple[bool, ...], attrs: Any
) -> list[Node | None]:
    size = out.shape[0]
    known: dict[Node, Node] = {}

    def one(x: Node, varies: bool) -> Node:
        if not varies:
            return x
        example = Leaf(x.shape[1:], x.dtype, x.requires_grad)
        known[example] = x
        return example

    ones = [one(x, m) for x, m in zip(inputs, mapped, strict=True)]
    found = op.vjp_rule(one(g, True), one(out, True), *ones, **dict(attrs))
    passed = [None if f is None else fitting(f, x) for f, x in zip(found, ones, strict=True)]
    made = iter(vectorized([f for f in passed if f is not None], known, size))
    return [None if f is None else next(made) for f in passed]


def fitting(g: Node, x: Node) -> Node:
    """`g`, the gradient of `x` but for broadcasting and conversion, in its shape and dtype."""
    return to_dtype_of(sum_to(g, x.shape), x)
