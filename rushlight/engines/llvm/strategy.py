"""How the loops of a group are best run: what is vectorised, how large a tile is, what is packed.

There are four ways. POINT: no folds. DIRECT: vectors along a dimension of the result, a tile of
accumulators in registers. PACKED: the same for a product, one side of which is first copied into
the order in which it is read. DOT: vectors along a folded dimension.
The cost model counts loads and multiply-adds of the innermost loop; its weights were measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from .affine import Affine
from .borders import Border
from .forms import Form, Kind
from .plan import Index, Plan, arguments
from .scalars import COSTS
from .schedule import Group

POINT, DIRECT, PACKED, DOT = "point", "direct", "packed", "dot"
SIZES = (2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14)
"""Tile sizes that are tried."""

WORTH_PACKING = 8000
"""Products of fewer multiplications than this are not worth a copy."""


class Access(NamedTuple):
    """One place in memory that the innermost loop reads or writes."""

    form: Form
    flat: Affine


@dataclass
class Contraction:
    """A fold that sums products: the product, its index, and the variables of either side."""

    product: Form
    index: Index
    sides: tuple[frozenset[str], frozenset[str]]
    borders: list[Border] = field(default_factory=list)


@dataclass
class Choice:
    """How to run a group's loops.

    With `turn` an elementwise group reads in vectors along `vector` and writes along `turn`.
    With `apart` the factor that is packed is packed as a whole beforehand.
    """

    kind: str
    vector: str | None = None
    tile: dict[str, int] = field(default_factory=dict)
    contraction: Contraction | None = None
    cost: float = 0.0
    turn: str | None = None
    apart: bool = False


@dataclass
class Problem:
    """What there is to choose for: extents by variable, accesses, and the machine."""

    group: Group
    parallel: list[str]
    folded: list[str]
    extents: dict[str, int]
    reads: list[Access]
    fixed: list[Affine]  # where forms are written whose layout is given
    lanes: int
    registers: int
    contraction: Contraction | None
    threads: int = 1
    linked: list[list[dict[str, int]]] = field(default_factory=list)
    """Steps within what stays together, of forms whose layout is free but for that."""
    burdens: dict[str, float] = field(default_factory=dict)
    """What it costs those that read the results later if a variable lies innermost."""

    def writes(self, vector: str | None) -> list[Affine]:
        """Where is written if `vector` lies innermost where it may."""
        found = list(self.fixed)
        for blocks in self.linked:
            mine = next((b for b in blocks if vector in b), {})
            terms = [(v, s if b is mine else FAR * s) for b in blocks for v, s in b.items()]
            found.append(Affine(0, tuple(terms)))
        return found

    def total(self) -> int:
        """The number of innermost iterations."""
        return math.prod([self.extents[d] for d in self.parallel + self.folded])

    def vectors(self, variable: str | None) -> dict[str, int]:
        """The extents, that of the vectorised variable in vectors."""
        return {d: -(-n // self.lanes) if d == variable else n for d, n in self.extents.items()}


FAR = 1 << 20
"""The step of a dimension that does not lie innermost."""

SCATTERED = 32
"""What it costs to load or store a vector element by element."""


def access_cost(factor: int) -> float:
    """What a load costs whose vectorised variable has this factor."""
    if factor == 0:
        return 0.5
    if factor == 1:
        return 1
    return 3 if 2 <= factor <= 4 else SCATTERED


def choose(problem: Problem) -> Choice:
    """The cheapest way."""
    if not problem.folded:
        return choose_point(problem)
    best: Choice | None = None
    for vector, kind in candidates(problem):
        inner = vector if vector in problem.parallel else (problem.parallel or [""])[-1]
        extra = fixed_cost(problem, vector, kind) + problem.burdens.get(inner or "", 0)
        packing = packing_cost(problem, vector) if kind == PACKED else 0
        for tile in tiles(problem, vector, kind):
            cost = inner_cost(problem, vector, kind, tile) + extra
            idle = idleness(problem, vector, tile, problem.parallel)
            apart = False
            if kind == PACKED:
                panels = idleness(problem, vector, tile, panel_order(problem, vector)[:1])
                apart = cost * idle + packing * panels < (cost + packing) * panels * 0.97
                cost += packing * panels / idle if apart else packing
                idle = idle if apart else panels
            if best is None or cost * idle < best.cost:
                contraction = problem.contraction
                best = Choice(kind, vector, tile, contraction, cost * idle, None, apart)
    assert best is not None
    return best


def choose_point(problem: Problem) -> Choice:
    """The variable that makes the accesses of an elementwise group cheapest."""
    best: tuple[float, str] | None = None
    for v in problem.parallel:
        steps = problem.total() // problem.extents[v] * problem.vectors(v)[v]
        loads = sum([access_cost(a.flat.factor(v)) for a in problem.reads])
        stores = sum([1 if a.factor(v) in (0, 1) else SCATTERED for a in problem.writes(v)])
        cost = steps * (1 + loads + stores) + problem.burdens.get(v, 0)
        if best is None or cost <= best[0]:
            best = (cost, v)
    if best is None:
        return Choice(POINT)
    turning = choose_turn(problem, best[0])
    if turning is not None:
        return turning
    v = best[1]
    light = sum([cost_of(f) for f in problem.group.points]) < 12
    long = problem.extents[v] >= 8 * problem.lanes
    return Choice(POINT, v, {v: 4} if light and long else {}, None, best[0])


def choose_turn(problem: Problem, limit: float) -> Choice | None:
    """The way to read along one variable and write along another, if it costs less than `limit`.

    Either a block of vectors is turned, or a few vectors are woven into one that is longer.
    """
    extents = problem.extents
    best: Choice | None = None
    for v in problem.parallel:
        writes = problem.writes(v)
        across = [a for a in writes if a.factor(v) not in (0, 1)]
        if not across or not all([a.flat.factor(v) in (0, 1) for a in problem.reads]):
            continue
        steps = problem.total() // extents[v] * problem.vectors(v)[v]
        loads = sum([access_cost(a.flat.factor(v)) for a in problem.reads])
        turning = steps * (1 + loads + len(writes) + TURNING)
        for w in problem.parallel:
            cost = turning + problem.burdens.get(w, 0)
            if w == v or not all([a.factor(w) == 1 for a in across]) or cost >= limit:
                continue
            woven = extents[w] in (2, 4) and all([a.factor(v) == extents[w] for a in across])
            if woven or min(extents[v], extents[w]) >= problem.lanes:
                tile = {w: extents[w] if woven else problem.lanes}
                best, limit = Choice(POINT, v, tile, None, cost, w), cost
    return best


TURNING = 5
"""What it costs to turn a block of vectors, for each of them."""


def cost_of(form: Form) -> int:
    """About how many instructions a stored elementwise form takes, its inputs' included."""
    total, stack = 0, [form]
    for _ in range(8):
        if not stack:
            break
        one = stack.pop()
        if one.kind is Kind.MAP:
            total += COSTS[one.how]
        stack += [i for i in one.inputs if i.kind in (Kind.MAP, Kind.VIEW, Kind.RESHAPE)]
    return total


