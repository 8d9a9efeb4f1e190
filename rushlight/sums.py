"""Sums of gradients, where many of them meet in one value.

Two kinds of sum need not be taken one by one. Gradients of parts of a value that do not overlap are
joined, not spread over zeros and added: the steps of a sequence, the gates of a cell, the thirds of
a projection. And products of matrices are added by one longer product: a weight that a loop uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from . import ops
from .graph import Node

Piece = tuple[int, int, Node]


def total(terms: Sequence[Node]) -> Node:
    """The sum of `terms`, gradients of one value in the order in which they came."""
    if len(terms) == 1:
        return terms[0]
    parts = [t for t in terms if is_part(t)]
    if len(parts) > 1:
        whole = joined(parts)
        if whole is not None:
            rest = [t for t in terms if not is_part(t)]
            return added([*rest, whole])
    if len(terms) > 2:
        product = product_of_all(terms)
        if product is not None:
            return product
    return added(terms)


def added(terms: Sequence[Node]) -> Node:
    """The sum of `terms`, one after the other."""
    result = terms[0]
    for term in terms[1:]:
        result = ops.add(result, term)
    return result


def applies(node: Node, op: Any) -> bool:
    """Whether `node` is what `op` made."""
    return not node.leaf and node.op is op


# -- parts of a value --------------------------------------------------------------------------


def is_part(node: Node) -> bool:
    """Whether `node` is a gradient of a slice, or of one element along an axis."""
    return applies(node, ops.unview) and node.attrs["view"] is ops.basic_index


def placed(node: Node) -> tuple[int, Piece] | None:
    """The axis along which a part was taken, and where; None if there is not just one."""
    index = dict(node.attrs["attrs"])["index"]
    if len(index) != node.ndim or None in index or Ellipsis in index:
        return None
    cut = [k for k, n in enumerate(node.shape) if index[k] != (0, n, 1)]
    if len(cut) != 1:
        return None
    k = cut[0]
    item = index[k]
    if not isinstance(item, tuple):
        shape = (*node.shape[:k], 1, *node.shape[k + 1 :])
        return k, (item, item + 1, ops.reshape(node.inputs[0], shape))
    start, stop, step = item
    return (k, (start, stop, node.inputs[0])) if step == 1 and start < stop else None


def joined(parts: Sequence[Node]) -> Node | None:
    """The parts in their places with zeros between them; None if that is not their sum."""
    found = [placed(p) for p in parts]
    places = [f for f in found if f is not None]
    axes = {k for k, _ in places}
    if len(places) < len(parts) or len(axes) != 1:
        return None
    k = axes.pop()
    pieces = sorted([piece for _, piece in places], key=lambda piece: piece[0])
    if any([a[1] > b[0] for a, b in pairwise(pieces)]):
        return None
    shape = parts[0].shape
    zero = ops.constant(0, parts[0].dtype)
    row: list[Node] = []
    end = 0
    for start, stop, node in [*pieces, (shape[k], shape[k], None)]:
        if start > end:
            row.append(ops.expand_view(zero, shape=(*shape[:k], start - end, *shape[k + 1 :])))
        if node is not None:
            row.append(node)
        end = stop
    return ops.join(*row, axis=k)


# -- products of matrices ----------------------------------------------------------------------


def product_of_all(terms: Sequence[Node]) -> Node | None:
    """One product of longer matrices, where all terms are products and that costs less."""
    if all([applies(t, ops.permute_view) and t.ndim == 2 for t in terms]):
        product = product_of_all([t.inputs[0] for t in terms])
        return None if product is None else ops.permute_view(product, dims=(1, 0))
    if not all([applies(t, ops.mm) for t in terms]):
        return None
    rows, columns = terms[0].shape
    inner = sum([t.inputs[0].shape[1] for t in terms])
    if inner * (rows + columns) > len(terms) * rows * columns:
        return None
    # Gradients come from the last use back to the first: turned round, the steps of a loop are
    # joined in their own order, as what else needs them together does.
    pairs = [t.inputs for t in reversed(terms)]
    left = joined_columns([a for a, _ in pairs])
    return ops.mm(left, ops.join(*[b for _, b in pairs], axis=0))


def joined_columns(matrices: Sequence[Node]) -> Node:
    """Matrices side by side; transposes are joined before they are turned."""
    if all([applies(m, ops.permute_view) for m in matrices]):
        below = ops.join(*[m.inputs[0] for m in matrices], axis=0)
        return ops.permute_view(below, dims=(1, 0))
    return ops.join(*matrices, axis=1)
