"""Whether a window goes on although the call that opened it comes again."""

from __future__ import annotations

from sys import getrefcount

from .entry import Entry

AGAIN = 3
"""So many times the call that opened a window may come again in it."""


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
