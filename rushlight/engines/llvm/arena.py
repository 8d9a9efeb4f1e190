"""One piece of memory for all that the groups of a program store for one another.

Memory whose contents nobody needs any more is given away again, and of several such places the one
that was used last: it is still in a cache, where memory that has rested since the forward pass
would have to be fetched, written and carried back.
"""

from __future__ import annotations

from typing import NamedTuple

LINE = 64
"""Bytes of a cache line. Everything begins at one."""

FOR_EVER = 1 << 60
"""A group that never comes."""

BEFORE_ALL, FRESH = -1, -2
"""What is taken from before all groups on gets fresh memory, which is zero."""


class Room(NamedTuple):
    """`size` bytes from `offset` on, needed up to the group `last`."""

    offset: int
    size: int
    last: int


class Arena:
    """Rooms side by side, from 0 to `end`."""

    def __init__(self) -> None:
        self.rooms: list[Room] = []

    @property
    def end(self) -> int:
        """The number of bytes."""
        return self.rooms[-1].offset + self.rooms[-1].size if self.rooms else 0

    def take(self, size: int, first: int, last: int) -> int:
        """The offset of `size` bytes that are nobody else's from group `first` to group `last`."""
        size = -(-max(size, 1) // LINE) * LINE
        best: tuple[float, int, int] | None = None
        for k in range(len(self.rooms)):
            found = self.stretch(k, size, first)
            if found is not None and (best is None or found[0] > best[0]):
                best = (*found, k)
        if best is None:
            self.grow(size, first)
            return self.take(size, first, last)
        _, stop, k = best
        offset = self.rooms[k].offset
        rest = self.rooms[stop - 1]
        left = rest.offset + rest.size - (offset + size)
        made = [Room(offset, size, last)]
        if left:
            made.append(Room(offset + size, left, rest.last))
        self.rooms[k:stop] = made
        return offset

    def stretch(self, k: int, size: int, first: int) -> tuple[float, int] | None:
        """How lately the free rooms from the `k`-th on were used, and where they are enough."""
        total, used = 0, 0.0
        for j in range(k, len(self.rooms)):
            room = self.rooms[j]
            if room.last >= first:
                return None
            part = min(room.size, size - total)
            total, used = total + part, used + part * room.last
            if total == size:
                return used / size, j + 1
        return None

    def grow(self, size: int, first: int) -> None:
        """Make room at the end, beside what is free there."""
        free = 0
        for room in reversed(self.rooms):
            if room.last >= first:
                break
            free += room.size
        self.rooms.append(Room(self.end, size - free, FRESH))
