"""Memory of stored forms: their layout, and their places in one arena.

The layout of what only the engine sees is free: the dimension that is computed in vectors lies
innermost. What must be zero where nothing is written has space of its own that stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .affine import Affine, combined, row_major
from .arena import BEFORE_ALL, FOR_EVER, LINE, Arena
from .forms import ALONE, Form, Kind
from .plan import Index, Plan, axis_groups, is_identity, loops_of, splits_only
from .schedule import Schedule, apart
from .values import BITS

SLACK = 64
"""Elements after each buffer that a vector may run over into."""

LONG = 16
"""Elements of a dimension along which vectors are full."""

PAGE = 4096
"""Bytes between addresses that share their lines of the cache."""


class Buffer:
    """The memory of a form: an argument of the program, or `offset` bytes into the arena."""

    __slots__ = ("argument", "base", "form", "offset", "size", "strides", "type")

    def __init__(self, form: Form, argument: int | None = None) -> None:
        self.form = form
        self.type = form.type
        self.argument = argument
        self.strides: tuple[int, ...] | None = None
        self.base = 0
        self.size = form.size
        self.offset: int | None = None

    @property
    def item(self) -> int:
        """Bytes of an element."""
        return max(BITS[self.type] // 8, 1)

    def flat(self, index: Index) -> Affine:
        """Where the element at `index` lies, in elements."""
        assert self.strides is not None
        return combined(zip(index, self.strides, strict=True), self.base)


class Memory:
    """The buffers of a schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.plan: Plan = schedule.plan
        self.schedule = schedule
        self.buffers: dict[Form, Buffer] = {}
        self.arena = Arena()
        self.group = 0  # the one that is being emitted
        self.scratches: list[tuple[int, int]] = []  # offset and size
        self.last = self.last_uses()

    def last_uses(self) -> dict[Form, int]:
        """The last group that reads each stored form."""
        last: dict[Form, int] = {}
        for form, reading in self.schedule.read.items():
            for source, _ in reading.stored:
                last[source] = max(last.get(source, -1), self.schedule.place[form])
        for form in self.plan.guards:
            last[form] = len(self.schedule.groups)
        return last

    def of(self, form: Form) -> Buffer:
        """The buffer in which a stored form, or an input, is kept."""
        if form.kind is Kind.PIECE:
            (whole,) = [u for u in self.plan.users[form] if u.kind is Kind.ASSEMBLE]
            return self.piece(form, self.of(whole))
        found = self.buffers.get(form)
        if found is None:
            found = self.buffers[form] = Buffer(form)
        return found

    def add_input(self, form: Form, argument: int) -> None:
        """Enter an array that the program is given."""
        leaf: Any = form.how
        buffer = self.buffers[form] = Buffer(form, argument)
        buffer.strides = tuple(
            [s if n > 1 else 0 for s, n in zip(leaf.strides, form.shape, strict=True)]
        )

    def add_target(self, form: Form, argument: int, strides: Sequence[int]) -> None:
        """Enter a form that is written to an argument."""
        buffer = self.buffers[form] = Buffer(form, argument)
        buffer.strides = tuple(
            [s if n > 1 else 0 for s, n in zip(strides, form.shape, strict=True)]
        )

    def piece(self, form: Form, whole: Buffer) -> Buffer:
        """The part of an ASSEMBLE's buffer where a PIECE goes."""
        if whole.strides is None:
            self.lay_out_whole(whole)
            self.place_whole(whole)
        assert whole.strides is not None
        part = Buffer(form, whole.argument)
        part.offset = whole.offset
        pairs = list(zip(form.how, whole.strides, strict=True))
        part.strides = tuple(
            [step * s if n > 1 else 0 for ((_, step), s), n in zip(pairs, form.shape, strict=True)]
        )
        # A dimension of size 1 in the whole has stride 0, and its start is 0 too.
        part.base = whole.base + sum([start * s for (start, _), s in pairs])
        return part

    # -- layouts -------------------------------------------------------------------------------

    def is_fixed(self, form: Form) -> bool:
        """Whether the layout of a stored form is not free."""
        if form.kind is Kind.PIECE or form.kind in ALONE:
            return True
        if form.how in ("turned", "inside"):
            return True
        found = self.buffers.get(form)
        return found is not None and found.strides is not None

    def links(self, form: Form) -> frozenset[int]:
        """The dimensions that must lie directly around the next long one: a reshape merges them."""
        found: set[int] = set()
        for user in self.plan.users[form]:
            if user.kind is Kind.RESHAPE:
                for left, _ in axis_groups(form.shape, user.shape):
                    found.update([i for i in left if form.shape[i] > 1][:-1])
        return frozenset(found)

    def must_be_tight(self, form: Form, rows: bool = False) -> bool:
        """Whether a reshape that merges dimensions reads the memory of `form`.

        With `rows`: whether one merges the last dimension, so that there may be nothing after it.
        """
        stack = list(self.plan.users[form])
        while stack:
            user = stack.pop()
            merging = user.kind is Kind.RESHAPE and not splits_only(user)
            if merging and (not rows or user.inputs[0] is not form or merges_last(user)):
                return True
            if user.kind in (Kind.RESHAPE, Kind.VIEW) and user not in self.plan.stored:
                stack += self.plan.users[user]
        return False

    def lay_out_whole(self, whole: Buffer) -> None:
        """The layout of an ASSEMBLE: row-major, but for what a reshape or vectors forbid.

        Where what it is made of lies otherwise, with a long dimension innermost, so does it.
        """
        if self.must_be_tight(whole.form):
            self.lay_out_tight(whole)
            return
        piece = max(whole.form.inputs, key=lambda form: form.size)
        inner = self.innermost(piece)
        if inner is None or not self.suits(whole.form, inner):
            inner = len(whole.form.shape)
        long = [k for k, n in enumerate(whole.form.shape) if n > 1]
        long.sort(key=lambda k: k == inner)
        self.lay_out(whole, long)
        steps = {k: (whole.strides or ())[k] * whole.item for k in long}
        if any([step % PAGE == 0 for step in steps.values()]):
            self.lay_out(whole, long, odd_rows=1)

    def innermost(self, form: Form) -> int | None:
        """The long dimension along which the largest array lies that `form` is computed of."""
        loops, best = loops_of(form), (0, Affine())
        long = [a for a, n in enumerate(form.shape) if n > 1]
        for leaf, index in self.plan.leaves(loops.body, loops.index, loops.top):
            buffer = self.buffers.get(leaf)
            if buffer is not None and buffer.strides is not None:
                best = max(best, (leaf.size, buffer.flat(index)), key=lambda pair: pair[0])
            elif leaf.kind is Kind.MAP and is_identity(leaf, index):  # of the same group
                inner = self.innermost(leaf)  # it may have other dimensions of one
                return None if inner is None else long[sum([n > 1 for n in leaf.shape[:inner]])]
        for k, axis in enumerate(long):
            if best[1].factor(f"p{k}") == 1 and form.shape[axis] >= LONG:
                return axis
        return None

    def suits(self, whole: Form, inner: int) -> bool:
        """Whether sums that read `whole` find a dimension for vectors if `inner` lies innermost."""
        stack = list(self.plan.users[whole])
        while stack:
            user = stack.pop()
            if user not in self.plan.stored:
                stack += self.plan.users[user]
            elif user.kind is Kind.FOLD and not self.finds_vectors(user, whole, inner):
                return False
        return True

    def finds_vectors(self, fold: Form, whole: Form, inner: int) -> bool:
        """Whether results of `fold` run along `inner` of `whole`, or along what it lacks."""
        loops = loops_of(fold)
        for leaf, index in self.plan.leaves(loops.body, loops.index, loops.top):
            if leaf is whole and not any([v.startswith("p") for v, _ in index[inner].terms]):
                used = {v for at in index for v, _ in at.terms}
                free = [n for k, n in enumerate(loops.parallel) if f"p{k}" not in used]
                return any([n % LONG == 0 for n in free])
        return True

    def lay_out_fixed(self, buffer: Buffer, lanes: int) -> None:
        """The layout of a form whose layout is not free, if it has none yet."""
        if buffer.strides is not None:
            return
        form = buffer.form
        if form.kind in ALONE or self.must_be_tight(form, rows=True):
            self.lay_out_tight(buffer)
        else:
            long = [k for k, n in enumerate(form.shape) if n > 1]
            self.lay_out(buffer, long, lanes, pages=not self.must_be_tight(form))

    def lay_out_tight(self, buffer: Buffer) -> None:
        """Row-major without gaps."""
        buffer.strides = row_major(buffer.form.shape)
        buffer.size = buffer.form.size + SLACK

    def lay_out_free(
        self, buffer: Buffer, order: Sequence[int], links: Collection[int], odd_rows: int
    ) -> None:
        """As `lay_out`, but what is linked stays together, where the last of it in `order` is."""
        blocks: list[list[int]] = []
        for axis in sorted(order):
            if blocks and blocks[-1][-1] in links:
                blocks[-1].append(axis)
            else:
                blocks.append([axis])
        blocks.sort(key=lambda block: max([order.index(axis) for axis in block]))
        self.lay_out(buffer, [a for block in blocks for a in block], odd_rows, links=links)

    def lay_out(
        self, buffer: Buffer, order: Sequence[int], odd_rows: int = 0, pages: bool = True,
        links: Collection[int] = (),
    ) -> None:  # fmt: skip
        """Dimensions from the outermost to the innermost in the given order.

        With `odd_rows`, rows that are an even number of vectors of so many elements get one more,
        so that equal columns do not all fall into the same lines of the cache. Outer dimensions
        whose steps are whole pages get a line more, for the same reason, unless `pages` is False.
        There are no gaps between dimensions in `links` and the next.
        """
        strides = [0] * len(buffer.form.shape)
        step = 1
        for k, axis in enumerate(reversed(order)):
            strides[axis] = step
            step *= buffer.form.shape[axis]
            if k + 1 < len(order) and order[-k - 2] in links:
                continue
            if k == 0 and odd_rows > 1 and len(order) > 1 and step >= 4 * odd_rows:
                step = -(-step // odd_rows) * odd_rows
                step += odd_rows * (step // odd_rows % 2 == 0)
            elif odd_rows and pages and step * buffer.item % PAGE == 0 and k < len(order) - 1:
                step += LINE // buffer.item
        buffer.strides = tuple(strides)
        buffer.size = step + SLACK

    # -- the arena -----------------------------------------------------------------------------

    def place(self, buffer: Buffer, group: int) -> None:
        """Find room in the arena for what is written from `group` on."""
        if buffer.argument is None and buffer.offset is None:
            last = self.last.get(buffer.form, group)
            buffer.offset = self.arena.take(buffer.size * buffer.item, group, max(last, group))

    def place_whole(self, whole: Buffer) -> None:
        """The same for an ASSEMBLE; where nothing is written it has to be zero for ever."""
        pieces = whole.form.inputs
        groups = [self.schedule.place[p] for p in pieces]
        if whole.argument is None and is_covered(whole.form):
            last = max([*groups, self.last.get(whole.form, 0)])
            whole.offset = self.arena.take(whole.size * whole.item, min(groups), last)
        elif whole.argument is None:
            whole.offset = self.arena.take(whole.size * whole.item, BEFORE_ALL, FOR_EVER)

    def scratch(self, size: int, for_ever: bool = False) -> int:
        """The offset of `size` bytes that nobody else uses while this group runs."""
        first, last = (BEFORE_ALL, FOR_EVER) if for_ever else (self.group, self.group)
        offset = self.arena.take(size, first, last)
        self.scratches.append((offset, size))
        return offset


def is_covered(whole: Form) -> bool:
    """Whether every element of an ASSEMBLE is one of a piece."""
    pieces = whole.inputs
    if sum([p.size for p in pieces]) != whole.size:
        return False
    return all([apart(p, q) for k, p in enumerate(pieces) for q in pieces[:k]])


def merges_last(reshape: Form) -> bool:
    """Whether the last long dimension of what is reshaped is merged with others."""
    source = reshape.inputs[0].shape
    long = [k for k, n in enumerate(source) if n > 1]
    groups = [[i for i in left if source[i] > 1] for left, _ in axis_groups(source, reshape.shape)]
    return any([len(g) > 1 and long[-1] in g for g in groups])
