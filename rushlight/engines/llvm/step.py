"""A whole program as one native function: every group's loops, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .affine import Affine, combined, substituted
from .buffers import Buffer, Memory
from .builder import Builder, parameter
from .elements import TABLE, Elements, lanes_of
from .forms import Form, Kind
from .nests import Nest, own_index, work_of
from .plan import Plan, loops_of
from .scatter import emit_scatter
from .schedule import Group, Schedule
from .strategy import DOT, POINT, Access, Choice, Problem, choose, contraction_of
from .target import Target

LARGEST_TABLE = 1 << 16


class Step:
    """Emits the function `i64 step(ptr table)`, which returns 0, or 1 if a guard does not hold.

    The table holds the arguments in order (pointers, or numbers of 8 bytes), then the arena.
    """

    def __init__(self, plan: Plan, schedule: Schedule, target: Target, arguments: int) -> None:
        self.plan, self.schedule, self.target = plan, schedule, target
        self.b = Builder()
        self.memory = Memory(schedule)
        self.elements = Elements(self.b, plan, self.memory, arguments)
        self.choices: list[tuple[Group, Choice]] = []
        self.lanes = {k: target.lanes(k) for k in ("float", "double")}

    def add_arguments(self, inputs: Sequence[tuple[Form, int, bool]]) -> None:
        """Say which argument each input form is, and whether it is a number."""
        for form, place, is_number in inputs:
            if is_number:
                self.elements.numbers[form] = place
            else:
                self.memory.add_input(form, place)
        for form, target in self.plan.targets.items():
            self.memory.add_target(form, target.place, target.strides)

    def text(self, name: str) -> str:
        """The text of the module."""
        b = self.b
        checked = max([self.schedule.place[g] for g in self.plan.guards], default=-1)
        for k, group in enumerate(self.schedule.groups):
            b.forget_loads()
            self.emit(group, k)
            if k == checked:
                self.check_guards()
        tail = "\nrefused:\n  ret i64 1" if self.plan.guards else ""
        b.raw(f"ret i64 0{tail}")
        b.function(name, [TABLE], "i64")
        return b.module()

    def check_guards(self) -> None:
        """Leave if a guard does not hold: nothing has been changed so far."""
        b = self.b
        b.forget_loads()
        holds = b.number(1, "i1")
        for form in self.plan.guards:
            buffer = self.memory.of(form)
            holds = b.binary("and", holds, self.elements.load(buffer, buffer.flat(own_index(form))))
        b.raw(f"br i1 {holds.text}, label %checked, label %refused\nchecked:")
        b.levels[-1].label = "checked"

    # -- one group -----------------------------------------------------------------------------

    def emit(self, group: Group, number: int) -> None:
        """Write the loops of a group."""
        if group.forms[0].kind is Kind.SCATTER:
            emit_scatter(self, group.forms[0], number)
            return
        self.elements.lanes = lanes_of(self.lanes, self.types(group))
        parallel = [f"p{k}" for k in range(len(group.parallel))]
        folded = [f"r{k}" for k in range(len(group.folded))]
        extents = dict(zip(parallel + folded, group.parallel + group.folded, strict=True))
        self.lay_out_fixed(group)
        reads, writes = self.reads(group), self.writes(group)
        merged: dict[str, str] = {}
        for variables in (parallel, folded):
            merge(variables, extents, reads, writes, merged)
        choice = choose(self.problem(group, parallel, folded, extents, reads, writes))
        if choice.kind == DOT and group.points and len(group.parallel) and work_of(group) > 64:
            self.emit_apart(group, number)
            return
        self.lay_out_free(group, parallel, merged, choice)
        for form in group.forms:
            self.memory.place(self.memory.of(form), number)
        self.choices.append((group, choice))
        Nest(self.elements, group, parallel, folded, extents, merged, choice).emit()

    def emit_apart(self, group: Group, number: int) -> None:
        """First the folds, then what follows from them in vectors."""
        first, second = Group(group.parallel, group.folded), Group(group.parallel, ())
        first.folds, second.points = group.folds, group.points
        self.emit(first, number)
        self.b.forget_loads()
        self.emit(second, number)

    def types(self, group: Group) -> set[str]:
        """The types of what the group computes and reads."""
        found = {f.type for f in group.forms}
        for form in group.forms:
            reading = self.schedule.read[form]
            found |= {f.type for f in reading.sources if f not in self.elements.numbers}
        return found

    def problem(
        self, group: Group, parallel: list[str], folded: list[str], extents: dict[str, int],
        reads: list[Access], writes: list[Affine],
    ) -> Problem:  # fmt: skip
        """What there is to choose for."""
        contraction = None
        if group.folds:
            loops = loops_of(group.folds[0])
            contraction = contraction_of(self.plan, group, loops.body, loops.index)
        lanes, registers = self.elements.lanes, self.target.registers
        return Problem(
            group, parallel, folded, extents, reads, writes, lanes, registers, contraction
        )

    def reads(self, group: Group) -> list[Access]:
        """Where the group reads memory, or uses an index as a number."""
        found: dict[Access, None] = {}
        mine = set(group.forms)
        for form in group.forms:
            loops = loops_of(form)
            for leaf, index in self.plan.leaves(loops.body, loops.index, loops.top):
                if leaf.kind is Kind.CONSTANT or leaf in mine or leaf in self.elements.numbers:
                    continue
                if leaf.kind is Kind.POSITION:
                    found[Access(leaf, index[leaf.how])] = None
                else:
                    found[Access(leaf, self.memory.of(leaf).flat(index))] = None
        return list(found)

    def writes(self, group: Group) -> list[Affine]:
        """Where the group writes memory whose layout is given."""
        fixed = [f for f in group.forms if self.memory.is_fixed(f)]
        return [self.memory.of(f).flat(own_index(f)) for f in fixed]

    def lay_out_fixed(self, group: Group) -> None:
        """Lay out the forms whose layout is not free."""
        for form in group.forms:
            buffer = self.memory.of(form)
            if self.memory.is_fixed(form) and buffer.strides is None:
                self.memory.lay_out_tight(buffer)

    def lay_out_free(
        self, group: Group, parallel: list[str], merged: dict[str, str], choice: Choice
    ) -> None:
        """Lay out the others: the order of the loops, the vectorised dimension innermost."""
        order = [d for d in parallel if d != choice.vector]
        order += [d for d in parallel if d == choice.vector]
        full: list[str] = []
        for d in order:  # what was merged into it last is its outermost part
            full += [*reversed([v for v, into in merged.items() if into == d]), d]
        for form in group.forms:
            buffer = self.memory.of(form)
            if buffer.strides is None:
                long = [a for a, n in enumerate(form.shape) if n > 1]
                axes = [long[int(d[1:])] for d in full]
                odd = 0 if merged or choice.kind == POINT else self.elements.lanes
                self.memory.lay_out(buffer, axes, odd)


def merge(
    variables: list[str],
    extents: dict[str, int],
    reads: Sequence[Access],
    writes: Sequence[Affine],
    merged: dict[str, str],
) -> None:
    """Make one loop of two where every access allows it; `merged` says which went into which."""
    for k in reversed(range(len(variables) - 1)):
        outer, inner = variables[k], variables[k + 1]
        flats = [a.flat for a in reads] + list(writes)
        if all([f.factor(outer) == f.factor(inner) * extents[inner] for f in flats]):
            extents[inner] *= extents.pop(outer)
            merged[outer] = inner
            del variables[k]


__all__ = ["Any", "Buffer", "Step", "combined", "merge", "parameter", "substituted"]
