"""What autograd says of a tensor's origin: `grad_fn`, its name, and the functions before it."""

from __future__ import annotations

from typing import Any

from .graph import Bound, Cell, Node, Saved, Stale


def made_by(value: Node) -> Node:
    """The node that made `value`, across windows: an op, or the cell of a leaf."""
    while isinstance(value, Saved | Stale | Bound):
        value = value.source
    return value


class GradFn:
    """The function that made a tensor, as autograd sees it.

    >>> x = torch.ones(1, requires_grad=True)
    >>> (x + 1).grad_fn.name()
    'AddBackward0'
    """

    def __init__(self, value: Node) -> None:
        self.value = value
        self.node = made_by(value)

    def name(self) -> str:
        """PyTorch's name of it."""
        if isinstance(self.node, Cell):
            return "torch::autograd::AccumulateGrad"
        return self.node.label or str(self.node.op.grad_name)

    @property
    def variable(self) -> Any:
        """The leaf whose gradient is collected here."""
        return self.node.owner() if isinstance(self.node, Cell) else None

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The functions that made its inputs, as pairs (function or None, 0)."""
        if isinstance(self.node, Cell):
            return ()
        return tuple(
            [
                (GradFn.of(p), 0) if p.requires_grad else (None, 0)
                for p in self.node.inputs
                if not p.number
            ]
        )

    @staticmethod
    def of(value: Node) -> GradFn:
        """The function that made `value`, whose type bears its name as in PyTorch."""
        made = GradFn(value)
        name = "AccumulateGrad" if isinstance(made.node, Cell) else made.name()
        kind = KINDS.get(name)
        if kind is None:
            kind = KINDS[name] = type(name, (GradFn,), {})
        made.__class__ = kind
        return made

    def __repr__(self) -> str:
        kind = "AccumulateGrad" if isinstance(self.node, Cell) else self.name()
        return f"<{kind} object at {hex(id(self.node))}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and self.node is other.node

    def __hash__(self) -> int:
        return id(self.node)


KINDS: dict[str, type[GradFn]] = {}
"""A type for each name, for programs that print `type(tensor.grad_fn).__name__`."""
