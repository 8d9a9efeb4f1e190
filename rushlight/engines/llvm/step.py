"""A whole program as one native function: every group's loops, one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .affine import Affine
from .alike import Description, Recipe
from .along import emit_along
from .borders import borders_of, never_empty
from .buffers import Buffer, Memory
from .builder import Builder, Value, parameter
from .elements import Elements, Source, lanes_of
from .forms import ALONE, Form, Kind
from .nests import Nest, work_of
from .plan import Plan, loops_of, own_index
from .pool import barrier, planned_threads
from .readers import Readers
from .scan import emit_scan
from .scatter import emit_scatter
from .schedule import Group, Schedule
from .sharing import POOL, THREAD, WORTH_SHARING, WORTH_WAKING, most_threads
from .strategy import DOT, POINT, Access, Choice, Problem, choose, contraction_of, cost_of
from .target import Target

STEP = [parameter("table", "ptr"), parameter("pool", "ptr"), parameter("thread", "i64"),
        parameter("threads", "i64")]  # fmt: skip
"""The parameters of the whole."""


class Call(NamedTuple):
    """A group's function, what it is given (with kinds), and whether threads share its loops."""

    name: str
    given: list[tuple[Source, str]]
    shared: bool


class Step:
    """Emits `void step(ptr table, ptr pool, i64 thread, i64 threads)`.

    The table holds the arguments in order: pointers, or numbers of 8 bytes. Memory of its own is
    `@arena`; `@status` becomes 1 if a guard does not hold, before anything has been changed. Every
    group is a function of its own, and groups that are alike share one.
    """

    def __init__(self, plan: Plan, schedule: Schedule, target: Target) -> None:
        self.plan, self.schedule, self.target = plan, schedule, target
        self.b = Builder()
        self.memory = Memory(schedule)
        self.elements = Elements(self.b, plan, self.memory)
        self.readers = Readers(schedule, self.memory)
        self.choices: list[tuple[Group, Choice]] = []
        self.lanes = {k: target.lanes(k) for k in ("float", "double")}
        self.names: dict[str, str] = {}  # of functions, by their text
        self.recipes: dict[Any, Recipe] = {}  # of groups, by their description
        self.parallel = self.work > WORTH_WAKING and most_threads() > 1
        self.unshared: bool | None = None  # whether the call before was one thread's; None: none
        self.profile: int | None = None
        """Offset in the arena of a counter of cycles for each group, if they are wanted."""

    def add_arguments(self, inputs: Sequence[tuple[Form, int, bool]]) -> None:
        """Say which argument each input form is, and whether it is a number."""
        for form, place, is_number in inputs:
            if is_number:
                self.elements.numbers[form] = place
            else:
                self.memory.add_input(form, place)
        for form, target in self.plan.targets.items():
            self.memory.add_target(form, target.place, target.strides)

    def emit(self, profile: bool = False) -> Builder:
        """Write the module; with `profile` it counts the cycles of each group."""
        b = self.b
        calls = [self.emit_group(g, k) for k, g in enumerate(self.schedule.groups)]
        if profile:
            self.profile = self.memory.scratch(8 * (len(calls) + 1), for_ever=True)
        b.count = 0
        checked = max([self.schedule.place[g] for g in self.plan.guards], default=-1)
        for k, group in enumerate(calls):
            self.count_cycles(k)
            for call in group:
                self.write_call(call)
            if k == checked:
                self.check_guards()
        self.count_cycles(len(calls))
        refusal = "\nrefused:\n  store i64 1, ptr @status, align 8\n  ret void"
        b.raw("ret void" + (refusal if self.plan.guards else ""))
        b.declarations = {d for d in b.declarations if "@group" not in d}
        b.declarations |= {f"@{n} = external global i64" for n in ("arena", "status")}
        b.function("step", STEP, "written")
        b.functions[-1] = b.functions[-1].replace("define written", "define void", 1)
        return b

    @property
    def work(self) -> float:
        """About how many vector instructions the whole takes."""
        return sum([self.vector_work(g) for g in self.schedule.groups])

    def write_call(self, call: Call) -> None:
        """Call a group's function: by all threads if they share it, else by the first.

        Where work was or becomes shared, all wait for one another.
        """
        b = self.b
        if not self.parallel:
            b.call(call.name, "void", *[self.given(s, kind) for s, kind in call.given])
            return
        if (call.shared and self.unshared is not None) or self.unshared is False:
            barrier(b, STEP[1])
        self.unshared = not call.shared
        given = [self.given(s, kind) for s, kind in call.given]
        if call.shared:
            b.call(call.name, "void", *given)
        else:
            first = b.compare("eq", STEP[2], b.number(0, "i64"))
            b.branch(first, lambda: (b.call(call.name, "void", *given),)[:0])

    def given(self, source: Source, kind: str) -> Value:
        """The value of what a group is given."""
        b = self.b
        if source in (POOL, THREAD):
            return STEP[1] if source == POOL else STEP[2]
        if source.argument is None:
            return b.address(Value("@arena", "ptr"), source.offset + (source.shift or 0), "i8")
        place = b.address(STEP[0], source.argument, "i64")
        if kind == "i1":
            return b.compare("ne", b.load(place, "i64"), b.number(0, "i64"))
        given = b.load(place, kind)
        return b.address(given, source.shift, "i8") if source.shift else given

    def check_guards(self) -> None:
        """Leave if a guard does not hold: nothing has been changed so far."""
        b = self.b
        if self.parallel:
            barrier(b, STEP[1])
            self.unshared = None
        b.forget_loads()
        holds = b.number(1, "i1")
        for form in self.plan.guards:
            at = self.memory.of(form).offset
            assert at is not None
            holds = b.binary("and", holds, b.load(self.given(Source(None, at), "ptr"), "i1"))
        b.raw(f"br i1 {holds.text}, label %checked, label %refused\nchecked:")
        b.levels[-1].label = "checked"

    def count_cycles(self, k: int) -> None:
        """Note when the `k`-th group begins for the first thread."""
        if self.profile is None:
            return
        b = self.b
        b.declare("i64", "llvm.readcyclecounter", [])
        now = b.here("call i64 @llvm.readcyclecounter()", "i64")
        place = self.given(Source(None, self.profile + 8 * k), "ptr")
        first = b.compare("eq", STEP[2], b.number(0, "i64"))
        b.store(now, place, first)

    # -- one group -----------------------------------------------------------------------------

    def emit_group(self, group: Group, number: int) -> list[Call]:
        """The calls that compute a group; their functions are written if none is alike."""
        self.memory.group = number
        description = Description(self, group)
        key = description.key
        recipe = self.recipes.get(key)
        if recipe is not None:
            return description.follow(recipe, number, Call)
        before = len(self.memory.scratches)
        calls = self.emit_functions(group, number)
        self.recipes[key] = description.recipe(calls, self.memory.scratches[before:])
        return calls

    def emit_functions(self, group: Group, number: int) -> list[Call]:
        """Write the functions of a group."""
        first = group.forms[0]
        if first.kind in ALONE:
            scatter = emit_scatter if first.how is None else emit_along
            alone = emit_scan if first.kind is Kind.SCAN else scatter
            return [self.in_function(lambda: alone(self, first, number))]
        self.elements.lanes = lanes_of(self.lanes, self.types(group))
        parallel = [f"p{k}" for k in range(len(group.parallel))]
        folded = [f"r{k}" for k in range(len(group.folded))]
        extents = dict(zip(parallel + folded, group.parallel + group.folded, strict=True))
        self.lay_out_fixed(group)
        reads, writes = self.reads(group), self.writes(group)
        merged: dict[str, str] = {}
        burdens = self.burdens(group)
        for variables in (parallel, folded):
            merge(variables, extents, reads, writes, merged, burdens)
        problem = self.problem(group, parallel, folded, extents, reads, writes, merged)
        problem.burdens = burdens
        choice = choose(problem)
        if choice.kind == DOT and group.points and len(group.parallel) and work_of(group) > 64:
            return self.emit_apart(group, number)
        self.lay_out_free(group, parallel, merged, choice)
        for form in group.forms:
            self.memory.place(self.memory.of(form), number)
        self.choices.append((group, choice))
        work = self.vector_work(group, choice)
        nest = (group, parallel, folded, extents, merged, choice, work if self.parallel else 0)
        if not choice.apart:
            return [self.in_function(lambda: Nest(self.elements, *nest).emit())]
        room = Buffer(group.forms[0])
        before = (*nest[:-1], 0, room)
        return [
            self.in_function(lambda: Nest(self.elements, *before).emit_packing(self.parallel)),
            self.in_function(lambda: Nest(self.elements, *nest, room).emit()),
        ]

    def vector_work(self, group: Group, choice: Choice | None = None) -> float:
        """About how many vector instructions a group takes."""
        each = len(group.folds) + sum([cost_of(f) + 1 for f in group.points])
        folds = math.prod(group.folded) if group.folded else 1
        total = math.prod(group.parallel) * (len(group.folds) * folds * 2 + each)
        return total / self.lanes["float"]

    def in_function(self, emit: Callable[[], None]) -> Call:
        """Let `emit` write the body of a function; its name, and what it is to be given."""
        b, e = self.b, self.elements
        e.parameters, e.variables, e.known, b.count = {}, {}, {}, 0
        emit()
        text = b.function("group", list(e.parameters.values()))
        name = self.names.get(text)
        if name is None:
            name = self.names[text] = f"group{len(self.names)}"
            inside = text.replace("define void @group(", f"define internal void @{name}(", 1)
            b.functions[-1] = inside
        else:
            del b.functions[-1]
        given = [(source, value.kind) for source, value in e.parameters.items()]
        return Call(name, given, POOL in e.parameters)

    def emit_apart(self, group: Group, number: int) -> list[Call]:
        """First the folds, then what follows from them in vectors."""
        first, second = Group(group.parallel, group.folded), Group(group.parallel, ())
        first.folds, second.points = group.folds, group.points
        return self.emit_functions(first, number) + self.emit_functions(second, number)

    def types(self, group: Group) -> set[str]:
        """The types of what the group computes and reads."""
        found = {f.type for f in group.forms}
        for form in group.forms:
            reading = self.schedule.read[form]
            found |= {f.type for f in reading.sources if f not in self.elements.numbers}
        return found

    def problem(
        self, group: Group, parallel: list[str], folded: list[str], extents: dict[str, int],
        reads: list[Access], writes: list[Affine], merged: dict[str, str],
    ) -> Problem:  # fmt: skip
        """What there is to choose for."""
        contraction = None
        if group.folds:
            loops = loops_of(group.folds[0])
            contraction = contraction_of(self.plan, group, loops.body, loops.index)
        if contraction is not None:
            own = {d for d in extents if d not in merged.values()}
            borders = borders_of(self.plan, contraction.product, contraction.index, own)
            contraction.borders = [
                x for x in borders if never_empty(x, extents[x.outer], extents[x.window])
            ]
        lanes, registers = self.elements.lanes, self.target.registers
        shared = self.parallel and self.vector_work(group) > WORTH_SHARING
        return Problem(
            group, parallel, folded, extents, reads, writes, lanes, registers, contraction,
            planned_threads() if shared else 1, self.linked(group, parallel),
        )  # fmt: skip

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

    def linked(self, group: Group, parallel: list[str]) -> list[list[dict[str, int]]]:
        """For forms whose layout is free, but for links: what stays together, with its steps."""
        found = []
        for form in group.forms:
            links = self.memory.links(form)
            if self.memory.is_fixed(form) or not links:
                continue
            blocks: list[dict[str, int]] = []
            long, step = [a for a, n in enumerate(form.shape) if n > 1], 1
            for k, axis in reversed(list(enumerate(long))):
                if axis not in links:
                    blocks.append({})
                    step = 1
                if f"p{k}" in parallel:
                    blocks[-1][f"p{k}"] = step
                step *= form.shape[axis]
            found.append(blocks)
        return found

    def burdens(self, group: Group) -> dict[str, float]:
        """What it costs later if a variable lies innermost."""
        found: dict[str, float] = {}
        for form in group.forms:
            if self.memory.is_fixed(form):
                continue
            long = [a for a, n in enumerate(form.shape) if n > 1]
            links, inner, costs = self.memory.links(form), 0, self.readers.burdens(form)
            for k, axis in reversed(list(enumerate(long))):
                inner = inner if axis in links else axis  # of what stays together
                found[f"p{k}"] = found.get(f"p{k}", 0.0) + costs.get(inner, 0.0)
        return found

    def lay_out_fixed(self, group: Group) -> None:
        """Lay out the forms whose layout is not free."""
        for form in group.forms:
            if self.memory.is_fixed(form):
                self.memory.lay_out_fixed(self.memory.of(form), self.lanes["float"])

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
                odd = 1 if merged or choice.kind == POINT else self.elements.lanes  # 1: no odd rows
                links = self.memory.links(form) | {long[int(d[1:])] for d in merged if d in full}
                self.memory.lay_out_free(buffer, axes, links, odd)


def merge(
    variables: list[str],
    extents: dict[str, int],
    reads: Sequence[Access],
    writes: Sequence[Affine],
    merged: dict[str, str],
    burdens: dict[str, float],
) -> None:
    """Make one loop of two where every access allows it; `merged` says which went into which.

    Not if the inner one had better not lie innermost.
    """
    for k in reversed(range(len(variables) - 1)):
        outer, inner = variables[k], variables[k + 1]
        if burdens.get(inner, 0) > burdens.get(outer, 0):
            continue
        flats = [a.flat for a in reads] + list(writes)
        if all([f.factor(outer) == f.factor(inner) * extents[inner] for f in flats]):
            extents[inner] *= extents.pop(outer)
            merged[outer] = inner
            del variables[k]
