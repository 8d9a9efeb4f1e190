"""The order of computation: stored forms in groups that share their loops.

Forms whose loops over the result are the same, and that need each other only element by element,
are computed in one nest of loops: so an optimizer's update of a weight happens right where its
gradient has been summed up. An input that is updated is written only after all that read it.
"""

from __future__ import annotations

import math
from typing import Any

from .affine import Affine
from .forms import ALONE, Form, Kind
from .plan import Index, Loops, Plan, is_identity, loops_of, own_index

LARGEST_SHARED_FOLD = 65_536
"""Folds of more elements than this are not computed side by side: each has its best loops."""


SHORT_FOLD, LARGE_UPDATE = 256, 1 << 12
"""A fold of so many steps at most hides little of what it takes to update an input of so many
elements at least: that is better done in one sweep of its own, in the order of memory."""


class Conflict(Exception):
    """An input cannot be updated in place: somebody reads it later. `form` is the update."""

    def __init__(self, form: Form) -> None:
        super().__init__(repr(form))
        self.form = form


class Group:
    """Stored forms computed in the same loops, of these sizes: first `folds`, then `points`."""

    def __init__(self, parallel: tuple[int, ...], folded: tuple[int, ...]) -> None:
        self.parallel = parallel
        self.folded = folded
        self.folds: list[Form] = []
        self.points: list[Form] = []
        self.seen: set[Form] = set()  # what is read or made here

    @property
    def forms(self) -> list[Form]:
        """All of them, in order."""
        return self.folds + self.points

    @property
    def work(self) -> int:
        """The number of innermost iterations."""
        return math.prod(self.parallel) * math.prod(self.folded)


class Reading:
    """What a stored form reads: other stored forms, and the program's inputs."""

    def __init__(self, plan: Plan, form: Form) -> None:
        self.loops: Loops = loops_of(form)
        leaves: list[tuple[Form, Index]] = [(i, ()) for i in form.inputs]
        if form.kind is not Kind.ASSEMBLE:
            leaves = list(plan.leaves(self.loops.body, self.loops.index, self.loops.top))
        self.stored = [(f, i) for f, i in leaves if f in plan.stored]
        self.inputs = [(f, i) for f, i in leaves if f.kind is Kind.INPUT]
        self.sources = {f for f, _ in leaves if f.kind is not Kind.CONSTANT and f.size > 1}
        self.sizes = {f"p{k}": n for k, n in enumerate(self.loops.parallel)}
        self.sizes |= {f"r{k}": n for k, n in enumerate(self.loops.folded)}
        self.work = math.prod(self.sizes.values())

    @property
    def is_pass(self) -> bool:
        """Whether loops run through what is read, and through most of it once: no products."""
        largest = max([f.size for f in self.sources], default=0)
        return self.work > 0 and (not self.loops.folded or largest >= self.work)


