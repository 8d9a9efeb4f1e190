"""Straight Python for what is done again and again: functions written, not interpreted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sys import getrefcount
from typing import Any

import numpy as np

from .entry import Entry, Handle


class Source:
    """Lines of functions, and the objects they name."""

    def __init__(self, **space: Any) -> None:
        self.lines: list[str] = []
        self.space: dict[str, Any] = {
            "__name__": __name__, "getrefcount": getrefcount, "ndarray": np.ndarray, **space
        }  # fmt: skip
        self.names: dict[int, str] = {}

    def name(self, thing: Any, letter: str) -> str:
        """The name of `thing` in the functions."""
        known = self.names.get(id(thing))
        if known is None:
            known = self.names[id(thing)] = f"{letter}{len(self.space)}"
            self.space[known] = thing  # which keeps it alive
        return known

    def function(self, signature: str, lines: list[str]) -> Callable[..., Any]:
        """A function of these lines."""
        text = "\n    ".join([f"def {signature}:", *lines])
        exec(compile(text, "<rushlight window>", "exec"), self.space)
        made: Callable[..., Any] = self.space.pop(signature.partition("(")[0])
        return made


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, inside an `if`."""
    found = [f"    {line}" for line in lines]
    return found or ["    pass"]


def unheld() -> int:
    """What `getrefcount` says, in such a function, of a tensor that only its entry holds."""
    entry = Entry(None, None, True)
    entry.out = [Handle()]
    source = Source()
    name = source.name(entry, "e")
    count: int = source.function("count()", [f"return getrefcount({name}.out[0])"])()
    return count


def in_slot() -> int:
    """What `getrefcount` says, in such a function, of a local array that only a slot holds."""
    slots = [np.empty(0)]
    source = Source(slots=slots)
    lines = ["b = slots[0]", "return getrefcount(b)"]
    count: int = source.function("count()", lines)()
    return count


def its_base() -> int:
    """What it says of the base of such an array, if only that array holds it."""
    slots = [np.empty((2, 3)).transpose()]
    lines = ["b = slots[0]", "return getrefcount(b.base)"]
    count: int = Source(slots=slots).function("count()", lines)()
    return count


UNHELD = unheld()
IN_SLOT = in_slot()
ITS_BASE = its_base()
