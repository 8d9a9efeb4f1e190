"""The loops that fold, and long sums in parts: rounding errors stay as small as the parts.

Numbers added up one after the other are rounded as often as there are numbers, each time by a bit
of the whole. So a long sum is taken in parts of much the same length, each begun anew, and the sums
of the parts are added up in the same manner.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import folding
from .builder import Value
from .scalars import FLOATS

if TYPE_CHECKING:
    from .nests import Nest

PART = 32
"""About how many numbers are added up in one go."""

PRODUCTS = 256
"""The same for products of matrices: their many totals leave the registers between parts."""

FEW = 8
"""So many totals may leave the registers more often."""

Results = list[Value]
Inner = Callable[[Results], Results]


def cuts(nest: Nest) -> dict[str, list[int]]:
    """For each folded dimension the lengths of its parts, of parts of parts first.

    A dimension that is short is not cut, nor one of which borders leave out a part.
    """
    if not any([f.how[0] == "add" and f.type in FLOATS for f in nest.group.folds]):
        return {}
    contraction = nest.choice.contraction
    many = contraction is not None and math.prod(nest.tile.values()) > FEW
    most = PRODUCTS if many else PART
    fixed = [x.window for x in contraction.borders] if contraction else []
    found: dict[str, list[int]] = {}
    inside = 1  # numbers that are added up in one go in the loops further in
    for d in reversed(nest.folded):
        steps = nest.extents[d]
        step = nest.lanes if d == nest.vector else 1
        steps //= step
        found[d] = []
        while d not in fixed and (parts := round(steps * inside / most)) > 1 and steps > 1:
            length = math.ceil(steps / parts)
            step *= length
            found[d].append(step)
            steps, inside = math.ceil(steps / length), 1
        inside *= steps
    return found


def fold_loops(nest: Nest, depth: int, totals: Results, inner: Inner) -> Results:
    """The loops over folded dimensions from `depth` on, which carry the totals."""
    if depth == len(nest.folded):
        return inner(totals)
    b, d = nest.b, nest.folded[depth]
    size, step = nest.extents[d], nest.lanes if d == nest.vector else 1

    def body(i: Value, *carried: Value) -> Results:
        nest.e.variables[d] = i
        out = fold_loops(nest, depth + 1, list(carried), inner)
        del nest.e.variables[d]
        return out

    for border in nest.borders:
        if border.window == d and border.outer != nest.vector and d != nest.vector:
            span = nest.reached[border.outer]
            low, high = border.range(b, span.start, span.count, size)
            return list(b.loop(low, high, 1, body, totals, guard=True))
    whole = size // step * step
    first, end = b.number(0, "i64"), b.number(whole, "i64")
    lengths = nest.cuts.get(d, []) if totals else []
    fetching = depth == 0 and d != nest.vector
    if whole:
        totals = in_parts(nest, first, end, lengths, step, body, totals, fetching)
    if whole < size:
        nest.e.mask = size - whole
        totals = list(body(end, *totals))
        nest.e.mask = None
    return totals


def in_parts(
    nest: Nest, first: Value, end: Value, lengths: list[int], step: int,
    body: Callable[..., Results], totals: Results, fetching: bool,
) -> Results:  # fmt: skip
    """A loop from `first` to before `end`, in parts of the last of `lengths`, and so on."""
    b = nest.b
    if not lengths:
        if fetching and nest.ahead is not None:
            return fetched(nest, first, end, body, totals)
        return list(b.loop(first, end, step, body, totals))
    *shorter, length = lengths

    def part(start: Value, *carried: Value) -> Results:
        if length == step:
            sums = body(start, *nest.beginning(len(totals)))
        else:
            stop = smaller(nest, b.add(start, b.number(length, "i64")), end)
            anew = nest.beginning(len(totals))
            sums = in_parts(nest, start, stop, shorter, step, body, anew, fetching)
        folds = [f.how[0] for f in nest.group.folds]
        return [
            folding.taken_in(b, folds[k % len(folds)], total, new)
            for k, (total, new) in enumerate(zip(carried, sums, strict=True))
        ]

    return list(b.loop(first, end, length, part, totals))


def fetched(
    nest: Nest, first: Value, end: Value, body: Callable[..., Results], totals: Results
) -> Results:
    """The same loop with stops: at each, a row of what comes after the sums is asked for."""
    b, ahead = nest.b, nest.ahead
    assert ahead is not None
    length = b.number(nest.extents[nest.folded[0]] // ahead.rows, "i64")

    def several(start: Value, *carried: Value) -> Results:
        ahead.fetch(b.binary("udiv", start, length))
        stop = smaller(nest, b.add(start, length), end)
        return list(b.loop(start, stop, 1, body, carried))

    return list(b.loop(first, end, length, several, totals))


def smaller(nest: Nest, x: Value, y: Value) -> Value:
    """The smaller of two indices."""
    return nest.b.select(nest.b.compare("lt", x, y), x, y)
