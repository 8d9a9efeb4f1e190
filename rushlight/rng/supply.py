"""Uniform numbers one at a time, for methods that draw again until a number suits them.

How many words such a method takes depends on what it draws, so it cannot be told beforehand.
Numbers are taken in batches; at the end the generator is put where the last number used left it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import TracebackType

import numpy as np

from rushlight.rng.exact import Floats
from rushlight.rng.twister import Twister

_FIRST = 16
_LARGEST = 16384


class Supply:
    """A place in the stream of a twister; `unit` and `normal` draw from it, one number a call.

    >>> twister = Twister(0)
    >>> with Supply(twister) as supply:
    ...     round(supply.unit(), 4)
    0.9701
    """

    def __init__(self, twister: Twister) -> None:
        self.twister = twister
        self.before = twister.save()
        self.size = _FIRST
        self.batch: list[float] = []  # the numbers to come, the next one last
        self.cached = twister.cached_normal

    def unit(self) -> float:
        """The next uniform number of 53 bits."""
        if not self.batch:
            self.before = self.twister.save()
            self.size = min(2 * self.size, _LARGEST)
            self.batch = self.twister.unit53(self.size).tolist()[::-1]
        return self.batch.pop()

    def normal(self) -> float:
        """The next standard normal number: they come in pairs, as in `normal_pairs`."""
        if self.cached is not None:
            value, self.cached = self.cached, None
            return value
        angle = 2.0 * math.pi * self.unit()
        radius = math.sqrt(-2.0 * math.log1p(-self.unit()))
        self.cached = radius * math.sin(angle)
        return radius * math.cos(angle)

    def __enter__(self) -> Supply:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.batch:
            self.twister.restore(self.before)
            self.twister.unit53(self.size - len(self.batch))
        self.twister.cached_normal = self.cached


def drawn_by_machine(twister: Twister, rule: Callable[..., int], columns: Floats) -> Floats:
    """What a rule in machine code makes of the columns of a table.

    Its supply is six words: the address of uniform numbers, how many are used, how many there are,
    whether more were asked for, whether a normal number is left, and that one.
    """
    n = columns.shape[1]
    out = np.empty(n)
    supply = np.zeros(6, np.int64)
    kept = supply.view(np.float64)
    if twister.cached_normal is not None:
        supply[4], kept[5] = 1, twister.cached_normal
    units = np.empty(0)
    before, size, done = twister.save(), 0, 0
    while done < n:
        rest = units[supply[1] :]
        before, size = twister.save(), max(min(2 * (n - done), _LARGEST), _FIRST, 2 * len(rest))
        units = np.concatenate((rest, twister.unit53(size)))
        supply[:3] = units.ctypes.data, 0, len(units)
        done = rule(supply, columns, out, done)
    unused = len(units) - int(supply[1])
    twister.restore(before)
    twister.unit53(size - unused)
    twister.cached_normal = float(kept[5]) if supply[4] else None
    return out
