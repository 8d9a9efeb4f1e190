"""Calls that were recorded before: finding them, and taking the same step again."""

from __future__ import annotations

from typing import Any

from .matching import Pattern, no_match
from .ops.table import Op
from .runtime.arguments import NUMBERS
from .runtime.entry import FORMS as PLAIN_FORMS
from .runtime.entry import Entry, Handle, types
from .runtime.memory import EXPORTED, to_read, views_exported
from .runtime.mutate import InPlace, is_shared
from .runtime.record import take

Found = tuple[Entry, tuple[Any, ...], tuple[Any, ...]] | None

FEW = 8
"""Among so many calls it is quicker to look at each than to look one up."""

SEEN_ONCE = Pattern.__new__(Pattern)
SEEN_ONCE.match, SEEN_ONCE.wants, SEEN_ONCE.tensors = no_match, (), ()


def note(
    before: Any, at: Any, api: Any, op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Note how the arguments looked of the call just recorded at `at`, when it has come twice.

    A call that was not recorded, such as a view of a concrete tensor, leaves the place `before` it.
    """
    if at is before or at.api is not api:
        return
    if at.pattern is None:
        at.pattern = SEEN_ONCE
    elif at.pattern is SEEN_ONCE:
        pattern = Pattern(op, args, kwargs)
        if api is not op:  # in-place: the tensors denote something else by now
            given = (at.a, at.b, at.c)[: at.count]
            if len(pattern.tensors) != len(given):
                return
            wants = dict(enumerate(pattern.wants))
            wants.update(zip(pattern.tensors, given, strict=True))
            pattern.wants = tuple(wants.values())
        at.pattern = pattern


def found_next(recorder: Any, api: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Found:
    """The call that came next before, in any repetition: its entry, its tensors and its numbers.

    None if it is not among the few that are known here by the look of their arguments.
    """
    at = recorder.at
    expected = at.next
    if expected.api is api:
        found = matched(recorder, expected, args, kwargs)
        if found is not None:
            return found
    known = alternatives(recorder)
    if 0 < len(known) <= FEW:
        for entry in known.values():
            if entry.api is api and entry is not expected:
                found = matched(recorder, entry, args, kwargs)
                if found is not None:
                    expect(recorder, entry)
                    return found
    return None


def alternatives(recorder: Any) -> Any:
    """The entries that came after this one, by their keys; none if each is to run at once."""
    return () if recorder.eager else getattr(recorder.at, "alternatives", ())


def matched(recorder: Any, entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Found:
    """The entry, and the tensors and numbers given, if the arguments look as they did there."""
    pattern = entry.pattern
    if pattern is None or entry.mode is not recorder.grad:
        return None
    found = pattern.match(args, kwargs, pattern.wants)
    return None if found is None else (entry, *found)


def expect(recorder: Any, entry: Entry) -> None:
    """Expect `entry` here the next time."""
    parent = entry.parent
    assert parent is not None
    parent.next = entry
    if parent.parent is None and recorder.last is not None:
        recorder.last.following = entry


def ended(recorder: Any, api: Any) -> bool:
    """Whether the window ends before this call, as it did the last time; then it has."""
    if recorder.at.ends is not api or recorder.mapping:
        return False
    recorder.flush()
    return True


def seek(recorder: Any, api: Any, args: tuple[Any, ...]) -> Found:
    """The entry of a plain call (see `form_of`) that came next before, with tensors and numbers."""
    known = alternatives(recorder)
    if not 0 < len(known) <= FEW:
        return None
    handles = tuple([a for a in args if isinstance(a, Handle)])
    numbers = tuple([a for a in args if type(a) in NUMBERS])
    if len(handles) + len(numbers) < len(args) or len(args) > 3:
        return None
    form = PLAIN_FORMS.get((api, type(numbers[0]) if numbers else len(args)))
    values = tuple([h._value for h in handles])
    if form is None or (numbers and not isinstance(args[0], Handle)):
        return None
    for entry in known.values():
        same = entry.plain is form and entry.mode is recorder.grad
        if same and (entry.a, entry.b, entry.c)[: len(values)] == values:
            expect(recorder, entry)
            return entry, handles, numbers
    return None


def repeat(recorder: Any, entry: Entry, handles: tuple[Any, ...], numbers: Any) -> Any:
    """Take the step to `entry` once more; what the call returns."""
    if EXPORTED and views_exported(entry, handles):
        return take(recorder, entry, handles, numbers)
    entry.numbers = numbers
    if entry.places:
        bind(entry, handles)
    new = types.new
    if entry.value is not None:
        made = new()
        made._value = entry.value
        entry.out = made
        recorder.at = entry
        return made
    made = [new() for _ in entry.values]
    for handle, node in zip(made, entry.values, strict=True):
        handle._value = node
    entry.out = made
    recorder.at = entry
    return entry.returned.hand_back(made, handles)


def repeat_inplace(
    recorder: Any, form: InPlace | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Whether an in-place call was one that came here before; then it has been recorded again.

    Only those are, that change one tensor which shares its memory with no other.
    """
    found = None if form is None else found_next(recorder, form, args, kwargs)
    if found is None:
        return False
    entry, handles, numbers = found
    target = handles[0]
    if len(entry.values) != 1 or recorder.eager or is_shared(target):
        return False
    entry.numbers = numbers
    if entry.places:
        bind(entry, handles)
    entry.out = [target]  # nothing is called from here on: all of it happens, or nothing
    target._value = entry.values[0]
    recorder.at = entry
    return True


def bind(entry: Entry, handles: Any) -> None:
    """Bind the arrays that `entry` reads this time."""
    if EXPORTED or entry.keeps:
        bound = [to_read(handles[k]) for k in entry.places]
        entry.bound = bound + [handles[k]._history for k in entry.keeps]
    else:
        entry.bound = [handles[k]._array for k in entry.places]
