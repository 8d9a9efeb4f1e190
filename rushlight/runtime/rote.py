"""Writing the table by which machine code does what a warm window needs (see engines/rote.py)."""

from __future__ import annotations

import ctypes
from functools import cache
from types import MemberDescriptorType
from typing import Any

import numpy as np

from ..engines.rote import (
    ARGUMENT,
    BOUND,
    CALL,
    DELIVER,
    DENOTE,
    END,
    FIELD,
    GIVEN,
    ITEM,
    MOVE,
    NUMBER,
    PASSED,
    SAME,
    SET,
    SLOT,
    SOLE,
    THING,
    WIDTH,
)
from .entry import Handle, types

TYPE, SIZE, USED = 8, 16, 24
"""Where every object has its type, a list or dict the number of its items, and a set its own."""

MEMBER, OFFSET = 40, 16
"""Where the descriptor of a slot has its definition, and that the place of the slot."""

MOST = 2000
"""Rows of a table; a window that takes more is long enough for Python."""


class Unfit(Exception):
    """Something that a rote cannot do."""


def word(address: int) -> int:
    """The word in memory at `address`."""
    return ctypes.c_int64.from_address(address).value


@cache
def offset_of(kind: Any, name: str) -> int:
    """How far into objects of `kind` the slot called `name` is."""
    for base in kind.__mro__:
        found = vars(base).get(name)
        if type(found) is MemberDescriptorType:
            return word(word(id(found) + MEMBER) + OFFSET)
    raise Unfit(name)


def place_of(thing: Any, name: str) -> int:
    """The address of the slot `name` of an object, which must be set."""
    kind: Any = type(thing)
    address = id(thing) + offset_of(kind, name)
    if word(address) != id(getattr(thing, name)):
        raise Unfit(f"slots of {kind.__name__} are not where they should be")
    return address


