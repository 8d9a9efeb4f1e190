"""Emit single elements: the value of a form at an index, from memory or computed on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .affine import LANE, Affine
from .buffers import Buffer, Memory
from .builder import Builder, Value, parameter
from .forms import Form, Kind
from .plan import Index, Plan, arguments, through
from .scalars import apply


class Source(NamedTuple):
    """What a group's function is given: an argument of the program, or a place in the arena.

    `shift` is how far into it the pointer points, in bytes; None says that it is the whole.
    """

    argument: int | None
    offset: int
    shift: int | None = None


class Elements:
    """Emits values of forms, in the function of one group.

    `variables` are the values of the loop variables; `lanes` the elements of a vector; `mask` how
    many of them count, if not all. `known` holds elements that are in registers. `parameters` are
    the function's: the memory and the numbers that it uses, in the order of their first use.
    """

    def __init__(self, builder: Builder, plan: Plan, memory: Memory) -> None:
        self.b = builder
        self.plan = plan
        self.memory = memory
        self.parameters: dict[Source, Value] = {}
        self.shifts: dict[Source, int] = {}
        """Where in its memory a group begins, in elements: alike groups differ in that."""

        self.lanes = 1
        self.variables: dict[str, Value] = {}
        self.mask: int | None = None
        self.known: dict[tuple[Form, Index], Value] = {}
        self.numbers: dict[Form, int] = {}

    def value(self, form: Form, index: Index, top: bool = False) -> Value:
        """The element of `form` at `index`: a vector if that varies with the lane."""
        key = (form, index)
        found = None if top else self.known.get(key)
        if found is None:
            found = self.known[key] = self.made(form, index, top)
        return found

    def made(self, form: Form, index: Index, top: bool) -> Value:
        """The element, loaded or computed."""
        if form.kind is Kind.INPUT and form in self.numbers:
            return self.number(form)
        if form.kind is Kind.INPUT or (form in self.plan.stored and not top):
            buffer = self.memory.of(form)
            return self.load(buffer, buffer.flat(index))
        if form.kind is Kind.CONSTANT:
            return self.b.number(form.how, form.type)
        if form.kind is Kind.POSITION:
            return self.position(index[form.how], form.type)
        if form.kind is Kind.PICK:
            return self.pick(form, index)
        values = [self.value(f, i) for f, i in arguments(form, index)]
        if form.kind is not Kind.MAP:
            return values[0]
        return apply(self.b, form.how, values, form.type)

    def number(self, form: Form) -> Value:
        """A number that the program is given."""
        return self.parameter(Source(self.numbers[form], 0), form.type)

    def parameter(self, source: Source, kind: str) -> Value:
        """The parameter of the function that is given `source`."""
        found = self.parameters.get(source)
        if found is None:
            found = self.parameters[source] = parameter(f"given{len(self.parameters)}", kind)
        return found

    def offset(self, flat: Affine) -> Value:
        """The value of an affine function of the loop variables; the lane does not count."""
        b = self.b
        terms = [(self.variables[v], k) for v, k in flat.terms if v != LANE]
        total = b.number(0, "i64")
        for variable, factor in sorted(terms, key=lambda t: t[0].level):
            total = b.add(total, b.mul(variable, b.number(factor, "i64")))
        return total

    def position(self, at: Affine, type: str) -> Value:
        """An index as a number."""
        b = self.b
        base = b.convert("trunc", b.add(self.offset(at), b.number(at.constant, "i64")), type)
        step = at.factor(LANE)
        if step:
            steps = b.mul(b.iota(self.lanes, type), b.splat(b.number(step, type), self.lanes))
            base = b.add(base, steps)
        return base

    # -- memory --------------------------------------------------------------------------------

    def base(self, buffer: Buffer) -> Value:
        """The address of a buffer."""
        return self.parameter(source_of(buffer), "ptr")

    def address(self, buffer: Buffer, flat: Affine) -> Value:
        """The address of an element, that of lane 0."""
        b = self.b
        memory = source_of(buffer)
        shift = self.shifts.get(memory, 0)
        base = self.parameter(memory._replace(shift=shift * buffer.item), "ptr")
        moved = b.address(base, self.offset(flat), buffer.type)
        rest = flat.constant - shift
        return b.address(moved, rest, buffer.type) if rest else moved

    def load(self, buffer: Buffer, flat: Affine, extra: Value | None = None) -> Value:
        """The elements at `flat`, plus `extra` if that is given (the same for all lanes)."""
        b, type = self.b, buffer.type
        step = flat.factor(LANE)
        pointer = self.address(buffer, flat)
        if extra is not None:
            pointer = b.address(pointer, extra, type)
        if not step:
            return b.load(pointer, type)
        mask = self.mask if buffer.argument is not None else None
        if step == 1:
            return b.load(pointer, type, self.lanes, mask)
        if 2 <= step <= 4 and mask is None and buffer.argument is None and type != "i1":
            wide = b.load(pointer, type, self.lanes * step)
            return b.shuffle(wide, wide, [step * k for k in range(self.lanes)])
        steps = b.mul(b.iota(self.lanes), b.splat(b.number(step, "i64"), self.lanes))
        return b.gather(pointer, steps, type, self.mask)

    def pick(self, form: Form, index: Index) -> Value:
        """An element at a computed index."""
        b = self.b
        source, place = form.inputs
        axis, where = form.how
        buffer = self.memory.of(source)
        assert buffer.strides is not None
        flat = buffer.flat(through(where, index))
        at = b.mul(self.value(place, index), b.number(buffer.strides[axis], "i64"))
        if at.lanes == 1:
            return self.load(buffer, flat, at)
        step = flat.factor(LANE)
        if step:
            at = b.add(at, b.mul(b.iota(at.lanes), b.splat(b.number(step, "i64"), at.lanes)))
        return b.gather(self.address(buffer, flat), at, buffer.type, self.mask)

    def store(self, buffer: Buffer, flat: Affine, value: Value, mask: int | None) -> None:
        """Write an element, or a vector of them."""
        b = self.b
        step = flat.factor(LANE)
        pointer = self.address(buffer, flat)
        if not step:
            b.store(value if value.lanes == 1 else b.lane(value, 0), pointer)
            return
        value = b.splat(value, self.lanes)
        if step == 1:
            b.store(value, pointer, mask)
        else:
            steps = b.mul(b.iota(self.lanes), b.splat(b.number(step, "i64"), self.lanes))
            b.scatter(value, pointer, steps, mask)


def source_of(buffer: Buffer) -> Source:
    """The memory of a buffer."""
    return Source(buffer.argument, buffer.offset or 0)


def lanes_of(lanes: Mapping[str, int], types: set[str]) -> int:
    """How many elements a vector of a group has whose elements are of `types`."""
    wide = "double" in types or not types & {"float", "i32"}
    return lanes["double"] if wide else lanes["float"]
