"""Find the entry for a call, or make one, and take its step."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from .. import bfloat, config, dtypes
from ..errors import (
    ArgumentError,
    LostError,
    RushlightError,
    caller_line,
    explain,
    without_own_frames,
)
from ..graph import (
    DEAD_CELLS,
    Bound,
    Cell,
    Fresh,
    Node,
    Past,
    Saved,
    Scalar,
    contiguous_strides,
    fresh,
    next_serial,
    scope,
)
from ..ops.control import no_value
from ..ops.table import TENSOR
from .absent import AbsenceError, outcome
from .arguments import MARKS, Call, put_back, read
from .casting import cast_inputs
from .deliver import Failed
from .disguise import NOBODY, Disguised, asking
from .due import grad_of
from .entry import BINDS, GENERAL, Entry, Halt, Handle, at_once, form_of, types
from .gathering import JOINS, denote, joined_now
from .going_on import comes_often, ends_here, never_settles
from .memory import to_read, views_exported
from .recorder import Recorder, local
from .restless import is_restless
from .threads import adopt
from .views import analyse, views_now
from .world import world


def wrap(array: Any) -> Any:
    """A concrete tensor on the memory of a NumPy array."""
    handle = types.new()
    handle._array = array
    handle._value = leaf_for(array)
    return handle


def leaf_for(array: Any) -> Fresh:
    """The leaf that stands for any tensor of the array's shape, dtype and strides."""
    item = array.itemsize
    shape = array.shape
    strides = tuple([s // item for s in array.strides])
    dtype = dtypes.stored_in(array.dtype)
    # NumPy gives an empty array strides of 0, PyTorch those that a full one would have.
    plain = strides == contiguous_strides(shape) or not array.size
    return fresh(shape, dtype, None if plain else strides)


def give_cell(handle: Any, requires_grad: bool) -> None:
    """Give a concrete tensor an identity of its own in what is recorded from now on."""
    before = handle._cell
    cell = Cell(handle, handle._array, handle._value.dtype, requires_grad)
    if before is not None:
        cell.grad, cell.hooks = grad_of(before), before.hooks
    at_once((handle, handle), ("_cell", "_value"), (cell, cell))
    if before is not None:
        before.forget()
        world.changed()


def apply(op: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The result of calling `op` with tensors and other arguments: recorded, not computed."""
    recorder = local.recorder
    if op in JOINS and not recorder.mapping and type(recorder.grad) is bool:
        joined = joined_now(recorder, op, args, kwargs)
        if joined is not None:
            array, tip = joined
            made = wrap(array)
            if tip is not None:
                denote(made, tip)
            return made
    try:
        call = read(op, args, kwargs)
        call = call._replace(handles=settle(recorder, call.handles))
        if op.view and (views := views_now(recorder, call, () if kwargs else args)) is not None:
            return views
        key = call.key(op, recorder.grad)
        if ends_here(recorder, op, key):
            recorder.flush()
            key = call.key(op, recorder.grad)
        entry = recorder.at.alternatives.get(key)
        if entry is None and (
            (op.view and is_restless(recorder, call))
            or comes_often(recorder, op, key)
            or never_settles(recorder, op, key)
        ):
            recorder.flush()
            return apply(op, args, kwargs)
        if entry is None:
            entry = create(recorder, call, key)
        return take(recorder, entry, call.handles, call.numbers)
    except AbsenceError:
        return outcome(read(op, args, kwargs), analyse)
    except RushlightError as error:
        if isinstance(error, ArgumentError):
            said = asking.call(op.name, op.on, args, kwargs)
            if said is not NOBODY:
                return said
        # What follows is the user's line: the frames in between explain nothing.
        raise error.with_traceback(without_own_frames(error.__traceback__)) from error.__cause__


def settle(recorder: Recorder, handles: Sequence[Handle]) -> list[Handle]:
    """The tensors, or stand-ins for them, so that they can be recorded here.

    Raises if one of them is lost, or could not be computed.
    """
    if isinstance(recorder.at, Halt):
        recorder.finish()
    if recorder.at.depth >= config.window_cap and not recorder.mapping:
        recorder.flush()
    settled = list(handles)
    for k, handle in enumerate(handles):
        value = handle._value
        if value.leaf:
            if isinstance(value, Failed):
                raise value.error
        elif value.home.root is not recorder.root:
            settled[k] = adopt(handle)
        elif not holds(value.home, handle):
            problem = "this tensor was never computed: its computation was interrupted"
            raise LostError(explain("record", problem, hint="compute it again"))
    return settled


def realise(handle: Handle) -> Any:
    """The array of a tensor, computed now if it was not."""
    value = handle._value
    if value.examples:
        raise no_value()
    if not value.leaf:
        recorder = local.recorder
        home = value.home
        mine = home.out is handle or holds(home, handle)
        if home.root is not recorder.root or not mine:
            (handle,) = settle(recorder, (handle,))
        if not handle._value.leaf:
            recorder.flush()
    if isinstance(handle._value, Failed):
        if isinstance(handle._value, Disguised):
            return realise(handle._value.inner)
        raise handle._value.error
    return handle._array


def elements(handle: Handle) -> Any:
    """The elements of a tensor, computed now, for NumPy: those of bfloat16 in float32."""
    return bfloat.values(realise(handle))


def holds(entry: Entry, handle: Handle) -> bool:
    """Whether `handle` is what `entry` returned, or changed, this time."""
    out = entry.out
    return out is handle or (type(out) is list and any([h is handle for h in out]))


def create(recorder: Recorder, call: Call, key: Any) -> Entry:
    """A new entry for `call` after the present one."""
    entry = Entry(call.op, recorder.at, recorder.grad)
    nodes, scalars = open_entry(recorder, entry, call.handles, call.numbers, key[2])
    since = next_serial()
    mode = recorder.grad
    given = nodes if type(mode) is bool else cast_inputs(mode, call, nodes)
    result = put_back(call, given, scalars)
    entry.serials = (since, next_serial())
    entry.returned, entry.values = analyse(result, nodes)
    if len(entry.values) == 1 and entry.returned.kind is None:
        entry.value = entry.values[0]
        if not (entry.places and call.op.view):  # such a view must look whose memory it is
            entry.plain = plain_form(call)
    register(recorder, entry, key)
    return entry


def plain_form(call: Call) -> object:
    """The form of a call of one to three tensors, or a tensor and a number; None for any other."""
    form = call.form
    params = call.op.params
    tensors = len(call.handles)
    given = tensors + len(call.numbers)
    if given > 3 or (call.numbers and given != 2):
        return None
    if form[:tensors] != (TENSOR,) * tensors or (call.numbers and form[1] not in MARKS):
        return None
    if any([p.keyword_only or p.star for p in params[:given]]):
        return None
    if any([item is not p.default for item, p in zip(form[given:], params[given:], strict=True)]):
        return None
    kind = type(call.numbers[0]) if call.numbers else given
    return form_of(call.op, kind)


def open_entry(
    recorder: Recorder,
    entry: Entry,
    handles: Sequence[Handle],
    numbers: Sequence[Any],
    denoted: Sequence[Node],
) -> tuple[list[Node], tuple[Scalar, ...]]:
    """The nodes that stand for the tensors and numbers given to a new `entry`.

    `denoted` is what the tensors did when the key was made: another thread may have made one of
    them real since.
    """
    scope.grad = bool(recorder.grad)
    nodes = bind_nodes(entry, denoted)
    entry.scalars = tuple([Scalar(type(n), entry, k) for k, n in enumerate(numbers)])
    entry.count = len(handles)
    entry.a, entry.b, entry.c = (*denoted, None, None, None)[:3]
    return nodes, entry.scalars


def register(recorder: Recorder, entry: Entry, key: Any) -> None:
    """Enter a finished `entry` in the trie."""
    name = entry.api.grad_name
    for node in entry.values:
        node.home = entry
        node.label = node.label or (name if isinstance(name, str) else name(node, key[1]))
    entry.key = key
    entry.line = caller_line()
    entry.urgent = recorder.urgent
    recorder.count += 1
    assert entry.parent is not None
    entry.parent.alternatives[key] = entry


def bind_nodes(entry: Entry, denoted: Sequence[Node]) -> list[Node]:
    """Nodes for the tensors given to `entry`, noting which must be bound at every call."""
    nodes: list[Node] = []
    places: list[int] = []
    keeps: list[int] = []
    for k, value in enumerate(denoted):
        if isinstance(value, Cell):
            watch(value, entry)
        elif value.leaf:
            if isinstance(value, Saved | Past):
                keeps.append(k)
            value = Bound(value, entry, len(places))
            places.append(k)
        nodes.append(value)
    entry.places = tuple(places)
    entry.keeps = tuple(keeps)
    entry.binds = GENERAL if keeps else BINDS.get(entry.places, GENERAL)
    return nodes


def watch(cell: Cell, entry: Entry) -> None:
    """Have `entry` pruned when the owner of `cell` dies."""
    entries = cell.entries
    if len(entries) % 256 == 255:
        cell.entries = entries = [e for e in entries if e.parent is not None]
    entries.append(entry)
    if cell.owner() is None:
        DEAD_CELLS.append(cell)


def take(
    recorder: Recorder, entry: Entry, handles: Sequence[Handle], numbers: Sequence[Any]
) -> Any:
    """Take the step to `entry` with these tensors and numbers; the results."""
    step(recorder, entry, handles, numbers)
    new = [types.new() for _ in entry.values]
    for handle, node in zip(new, entry.values, strict=True):
        handle._value = node
    entry.out = new[0] if entry.value is not None else new
    recorder.at = entry
    result = entry.returned.hand_back(new, handles)
    if recorder.eager or (views_exported(entry, handles) and not recorder.mapping):
        recorder.flush()
    return result


def step(
    recorder: Recorder, entry: Entry, handles: Sequence[Handle], numbers: Sequence[Any]
) -> None:
    """Bind what `entry` reads this time, and expect it here next time."""
    parent = entry.parent
    assert parent is not None
    parent.next = entry
    if parent.parent is None and recorder.last is not None:
        recorder.last.following = entry
    entry.numbers = numbers
    if entry.places:
        find = attrgetter("_array") if views_exported(entry, handles) else to_read
        bound: list[Any] = [find(handles[k]) for k in entry.places]
        entry.bound = bound + [handles[k]._history for k in entry.keeps]
