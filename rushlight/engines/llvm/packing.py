"""One side of a product copied into the order in which the innermost loop reads it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .affine import LANE, Affine, combined, row_major, substituted, variable
from .buffers import SLACK, Buffer
from .builder import Builder, Value
from .cascade import fold_loops
from .forms import SOURCES
from .strategy import packed_side_number

if TYPE_CHECKING:
    from .nests import Nest, Point, Tile


class Packed:
    """The packed side of a nest's product: a panel of all folded steps by a tile of vectors."""

    def __init__(self, nest: Nest, room: Buffer | None = None) -> None:
        self.nest = nest
        contraction = nest.choice.contraction
        assert contraction is not None and nest.vector is not None
        self.side = packed_side_number(contraction, nest.vector)
        self.form = contraction.product.inputs[self.side]
        self.index = contraction.index
        variables = contraction.sides[self.side]
        self.mine = [d for d in nest.order if d in variables]
        others = [d for d in nest.order if d not in variables]
        self.order = [d for d in self.mine if d != nest.vector] + [nest.vector] + others
        self.wide = nest.tile.get(nest.vector, 1) * nest.lanes
        sizes = [max(nest.extents[r], 2) for r in nest.folded]
        self.steps = dict(zip(nest.folded, row_major(sizes), strict=True))
        rows = math.prod(sizes) + -(-SLACK // self.wide)
        self.room = room or Buffer(self.form)
        self.size = rows * self.wide * self.room.item
        self.apart = nest.choice.apart
        self.pitches: dict[str, int] = {}  # bytes from panel to panel, by unit of their variables
        for d in reversed(self.order[: len(self.mine)] if self.apart else []):
            step = self.wide if d == nest.vector else 1
            self.pitches[d] = self.size // step
            self.size *= -(-nest.extents[d] // step)

    def is_due(self, depth: int) -> bool:
        """Whether the panel is to be packed before the loops from `depth` on."""
        return depth == len(self.mine) and not self.apart

    def start(self) -> Value:
        """The address of the panel: this thread's own, or one of all."""
        nest, b = self.nest, self.nest.b
        if not self.apart:
            return nest.room_for(self.room, self.size)
        if self.room.offset is None:
            self.room.offset = nest.e.memory.scratch(self.size)
        where = nest.e.offset(Affine(0, tuple(self.pitches.items())))
        return b.address(nest.e.base(self.room), where, "i8")

    def row(self) -> Value:
        """Where the panel's row for the present folded step begins, in elements."""
        flat = combined([(variable(r), s * self.wide) for r, s in self.steps.items()])
        return self.nest.e.offset(flat)

    def load(self, at: Point) -> Value:
        """The packed vector at a point of the tile."""
        nest = self.nest
        assert nest.vector is not None
        pointer = nest.b.address(self.start(), self.row(), self.form.type)
        pointer = nest.b.address(pointer, at[nest.vector].constant, self.form.type)
        return nest.b.load(pointer, self.form.type, nest.lanes)

    def emit(self, tile: Tile) -> None:
        """Write the loops that pack the panel."""
        straight, rows = self.accesses()
        if straight or not rows:
            fold_loops(self.nest, 0, [], lambda _: self.copy_row(tile))
        else:
            self.transpose(rows[-1], tile)
        self.nest.b.forget_loads()

    def accesses(self) -> tuple[bool, list[str]]:
        """Whether every read is contiguous along the vector; else along which folded variable."""
        nest = self.nest
        flats = [
            nest.e.memory.of(f).flat(i)
            for f, i in nest.e.plan.leaves(self.form, self.index, False)
            if f not in nest.e.numbers and (f.kind not in SOURCES or f.kind.value == "input")
        ]
        merged = [substituted(f, nest.at_zero) for f in flats]
        straight = all([f.factor(nest.vector or "") in (0, 1) for f in merged])
        rows = [
            r
            for r in nest.folded
            if nest.extents[r] % nest.lanes == 0 and all([f.factor(r) == 1 for f in merged])
        ]
        return straight, rows

    def point(self, k: int, **more: Affine) -> dict[str, Affine]:
        """The point of the `k`-th vector of the panel."""
        nest = self.nest
        assert nest.vector is not None
        lane = Affine(k * nest.lanes, ((nest.vector, 1), (LANE, 1)))
        return {**nest.at_zero, nest.vector: lane, **more}

    def copy_row(self, tile: Tile) -> list[Value]:
        """Copy one row of the panel."""
        nest, e, b = self.nest, self.nest.e, self.nest.b
        span = tile[nest.vector or ""]
        pointer = b.address(self.start(), self.row(), self.form.type)
        outer = e.mask
        for k in range(span.count):
            e.known = {}
            e.mask = span.rest if k == span.count - 1 else None
            index = tuple([substituted(a, self.point(k)) for a in self.index])
            value = b.splat(e.value(self.form, index), nest.lanes)
            b.store(value, b.address(pointer, k * nest.lanes, self.form.type))
        e.known, e.mask = {}, outer
        return []

    def transpose(self, along: str, tile: Tile) -> None:
        """Read vectors along a folded variable and turn blocks of them, lanes by lanes."""
        nest, e, b = self.nest, self.nest.e, self.nest.b
        others = [r for r in nest.folded if r != along]
        span = tile[nest.vector or ""]

        def block(start: Value) -> None:
            e.variables[along] = start
            pointer = b.address(self.start(), self.row(), self.form.type)
            for k in range(span.count):
                count = span.rest if span.rest and k == span.count - 1 else nest.lanes
                rows = [self.read_along(along, k * nest.lanes + min(j, count - 1))
                        for j in range(nest.lanes)]  # fmt: skip
                for j, turned in enumerate(transposed(b, rows)):
                    place = j * self.steps[along] * self.wide + k * nest.lanes
                    b.store(turned, b.address(pointer, place, self.form.type))
            del e.variables[along]

        def outer(depth: int) -> None:
            if depth == len(others):
                b.loop(0, nest.extents[along], nest.lanes, block)
                return

            def body(i: Value) -> None:
                e.variables[others[depth]] = i
                outer(depth + 1)
                del e.variables[others[depth]]

            b.loop(0, nest.extents[others[depth]], 1, body)

        outer(0)

    def read_along(self, along: str, place: int) -> Value:
        """A vector along the folded variable, at one place of the vectorised one."""
        nest, e = self.nest, self.nest.e
        assert nest.vector is not None
        point: Any = {
            **nest.at_zero,
            nest.vector: variable(nest.vector, 1, place),
            along: Affine(0, ((along, 1), (LANE, 1))),
        }
        e.known = {}
        return e.value(self.form, tuple([substituted(a, point) for a in self.index]))


def transposed(b: Builder, rows: list[Value]) -> list[Value]:
    """A square block of vectors turned, by rounds of two-input shuffles."""
    n, current = len(rows), rows
    half = n // 2
    while half:
        new = list(current)
        for i in range(n):
            if i & half:
                continue
            x, y = current[i], current[i + half]
            low = [k if not k & half else n + (k ^ half) for k in range(n)]
            high = [(k ^ half) if not k & half else n + k for k in range(n)]
            new[i], new[i + half] = b.shuffle(x, y, low), b.shuffle(x, y, high)
        current = new
        half //= 2
    return current


def woven(b: Builder, rows: list[Value]) -> Value:
    """The elements of 2 or 4 vectors in turns: the first of each, the second of each ..."""
    if len(rows) == 4:
        rows = [woven(b, [rows[0], rows[2]]), woven(b, [rows[1], rows[3]])]
    x, y = rows
    return b.shuffle(x, y, [k // 2 + k % 2 * x.lanes for k in range(2 * x.lanes)])
