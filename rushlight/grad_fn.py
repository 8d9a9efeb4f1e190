"""What autograd says of a tensor's origin: `grad_fn`, its name, and the functions before it."""

from __future__ import annotations

from typing import Any

from .graph import Bound, Cell, Node, Past, Saved, Stale
from .runtime.history import place_of_tip


def made_by(value: Node, tip: Any) -> tuple[Any, Any]:
    """The node that made `value`, across windows: an op, or the cell of a leaf; and a tip there.

    `tip` is one of the history in which `value` is; it tells what was made in earlier windows. The
    node is None if nobody remembers.
    """
    while isinstance(value, Saved | Stale | Bound | Past):
        if isinstance(value, Past):
            if tip is None:
                return None, None
            value = tip.node
        elif isinstance(value, Bound):
            tip = tip_behind(value, tip)
            value = value.source
        else:
            value = value.source
    return value, tip


def tip_behind(bound: Bound, tip: Any) -> Any:
    """Where the history begins of what was bound: in the present window, or that of `tip`."""
    if tip is not None and tip.generation.history is not None:
        for known, earlier in zip(tip.generation.history.bounds, tip.generation.tips, strict=True):
            if known is bound:
                return earlier
    if not isinstance(bound.source, Past) or not bound.entry.bound:
        return tip
    entry, k = place_of_tip(bound)
    return entry.bound[k]


OF_AUTOGRAD = ("AccumulateGrad", "CopySlices", "CopyBackwards")
"""The functions that are autograd's own."""


class GradFn:
    """The function that made a tensor, as autograd sees it.

    >>> x = torch.ones(1, requires_grad=True)
    >>> (x + 1).grad_fn.name()
    'AddBackward0'
    """

    def __init__(self, value: Node, tip: Any = None) -> None:
        self.value = value
        self.node, self.tip = made_by(value, tip)

    @property
    def label(self) -> str:
        """PyTorch's name of it, as it is printed."""
        if isinstance(self.node, Cell):
            return "AccumulateGrad"
        return self.node.label or str(self.node.op.grad_name)

    def name(self) -> str:
        """PyTorch's name of it."""
        label = self.label
        return f"torch::autograd::{label}" if label in OF_AUTOGRAD else label

    @property
    def variable(self) -> Any:
        """The leaf whose gradient is collected here."""
        return self.node.owner() if isinstance(self.node, Cell) else None

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The functions that made its inputs, as pairs (function or None, 0)."""
        if isinstance(self.node, Cell):
            return ()
        own = self.node.op.name == "custom"  # the first input is then what `forward` has made
        found = [
            made_by(p, self.tip) if p.requires_grad else (None, None)
            for p in self.node.inputs[own:]
            if not p.number
        ]
        return tuple([(None if n is None else GradFn.of(n, tip), 0) for n, tip in found])

    @staticmethod
    def of(value: Node, tip: Any = None) -> GradFn:
        """The function that made `value`, whose type bears its name as in PyTorch."""
        made = GradFn(value, tip)
        name = made.label
        kind = KINDS.get(name)
        if kind is None:
            kind = KINDS[name] = type(name, (GradFn,), {})
        made.__class__ = kind
        return made

    def __repr__(self) -> str:
        label = self.label
        custom = "torch.autograd.function." if label.endswith("Backward") else ""
        return f"<{custom}{label} object at {hex(id(self.node))}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and self.node is other.node

    def __hash__(self) -> int:
        return id(self.node)


def made_as(tensor: Any, name: str) -> Any:
    """`tensor`, just made by several ops, as the result of the one function that PyTorch has."""
    if not tensor._value.leaf:
        tensor._value.label = name
    return tensor


KINDS: dict[str, type[GradFn]] = {}
"""A type for each name, for programs that print `type(tensor.grad_fn).__name__`."""
