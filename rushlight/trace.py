"""A trace: the nodes some outputs need, in order, and how it reads as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .graph import Bound, Cell, Constant, Node, Saved, Scalar, needed


class Program:
    """`outputs` as a function of the leaves `inputs`, computed by the nodes of `order`."""

    __slots__ = ("inputs", "order", "outputs")

    def __init__(self, outputs: Sequence[Node], inputs: tuple[Node, ...] | None = None) -> None:
        nodes = needed(outputs)
        self.outputs = tuple(outputs)
        leaves = [n for n in nodes if n.leaf and not isinstance(n, Constant)]
        self.inputs = tuple(leaves) if inputs is None else inputs
        self.order = tuple([n for n in nodes if not n.leaf])

    def __repr__(self) -> str:
        return f"<program of {len(self.order)} ops, {len(self.inputs)} inputs>"


def memory_root(node: Node) -> Node:
    """The node whose memory `node` may share: itself, unless its op can pass an input through."""
    while not node.leaf and node.op.passes is not None:
        node = node.inputs[node.op.passes]
    return node


def view_root(node: Node) -> Node:
    """The node of which `node` is a view in the user's eyes (itself if it is none)."""
    while not node.leaf and node.op.view:
        node = node.inputs[0]
    return node


def view_chain(node: Node) -> tuple[tuple[Any, dict[str, Any]], ...]:
    """The view ops, with attributes, that lead from `view_root(node)` to `node`."""
    chain: list[tuple[Any, dict[str, Any]]] = []
    while not node.leaf and node.op.view:
        chain.append((node.op, node.attrs))
        node = node.inputs[0]
    return tuple(reversed(chain))


def apply_chain(array: Any, chain: Iterable[tuple[Any, dict[str, Any]]]) -> Any:
    """The NumPy view of `array` that `chain` leads to."""
    for op, attrs in chain:
        array = op.numpy(array, **attrs)
    return array


def text(program: Program, lines: Mapping[Node, tuple[str, int]] | None = None) -> str:
    """`program` as text, one op a line: what a trace looks like to people.

    A leaf's name tells its kind: p for a persistent tensor, x for any other, s for a Python number,
    h for a value with a history from an earlier window. `lines` adds where an op was asked for.
    """
    names: dict[Node, str] = {}
    counts: dict[str, int] = {}
    out = []
    for leaf in program.inputs:
        letter = letter_of(leaf)
        counts[letter] = counts.get(letter, 0) + 1
        names[leaf] = f"{letter}{counts[letter]}"
        out.append(f"  {names[leaf]}: {leaf.spec}")
    last = None
    for k, node in enumerate(program.order):
        names[node] = f"%{k}"
        args = [name_of(i, names) for i in node.inputs]
        args += [f"{key}={value!r}" for key, value in node.attrs.items()]
        line = f"  %{k} = {node.op.name}({', '.join(args)})"
        where = (lines or {}).get(node)
        if where is not None and where != last:
            line = f"{line:<60}  # line {where[1]}"
            last = where
        out.append(f"{line}" if where else line)
    out.append(f"  return {', '.join([name_of(o, names) for o in program.outputs])}")
    return "\n".join(out)


def letter_of(leaf: Node) -> str:
    """The first letter of a leaf's name in a printed trace."""
    if isinstance(leaf, Cell):
        return "p"
    if isinstance(leaf, Bound):
        return "x"
    if isinstance(leaf, Scalar):
        return "s"
    return "h" if isinstance(leaf, Saved) else "v"


def name_of(node: Node, names: Mapping[Node, str]) -> str:
    """The name of `node` in a printed trace."""
    return repr(node.value) if isinstance(node, Constant) else names[node]
