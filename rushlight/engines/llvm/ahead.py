"""Memory asked for ahead: what a tile's results are put together with, while its sums are taken.

The update of a weight reads its moments, a few lines of the cache from each of many rows. Nothing
would fetch them before they are wanted, and then everything waits; but a tile's sums take long.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .affine import Affine, substituted
from .buffers import LINE, Buffer
from .builder import Value
from .elements import Source, source_of
from .forms import Kind
from .plan import loops_of
from .strategy import DOT

if TYPE_CHECKING:
    from .nests import Nest, Tile

LARGE = 1 << 16
"""Bytes of an array that is not expected to be in the first cache."""

LONG = 48
"""Steps of a fold during which memory arrives."""


def fetch_ahead(nest: Nest, tile: Tile) -> None:
    """Ask for what the results of `tile` will be combined with."""
    steps = math.prod([nest.extents[r] for r in nest.folded])
    rows = [d for d in nest.order if d != nest.vector and tile[d].count > 1]
    if nest.choice.kind == DOT or nest.vector is None or steps < LONG or len(rows) != 1:
        return
    wanted = far_places(nest)
    if not wanted:
        return
    e, b, (row,) = nest.e, nest.b, rows
    before = e.variables[row]

    def line(i: Value) -> None:
        e.variables[row] = b.add(before, i)
        for buffer, flat in wanted:
            apart = max(LINE // (buffer.item * nest.lanes), 1)
            for k in range(0, tile[nest.vector or ""].count, apart):
                b.prefetch(b.address(e.address(buffer, flat), k * nest.lanes, buffer.type))

    b.loop(0, tile[row].count, 1, line)
    e.variables[row] = before


def far_places(nest: Nest) -> list[tuple[Buffer, Affine]]:
    """Where large arrays are read for each result, contiguously along its vectors."""
    plan, memory, group = nest.e.plan, nest.e.memory, nest.group
    places = []
    for form in group.points:
        loops = loops_of(form)
        for leaf, index in plan.leaves(loops.body, loops.index, loops.top):
            inside = leaf in group.forms or leaf in nest.e.numbers
            if not inside and (leaf.kind is Kind.INPUT or leaf in plan.stored):
                places.append((leaf, index))
    found: dict[tuple[Source, Affine], tuple[Buffer, Affine]] = {}
    for form, index in places:
        buffer = memory.of(form)
        flat = substituted(buffer.flat(index), nest.at_zero)
        if form.size * buffer.item >= LARGE and flat.factor(nest.vector or "") == 1:
            found[source_of(buffer), flat] = (buffer, flat)
    return list(found.values())
