"""What a gradient of a value reaches: leaves, histories of earlier windows."""

from __future__ import annotations

from collections.abc import Sequence

from .graph import Cell, Node, Past, Saved, serial_of


def leaves_of(root: Node) -> tuple[Cell, ...]:
    """The cells that a gradient of `root` reaches, in order of their age."""
    if root.cells is None:
        cells = [node for node in reached([root]) if isinstance(node, Cell)]
        root.cells = tuple(sorted(cells, key=serial_of))
    return root.cells


def meets_past(root: Node) -> bool:
    """Whether a gradient of `root` reaches a value whose history the record does not know."""
    if root.meets is None:
        root.meets = any([isinstance(node, Past) for node in reached([root])])
    return root.meets


def reached(roots: Sequence[Node]) -> set[Node]:
    """The nodes that a gradient of `roots` reaches, themselves included."""
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if not isinstance(node, Cell):
                stack.extend([p for p in node.parents if p.requires_grad])
    return seen


def saved_of(root: Node) -> tuple[Saved, ...]:
    """The values of earlier windows through which a gradient of `root` enters their histories."""
    if root.saved is None:
        seen: set[Node] = set()
        found: list[Saved] = []
        stack = [root]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if isinstance(node, Saved):
                found.append(node)
            elif not isinstance(node, Cell):
                stack.extend([p for p in node.parents if p.requires_grad])
        root.saved = tuple(sorted(found, key=serial_of))
    return root.saved
