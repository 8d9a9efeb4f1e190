"""The trie of recorded calls: what one entry of it is, and what a tensor is to the runtime.

The path from the root to the recorder's place is the current window. An entry stands for one call
of an op and, within a window, for the values that call returned: so "this step repeats the last"
is verified by identity alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from ..graph import Node, Scalar


class Handle:
    """The part of a tensor the runtime knows.

    `_value` is what it denotes: a node of the current window, or a leaf if it is concrete; then
    `_array` is its memory. A concrete tensor whose change is pending has a node and the old memory.
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_value")

    _value: Node
    _array: Any
    _cell: Any = None
    """Its identity, if it is persistent (then `_value` is that too, unless a change is pending)."""
    _history: Any = None
    """The generation of saved values that a gradient through this tensor needs."""
    _base: Any = None
    """The tensor of which this one is a concrete view."""
    _chain: Any = ()
    """The view ops, with attributes, that lead from `_base` to this view."""
    _views: Any = ()
    """Weak references to the concrete views of this tensor."""


class Types:
    """The surface's tensor type, as the runtime makes it: `new()` is a tensor without a value."""

    new: Callable[[], Any] = Handle


types = Types()


class State:
    """What a path of calls has done to the world, as far as later calls must know.

    `freed` holds the nodes whose history a backward pass has freed; `mutated` says that a
    persistent tensor was changed in place.
    """

    __slots__ = ("freed", "mutated")

    def __init__(self, freed: frozenset[Node] = frozenset(), mutated: bool = False) -> None:
        self.freed = freed
        self.mutated = mutated


CLEAN = State()


def at_once(objects: Iterable[Any], names: Iterable[str], values: Iterable[Any]) -> None:
    """Set an attribute of each of the objects, in one step as far as interrupts can tell.

    No Python code runs in between, so neither Ctrl-C nor another thread sees half of it.
    """
    deque(map(setattr, objects, names, values), 0)


NONE, FIRST, SECOND, BOTH, GENERAL = range(5)
"""Which of the arguments of a plain call are bound anew each time."""

BINDS = {(): NONE, (0,): FIRST, (1,): SECOND, (0, 1): BOTH}

FORMS: dict[tuple[Any, Any], object] = {}
"""What `form_of` returned, for every op and kind so far."""


def form_of(api: Any, kind: Any) -> object:
    """What stands for calls of `api` with so many tensors (or a tensor and a number of a type).

    All other arguments of such a call have their defaults. The same object for the same call: it
    is compared by identity.
    """
    return FORMS.setdefault((api, kind), object())


class Entry:
    """One recorded call. The last group of slots says what it was given and returned this time."""

    __slots__ = (
        "a",  # value of the first tensor argument
        "alternatives",  # every call that ever came next, by its key
        "api",  # what was called
        "b",  # value of the second tensor argument, if there is one
        "binds",  # how the arguments of a plain call are bound: NONE, FIRST, SECOND, BOTH, GENERAL
        "bound",  # now: arrays (or generations) behind the arguments named by `places`
        "c",  # value of the third tensor argument, if there is one
        "count",  # how many tensors it was given
        "depth",
        "dues",  # of a backward pass: its gradients until somebody asks for them (see due.py)
        "ends",  # the op before which the window ended here: it had come often (see going_on.py)
        "extra",  # what the api itself keeps here
        "first",  # the call that opened the window
        "keeps",  # which tensor arguments have a history to keep alive
        "key",
        "line",  # file and line of the user's program where it was first seen
        "mode",  # whether gradients were enabled
        "next",  # the call that came next the last time
        "numbers",  # now: the Python numbers given
        "old",  # in-place: what the tensors of `out` denoted before
        "out",  # now: the tensor returned; a list of them if there is not exactly one
        "parent",
        "pattern",  # how the arguments of a general call looked (see calls.py)
        "places",  # which tensor arguments must be bound at every call
        "plain",  # the form of a call of a few tensors whose result is one new tensor: `form_of`
        "restless",  # the op that comes next with ever other options (see restless.py)
        "returned",  # how to hand back the results: see `results.py`
        "root",
        "scalars",  # the leaves that stand for `numbers`
        "serials",  # the range of serials of the nodes made for it
        "state",
        "urgent",  # whether a window with it is compiled before it is first run
        "value",  # the node returned, if it is a single new one
        "values",  # all nodes that tensors may denote after this call, in the order of `out`
        "window",  # the window that ends here, if one ever did
    )

    def __init__(self, api: Any, parent: Entry | None, mode: bool) -> None:
        self.api = api
        self.parent = parent
        self.mode = mode
        self.alternatives: dict[Any, Entry] = {}
        self.next: Entry = NOTHING
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.root: Entry = self if parent is None else parent.root
        self.first: Entry = self if parent is None or parent.parent is None else parent.first
        self.state: State = CLEAN if parent is None else parent.state
        self.a: Node | None = None
        self.b: Node | None = None
        self.c: Node | None = None
        self.value: Node | None = None
        self.values: tuple[Node, ...] = ()
        self.old: tuple[Node | None, ...] | None = None
        self.key: Any = None
        self.line: tuple[str, int] | None = None
        self.urgent = False
        self.restless: Any = None
        self.ends: Any = None
        self.extra: Any = None
        self.dues: Any = None
        self.pattern: Any = None
        self.returned: Any = None
        self.window: Any = None
        self.plain: object = None
        self.binds = NONE
        self.count = 0
        self.places: tuple[int, ...] = ()
        self.keeps: tuple[int, ...] = ()
        self.scalars: tuple[Scalar, ...] = ()
        self.serials: tuple[int, int] = (0, 0)
        self.bound: Any = ()
        self.numbers: Any = ()
        self.out: Any = None

    def forget(self) -> None:
        """Let go of this time's tensors and arrays."""
        self.out = None
        self.bound = self.numbers = ()

    def path(self) -> list[Entry]:
        """The calls of the window that ends here, first to last."""
        path = []
        entry = self
        while entry.parent is not None:
            path.append(entry)
            entry = entry.parent
        path.reverse()
        return path


class Halt:
    """Where a recorder is while results are being delivered: nothing can be recorded here.

    `finish(recorder)` delivers them, or what an interrupt has left of them.
    """

    __slots__ = ()

    api = parent = window = pattern = ends = None
    depth = 0
    state = CLEAN

    @property
    def next(self) -> Entry:
        """No call is expected."""
        return NOTHING

    def finish(self, recorder: Any) -> None:
        """Deliver the results, and begin another window."""
        raise NotImplementedError


NOTHING: Entry = None  # type: ignore[assignment]
NOTHING = Entry(None, None, True)  # stands where no next call is known yet
NOTHING.next = NOTHING
