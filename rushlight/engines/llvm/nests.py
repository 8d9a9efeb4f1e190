"""Loop nests: emit the loops of one group in the way that was chosen for them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import folding
from .affine import LANE, Affine, substituted, variable
from .ahead import Ahead, to_fetch
from .borders import Border
from .buffers import Buffer
from .builder import Value
from .cascade import cuts, fold_loops
from .elements import Elements
from .forms import Form
from .packing import Packed, transposed, woven
from .plan import Index, loops_of, own_index
from .schedule import Group, is_needed
from .sharing import WORTH_SHARING, WORTH_SHARING_COPY, Share, shared_variables
from .strategy import DOT, PACKED, Choice, cost_of

Point = dict[str, Affine]


@dataclass(frozen=True)
class Span:
    """The part of a dimension that a tile covers: from `start`, `count` points (or vectors).

    `rest` is the number of lanes that count in the last vector, if not all do.
    """

    start: Value
    count: int
    rest: int | None


LONG = 200
"""Instructions that follow the sums of a tile and are better written once, in a loop."""

Tile = dict[str, Span]
Results = list[Value]


class Nest:
    """The loops of `group`, over variables with these `extents`.

    `merged` are variables that have been merged into others, and are 0. `room` is where a factor
    is packed that more than one nest knows of.
    """

    def __init__(
        self,
        elements: Elements,
        group: Group,
        parallel: list[str],
        folded: list[str],
        extents: dict[str, int],
        merged: dict[str, str],
        choice: Choice,
        work: float = 0,
        room: Buffer | None = None,
    ) -> None:
        self.e, self.b = elements, elements.b
        self.group = group
        self.folded, self.extents, self.choice = folded, extents, choice
        self.lanes = elements.lanes
        self.vector, self.tile = choice.vector, choice.tile
        self.at_zero: Point = {v: Affine() for v in merged}
        self.share: Share | None = None
        rest = [d for d in parallel if d != self.vector]
        self.order = rest + ([self.vector] if self.vector in parallel and self.vector else [])
        self.packed: Packed | None = None
        self.only_packing = False
        self.borders: list[Border] = []  # that the loops over folded dimensions heed
        self.reached: Tile = {}
        self.ahead: Ahead | None = None  # what to fetch meanwhile
        if choice.kind == PACKED:
            self.packed = Packed(self, room)
            self.order = self.packed.order
        self.steps = {
            d: self.tile.get(d, 1) * (self.lanes if d == self.vector else 1) for d in self.order
        }
        self.cuts = cuts(self)  # of long sums into parts
        if work > WORTH_SHARING:
            self.share_out()

    def share_out(self) -> None:
        """Share one or two of the loops out among threads, if they are long enough."""
        found = shared_variables(self.order, self.extents, self.steps, self.choice)
        if found:
            self.share = Share(self.e, found, self.extents, self.steps)
            self.order = [*found, *[d for d in self.order if d not in found]]

    def emit(self) -> None:
        """Write the loops."""
        self.loops(0, {})

    def emit_packing(self, share: bool) -> None:
        """Write only the loops that pack a factor as a whole."""
        assert self.packed is not None
        self.order = self.packed.order[: len(self.packed.mine)]
        self.only_packing = True
        if share and self.packed.size > WORTH_SHARING_COPY:
            self.share_out()
        self.loops(0, {})

    # -- the loops over the result -------------------------------------------------------------

    def loops(self, depth: int, tile: Tile) -> None:
        """The loops from `depth` on, within the tile so far."""
        if self.packed and depth == len(self.order) and self.only_packing:
            self.packed.emit(tile)
            return
        if self.packed and self.packed.is_due(depth):
            self.packed.emit(tile)
        if depth == len(self.order):
            self.innermost(tile)
            return
        d = self.order[depth]
        size, step = self.extents[d], self.steps[d]
        whole = size // step * step

        def body(start: Value, count: int, rest: int | None) -> None:
            self.e.variables[d] = start
            self.loops(depth + 1, {**tile, d: Span(start, count, rest)})
            del self.e.variables[d]

        def whole_tile(start: Value) -> None:
            body(start, self.tile.get(d, 1), None)

        def remainder(start: Value) -> None:
            left = size - whole
            if d == self.vector:
                body(start, -(-left // self.lanes), left % self.lanes or None)
            else:
                body(start, left, None)

        if self.share is not None and d in self.share.variables:
            rest = remainder if whole < size else None
            self.share.loops(self.b, d, whole, step, whole_tile, rest)
            return
        if whole:
            self.b.loop(0, whole, step, whole_tile)
        if whole < size:
            remainder(self.b.number(whole, "i64"))

    def points(self, tile: Tile) -> Iterator[tuple[Point, int | None]]:
        """The points of a tile, the vectorised dimension fastest, with the mask of each."""
        rest = [d for d in self.order if d != self.vector]
        order = rest + [d for d in self.order if d == self.vector]
        for numbers in itertools.product(*[range(tile[d].count) for d in order]):
            point = dict(self.at_zero)
            mask = None
            for d, k in zip(order, numbers, strict=True):
                if d == self.vector:
                    point[d] = Affine(k * self.lanes, ((d, 1), (LANE, 1)))
                    if k == tile[d].count - 1:
                        mask = tile[d].rest
                else:
                    point[d] = variable(d, 1, k)
            yield point, mask

    def innermost(self, tile: Tile) -> None:
        """What is done for one tile."""
        points = list(self.points(tile))
        results = self.fold(points, tile) if self.group.folds else []
        rows = [d for d in self.order if d != self.vector and tile[d].count > 2]
        many = [d for d in self.order if d != self.vector and tile[d].count > 1]
        work = len(points) * sum([cost_of(f) for f in self.group.points])
        rolled = work > LONG and self.group.folds and rows == many and len(many) == 1
        if rolled and self.vector in self.order and self.choice.kind != DOT:
            self.finish_in_rows(many[0], tile, results)
        else:
            self.finish(points, results)

    # -- folds ---------------------------------------------------------------------------------

    def fold(self, points: Sequence[tuple[Point, int | None]], tile: Tile) -> Results:
        """The totals of every fold at every point, those of one point side by side."""
        b, folds = self.b, self.group.folds

        def inner(totals: Results) -> Results:
            self.e.known = {}
            found = []
            for k, (point, mask) in enumerate(points):
                for j, form in enumerate(folds):
                    found.append(self.taken_in(form, point, mask, totals[k * len(folds) + j]))
            self.e.known = {}
            return found

        self.reached, contraction = tile, self.choice.contraction
        self.borders = contraction.borders if contraction else []
        self.ahead = to_fetch(self, tile) if self.group.points else None
        totals = fold_loops(self, 0, self.beginning(len(points) * len(folds)), inner)
        self.borders, self.ahead = [], None
        if self.choice.kind == DOT:
            totals = [
                b.reduce(folds[k % len(folds)].how[0], t) if t.lanes > 1 else t
                for k, t in enumerate(totals)
            ]
        return totals

    def beginning(self, count: int) -> Results:
        """Totals of nothing: `count` of them, those of one point side by side."""
        b, folds = self.b, self.group.folds
        wide = self.lanes if self.vector is not None else 1
        starts = [b.splat(folding.start(b, f.how[0], f.type), wide) for f in folds]
        return [starts[k % len(folds)] for k in range(count)]

    def taken_in(self, form: Form, point: Point, mask: int | None, total: Value) -> Value:
        """`total` after the element at hand was folded in."""
        b, e = self.b, self.e
        at = dict(point)
        if self.choice.kind == DOT and self.vector:
            at[self.vector] = Affine(0, ((self.vector, 1), (LANE, 1)))
        outer = e.mask
        if mask is not None:
            e.mask = mask
        contraction = self.choice.contraction
        if contraction is not None:
            x, y = self.factors(at)
            new = b.multiply_add(b.splat(x, total.lanes), b.splat(y, total.lanes), total)
        else:
            loops = loops_of(form)
            x = e.value(loops.body, placed(loops.index, at))
            new = folding.taken_in(b, form.how[0], total, b.splat(x, total.lanes))
        e.mask = outer
        if self.choice.kind == DOT and e.mask is not None:
            new = b.select(b.first(b.number(e.mask, "i64"), self.lanes), new, total)
        return new

    def factors(self, at: Point) -> tuple[Value, Value]:
        """The two factors of a product that is summed."""
        contraction = self.choice.contraction
        assert contraction is not None
        index = placed(contraction.index, at)
        left, right = contraction.product.inputs
        if self.packed is None:
            return self.e.value(left, index), self.e.value(right, index)
        other = right if self.packed.side == 0 else left
        return self.e.value(other, index), self.packed.load(at)

    # -- results -------------------------------------------------------------------------------

    def finish(self, points: Sequence[tuple[Point, int | None]], results: Results) -> None:
        """Compute what follows from the totals at each point; then write everything."""
        e, folds = self.e, self.group.folds
        writes: list[tuple[Form, Point, int | None, Value]] = []
        for k, (point, mask) in enumerate(points):
            e.known, e.mask = {}, mask
            for j, form in enumerate(folds):
                total = results[k * len(folds) + j]
                e.known[form, placed(own_index(form), point)] = total
                writes.append((form, point, mask, total))
            for form in self.group.points:
                loops = loops_of(form)
                value = e.value(loops.body, placed(loops.index, point), loops.top)
                e.known[form, placed(own_index(form), point)] = value
                writes.append((form, point, mask, value))
        e.known, e.mask = {}, None
        across: dict[Form, list[Value]] = {}
        for form, point, mask, value in writes:
            if is_needed(e.plan, form, self.group):
                buffer = e.memory.of(form)
                flat = substituted(buffer.flat(own_index(form)), point)
                if self.choice.turn and flat.factor(LANE) not in (0, 1):
                    across.setdefault(form, []).append(value)
                else:
                    e.store(buffer, flat, value, mask)
        for form, values in across.items():
            self.store_turned(form, values, points[0][1])

    def store_turned(self, form: Form, rows: list[Value], mask: int | None) -> None:
        """Write vectors along `vector`, one for each place along `turn`, as columns."""
        e, b, v, w = self.e, self.b, self.vector, self.choice.turn
        assert v is not None and w is not None
        buffer, wide = e.memory.of(form), [b.splat(r, self.lanes) for r in rows]
        place = buffer.flat(own_index(form))
        first = substituted(place, self.at_zero)
        if len(rows) in (2, 4) and (first.factor(v), first.factor(w)) == (len(rows), 1):
            start = e.address(buffer, first)
            b.store(woven(b, wide), start, mask and mask * len(rows))
            return
        columns = transposed(b, wide + wide[-1:] * (self.lanes - len(rows)))
        for k, column in enumerate(columns[:mask]):
            lane = Affine(0, ((LANE, 1), (w, 1)))
            flat = substituted(place, {**self.at_zero, v: variable(v, 1, k), w: lane})
            e.store(buffer, flat, column, len(rows) if len(rows) < self.lanes else None)

    def finish_in_rows(self, d: str, tile: Tile, results: Results) -> None:
        """As `finish`, but in loops over the rows of the tile and their vectors.

        The code stays small, and one vector at a time finds room in the registers.
        """
        b, e, v = self.b, self.e, self.vector
        assert v is not None
        folds, rows, columns = self.group.folds, tile[d], tile[v]
        start = self.room_for(Buffer(folds[0]), len(results) * self.lanes * 8)
        for k, total in enumerate(results):
            b.store(total, b.address(start, k * self.lanes, "i64"))
        b.forget_loads()

        def one(i: Value, k: Value, rest: int | None) -> None:
            e.variables[d] = b.add(rows.start, i)
            e.variables[v] = b.add(columns.start, b.mul(k, b.number(self.lanes, "i64")))
            points = self.points({
                **tile, d: Span(e.variables[d], 1, None), v: Span(e.variables[v], 1, rest)
            })  # fmt: skip
            at = b.add(b.mul(i, b.number(columns.count, "i64")), k)
            at = b.mul(at, b.number(len(folds) * self.lanes, "i64"))
            loaded = [
                b.load(b.address(b.address(start, at, "i64"), j * self.lanes, "i64"), f.type,
                       self.lanes, hoist=False)
                for j, f in enumerate(folds)
            ]  # fmt: skip
            self.finish(list(points), loaded)

        def row(i: Value) -> None:
            full = columns.count - (columns.rest is not None)
            b.loop(0, full, 1, lambda k: one(i, k, None))
            if columns.rest is not None:
                one(i, b.number(full, "i64"), columns.rest)

        before = {w: e.variables[w] for w in (d, v)}
        b.loop(0, rows.count, 1, row)
        e.variables.update(before)

    def room_for(self, room: Buffer, size: int) -> Value:
        """The address of `size` bytes of scratch memory, this thread's own."""
        size = -(-size // 64) * 64
        threads = 1 if self.share is None else self.share.threads
        if room.offset is None:
            room.offset = self.e.memory.scratch(size * threads)
        base = self.e.base(room)
        return base if self.share is None else self.share.own(self.b, base, size)


def placed(index: Index, point: Point) -> Index:
    """`index` at a point."""
    return tuple([substituted(a, point) for a in index])


def work_of(group: Group) -> int:
    """About how many instructions a group takes."""
    return math.prod(group.parallel) * math.prod(group.folded) * max(len(group.forms), 1)
