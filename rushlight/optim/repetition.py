"""What an optimizer does again and again, written as straight Python: its step, and `zero_grad`.

Each function first makes sure that everything is as it was when it was written: the same tensors,
in the same groups, with the same options. If anything is not, it does nothing and says False.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import BuiltinFunctionType
from typing import Any

from ..runtime.by_rote import ByRote
from ..runtime.hot import NativeReplay
from ..runtime.rote import Unfit
from ..runtime.source import Source
from ..runtime.steps import Step, fits_step
from ..runtime.world import THREADS, world
from .state import Cohort, Group

PLAIN = (bool, int, float, str, type(None))
"""Types of options that do not change unless another object takes their place."""


class Noticing(dict[str, Any]):
    """A group of an optimizer that notices which of its options are read."""

    def __init__(self, group: dict[str, Any]) -> None:
        super().__init__(group)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)


def is_plain(value: Any) -> bool:
    """Whether an option can only change by being replaced."""
    if type(value) is tuple:
        return all([is_plain(v) for v in value])
    return isinstance(value, PLAIN)


class Repetition(Step):
    """One step that has been taken before, with machine code for the window that it ends.

    `repeat(repetition, recorder, optimizer)` takes it again.
    """

    def __init__(self, optimizer: Any, plan: Any, forms: list[Any]) -> None:
        self.forms = forms
        self.made = optimizer.cohorts
        self.base = plan.replay
        self.by_rote: ByRote | None = None  # remember() looks
        self.cohorts: list[Cohort] = list(optimizer.cohorts)
        self.groups = optimizer.param_groups
        self.lists = [group["params"] for group in self.groups]  # those that the table looks at
        self.optimizer: Any = optimizer  # only while the functions are written
        self.states: list[tuple[Any, Any]] = []
        self.schedules = [optimizer.schedule(cohort.group) for cohort in self.cohorts]
        super().__init__(plan, self.cohorts, plan.replay.slots)
        self.optimizer = None

    def stands(self) -> bool:
        """Whether what is taken for granted is so: the state tensors denote what they did, too."""
        order = world.order
        if any([tensor._value is not cell for tensor, cell in self.states]):
            return False
        if not super().stands():
            return False
        # Another thread may change a tensor without this one noticing: then it looks every time.
        self.agree(order if len(THREADS) == 1 else None)
        return True

    def checks(self) -> list[str]:
        """Lines that make sure that everything is as it was; see `Step`."""
        source = self.source
        optimizer = self.optimizer
        states = source.name(optimizer.state, "s")
        hooks = optimizer.hooks
        pre, post = source.name(hooks["step_pre"], "h"), source.name(hooks["step_post"], "h")
        lines = [
            f"if {pre} or {post} or {states}.changes != {optimizer.state.changes}: return False",
            "if optimizer.cohorts is not replay.made: return False",
            "groups = optimizer.param_groups",
            *same_groups(source, optimizer.param_groups),
            *self.same_gradients(optimizer),
            *self.options(optimizer),
            "schedules = replay.schedules",
        ]
        place = 0
        for k, cohort in enumerate(self.cohorts):
            names = "".join([f"n{place + i}, " for i in range(cohort.count)])
            place += cohort.count
            lines.append(f"k{k} = {source.name(cohort, 'o')}.step + 1")
            lines.append(f"{names}= schedules[{k}](k{k})")
        return [*lines, "optimizer.stepped = True"]

    def trying(self, more: str = "") -> list[str]:
        """Lines that try to do it by rote."""
        things = [self.source.name(thing, "o") for thing in self.counted]
        lines = [f"k{k} = {name}.step + 1" for k, name in enumerate(things)]
        lines.append("schedules = replay.schedules")
        more = "".join([f", schedules[{k}](k{k}), k{k}" for k in range(len(things))])
        if type(self.native.call) is not BuiltinFunctionType:  # an interrupt may come after it
            counts = "".join([f"k{k}, " for k in range(len(things))])
            lines.append(f"replay.counts = ({counts})")
        lines += ["optimizer.stepped = True", *super().trying(more)]
        groups = self.source.name(self.groups, "g")
        changed = [
            f"{groups}[{k}].__class__ is Group and {groups}[{k}].edition is not edition{k}"
            for k in range(len(self.groups))
        ]
        lines = [  # a scheduler may have set another rate: the table is told before it looks
            f"if len({groups}) == {len(changed)} and ({' or '.join(changed)}):",
            "    replay.adapts(optimizer)",
            *lines,
        ]
        return [
            f"if optimizer.cohorts is replay.made and optimizer.param_groups is {groups}:",
            *[f"    {line}" for line in lines],
        ]

    def look_by_rote(self, rote: ByRote) -> None:
        """Add rows that look whether all is as it was."""
        window = self.plan.window
        recorder = window.end.root.extra
        rows = rote.rote
        rows.same(window, "plan", self.plan)
        rows.empty_in(recorder, "mapping")
        rows.empty(self.optimizer.hooks["step_pre"])
        rows.empty(self.optimizer.hooks["step_post"])
        rows.same(self.optimizer.state, "changes", self.optimizer.state.changes)
        rows.items(self.groups)
        due = self.due()
        gradients = {cell for c in self.cohorts for _, cell, _ in c.members}
        if not due.keys() >= gradients:
            raise Unfit("some gradients are no outputs of this window")
        for k, group in enumerate(self.groups):
            if type(group) is not Group:
                raise Unfit("a group is of another kind")
            rote.known["edition", k] = rows.same(group, "edition", group.edition)
            rows.items(group["params"])
            for p in group["params"]:
                rows.same(p, "_value", p._cell)
                rows.same(p._cell, "grad", due[p._cell] if p._cell in gradients else None)

    def due(self) -> dict[Any, Any]:
        """What stands for the gradients that stay in slots, by cells."""
        return {
            due.cell: due
            for entry, found in self.landings.items()
            for due, spot in zip(entry.dues.each, found, strict=True)
            if spot is not None
        }

    def number_at(self, place: int) -> tuple[int, int]:
        """Of which cohort the number at `place` is, and which of its numbers."""
        for k, cohort in enumerate(self.cohorts):
            if place < cohort.count:
                return k, place
            place -= cohort.count
        raise Unfit("there is no such number")

    def same_gradients(self, optimizer: Any) -> list[str]:
        """Lines that return False unless gradients are those that the step was given."""
        source = self.source
        found = {cell: slots for c in self.cohorts for _, cell, slots in c.members}
        self.states = [(slot, slot._cell) for slots in found.values() for slot in slots]
        gradients = dict(zip(found, gradients_of(self.end, self.cohorts), strict=True))
        groups = [p._cell for group in optimizer.param_groups for p in group["params"]]
        none = [source.name(cell, "c") for cell in groups if cell not in found]
        lines = [f"if {cell}.grad is not None: return False" for cell in none]
        due = self.due()
        for cell, node in gradients.items():
            name, wanted = source.name(cell, "c"), source.name(node, "n")
            line = f"if g is None or g._value is not {wanted}: return False"
            if cell in due:  # nobody has asked for it: this stands for it
                line = f"if g is not {source.name(due[cell], 'd')} and (g is None or "
                line += f"g._value is not {wanted}): return False"
            lines += [f"g = {name}.grad", line]
        return lines

    def options(self, optimizer: Any) -> list[str]:
        """Lines that compare the options of the groups, and find new numbers if they differ."""
        lines = []
        self.watched: list[tuple[int, str]] = []
        self.source.space["Group"] = Group
        for k, group in enumerate(optimizer.param_groups):
            words = []
            noticing = Noticing(group)
            optimizer.flags(noticing, False)
            optimizer.numbers(noticing, 1)
            for name in sorted(noticing.read):
                self.watched.append((k, name))
                words.append(f"g{k}[{name!r}] is not v{k}_{name}")
            lines += [
                f"if g{k}.__class__ is not Group or g{k}.edition is not edition{k}:",
                f"    if ({' or '.join(words)}) and not replay.adapts(optimizer): return False",
            ]
        self.remember(optimizer.param_groups)
        return lines

    def remember(self, groups: Sequence[dict[str, Any]]) -> None:
        """Compare the options of groups with those from now on."""
        for k, name in self.watched:
            self.source.space[f"v{k}_{name}"] = groups[k][name]
        for k, group in enumerate(groups):
            edition = group.edition if type(group) is Group else None
            self.source.space[f"edition{k}"] = edition
            if self.by_rote is not None:
                known = k < len(self.lists) and group["params"] is self.lists[k]
                self.by_rote.expect(("edition", k), edition if known else None)

    def adapts(self, optimizer: Any) -> bool:
        """Whether the step is the same but for its numbers, which are found anew."""
        groups = optimizer.param_groups
        if not all([is_plain(v) for g in groups for k, v in g.items() if k != "params"]):
            return False
        for cohort, (flags, _) in zip(self.cohorts, self.forms, strict=True):
            if not any([group is cohort.group for group in groups]):
                return False  # another took its place
            if optimizer.flags(cohort.group, cohort.fresh) != flags:
                return False
        self.schedules = [optimizer.schedule(cohort.group) for cohort in self.cohorts]
        self.remember(groups)
        return True


def gradients_of(end: Any, cohorts: Sequence[Cohort]) -> list[Any]:
    """The values of the gradients that the recorded step `end` was given."""
    values = end.pattern[0]
    found = []
    place = 0
    for cohort in cohorts:
        for _, _, slots in cohort.members:
            found.append(values[place + 1])
            place += 2 + len(slots)
    return found


def same_groups(source: Source, groups: Sequence[dict[str, Any]]) -> list[str]:
    """Lines that return False unless `groups` hold these parameters, none of them changed."""
    lines = [f"if len(groups) != {len(groups)}: return False"]
    lines += [f"g{k} = groups[{k}]" for k in range(len(groups))]
    for k, group in enumerate(groups):
        params = group["params"]
        words = [f"len(p) != {len(params)}"]
        words += [f"p[{i}]._value is not {source.name(p._cell, 'c')}" for i, p in enumerate(params)]
        lines += [f"p = g{k}['params']", f"if {' or '.join(words)}: return False"]
    return lines


def repetition_of(optimizer: Any, entry: Any, forms: list[Any]) -> Repetition | None:
    """The step that `entry` recorded, to be repeated; None if it must be recorded each time."""
    plan = entry.window.plan
    if optimizer.cohorts is None or not runs_natively(plan) or not fits_step(plan):
        return None
    groups = optimizer.param_groups
    plain = all([is_plain(v) for g in groups for name, v in g.items() if name != "params"])
    celled = all([p._cell is not None for group in groups for p in group["params"]])
    if not plain or not celled or any([cohort.fresh for cohort in optimizer.cohorts or ()]):
        return None
    return Repetition(optimizer, plan, forms)


def runs_natively(plan: Any) -> bool:
    """Whether machine code runs the plan (it may have been made, but not been put to use)."""
    return isinstance(plan.replay, NativeReplay)


def forgetter(optimizer: Any) -> Callable[..., bool] | None:
    """A function `forget(groups)` that forgets the gradients of all parameters."""
    groups = optimizer.param_groups
    params = [p for group in groups for p in group["params"]]
    if any([p._cell is None or p._value is not p._cell for p in params]):
        return None
    source = Source()
    lines = same_groups(source, groups)
    lines += [f"{source.name(p._cell, 'c')}.grad = None" for p in params]
    return source.function("forget(groups)", [*lines, "return True"])
