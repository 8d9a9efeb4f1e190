"""SCATTER: rows added up where an index says, one after the other."""

from __future__ import annotations

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
    sizes = form.shape[1:]
    pitch = form.size // form.shape[0]

    def row(i: Value) -> None:
        b.forget_loads()
        e.variables["p0"] = i
        e.known = {}
        at = e.value(place, (variable("p0"),) if place.shape[0] > 1 else (ZERO,))
        start = b.mul(at, b.number(pitch, "i64"))
        add_row(step, source, sizes, start, buffer.strides or (), e.base(buffer))
        del e.variables["p0"]

    b.loop(0, place.shape[0], 1, row)


def add_row(
    step: Step, source: Form, sizes: tuple[int, ...], start: Value, strides: tuple[int, ...],
    base: Value,
) -> None:  # fmt: skip
    """Add one row of `source`, of the dimensions `sizes`, to the elements from `start` on."""
    b, e = step.b, step.elements
    first = variable("p0") if source.shape[0] > 1 else ZERO
    index: list[Affine] = [first, *[variable(f"p{k + 1}") if n > 1 else ZERO for k, n in enumerate(sizes)]]
    row = b.address(base, start, source.type)

    def add(lane: bool, mask: int | None) -> None:
        last = len(sizes)
        at = list(index)
        if lane:
            at[last] = Affine(0, tuple(sorted([*at[last].terms, (LANE, 1)])))
        e.known, e.mask = {}, mask
        value = e.value(source, tuple(at))
        moved = e.offset(Affine(0, tuple([(f"p{k + 1}", s) for k, s in enumerate(strides[1:]) if s])))
        pointer = b.address(row, moved, source.type)
        lanes = e.lanes if lane else 1
        old = b.load(pointer, source.type, lanes, mask, hoist=False)
        b.store(b.add(old, b.splat(value, lanes)), pointer, mask)
        e.known, e.mask = {}, None

    def loops(k: int) -> None:
        if k == len(sizes):
            add(False, None)
            return
        name = f"p{k + 1}"

        def body(i: Value) -> None:
            e.variables[name] = i
            loops(k + 1)
            del e.variables[name]

        if k < len(sizes) - 1 or sizes[k] == 1:
            b.loop(0, sizes[k], 1, body)
            return
        whole = sizes[k] // e.lanes * e.lanes

        def vector(i: Value, mask: int | None = None) -> None:
            e.variables[name] = i
            add(True, mask)
            del e.variables[name]

        b.loop(0, whole, e.lanes, vector)
        if whole < sizes[k]:
            vector(b.number(whole, "i64"), sizes[k] - whole)

    loops(0)