def candidates(problem: Problem) -> list[tuple[str | None, str]]:
    """The variables that may be vectorised, and how."""
    found: list[tuple[str | None, str]] = [(v, DIRECT) for v in problem.parallel]
    found += [(v, DOT) for v in problem.folded]
    sides = problem.contraction.sides if problem.contraction else None
    if sides is not None and problem.total() > WORTH_PACKING:
        found += [(v, PACKED) for v in problem.parallel if (v in sides[0]) != (v in sides[1])]
    return found or [(None, DIRECT)]


def tiles(problem: Problem, vector: str | None, kind: str) -> Iterator[dict[str, int]]:
    """Tiles whose accumulators, with what is loaded beside them, fit the registers."""
    counts = problem.vectors(vector)
    wide = [d for d in problem.parallel if counts[d] > 1]
    folds = len(problem.group.folds)
    most = problem.registers - 1 if problem.contraction else problem.registers // 2
    fixed = packed_side(problem, vector) if kind == PACKED else frozenset()
    wide = [d for d in wide if d == vector or d not in fixed]
    yield {}
    for first in wide:
        for n in SIZES:
            if n > counts[first] or n * folds + 2 > most:
                continue
            yield {first: n}
            for second in wide:
                if second == first or first == vector:
                    continue
                free = kind == DOT or counts.get(vector or "", 1) == 1
                if second != vector and (not free or second < first):
                    continue
                for m in SIZES:
                    if m <= counts[second] and n * m * folds + m + 1 <= most:
                        yield {first: n, second: m}


