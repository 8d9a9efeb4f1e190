"""The memory between groups: nobody's is taken, little is wasted, and what is warm comes first."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("llvmlite")

from rushlight import dtypes, ops
from rushlight.engines.llvm.arena import BEFORE_ALL, FOR_EVER, LINE, Arena
from rushlight.engines.llvm.translate import Compiled
from rushlight.graph import Leaf
from rushlight.trace import Program


@pytest.mark.parametrize("seed", range(8))
def test_what_is_needed_is_not_given_away(seed: int) -> None:
    rng = random.Random(seed)
    arena = Arena()
    taken: list[tuple[int, int, int, int]] = []
    for group in range(60):
        for _ in range(rng.randrange(4)):
            ever = rng.random() < 0.1
            size = rng.randrange(1, 3000)
            first, last = (BEFORE_ALL, FOR_EVER) if ever else (group, group + rng.randrange(9))
            offset = arena.take(size, first, last)
            assert offset % LINE == 0 and offset + size <= arena.end
            for start, bytes_, begun, until in taken:
                apart = offset + size <= start or start + bytes_ <= offset
                assert apart or (until < group and not ever and begun >= 0)
            taken.append((offset, size, first, last))
    places = [room.offset for room in arena.rooms]
    assert places == sorted(places)


def test_what_was_used_last_is_taken_first() -> None:
    arena = Arena()
    old, new = arena.take(1000, 0, 1), arena.take(1000, 0, 5)
    assert arena.take(500, 6, 7) == new
    assert arena.take(500, 6, 7) == new + 512
    assert arena.take(500, 6, 7) == old


def test_neighbours_become_one_room() -> None:
    arena = Arena()
    start = arena.take(640, 0, 1)
    for _ in range(2):
        arena.take(640, 0, 2)
    arena.take(64, 0, 9)
    assert arena.take(3 * 640, 3, 3) == start
    assert arena.end == 3 * 640 + 64


def test_a_long_chain_needs_no_more_than_a_short_one() -> None:
    def bytes_for(layers: int) -> int:
        x, w, u = [Leaf(shape, dtypes.float32) for shape in ((64, 64), (64, 64), (128, 64))]
        h = x
        for k in range(layers):
            h = ops.join(ops.relu(ops.mm(h, w)), ops.mm(h, w) * (k + 2.0), axis=1)
            h = ops.mm(h, u)
        step = Compiled(Program([h], (x, w, u)), {}).step
        step.emit()
        return step.memory.arena.end

    assert bytes_for(9) == bytes_for(4)