class Rote:
    """The rows of a table, and the objects that they name, which `things` keeps alive."""

    def __init__(self, function: Any, renew: Any, given: int) -> None:
        self.things: list[Any] = [function, renew, types.new]
        self.rows: list[tuple[int, ...]] = []
        self.given = given
        self.arguments = 0
        self.replaced = 0
        self.head = (id(function), id(renew))

    def keep(self, thing: Any) -> int:
        """The address of an object that the table names from now on."""
        self.things.append(thing)
        return id(thing)

    def place(self, thing: Any, name: str) -> int:
        """The address of a slot of an object that is kept alive."""
        self.keep(thing)
        return place_of(thing, name)

    def add(self, *row: int) -> int:
        """Another row; its number."""
        self.rows.append((*row, *[0] * (WIDTH - len(row))))
        return len(self.rows) + 1

    # -- what is looked at ---------------------------------------------------------------------

    def same(self, thing: Any, name: str, wanted: Any) -> int:
        """Look whether a slot holds the object `wanted`; the number of the row."""
        return self.add(SAME, self.place(thing, name), self.keep(wanted))

    def empty(self, thing: Any) -> None:
        """Look whether a list, dict or set is empty."""
        known = type(thing)([1]) if not isinstance(thing, dict) else type(thing)({1: 1})
        at = USED if isinstance(thing, set) else SIZE
        if word(id(known) + at) != 1:
            raise Unfit("sizes are not where they should be")
        self.add(SAME, self.keep(thing) + at, 0)

    def empty_in(self, thing: Any, name: str) -> None:
        """Look whether the list or dict in a slot is empty."""
        self.add(FIELD, self.place(thing, name), SIZE, 0)

    def items(self, things: list[Any]) -> None:
        """Look whether a list has the items that it has now."""
        if type(things) is not list:
            raise Unfit("it is another kind of list")
        self.add(SAME, self.keep(things) + SIZE, len(things))
        for k, item in enumerate(things):
            self.add(ITEM, id(things), k, self.keep(item))

    def tensor(self, thing: Any, name: str, item: int, kind: Any = None) -> None:
        """Look whether a slot holds a tensor, or if `item` is not 0 a list with it there.

        It must be a plain tensor, or of this `kind`.
        """
        row = (self.place(thing, name), TYPE, self.keep(kind or type(types.new())))
        self.add(FIELD, *row, 0, 0, item)

    def sole(self, thing: Any, name: str, item: int, count: int) -> None:
        """Look whether that tensor has no more than so many references."""
        self.tensor(thing, name, item)
        self.add(SOLE, self.place(thing, name), count, 0, 0, 0, item)

    # -- what the function is given ------------------------------------------------------------

    def give(self, kind: int, *row: int) -> None:
        """The next argument: a row of this kind, whose last number says which it is."""
        self.add(kind, *[*row, 0, 0, 0, 0][:4], self.arguments)
        self.arguments += 1

    def thing(self, thing: Any) -> None:
        """The next argument is this object."""
        self.give(THING, self.keep(thing))

    def passed(self, place: int) -> None:
        """The next argument is what is given at `place`."""
        self.give(PASSED, place)

    def argument(self, thing: Any, name: str) -> None:
        """The next argument is what a slot holds."""
        self.give(ARGUMENT, self.place(thing, name))

    def bound(self, thing: Any, name: str, k: int) -> None:
        """The next argument is item `k` of the tuple or list that a slot holds."""
        self.give(BOUND, self.place(thing, name), k)

    def number(self, place: int, k: int) -> None:
        """The next argument is item `k` of the tuple that is given at `place`."""
        self.give(NUMBER, place, k)

    def slot(self, slots: Any, k: int) -> int:
        """The next argument is the array in slot `k`, or another if that is held; its number."""
        self.give(SLOT, self.keep(slots), k, self.keep(k), self.keep(slots.spares))
        return self.arguments - 1

    def call(self) -> None:
        """All arguments are there: call."""
        self.add(CALL)

    # -- what is stored ------------------------------------------------------------------------

    def old(self, count: int = 1) -> int:
        """Where to leave so many objects that are replaced."""
        self.replaced += count
        return self.replaced - count

    def set(self, thing: Any, name: str, new: Any) -> None:
        """Set a slot."""
        self.add(SET, self.place(thing, name), self.keep(new), 0, 0, self.old())

    def set_given(self, thing: Any, name: str, place: int) -> None:
        """Set a slot to what is given at `place`."""
        self.add(GIVEN, self.place(thing, name), place, 0, 0, self.old())

    def move(self, thing: Any, name: str, other: Any, source: str) -> None:
        """Set a slot to what a slot of another object holds."""
        row = (self.place(thing, name), self.place(other, source))
        self.add(MOVE, *row, 0, 0, self.old())

    def deliver(
        self, thing: Any, name: str, item: int, node: Any, leaf: Any, argument: int
    ) -> None:
        """Hand an argument over to such a tensor, which denotes `leaf` then."""
        row = (self.place(thing, name), self.keep(node), self.keep(leaf), argument)
        self.add(DELIVER, *row, self.old(2), item)

    def denote(self, thing: Any, name: str, item: int, node: Any, leaf: Any) -> None:
        """Let such a tensor denote `leaf` if it denotes `node`."""
        row = (self.place(thing, name), self.keep(node), self.keep(leaf), 0)
        self.add(DENOTE, *row, self.old(), item)

    # ------------------------------------------------------------------------------------------

    def table(self) -> np.ndarray:
        """The table; the arrays of other tables do not share its memory."""
        self.add(END)
        if len(self.rows) > MOST:
            raise Unfit("there is too much to do")
        first = (self.given, self.arguments, self.replaced, *self.head, 0, 0)
        example = types.new()
        example._array = example._value = example.__class__  # type: ignore[assignment]
        second = (offset_of(Handle, "_value"), offset_of(Handle, "_array"), 0, 0, 0, 0, 0)
        for name in ("_value", "_array"):
            place_of(example, name)
        return np.array([first, second, *self.rows], np.int64)