def packed_side(problem: Problem, vector: str | None) -> frozenset[str]:
    """The variables of the side of a product that is packed: the one that is vectorised."""
    assert problem.contraction is not None
    return problem.contraction.sides[packed_side_number(problem.contraction, vector)]


def packed_side_number(contraction: Contraction, vector: str | None) -> int:
    """Which factor of a product is packed: the one that varies with the vectorised variable."""
    return 0 if vector in contraction.sides[0] else 1


def fixed_cost(problem: Problem, vector: str | None, kind: str) -> float:
    """What does not depend on the tile: what is read or written after the sums, not in vectors."""
    if vector is None or kind == DOT:
        return 0
    counts = problem.vectors(vector)
    steps = math.prod([counts[d] for d in problem.parallel])
    after = [a.flat for a in problem.reads if not any([a.flat.factor(r) for r in problem.folded])]
    read = sum([access_cost(flat.factor(vector)) for flat in after if flat.factor(vector) > 1])
    written = sum([40.0 for a in problem.writes(vector) if a.factor(vector) not in (0, 1)])
    return steps * (read + written)


def packing_cost(problem: Problem, vector: str | None) -> float:
    """What it costs to put a factor in the order in which it is read."""
    side = packed_side(problem, vector)
    reads = [a.flat for a in problem.reads if any([a.flat.factor(d) for d in side])]
    mine = [f for f in reads if {v for v, _ in f.terms} <= side]
    straight = all([f.factor(vector or "") in (0, 1) for f in mine])
    rows = any([all([f.factor(r) == 1 for f in mine]) for r in problem.folded])
    weight = 0.12 if straight else 0.45 if rows else 1.5
    variables = [d for d in problem.parallel + problem.folded if d in side]
    return weight * math.prod([problem.extents[d] for d in variables])


def inner_cost(problem: Problem, vector: str | None, kind: str, tile: dict[str, int]) -> float:
    """Multiply-adds and loads, weighed, times the number of tiles."""
    extents, counts = problem.extents, problem.vectors(vector)
    group, contraction = problem.group, problem.contraction
    iterations = math.prod([counts[d] for d in problem.folded]) * live_share(problem, vector, tile)
    adds = len(group.folds) * math.prod(tile.values())
    loads = 0.0
    for access in set(problem.reads):
        flat = access.flat
        if not any([flat.factor(r) for r in problem.folded]):
            continue  # hoisted out of the fold
        weight = load_weight(problem, flat, vector, kind, tile)
        loads += max(weight, 0.5) * math.prod([tile[d] for d in tile if flat.factor(d)])
    per = max(adds / 2 * (1 if contraction else 1.5), loads / 2, 4) + 0.02 * loads
    number = 1.0
    for d in problem.parallel:
        full, rest = divmod(counts[d], tile.get(d, 1))
        number *= full + (max(0.4, rest / tile.get(d, 1)) if rest else 0)
    cost = number * (iterations * per + 12)
    if kind == DOT:
        results = math.prod([extents[d] for d in problem.parallel])
        cost += results * len(group.folds) * 5 + (results * 4 if group.points else 0)
    return cost


