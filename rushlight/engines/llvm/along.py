"""SCATTER along a dimension: elements put or folded in where an index says, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .affine import LANE, Affine, combined, substituted
from .builder import Value
from .elements import lanes_of
from .forms import Form
from .plan import own_index
from .scalars import apply

if TYPE_CHECKING:
    from .step import Step

FOLDS = {"add": "add", "multiply": "mul", "maximum": "max", "minimum": "min"}
"""NumPy's names of what is folded in, and ours; all else is put."""


def emit_along(step: Step, form: Form, number: int) -> None:
    """A copy of the base; then element after element of the source, as NumPy takes them."""
    buffer = step.memory.of(form)
    step.memory.lay_out_fixed(buffer, 0)
    step.memory.place(buffer, number)
    step.elements.lanes = lanes_of(step.lanes, {form.type})
    Along(step, form).emit()


class Along:
    """The loops of one scatter."""

    def __init__(self, step: Step, form: Form) -> None:
        self.b, self.e, self.form = step.b, step.elements, form
        self.base, self.place, self.source = form.inputs
        self.how, self.axis = form.how
        self.buffer = step.memory.of(form)

    def emit(self) -> None:
        """Write them."""
        sizes = [n for n in self.form.shape if n > 1]
        self.loops(sizes[:-1] if sizes else [], 0, lambda: self.copy_line(sizes))
        self.loops([n for n in self.place.shape if n > 1], 0, self.put)

    def loops(self, sizes: list[int], depth: int, body: Callable[[], None]) -> None:
        """Loops over variables p0, p1, ... of these sizes."""
        if depth == len(sizes):
            body()
            return

        def inside(i: Value) -> None:
            self.e.variables[f"p{depth}"] = i
            self.loops(sizes, depth + 1, body)
            del self.e.variables[f"p{depth}"]

        self.b.loop(0, sizes[depth], 1, inside)

    def copy_line(self, sizes: list[int]) -> None:
        """Copy what lies along the last dimension, in vectors if it lies side by side."""
        last, lanes = f"p{len(sizes) - 1}", self.e.lanes
        flat = self.buffer.flat(own_index(self.form))
        if flat.factor(last) != 1:
            self.loops(sizes, len(sizes[:-1]), lambda: self.copy({}, None))
            return
        whole = sizes[-1] // lanes * lanes
        lane = {last: Affine(0, ((LANE, 1), (last, 1)))}

        def vector(i: Value, mask: int | None = None) -> None:
            self.e.variables[last] = i
            self.copy(lane, mask)
            del self.e.variables[last]

        self.b.loop(0, whole, lanes, vector)
        if whole < sizes[-1]:
            vector(self.b.number(whole, "i64"), sizes[-1] - whole)

    def copy(self, lane: dict[str, Affine], mask: int | None) -> None:
        """Copy one element, or a vector of them."""
        e = self.e
        index = tuple([substituted(a, lane) for a in own_index(self.form)])
        e.known, e.mask = {}, mask
        e.store(self.buffer, self.buffer.flat(index), e.value(self.base, index), mask)
        e.known, e.mask = {}, None

    def put(self) -> None:
        """Put or fold in one element."""
        b, e, type, strides = self.b, self.e, self.form.type, self.buffer.strides
        assert strides is not None
        b.forget_loads()
        e.known = {}
        index = own_index(self.place)
        others = [(a, s) for k, (a, s) in enumerate(zip(index, strides, strict=True))
                  if k != self.axis]  # fmt: skip
        at = b.mul(e.value(self.place, index), b.number(strides[self.axis], "i64"))
        flat = combined(others, self.buffer.base)
        pointer = b.address(e.address(self.buffer, flat), at, type)
        value = e.value(self.source, index)
        if self.how in FOLDS:
            old = b.load(pointer, type, hoist=False)
            value = apply(b, FOLDS[self.how], [old, value], type)
        b.store(value, pointer)
        e.known = {}
