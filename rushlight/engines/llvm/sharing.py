"""Loops shared out among the threads of the pool, run by run of tiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

from .builder import Builder, Value
from .elements import Elements, Source
from .pool import MOST_TILES, hand_out, planned_threads
from .strategy import PACKED, WORTH_PAIRING, Choice, unevenness

POOL, THREAD = Source(-1, 0), Source(-2, 0)
"""What a group's function is given that shares its loops: the pool, and the thread's number."""

WORTH_SHARING = 6000
"""Vector instructions of a group that are worth two barriers."""

WORTH_SHARING_COPY = 1 << 17
"""Bytes of a packed factor that are worth the same."""

WORTH_WAKING = 110_000
"""The same of a whole program: waking threads takes longer, and so does what one of them has
written before another one reads it, parameters above all."""

RUNS = 16
"""Runs of tiles that each thread takes, more or less: enough to even out what disturbs one."""

RATE = 32
"""Multiply-adds in the time in which a thread gets a number that another one wrote."""

Body = Callable[[Value], None]


def most_threads() -> int:
    """How many threads have memory of their own; others leave the work to them."""
    return max(planned_threads(), 4)


class Share:
    """The loop over one variable is shared out, or the two loops over a pair of them."""

    def __init__(
        self, elements: Elements, variables: tuple[str, ...],
        extents: dict[str, int], steps: dict[str, int],
    ) -> None:  # fmt: skip
        self.e = elements
        self.variables = variables
        self.threads = most_threads()
        counts = tile_counts(extents, steps)
        tiles, inner = math.prod([counts[d] for d in variables]), variables[-1]
        run = max(1, tiles // (RUNS * self.threads), -(-tiles // (MOST_TILES - 1)))
        self.run = min(run, counts[inner])
        whole, rest = divmod(extents[inner], steps[inner])
        self.runs = -(-whole // self.run) + (rest > 0)
        self.taken: Value | None = None  # of a pair: which run of the second variable

    def loops(
        self, b: Builder, d: str, whole: int, step: int, full: Body, rest: Body | None
    ) -> None:
        """Write the loop over `d` up to `whole` by `step`, and what remains, for the threads."""
        run = self.run if d == self.variables[-1] else 1
        runs = -(-whole // (step * run))

        def take(k: Value) -> None:
            if rest is None:
                several(k)
            elif not runs:
                rest(b.number(0, "i64"))
            else:
                last = b.compare("lt", k, b.number(runs, "i64"))
                b.branch(last, lambda: several(k), lambda: rest(b.number(whole, "i64")))

        def several(k: Value) -> None:
            start = b.mul(k, b.number(run * step, "i64"))
            if run == 1:
                full(start)
                return
            end, most = b.add(start, b.number(run * step, "i64")), b.number(whole, "i64")
            b.loop(start, b.select(b.compare("lt", end, most), end, most), step, full)

        def take_of_pair(k: Value) -> None:
            each = b.number(self.runs, "i64")
            self.taken = b.binary("urem", k, each)
            take(b.binary("udiv", k, each))

        if d != self.variables[0]:
            assert self.taken is not None
            take(self.taken)
            return
        alone = len(self.variables) == 1
        tiles = (runs + (rest is not None)) * (1 if alone else self.runs)
        pool, thread = self.e.parameter(POOL, "ptr"), self.e.parameter(THREAD, "i64")
        few = b.compare("lt", thread, b.number(self.threads, "i64"))
        b.branch(few, lambda: hand_out(b, pool, tiles, take if alone else take_of_pair))

    def own(self, b: Builder, base: Value, size: int) -> Value:
        """The part of this thread, in memory that has `size` bytes for each."""
        thread = self.e.parameter(THREAD, "i64")
        return b.address(base, b.mul(thread, b.number(size, "i64")), "i8")


def shared_variables(
    order: list[str], extents: dict[str, int], steps: dict[str, int], choice: Choice
) -> tuple[str, ...]:
    """The loops to share out, one or two: those that keep the threads busy, and near their data.

    They have to be the outermost. A panel is packed inside of the loops over its own side, so those
    keep their order.
    """
    threads, counts = planned_threads(), tile_counts(extents, steps)
    free = order[:1] if choice.kind == PACKED and not choice.apart else order
    free = [d for d in free if counts[d] > 1]
    many = threads >= WORTH_PAIRING
    pairs = permutations(free, 2) if choice.contraction else [tuple(free[:2])]
    fit = [p for p in pairs if many and math.prod([counts[d] for d in p]) < MOST_TILES]
    ways: list[tuple[str, ...]] = [(d,) for d in free]
    ways[1:1] = [p for p in fit if len(p) == 2]

    def cost(way: tuple[str, ...]) -> float:
        """Multiply-adds of the thread that has most, and numbers that it reads, for each step."""
        tiles = math.prod([counts[d] for d in way])
        idle = unevenness(tiles, threads)
        if choice.contraction is None or not many:
            return round(idle, 1) if many else idle
        seen = reach(way, counts, -(-tiles // threads))
        covered = {d: min(seen.get(d, counts[d]) * steps[d], extents[d]) for d in order}
        sides = [math.prod([covered[d] for d in order if d in s]) for s in choice.contraction.sides]
        return idle * math.prod([extents[d] for d in order]) / threads / RATE + sum(sides)

    return min(ways, key=cost, default=())


def reach(way: tuple[str, ...], counts: dict[str, int], tiles: int) -> dict[str, int]:
    """How many tiles along each variable `tiles` of them touch that follow one another."""
    if len(way) == 1:
        return {way[0]: tiles}
    outer, inner = way
    whole, rest = divmod(tiles, counts[inner])
    across = whole + (rest > 0) + (whole > 0 and rest > 0)
    return {outer: min(across, counts[outer]), inner: counts[inner] if whole else rest}


def tile_counts(extents: dict[str, int], steps: dict[str, int]) -> dict[str, int]:
    """The number of tiles along each variable."""
    return {d: math.ceil(extents[d] / s) for d, s in steps.items()}
