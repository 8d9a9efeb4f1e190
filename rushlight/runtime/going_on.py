"""Whether a window ends before a call, or goes on although the call that opened it comes again."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

from .. import config
from ..graph import Past
from .entry import Entry
from .history import crowd

WORTH = 4
"""So many calls are worth a program of their own."""

AGAIN = 3
"""So many times the call that opened a window may come again in it."""


def ends_here(recorder: Any, api: Any, key: Any) -> bool:
    """Whether a window should end before this call.

    It should when the call that opened it comes again (else a loop that observes nothing would keep
    every batch alive), unless it is part of one computation still; and when gradients are recorded
    again after a parameter was changed by hand.
    """
    at = recorder.at
    if recorder.mapping:
        return False
    if at.state.mutated and recorder.grad:
        return True
    if at.depth < 2 or at.first.api is not api or at.first.key != key:
        return False
    return not recorder.grad or bool(at.state.freed) or not goes_on(at)


def comes_often(recorder: Any, api: Any, key: Any) -> bool:
    """Whether a call with values of earlier windows has come again and again in this one.

    How often it will come may be another number the next time: each few are a window.
    """
    if recorder.mapping or not any([type(value) is Past for value in key[2]]):
        return False
    times, at = 0, recorder.at
    while at.parent is not None:
        times += at.api is api and at.key == key
        at = at.parent
    if times < AGAIN:
        return False
    recorder.at.ends = api  # the next time that is known before the call has been read
    return True


def never_settles(recorder: Any, api: Any, key: Any) -> bool:
    """Whether a call is given other shapes again and again, where those before it are the same.

    What came before is one program then. Where gradients are recorded the pass goes in pieces, so
    that only what the call leads to is another program each time.
    """
    at = recorder.at
    if at.depth < WORTH or recorder.mapping or recorder.tracking:
        return False
    if at.ends is api:
        return True
    rivals = [e for e in at.alternatives.values() if e.api is api and e.key[1] == key[1]]
    shapes = {tuple([value.shape for value in e.key[2]]) for e in rivals}
    if len(shapes) < config.recompile_limit:
        return False
    crowd([e.line for e in at.path() if any([value.requires_grad for value in e.values])])
    if at.window is not None and at.window.plan is not None:
        at.window.close()
        at.window.plan = None  # the next one keeps its history for many
    at.ends = api
    return True


def goes_on(at: Entry) -> bool:
    """Whether somebody holds a result that a gradient may be asked of, and it has not been yet.

    One network is given several inputs then, and what follows belongs together.
    """
    times, held = 0, False
    entry = at
    while entry.parent is not None:
        times += entry.api is at.first.api and bool(entry.key == at.first.key)
        value = entry.value
        held = held or (value is not None and value.requires_grad and getrefcount(entry.out) > 2)
        entry = entry.parent
    return held and times <= AGAIN
