"""The record: values that were asked for and need not exist yet.

A `Node` is one application of an op; its inputs are nodes. The leaves are what a trace is fed:

    Cell      a persistent tensor with an identity of its own: a parameter, a leaf with a gradient
    Fresh     any other concrete tensor: only its shape, dtype and strides are known here
    Bound     one use of a Fresh value by one recorded call
    Scalar    a Python number that may change from call to call; Constant, one that may not
    Saved     a value of an earlier window with the history that made it
    Past      any value of an earlier window; the tensor itself knows what made it
    Stale     a value whose history has been freed by a backward pass
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from . import dtypes
from .dtypes import DType

Shape = tuple[int, ...]

next_serial = itertools.count().__next__


class Spec(NamedTuple):
    """Shape and dtype of a value that need not exist yet."""

    shape: Shape
    dtype: DType

    def __str__(self) -> str:
        return f"{self.dtype.name}[{', '.join(map(str, self.shape))}]"


class Scope(threading.local):
    """How nodes are being made in this thread: with history (`grad`) or without."""

    grad = True


scope = Scope()


class Operation(Protocol):
    """What the graph needs to know of an op. The op table (`ops/table.py`) makes them."""

    name: str
    kind: Any
    grad_name: Any
    view: bool
    passes: int | None
    promote: Any
    layout: Callable[[Node], tuple[int, ...]]
    numpy: Callable[..., Any]
    vjp_rule: Callable[..., Sequence[Node | None]] | None

    def __call__(self, *args: Any, **attrs: Any) -> Node:
        """A node."""
        ...


NO_ATTRS: dict[str, Any] = {}


class Node:
    """A value: `op` applied to `inputs` with static `attrs`.

    `serial` counts nodes as they are made, so sorting by it gives a valid order of execution.
    `home` is the recorded call whose result this is, if a user's tensor can hold it.
    """

    __slots__ = (
        "attrs",
        "cells",
        "dtype",
        "examples",
        "home",
        "inputs",
        "label",
        "meets",
        "op",
        "requires_grad",
        "saved",
        "serial",
        "shape",
        "stride_memo",
        "viewed",
    )
    leaf = False
    number = False

    op: Operation
    inputs: tuple[Node, ...]
    attrs: dict[str, Any]
    home: Any

    def __init__(
        self, op: Any, inputs: tuple[Node, ...], attrs: dict[str, Any], spec: Spec, grad: bool
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.attrs = attrs
        self.shape, self.dtype = spec
        self.requires_grad = grad
        self.serial = next_serial()
        self.examples = 0  # bits: the vmaps that it is an example of
        for x in inputs:
            self.examples |= x.examples
        self.home = None
        self.stride_memo: tuple[int, ...] | None = None  # None for a contiguous value
        self.viewed = False  # whether a view of this value was ever recorded
        self.cells: tuple[Cell, ...] | None = None  # memo of `leaves_of`
        self.saved: tuple[Saved, ...] | None = None  # memo of `saved_of`
        self.meets: bool | None = None  # memo of `meets_past`
        self.label = ""  # PyTorch's name of the function that made it, if a tensor can denote it

    @property
    def spec(self) -> Spec:
        """Shape and dtype."""
        return Spec(self.shape, self.dtype)

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        n = 1
        for k in self.shape:
            n *= k
        return n

    @property
    def strides(self) -> tuple[int, ...]:
        """Strides in elements, as PyTorch would report them."""
        return self.stride_memo or contiguous_strides(self.shape)

    @property
    def parents(self) -> tuple[Node, ...]:
        """The nodes a gradient flows on to."""
        return self.inputs

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.spec}>"

    if TYPE_CHECKING:  # ops/arithmetic.py puts the ops here

        def __add__(self, other: Any) -> Node: ...
        def __radd__(self, other: Any) -> Node: ...
        def __sub__(self, other: Any) -> Node: ...
        def __rsub__(self, other: Any) -> Node: ...
        def __mul__(self, other: Any) -> Node: ...
        def __rmul__(self, other: Any) -> Node: ...
        def __truediv__(self, other: Any) -> Node: ...
        def __rtruediv__(self, other: Any) -> Node: ...
        def __neg__(self) -> Node: ...


class Leaf(Node):
    """A node that a trace is fed with."""

    __slots__ = ()
    leaf = True

    def __init__(self, shape: Shape, dtype: DType, grad: bool = False) -> None:
        self.op = None  # type: ignore[assignment]
        self.inputs = ()
        self.attrs = NO_ATTRS
        self.shape = shape
        self.dtype = dtype
        self.requires_grad = grad
        self.serial, self.examples = next_serial(), 0
        self.home = self.cells = self.saved = self.meets = self.stride_memo = None
        self.label = ""
        self.viewed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.spec}>"


class Fresh(Leaf):
    """Any concrete tensor of this shape, dtype and strides. Made by `fresh` only."""

    __slots__ = ()


_FRESH: dict[tuple[Shape, DType, tuple[int, ...] | None], Fresh] = {}


def fresh(shape: Shape, dtype: DType, strides: tuple[int, ...] | None = None) -> Fresh:
    """The one Fresh leaf of this shape, dtype and strides (in elements; None: contiguous)."""
    key = (shape, dtype, strides)
    found = _FRESH.get(key)
    if found is None:
        leaf = Fresh(shape, dtype)
        leaf.stride_memo = strides
        found = _FRESH.setdefault(key, leaf)  # another thread may have been first
    return found


class Bound(Leaf):
    """One use of a concrete tensor by one recorded call: its `place`-th bound array.

    `source` is what the tensor denotes; if that has a history, a gradient flows on to it.
    """

    __slots__ = ("entry", "place", "source")

    def __init__(self, source: Node, entry: Any, place: int) -> None:
        super().__init__(source.shape, source.dtype, source.requires_grad)
        self.stride_memo = source.stride_memo
        self.source = source
        self.entry = entry
        self.place = place

    @property
    def parents(self) -> tuple[Node, ...]:
        """What the tensor denotes."""
        return (self.source,)


LIVE_CELLS: set[int] = set()
"""Identities of the cells whose owner is alive."""

DEAD_CELLS: list[Cell] = []
"""Cells whose owner has died and whose recorded calls have not been pruned yet."""


class Cell(Leaf):
    """The identity of a persistent tensor, and its `array`.

    It refers to its `owner` only weakly: the trie of recorded calls, which refers to cells, keeps
    no model alive. `grad` is the owner's gradient tensor. `entries` are the recorded calls that use
    the cell; once the owner has died they are pruned, and the array goes with them (not before: a
    recorded call may still be waiting to read it).
    """

    __slots__ = ("__weakref__", "array", "entries", "grad", "hooks", "owner", "stamp")

    def __init__(self, owner: Any, array: Any, dtype: DType, requires_grad: bool) -> None:
        super().__init__(array.shape, dtype, requires_grad)
        strides = tuple([s // array.itemsize for s in array.strides])
        if strides != contiguous_strides(array.shape):
            self.stride_memo = strides
        self.array = array
        self.stamp = object()  # another one whenever the array is exchanged
        self.grad: Any = None
        self.hooks: Any = None
        self.entries: list[Any] = []
        self.owner: Callable[[], Any] = weakref.ref(owner, self.forget)
        LIVE_CELLS.add(id(self))

    def forget(self, _: object = None, live: Any = LIVE_CELLS, dead: Any = DEAD_CELLS) -> None:
        """The owner is gone, or has another cell now: ask for pruning.

        It may be called at the very end of the process, when this file has no names any more.
        """
        self.grad = self.hooks = None
        self.owner = type(None)  # the weak reference holds this method, so the cell: break the ring
        live.discard(id(self))
        dead.append(self)


class Scalar(Leaf):
    """The `place`-th Python number given to a recorded call: read anew at every run."""

    __slots__ = ("entry", "place")
    number = True

    def __init__(self, kind: type, entry: Any, place: int) -> None:
        super().__init__((), dtypes.of_number(kind()))
        self.entry = entry
        self.place = place


class Constant(Leaf):
    """A Python number that belongs to the program itself."""

    __slots__ = ("value",)
    number = True

    def __init__(self, value: complex) -> None:
        super().__init__((), dtypes.of_number(value))
        self.value = value


class Saved(Leaf):
    """A value that outlived its window, standing for the node `source` that made it.

    For evaluation it is a leaf whose array the `slot`'s present generation holds; a gradient flows
    on to `parents`, the saved inputs of `source`.
    """

    __slots__ = ("number", "saved_parents", "slot", "source")

    def __init__(self, source: Node, parents: tuple[Node, ...], slot: Any) -> None:
        super().__init__(source.shape, source.dtype, source.requires_grad)
        self.stride_memo = source.stride_memo
        self.source = source
        self.saved_parents = parents
        self.slot = slot
        self.number = source.number

    @property
    def parents(self) -> tuple[Node, ...]:
        """The saved nodes, or the cell, that a gradient flows on to."""
        return self.saved_parents

    def holder(self) -> Any:
        """The tensor that denotes it at present, or None."""
        generation = self.slot.generation()
        reference = None if generation is None else generation.owners.get(self.source)
        return None if reference is None else reference()


class Past(Leaf):
    """Any concrete tensor of this shape, dtype and strides that has a history. Made by `past` only.

    What made it is known by the tensor alone, so what is recorded with one serves for all.
    """

    __slots__ = ()


_PAST: dict[tuple[Shape, DType, tuple[int, ...] | None], Past] = {}


def past(node: Node) -> Past:
    """The one Past leaf of the shape, dtype and strides of `node`."""
    key = (node.shape, node.dtype, node.stride_memo)
    found = _PAST.get(key)
    if found is None:
        leaf = Past(node.shape, node.dtype, True)
        leaf.stride_memo = node.stride_memo
        found = _PAST.setdefault(key, leaf)  # another thread may have been first
    return found


class Stale(Leaf):
    """A value that required grad until a backward pass freed what made it."""

    __slots__ = ("source",)

    def __init__(self, source: Node) -> None:
        super().__init__(source.shape, source.dtype, True)
        self.stride_memo = source.stride_memo
        self.source = source


@lru_cache(maxsize=10_000)
def contiguous_strides(shape: Shape) -> tuple[int, ...]:
    """Strides, in elements, of a row-major array of `shape`.

    >>> contiguous_strides((2, 3, 4))
    (12, 4, 1)
    """
    strides = []
    step = 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def needed(roots: Iterable[Node]) -> list[Node]:
    """Every node that `roots` need, leaves included, in an order of execution."""
    seen = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(node.inputs)
    return sorted(seen, key=serial_of)


def serial_of(node: Node) -> int:
    """The sort key of nodes."""
    return node.serial
