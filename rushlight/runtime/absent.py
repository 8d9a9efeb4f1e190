"""Tensors on the device "meta": of a shape and a dtype, without numbers.

What is made of them has no numbers either. Nothing of it is recorded: there is nothing to compute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import RushlightError, explain
from ..graph import Leaf, Node, Shape, contiguous_strides
from .arguments import Call, put_back
from .deliver import Failed
from .entry import Handle, types


class AbsenceError(RushlightError, NotImplementedError, TypeError):
    """Numbers were asked for of a tensor that has none."""


class Absent(Failed):
    """What a tensor on the device "meta" denotes."""

    __slots__ = ()

    def __init__(self, like: Node, requires_grad: bool = False) -> None:
        problem = "Cannot copy out of meta tensor; no data!"
        hint = "a tensor on the device 'meta' has a shape alone: make one with empty_like(x)"
        super().__init__(like, AbsenceError(explain("meta", problem, {"it": like.spec}, hint)))
        self.requires_grad = requires_grad
        if like.strides != contiguous_strides(like.shape):
            self.stride_memo = like.strides


def absent(shape: Shape, dtype: Any, requires_grad: bool = False) -> Any:
    """A tensor without numbers."""
    return standing_for(Leaf(shape, dtype), requires_grad)


def absent_like(tensor: Any, dtype: Any = None, requires_grad: bool | None = None) -> Any:
    """A tensor without numbers, like another in what is not given."""
    value = tensor._value
    grad = value.requires_grad if requires_grad is None else requires_grad
    return absent(value.shape, dtype or value.dtype, grad)


def is_absent(tensor: Any) -> bool:
    """Whether an object is a tensor without numbers."""
    return isinstance(tensor, Handle) and isinstance(tensor._value, Absent)


def standing_for(like: Node, requires_grad: bool = False, made: Any = None) -> Any:
    """A tensor without numbers that is like a value: a new one, or `made`."""
    made = types.new() if made is None else made
    made._value = Absent(like, requires_grad)
    made._array = None
    return made


def forget_numbers(handle: Handle) -> None:
    """Have a tensor be one without numbers."""
    handle._value, handle._array = Absent(handle._value, handle._value.requires_grad), None
    handle._cell = handle._base = None
    handle._chain = handle._views = ()


def outcome(call: Call, analyse: Callable[..., Any]) -> Any:
    """What `call` gives, some of whose tensors have no numbers."""
    nodes: list[Node] = []
    for handle in call.handles:
        node = Leaf(handle._value.shape, handle._value.dtype)
        node.stride_memo = handle._value.stride_memo
        nodes.append(node)
    returned, values = analyse(put_back(call, nodes, call.numbers), nodes)
    return returned.hand_back([standing_for(value) for value in values], call.handles)
