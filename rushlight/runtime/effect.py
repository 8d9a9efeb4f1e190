"""Calls that change tensors that exist already: what an entry for one needs to find them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..graph import Cell, Node, Saved, next_serial
from .entry import Entry, Handle, State, at_once, types
from .record import open_entry, register, step
from .recorder import Recorder

Also = Sequence[tuple[Any, str, Any]]
Target = Callable[[Sequence[Handle]], Handle | None]
"""Finds a tensor to be changed, given the tensors of the call."""


def given(place: int) -> Target:
    """The tensor given as the `place`-th argument."""
    return lambda handles: handles[place]


def on_path(entry: Entry, k: int) -> Target:
    """The tensor that an earlier call of the window returned."""

    def find(handles: Sequence[Handle]) -> Handle | None:
        out = entry.out
        found: Handle | None = out[k] if type(out) is list else out
        return found

    return find


def owner_of_cell(cell: Cell) -> Target:
    """The tensor whose identity is `cell`."""
    return lambda handles: cell.owner()


def holder_of_saved(saved: Saved) -> Target:
    """The tensor that denotes `saved` at present."""
    return lambda handles: saved.holder()


def new_tensor(handles: Sequence[Handle]) -> Handle:
    """A tensor that does not exist yet."""
    made: Handle = types.new()
    return made


class Change:
    """What one recorded call does: `values` become what the tensors found by `targets` denote.

    `old` is what they denoted before (None for a new tensor); `freed` the nodes whose history it
    uses up; `returned` whatever the api wants to know at every repetition.
    """

    def __init__(self) -> None:
        self.values: list[Node] = []
        self.targets: list[Target] = []
        self.old: list[Node | None] = []
        self.freed: frozenset[Node] = frozenset()
        self.returned: Any = None

    def add(self, value: Node, target: Target, old: Node | None, label: str = "") -> None:
        """One more tensor. `label` is what PyTorch calls the function that made it, if special."""
        if value.leaf or value.home is not None or value in self.values:
            value = ops.clone(value)  # no two tensors denote the same node
        value.label = label
        self.values.append(value)
        self.targets.append(target)
        self.old.append(old)


def apply_effect(
    recorder: Recorder,
    api: Any,
    key: Any,
    handles: Sequence[Handle],
    numbers: Sequence[Any],
    describe: Callable[[Sequence[Node], Sequence[Node]], Change],
    also: Also = (),
    denoted: Sequence[Node] | None = None,
) -> list[Handle]:
    """Record a call that changes tensors, or repeat it; the tensors changed.

    `describe` is given the nodes of the tensors and of the numbers, when the call is new. `also`
    are further attributes to set at the same time; `denoted` is what the tensors denote in `key`.
    """
    entry = recorder.at.alternatives.get(key)
    if entry is None:
        denoted = [h._value for h in handles] if denoted is None else denoted
        entry = create_effect(recorder, api, key, handles, numbers, describe, denoted)
    step(recorder, entry, handles, numbers)
    out = [find(handles) for find in entry.extra]
    rebind(recorder, entry, out, also)
    return out


def rebind(recorder: Recorder, entry: Entry, out: list[Any], also: Also = ()) -> None:
    """Take the step to `entry`: from now on the tensors `out` denote its values.

    `also` are further attributes to set: triples (object, name, value). All of it happens at once.
    """
    entry.out = out
    kept = [(h, "_value", v) for h, v in zip(out, entry.values, strict=True) if h is not None]
    at_once(*zip(*kept, *also, (recorder, "at", entry), strict=True))


def create_effect(
    recorder: Recorder,
    api: Any,
    key: Any,
    handles: Sequence[Handle],
    numbers: Sequence[Any],
    describe: Callable[[Sequence[Node], Sequence[Node]], Change],
    denoted: Sequence[Node],
) -> Entry:
    """A new entry for a call that changes tensors."""
    entry = Entry(api, recorder.at, recorder.grad)
    nodes, scalars = open_entry(recorder, entry, handles, numbers, denoted)
    since = next_serial()
    change = describe(nodes, scalars)
    entry.serials = (since, next_serial())
    entry.values = tuple(change.values)
    entry.old = tuple(change.old)
    entry.extra = change.targets
    entry.returned = change.returned
    mutated = entry.state.mutated or any([is_parameter(old) for old in entry.old])
    if change.freed or mutated is not entry.state.mutated:
        entry.state = State(entry.state.freed | change.freed, mutated)
    register(recorder, entry, key)
    return entry


def is_parameter(node: Node | None) -> bool:
    """Whether `node` is the cell of a tensor that requires grad."""
    return isinstance(node, Cell) and node.requires_grad
