"""Groups that are alike: what two groups have in common when one function serves both.

Layers of a network repeat themselves, and so do their gradients and updates. A group is described
without the names of its memory; if a group of the same description was emitted before, its function
is called again with other memory, and nothing is emitted or compiled for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .affine import Affine
from .elements import Source, source_of
from .forms import ALONE, Form, Kind
from .plan import Index, arguments, loops_of, own_index, through
from .schedule import Group, is_needed

if TYPE_CHECKING:
    from .step import Call, Step


class Reference(NamedTuple):
    """A source, said by its part in the group.

    `kind` is member or shifted (`which` is its number), scratch (the number of a piece of scratch
    memory), or same (a source that is the same for all).
    """

    kind: str
    which: Any


class Recipe(NamedTuple):
    """How a group was emitted: its calls, with references; its layouts; bytes of scratch memory."""

    calls: list[tuple[str, list[tuple[Reference, str]], bool]]
    layouts: list[tuple[tuple[int, ...], int]]
    scratch: list[int]


class Description:
    """A group in words that do not name memory; `members` are the forms whose memory it uses."""

    def __init__(self, step: Step, group: Group) -> None:
        self.step, self.group = step, group
        self.members: list[Form] = []
        self.numbers: dict[tuple[Form, Index], int] = {}
        self.words: list[Any] = [group.parallel, group.folded, len(group.folds)]
        self.places: dict[Source, int] = {}
        self.shifts: dict[Source, int] = {}
        step.elements.shifts = self.shifts
        for form in group.forms:
            self.describe(form)

    @property
    def key(self) -> Any:
        """What two alike groups have in common."""
        return tuple(self.words)

    def describe(self, form: Form) -> None:
        """Add words for a form that the group computes."""
        if form.kind in ALONE:
            parts = [self.number_of(i, own_index(i)) for i in form.inputs]
        else:
            loops = loops_of(form)
            parts = [self.number_of(loops.body, loops.index, loops.top)]
        fixed = self.step.memory.is_fixed(form)
        needed = is_needed(self.step.plan, form, self.group)
        order = fixed or (self.step.memory.links(form), *self.step.readers.burdens(form))
        self.words.append(("own", form.kind, form.type, form.shape, order, needed, *parts))
        if form.kind is Kind.FOLD or form.kind in ALONE:
            self.words.append(form.how)
        if form.kind in ALONE:  # as long as the loops over their inputs
            self.words += [i.shape for i in form.inputs]
        if fixed:
            buffer = self.step.memory.of(form)
            self.step.memory.lay_out_fixed(buffer, self.step.lanes["float"])
            self.words.append((buffer.strides, self.memory(form, buffer.flat(own_index(form)))))
        else:
            self.members.append(form)
        self.numbers[form, own_index(form)] = len(self.words)

    def number_of(self, form: Form, index: Index, top: bool = False) -> int:
        """The number of the words that describe `form` at `index`."""
        step = self.step
        while form.kind in (Kind.VIEW, Kind.RESHAPE) and (top or form not in step.plan.stored):
            ((form, index),) = arguments(form, index)
            top = False
        key = (form, index)
        known = None if top else self.numbers.get(key)
        if known is not None:
            return known
        if form in step.elements.numbers:
            self.members.append(form)
            words: Any = ("number", form.type, len(self.members))
        elif form.kind is Kind.INPUT or (form in step.plan.stored and not top):
            words = self.memory(form, step.memory.of(form).flat(index))
        elif form.kind is Kind.CONSTANT:
            words = ("constant", repr(form.how), form.type)
        elif form.kind is Kind.POSITION:
            words = ("position", form.type, index[form.how])
        elif form.kind is Kind.PICK:
            words = self.pick(form, index)
        else:
            parts = tuple([self.number_of(f, i) for f, i in arguments(form, index)])
            words = (form.how, form.type, parts)
        self.words.append(words)
        self.numbers[key] = len(self.words)
        return len(self.words)

    def memory(self, form: Form, flat: Affine) -> Any:
        """Words for the element at `flat` in memory, but for where that memory lies."""
        buffer = self.step.memory.of(form)
        source = source_of(buffer)
        if buffer.argument is None and buffer.offset is None:
            source = Source(None, -1 - len(self.members))  # to be found: nobody else's
        place = self.places.setdefault(source, len(self.members))
        self.members.append(form)
        shift = self.shifts.setdefault(source, flat.constant)
        return (buffer.type, flat.terms, flat.constant - shift, buffer.argument is None, place)

    def pick(self, form: Form, index: Index) -> Any:
        """Words for an element at a computed index."""
        source, place = form.inputs
        axis, where = form.how
        buffer = self.step.memory.of(source)
        assert buffer.strides is not None
        memory = self.memory(source, buffer.flat(through(where, index)))
        return ("pick", memory, buffer.strides[axis], self.number_of(place, index))

    # -- recipes -------------------------------------------------------------------------------

    def recipe(self, calls: Sequence[Call], scratch: Sequence[tuple[int, int]]) -> Recipe:
        """How the group was emitted, from its `calls` and its scratch memory (offset, size)."""
        known: dict[Source, Reference] = {}
        for k, form in enumerate(self.members):
            known.setdefault(self.source_of(form), Reference("member", k))
            known.setdefault(self.shifted(form), Reference("shifted", k))
        for k, (offset, _) in enumerate(scratch):
            known[Source(None, offset)] = Reference("scratch", k)
        found = [
            (
                c.name,
                [(known.get(s) or Reference("same", s), kind) for s, kind in c.given],
                c.shared,
            )
            for c in calls
        ]
        layouts = []
        for form in self.group.forms:
            buffer = self.step.memory.of(form)
            assert buffer.strides is not None
            layouts.append((buffer.strides, buffer.size))
        return Recipe(found, layouts, [size for _, size in scratch])

    def source_of(self, form: Form) -> Source:
        """What a function is given for a member: its memory, or the number that it is."""
        place = self.step.elements.numbers.get(form)
        return source_of(self.step.memory.of(form)) if place is None else Source(place, 0)

    def shifted(self, form: Form) -> Source:
        """The same, from where the group begins in it."""
        source = self.source_of(form)
        if form in self.step.elements.numbers:
            return source
        return source._replace(shift=self.shifts.get(source, 0) * self.step.memory.of(form).item)

    def follow(self, recipe: Recipe, number: int, call: type[Call]) -> list[Call]:
        """The calls for this group, the `number`-th, by the recipe of one that is alike."""
        memory = self.step.memory
        for form, (strides, size) in zip(self.group.forms, recipe.layouts, strict=True):
            buffer = memory.of(form)
            if buffer.strides is None:
                buffer.strides, buffer.size = strides, size
            memory.place(buffer, number)
        scratch = [memory.scratch(size) for size in recipe.scratch]

        def source(reference: Reference) -> Source:
            kind, which = reference
            if kind == "member":
                return self.source_of(self.members[which])
            if kind == "shifted":
                return self.shifted(self.members[which])
            return Source(None, scratch[which]) if kind == "scratch" else which

        return [
            call(name, [(source(r), kind) for r, kind in given], shared)
            for name, given, shared in recipe.calls
        ]
