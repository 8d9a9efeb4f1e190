"""SCATTER: rows added up where an index says, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .affine import LANE, ZERO, Affine, row_major, variable
from .builder import Value
from .elements import lanes_of
from .forms import Form

if TYPE_CHECKING:
    from .step import Step


def emit_scatter(step: Step, form: Form, number: int) -> None:
    """Zeros, then each row of the source added to the row of the result that its index names."""
    b, e, memory = step.b, step.elements, step.memory
    source, place = form.inputs
    buffer = memory.of(form)
    if buffer.strides is None:
        memory.lay_out_tight(buffer)
    memory.place(buffer, number)
    assert buffer.strides == row_major(form.shape)
    e.lanes = lanes_of(step.lanes, {form.type})
    zero = b.splat(b.number(0, form.type), e.lanes)

    def clear(i: Value) -> None:
        b.store(zero, b.address(e.base(buffer), i, form.type))

    whole = form.size // e.lanes * e.lanes
    b.loop(0, whole, e.lanes, clear)
    if whole < form.size:
        end = b.address(e.base(buffer), whole, form.type)
        b.store(zero, end, form.size - whole)
    pitch = form.size // form.shape[0]

    def row(i: Value) -> None:
        b.forget_loads()
        e.variables["p0"] = i
        e.known = {}
        at = e.value(place, (variable("p0"),) if place.shape[0] > 1 else (ZERO,))
        start = b.mul(at, b.number(pitch, "i64"))
        first = b.address(e.base(buffer), start, form.type)
        Row(step, source, buffer.strides or (), first).loops()
        del e.variables["p0"]

    b.loop(0, place.shape[0], 1, row)


class Row:
    """One row of a SCATTER: loops over the dimensions `sizes`, the last of them in vectors."""

    def __init__(self, step: Step, source: Form, strides: tuple[int, ...], start: Value) -> None:
        self.b, self.e = step.b, step.elements
        self.source = source
        self.sizes = source.shape[1:]
        self.start = start
        first = variable("p0") if source.shape[0] > 1 else ZERO
        inner = [variable(f"p{k + 1}") if n > 1 else ZERO for k, n in enumerate(self.sizes)]
        self.index: list[Affine] = [first, *inner]
        steps = [(f"p{k + 1}", s) for k, s in enumerate(strides[1:]) if s]
        self.place = Affine(0, tuple(steps))

    def loops(self, k: int = 0) -> None:
        """The loops from dimension `k` on."""
        b, sizes = self.b, self.sizes
        if k == len(sizes):
            self.add(False, None)
        elif k < len(sizes) - 1 or sizes[k] == 1:
            b.loop(0, sizes[k], 1, lambda i: self.at(k, i, lambda: self.loops(k + 1)))
        else:
            lanes = self.e.lanes
            whole = sizes[k] // lanes * lanes
            b.loop(0, whole, lanes, lambda i: self.at(k, i, lambda: self.add(True, None)))
            if whole < sizes[k]:
                rest = sizes[k] - whole
                self.at(k, b.number(whole, "i64"), lambda: self.add(True, rest))

    def at(self, k: int, i: Value, then: Callable[[], None]) -> None:
        """`then` with the variable of dimension `k` at `i`."""
        self.e.variables[f"p{k + 1}"] = i
        then()
        del self.e.variables[f"p{k + 1}"]

    def add(self, vector: bool, mask: int | None) -> None:
        """Add one element, or a vector of them, to what is there."""
        b, e, type = self.b, self.e, self.source.type
        index = list(self.index)
        if vector:
            index[-1] = Affine(0, tuple(sorted([*index[-1].terms, (LANE, 1)])))
        e.known, e.mask = {}, mask
        value = e.value(self.source, tuple(index))
        pointer = b.address(self.start, e.offset(self.place), type)
        lanes = e.lanes if vector else 1
        old = b.load(pointer, type, lanes, mask, hoist=False)
        b.store(b.add(old, b.splat(value, lanes)), pointer, mask)
        e.known, e.mask = {}, None
