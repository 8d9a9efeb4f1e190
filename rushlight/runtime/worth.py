"""When a program has run on NumPy for so long that it is worth compiling.

How often a window will come is not known. So it is rented before it is bought: machine code is made
when NumPy has spent on the program a part of the time that making it may take. What is on disk
costs nothing to speak of, and is fetched at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import config

EACH = 0.25e-3
"""Seconds on NumPy for each op of a program: compiling takes about a millisecond for each, but in
the background, where only a part of it hinders the main thread."""


class Spent:
    """How long NumPy took for a program: the least of its runs, and all of them."""

    def __init__(self) -> None:
        self.least = math.inf
        self.total = 0.0

    @contextmanager
    def run(self) -> Iterator[None]:
        """Measure a run, by the time that this thread computes: others may be at work, too."""
        begun = time.thread_time()
        yield
        taken = time.thread_time() - begun
        self.least = min(self.least, taken)
        self.total += taken


def price(program: Any) -> float:
    """The seconds on NumPy after which `program` is compiled."""
    at_once = config.haste or config.strict or config.deterministic
    return 0.0 if at_once else EACH * len(program.order)


def visits(price: float, spent: Spent, count: int) -> int:
    """How often a window, which has come `count` times, will have come when it has cost that."""
    rest = max(price - spent.total, 0.0)
    return count + math.ceil(rest / max(spent.least, 1e-6))
