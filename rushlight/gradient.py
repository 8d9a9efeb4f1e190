"""Reverse-mode differentiation as a transform of the graph.

Gradients are nodes like any others, so a gradient can be differentiated again, an engine fuses it
with the rest, and one that nobody asks for is never computed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence

from . import dtypes, ops, sums
from .errors import GradError, explain
from .graph import Bound, Cell, Constant, Node, Saved, next_serial
from .ops.layouts import dense
from .reach import reached

FREED = (
    "trying to backward through the graph a second time: the values it needs were freed by the "
    "first .backward() or autograd.grad()"
)
FREED_HINT = "give retain_graph=True to the first call if you need a second one"


def history(node: Node) -> Node:
    """The node whose op made `node`: itself, or what a saved value stands for."""
    return node.source if isinstance(node, Saved) else node


def vjp(node: Node, g: Node) -> list[tuple[Node, Node]]:
    """The gradient `g` of `node`, passed on: pairs (parent that requires grad, its gradient)."""
    source = history(node)
    parents = node.parents
    if isinstance(source, Cell | Bound):
        return [(parents[0], g)]
    if source.leaf:
        raise second_time()
    rule = source.op.vjp_rule
    assert rule is not None
    passed = []
    for parent, gradient in zip(parents, rule(g, node, *parents, **source.attrs), strict=True):
        if gradient is None or not parent.requires_grad:
            continue
        if gradient.shape != parent.shape:
            gradient = sum_to(gradient, parent.shape)
        if gradient.dtype is not parent.dtype:
            gradient = to_dtype_of(gradient, parent)
        passed.append((parent, gradient))
    return passed


def sum_to(g: Node, shape: tuple[int, ...]) -> Node:
    """`g` summed over the axes along which an operand of `shape` was broadcast."""
    extra = g.ndim - len(shape)
    axes = [*range(extra)]
    axes += [extra + k for k, n in enumerate(shape) if n == 1 and g.shape[extra + k] != 1]
    if axes:
        g = ops.reduce_sum(g, axes=tuple(axes), keepdim=False)
    return g if g.shape == shape else ops.reshape_view(g, shape=shape)


def to_dtype_of(g: Node, parent: Node) -> Node:
    """`g` in the dtype of the value it is the gradient of."""
    if g.dtype.category == dtypes.COMPLEX and parent.dtype.category != dtypes.COMPLEX:
        g = ops.real(g)
    return g if g.dtype is parent.dtype else ops.cast(g, dtype=parent.dtype)


def values_used(gradients: Iterable[Node], g: Node, since: int) -> set[Node]:
    """The values of the forward pass, made before `since`, that `gradients` of `g` are made of."""
    used: set[Node] = set()
    seen: set[Node] = set()
    stack = list(gradients)
    while stack:
        node = stack.pop()
        if node in seen or node is g:
            continue
        seen.add(node)
        if node.serial < since:
            used.add(node)
        else:
            stack.extend(node.inputs)
    return used


def second_time() -> GradError:
    """The error for a history that an earlier pass has used up."""
    return GradError(explain("backward", FREED, hint=FREED_HINT))


class Walk:
    """A reverse walk from `roots` with gradients `seeds`.

    After it, `leaves` holds the gradient of each cell that was reached, `found` the gradient of
    each of the nodes in `wanted`, and `spent` the nodes whose forward values were used: those that
    cannot be walked again once they are freed.
    """

    def __init__(
        self,
        roots: Sequence[Node],
        seeds: Sequence[Node],
        wanted: Iterable[Node] = (),
        is_freed: Callable[[Node], bool] = lambda node: False,
    ) -> None:
        self.wanted = set(wanted)
        self.is_freed = is_freed
        self.leaves: dict[Cell, Node] = {}
        self.found: dict[Node, Node] = {}
        self.spent: set[Node] = set()
        self.pending: dict[Node, list[Node]] = {}
        self.heap: list[tuple[int, Node]] = []
        for root, seed in zip(roots, seeds, strict=True):
            self.add(root, seed)
        reachable = self.reach(roots) if self.wanted else None
        while self.heap:
            node = heapq.heappop(self.heap)[1]
            g = sums.total(self.pending.pop(node))
            if node in self.wanted:
                self.found[node] = g
            if reachable is None or node in reachable:
                self.visit(node, g)

    def add(self, node: Node, g: Node) -> None:
        """Add `g` to the gradients of `node`."""
        known = self.pending.get(node)
        if known is None:
            self.pending[node] = [g]
            heapq.heappush(self.heap, (-node.serial, node))
        else:
            known.append(g)

    def visit(self, node: Node, g: Node) -> None:
        """Pass `g`, the whole gradient of `node`, on to its parents."""
        if isinstance(node, Cell):
            self.leaves[node] = g
            return
        since = next_serial()
        passed = vjp(node, g)
        used = values_used([p[1] for p in passed], g, since)
        if any([not u.number for u in used]):
            if self.is_freed(node):
                raise second_time()
            self.spent.add(node)
        for parent, gradient in passed:
            self.add(parent, gradient)

    def reach(self, roots: Sequence[Node]) -> set[Node]:
        """The nodes between `roots` and `wanted`: only these need be walked."""
        leading: set[Node] = set()
        for node in sorted(reached(roots), key=lambda n: n.serial):
            if isinstance(node, Cell):
                continue
            if any([p in leading or p in self.wanted for p in node.parents]):
                leading.add(node)
        return leading


def ones(node: Node) -> Node:
    """The gradient of a value of one element with respect to itself."""
    one = ops.cast(Constant(1.0), dtype=node.dtype)
    return ops.expand_view(one, shape=node.shape) if node.shape else one


def packed(g: Node) -> Node:
    """`g` without gaps or repeats in memory: an expanded gradient could not be changed."""
    return g if dense(g.shape, g.strides) else ops.make_contiguous(g)


def laid_out_like(cell: Cell, g: Node) -> Node:
    """`g` in the memory layout of the leaf, not a view of something else."""
    if g.strides == cell.strides:
        return g
    if cell.stride_memo is None or not dense(cell.shape, cell.strides):
        return ops.make_contiguous(g)
    order = sorted(range(cell.ndim), key=lambda k: -cell.strides[k])
    inverse = tuple(sorted(range(cell.ndim), key=order.__getitem__))
    rows = ops.make_contiguous(ops.permute_view(g, dims=tuple(order)))
    return ops.clone(ops.permute_view(rows, dims=inverse))