def idleness(
    problem: Problem, vector: str | None, tile: dict[str, int], shareable: list[str]
) -> float:
    """How much longer the threads take than if each had an equal share of the tiles.

    One of the loops over `shareable` may be shared out, or two if there are many threads.
    """
    if problem.threads == 1:
        return 1
    counts = problem.vectors(vector)
    tiles = [-(-counts[d] // tile.get(d, 1)) for d in shareable]
    if problem.threads >= WORTH_PAIRING:
        tiles += [x * y for x, y in combinations(tiles, 2)]
    return min([unevenness(n, problem.threads) for n in tiles], default=problem.threads)


def panel_order(problem: Problem, vector: str | None) -> list[str]:
    """The loops over the panels of a packed factor, from the outermost."""
    side = packed_side(problem, vector)
    return sorted([d for d in problem.parallel if d in side], key=lambda d: d == vector)


def unevenness(tiles: int, threads: int) -> float:
    """How much longer `threads` take for so many tiles than for equal shares.

    Few tiles even out little of what disturbs one of the threads.
    """
    return (-(-tiles // threads) + FEW_TILES) * threads / tiles


WORTH_PAIRING = 3
"""Threads for which two loops may be shared out: two find enough tiles in one."""

FEW_TILES = 0.02
"""What it costs to have no more tiles than threads."""


def live_share(problem: Problem, vector: str | None, tile: dict[str, int]) -> float:
    """How much of the folded dimensions is not zero for sure."""
    share = 1.0
    for border in problem.contraction.borders if problem.contraction else ():
        if vector not in (border.outer, border.window):
            extent, size = problem.extents[border.outer], problem.extents[border.window]
            share *= border.share(extent, tile.get(border.outer, 1), size)
    return share


def load_weight(
    problem: Problem, flat: Affine, vector: str | None, kind: str, tile: dict[str, int]
) -> float:
    """What one load of the innermost loop costs."""
    factor = flat.factor(vector) if vector else 0
    if kind == PACKED and factor:
        return 1
    if problem.contraction and factor == 1:
        rows = math.prod([problem.extents[r] for r in problem.folded])
        reach = max([abs(flat.factor(r)) * problem.extents[r] * 4 for r in problem.folded])
        if kind == DIRECT and reach > 3 << 20:
            return 5  # a page of memory for each row
        if rows * 4 * problem.lanes * tile.get(vector or "", 1) > 32768:
            return 2  # the panel streams from the second cache
    if factor == 1 and not is_aligned(flat, vector, problem.lanes):
        return UNALIGNED
    return access_cost(factor)


UNALIGNED = 1.6
"""What a load costs that may lie across two lines of the cache."""


def is_aligned(flat: Affine, vector: str | None, lanes: int) -> bool:
    """Whether every vector that is loaded begins at a multiple of its length."""
    return all([v == vector or k % lanes == 0 for v, k in (*flat.terms, ("", flat.constant))])


def contraction_of(plan: Plan, group: Group, body: Form, index: Index) -> Contraction | None:
    """The product that a group's only fold adds up, if it does."""
    if len(group.folds) != 1 or group.folds[0].how[0] != "add":
        return None
    while body.kind in (Kind.VIEW, Kind.RESHAPE) and body not in plan.stored:
        ((body, index),) = arguments(body, index)
    if body.kind is not Kind.MAP or body.how not in ("mul", "square") or body in plan.stored:
        return None
    if body.type not in ("float", "double"):
        return None
    if body.how == "square":
        return None
    sides = [variables_of(plan, side, index) for side in body.inputs]
    return Contraction(body, index, (sides[0], sides[1]))


def variables_of(plan: Plan, form: Form, index: Index) -> frozenset[str]:
    """The variables on which the value of `form` at `index` depends."""
    found: set[str] = set()
    for _, at in plan.leaves(form, index, False):
        for a in at:
            found.update([v for v, _ in a.terms])
    return frozenset(found)
