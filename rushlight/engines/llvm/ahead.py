"""Memory asked for ahead: what a tile's results are put together with, while its sums are taken.

The update of a weight reads its moments, a few lines of the cache from each of many rows. Nothing
would fetch them before they are wanted, and then everything waits; but a tile's sums take long.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from .affine import Affine, substituted
from .arena import LINE
from .buffers import Buffer
from .builder import Value
from .elements import Source, source_of
from .forms import Kind
from .plan import loops_of, own_index
from .schedule import is_needed
from .strategy import DOT

if TYPE_CHECKING:
    from .nests import Nest, Tile

LARGE = 1 << 16
"""Bytes of an array that is not expected to be in the first cache."""

LONG = 3
"""Steps of a fold for each row that is fetched."""


class Ahead(NamedTuple):
    """What to fetch: the lines of row `k` of a tile by `fetch(k)`, for `rows` rows."""

    rows: int
    fetch: Callable[[Value], None]


def to_fetch(nest: Nest, tile: Tile) -> Ahead | None:
    """What the results of `tile` will be combined with, if it is worth asking for."""
    rows = [d for d in nest.order if d != nest.vector and tile[d].count > 1]
    if nest.choice.kind == DOT or nest.vector is None or len(rows) != 1 or not nest.folded:
        return None
    wanted = far_places(nest)
    count = tile[rows[0]].count
    steps = math.prod([nest.extents[d] for d in nest.folded])
    if not wanted or nest.extents[nest.folded[0]] < count or steps < LONG * count:
        return None
    e, b, (row,) = nest.e, nest.b, rows

    def fetch(k: Value) -> None:
        before = e.variables[row]
        last = b.number(count - 1, "i64")
        e.variables[row] = b.add(before, b.select(b.compare("lt", k, last), k, last))
        for buffer, flat in wanted:
            apart = max(LINE // (buffer.item * nest.lanes), 1)
            for j in range(0, tile[nest.vector or ""].count, apart):
                b.prefetch(b.address(e.address(buffer, flat), j * nest.lanes, buffer.type))
        e.variables[row] = before

    return Ahead(count, fetch)


def far_places(nest: Nest) -> list[tuple[Buffer, Affine]]:
    """Where large arrays are read or written for each result, contiguously along its vectors."""
    plan, memory, group = nest.e.plan, nest.e.memory, nest.group
    places = [(form, own_index(form)) for form in group.forms if is_needed(plan, form, group)]
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
