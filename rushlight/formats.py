"""Memory formats and layouts: the words for how a tensor's elements lie in memory."""

from __future__ import annotations

from typing import Any

from .errors import ArgumentError, ShapeError, explain

Sizes = tuple[int, ...]


class Word:
    """A word of PyTorch's that is neither number nor text; there is one object for each."""

    known: dict[str, Word] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self.known[name] = self

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return (word, (self.name,))


def word(name: str) -> Word:
    """The word called `name`."""
    return Word.known[name]


class MemoryFormat(Word):
    """The order of the dimensions in memory.

    >>> channels_last
    torch.channels_last
    """


class Layout(Word):
    """Whether all elements of a tensor are in memory: here they always are, `torch.strided`."""


for _kind, _name in ((MemoryFormat, "memory_format"), (Layout, "layout")):
    _kind.__name__ = _kind.__qualname__ = _name
    _kind.__module__ = "torch"

contiguous_format = MemoryFormat("contiguous_format")
preserve_format = MemoryFormat("preserve_format")
channels_last = MemoryFormat("channels_last")
channels_last_3d = MemoryFormat("channels_last_3d")
strided = Layout("strided")

LAST = {channels_last: 4, channels_last_3d: 5}
"""The formats in which the channels lie side by side, and how many dimensions they want."""


def order_in(memory_format: Any, ndim: int, op: str) -> Sizes | None:
    """The dimensions from the one that varies slowest, or None for that of the indices or as is.

    >>> order_in(channels_last, 4, "contiguous")
    (0, 2, 3, 1)
    """
    if memory_format is None or memory_format in (contiguous_format, preserve_format):
        return None
    if memory_format not in LAST:
        problem = f"memory_format must be a torch.memory_format, not {memory_format!r}"
        raise ArgumentError(explain(op, problem))
    if ndim != LAST[memory_format]:
        problem = f"required rank {LAST[memory_format]} tensor to use {memory_format.name} format"
        raise ShapeError(explain(op, problem, {"dimensions": ndim}))
    return (0, *range(2, ndim), 1)


def lies_in(shape: Sizes, strides: Sizes, order: Sizes) -> bool:
    """Whether elements lie in memory in this order of dimensions, without gaps.

    >>> lies_in((2, 3, 4, 5), (60, 1, 15, 3), (0, 2, 3, 1))
    True
    """
    step = 1
    for k in reversed(order):
        if shape[k] != 1:
            if strides[k] != step:
                return False
            step *= shape[k]
    return True


def strides_in(shape: Sizes, order: Sizes) -> Sizes:
    """The strides, in elements, of an array of `shape` whose dimensions have this order in memory.

    >>> strides_in((2, 3, 4, 5), (0, 2, 3, 1))
    (60, 1, 15, 3)
    """
    strides = [0] * len(shape)
    step = 1
    for k in reversed(order):
        strides[k] = step
        step *= max(shape[k], 1)
    return tuple(strides)
