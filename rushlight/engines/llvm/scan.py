"""SCAN: running sums and products, each line one element after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .affine import LANE, Affine, substituted
from .builder import Value
from .elements import lanes_of
from .forms import Form
from .plan import own_index
from .scalars import apply, convert

if TYPE_CHECKING:
    from .step import Step


def emit_scan(step: Step, form: Form, number: int) -> None:
    """Lines side by side in vectors where another dimension lies innermost, else one by one."""
    buffer = step.memory.of(form)
    step.memory.lay_out_fixed(buffer, 0)
    step.memory.place(buffer, number)
    step.elements.lanes = lanes_of(step.lanes, {"double"})
    Scan(step, form).loops(0)


class Scan:
    """The loops of one scan; `order` are the long dimensions but that of the scan."""

    def __init__(self, step: Step, form: Form) -> None:
        self.b, self.e, self.form = step.b, step.elements, form
        self.buffer = step.memory.of(form)
        self.how, axis, self.reverse = form.how
        names = {a: f"p{k}" for k, a in enumerate([a for a, n in enumerate(form.shape) if n > 1])}
        self.along, self.length = names[axis], form.shape[axis]
        self.order = [d for a, d in names.items() if a != axis]
        self.extents = {d: form.shape[a] for a, d in names.items()}
        self.flat = self.buffer.flat(own_index(form))
        last = self.order[-1] if self.order else ""
        wide = self.flat.factor(last) == 1 and self.extents[last] >= self.e.lanes
        self.vector = last if wide else None
        # As NumPy has it, sums of floats are kept in double precision.
        self.type = "double" if form.type == "float" else form.type

    def loops(self, depth: int) -> None:
        """The loops from `depth` on."""
        if depth == len(self.order):
            self.line(1, None)
            return
        d, lanes = self.order[depth], self.e.lanes
        size = self.extents[d]
        if d != self.vector:
            self.b.loop(0, size, 1, lambda i: self.at(d, i, lambda: self.loops(depth + 1)))
            return
        whole = size // lanes * lanes
        self.b.loop(0, whole, lanes, lambda i: self.at(d, i, lambda: self.line(lanes, None)))
        if whole < size:
            start = self.b.number(whole, "i64")
            self.at(d, start, lambda: self.line(lanes, size - whole))

    def at(self, d: str, i: Value, then: Callable[[], None]) -> None:
        """`then` with the variable `d` at `i`."""
        self.e.variables[d] = i
        then()
        del self.e.variables[d]

    def line(self, lanes: int, mask: int | None) -> None:
        """One line, or as many side by side as a vector has lanes."""
        b, e, form = self.b, self.e, self.form
        lane = {self.vector: Affine(0, ((LANE, 1), (self.vector, 1)))} if self.vector else {}
        index = tuple([substituted(a, lane) for a in own_index(form)])
        flat, outer = substituted(self.flat, lane), e.mask

        def element(i: Value, total: Value) -> list[Value]:
            last = b.number(self.length - 1, "i64")
            e.variables[self.along] = b.sub(last, i) if self.reverse else i
            e.known, e.mask = {}, mask
            value = convert(b, b.splat(e.value(form.inputs[0], index), lanes), self.type)
            total = apply(b, self.how, [total, value], self.type)
            e.store(self.buffer, flat, convert(b, total, form.type), mask)
            e.known, e.mask = {}, outer
            del e.variables[self.along]
            return [total]

        start = b.splat(b.number(0 if self.how == "add" else 1, self.type), lanes)
        b.loop(0, self.length, 1, element, [start])
