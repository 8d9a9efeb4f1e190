"""Loops shared out among the threads of the pool, run by run of tiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from ...cores import count_cores
from .builder import Builder, Value
from .elements import Elements, Source
from .pool import MOST_TILES, hand_out
from .strategy import PACKED, Choice, unevenness

POOL, THREAD = Source(-1, 0), Source(-2, 0)
"""What a group's function is given that shares its loops: the pool, and the thread's number."""

WORTH_SHARING = 6000
"""Vector instructions of a group that are worth two barriers."""

WORTH_WAKING = 60_000
"""The same of a whole program: waking threads takes longer."""

RUNS = 16
"""Runs of tiles that each thread takes, more or less: enough to even out what disturbs one."""

Body = Callable[[Value], None]


@cache
def planned_threads() -> int:
    """For how many threads loops are laid out: one for each core there was when first asked."""
    return count_cores()


def most_threads() -> int:
    """How many threads have memory of their own; others leave the work to them."""
    return max(planned_threads(), 4)


class Share:
    """The loop over `variable` is shared out."""

    def __init__(self, elements: Elements, variable: str) -> None:
        self.e = elements
        self.variable = variable
        self.threads = most_threads()

    def loops(self, b: Builder, whole: int, step: int, full: Body, rest: Body | None) -> None:
        """Write the loop up to `whole` by `step`, and what remains, for the threads to take."""
        pool, thread = self.e.parameter(POOL, "ptr"), self.e.parameter(THREAD, "i64")
        tiles = whole // step
        run = max(1, tiles // (RUNS * self.threads), -(-tiles // (MOST_TILES - 1))) * step
        runs = -(-whole // run)

        def take(k: Value) -> None:
            if rest is None:
                several(k)
            elif not runs:
                rest(b.number(0, "i64"))
            else:
                last = b.compare("lt", k, b.number(runs, "i64"))
                b.branch(last, lambda: several(k), lambda: rest(b.number(whole, "i64")))

        def several(k: Value) -> None:
            start = b.mul(k, b.number(run, "i64"))
            if run == step:
                full(start)
                return
            end, most = b.add(start, b.number(run, "i64")), b.number(whole, "i64")
            b.loop(start, b.select(b.compare("lt", end, most), end, most), step, full)

        def mine() -> None:
            hand_out(b, pool, runs + (rest is not None), take)

        b.branch(b.compare("lt", thread, b.number(self.threads, "i64")), mine)

    def own(self, b: Builder, base: Value, size: int) -> Value:
        """The part of this thread, in memory that has `size` bytes for each."""
        thread = self.e.parameter(THREAD, "i64")
        return b.address(base, b.mul(thread, b.number(size, "i64")), "i8")


def shared_variable(order: list[str], counts: dict[str, int], choice: Choice) -> str | None:
    """The loop to share out: the one that keeps most threads busy. It has to be the outermost.

    A panel is packed inside of the loops over its own side, so those keep their order.
    """
    threads = planned_threads()
    free = order[:1] if choice.kind == PACKED and not choice.apart else order
    candidates = [d for d in free if counts[d] > 1]
    return min(candidates, key=lambda d: unevenness(counts[d], threads), default=None)


def tile_counts(extents: dict[str, int], steps: dict[str, int]) -> dict[str, int]:
    """The number of tiles along each variable."""
    return {d: math.ceil(extents[d] / s) for d, s in steps.items()}