class Schedule:
    """The groups of a plan, in the order in which they run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.groups: list[Group] = []
        self.place: dict[Form, int] = {}
        self.read: dict[Form, Reading] = {}
        self.written: dict[Any, tuple[int, Form]] = {}  # leaf -> the group that updates it
        self.readers: dict[Any, list[tuple[int, bool]]] = {}
        self.early: set[Form] = set()  # guards and what they need
        for form in self.in_order():
            self.add(form)

    def in_order(self) -> list[Form]:
        """The stored forms: guards first, updates that nobody else waits for last."""
        plan = self.plan
        stored = [f for f in plan.order if f in plan.stored]
        for form in stored:
            self.read[form] = self.reading(form)
        late: set[Form] = set()
        for form in reversed(stored):
            target = plan.targets.get(form)
            users = self.stored_users(form)
            if target is not None and target.updates is not None and users <= late:
                late.add(form)
        stack = list(plan.guards)
        while stack:
            form = stack.pop()
            if form in self.read and form not in self.early:
                self.early.add(form)
                stack += [f for f, _ in self.read[form].stored]
        return sorted(stored, key=lambda f: (f in late, f not in self.early, f.serial))

    def reading(self, form: Form) -> Reading:
        """What `form` reads."""
        if form.kind in ALONE:
            return ScatterReading(self.plan, form)
        return Reading(self.plan, form)

    def stored_users(self, form: Form) -> set[Form]:
        """The stored forms for which `form` is read."""
        found: set[Form] = set()
        stack = list(self.plan.users[form])
        while stack:
            user = stack.pop()
            if user in self.plan.stored:
                found.add(user)
            else:
                stack += self.plan.users[user]
        return found

    def add(self, form: Form) -> None:
        """Put `form` into a group."""
        reading = self.read[form]
        target = self.plan.targets.get(form)
        updated = None if target is None else target.updates
        first = max([self.place[f] for f, _ in reading.stored], default=-1)
        if updated is not None:
            if form in self.early:
                raise Conflict(form)
            # Nothing may be changed, in a group that was begun before or not, until all is right.
            checked = max([self.place[g] for g in self.plan.guards], default=-1)
            first = max([first, checked + 1, *[g for g, _ in self.readers.get(updated, [])]])
            if not all([is_identity(f, i) or f.how is not updated for f, i in reading.inputs]):
                raise Conflict(form)
        if form.kind is Kind.ASSEMBLE:
            self.place[form] = first  # its pieces are what is computed
            return
        if form.kind is Kind.PIECE:
            first = max([first, *[self.place[p] + 1 for p in self.covered(form)]])
        last = self.first_overwritten(reading)
        k = self.group_for(form, reading, first, last, updated)
        if k > last:
            raise Conflict(self.overwriter(reading))
        self.enter(form, reading, k, updated)

    def covered(self, piece: Form) -> list[Form]:
        """The earlier pieces of the same whole that `piece` may partly lie over."""
        (whole,) = self.plan.users[piece]
        return [p for p in whole.inputs if p in self.place and not apart(p, piece)]

    def first_overwritten(self, reading: Reading) -> int:
        """The first group in which an input that `reading` needs is overwritten."""
        groups = [self.written[f.how][0] for f, _ in reading.inputs if f.how in self.written]
        return min(groups, default=len(self.groups) + 1)

    def overwriter(self, reading: Reading) -> Form:
        """The update that comes too early for `reading`."""
        found = [self.written[f.how] for f, _ in reading.inputs if f.how in self.written]
        return min(found, key=lambda pair: pair[0])[1]

    def group_for(self, form: Form, reading: Reading, first: int, last: int, updated: Any) -> int:
        """The number of the latest group that `form` can share, or of a new one."""
        for k in range(len(self.groups) - 1, max(first, 0) - 1, -1):
            if k <= last and self.fits(form, reading, k, updated):
                return k
        return len(self.groups)

    def fits(self, form: Form, reading: Reading, k: int, updated: Any) -> bool:
        """Whether `form` can be computed in the loops of group `k`."""
        group, loops = self.groups[k], reading.loops
        if form.kind in ALONE or form in self.plan.guards:
            return False
        if form.kind is Kind.PIECE and group.folds:
            return False  # its layout is given, and may not be what suits the folds
        if group.parallel != loops.parallel or any([is_alone(f) for f in group.forms]):
            return False
        short = group.folds and math.prod(group.folded) <= SHORT_FOLD
        if short and updated is not None and form.size >= LARGE_UPDATE:
            return False
        within = [(f, i) for f, i in reading.stored if self.place[f] == k]
        if loops.folded:
            shares = group.folded == loops.folded and not group.points and not within
            if not shares or group.work >= LARGEST_SHARED_FOLD:
                return False
        elif not all([f.kind is not Kind.ASSEMBLE and is_identity(f, i) for f, i in within]):
            return False
        if not all([same for g, same in self.readers.get(updated, []) if g == k]):
            return False
        return bool(within) or bool(reading.sources & group.seen)

    def enter(self, form: Form, reading: Reading, k: int, updated: Any) -> None:
        """Put `form` into group `k`."""
        if k == len(self.groups):
            self.groups.append(Group(reading.loops.parallel, reading.loops.folded))
        group = self.groups[k]
        if reading.loops.folded:
            group.folded = reading.loops.folded
            group.folds.append(form)
        else:
            group.points.append(form)
        group.seen |= reading.sources | {form}
        self.place[form] = k
        if updated is not None:
            self.written[updated] = (k, form)
        for source, index in reading.inputs:
            same = is_identity(source, index) and not reading.loops.folded
            self.readers.setdefault(source.how, []).append((k, same))


class ScatterReading(Reading):
    """What a SCATTER or a SCAN reads: it has loops of its own kind."""

    def __init__(self, plan: Plan, form: Form) -> None:
        self.loops = Loops((), (), form, (), True)
        self.stored, self.inputs, self.sources = [], [], set()
        self.sizes, self.work = {}, 0
        for k, source in enumerate(form.inputs):
            in_step = form.kind is Kind.SCAN or (form.how is not None and k == 0)
            for leaf, at in plan.leaves(source, own_index(source), False):
                # What is put somewhere else may be read after that was changed: not in place.
                read = at if in_step else tuple([NOWHERE for _ in at])
                if leaf in plan.stored:
                    self.stored.append((leaf, read))
                elif leaf.kind is Kind.INPUT:
                    self.inputs.append((leaf, read))


NOWHERE = Affine(-1)
"""An index that is none of a loop."""


def is_alone(form: Form) -> bool:
    """Whether a form shares its loops with no other."""
    return form.kind in ALONE


def apart(a: Form, b: Form) -> bool:
    """Whether two pieces of a whole lie apart along some dimension."""
    for (start, step), n, (other, pace), m in zip(a.how, a.shape, b.how, b.shape, strict=True):
        if start + step * (n - 1) < other or other + pace * (m - 1) < start:
            return True
    return False


def schedule(plan: Plan) -> Schedule:
    """The groups of `plan`; raises Conflict if an update cannot be made in place."""
    return Schedule(plan)


def is_needed(plan: Plan, form: Form, group: Group) -> bool:
    """Whether anyone outside of the group reads `form`."""
    if form in plan.targets or form.kind is Kind.PIECE or form in plan.guards:
        return True
    mine = set(group.forms)
    stack = list(plan.users[form])
    while stack:
        user = stack.pop()
        if user not in plan.stored:
            stack += plan.users[user]
        elif user not in mine:
            return True
    return False
