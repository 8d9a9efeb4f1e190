"""Groups that are alike: what two groups have in common when one function serves both.

Layers of a network repeat themselves, and so do their gradients and updates. A group is described
without the names of its memory; if a group of the same description was emitted before, its function
is called again with other memory, and nothing is emitted or compiled for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .elements import Source
from .forms import Form, Kind
from .nests import is_needed
from .schedule import Group

if TYPE_CHECKING:
    from .step import Call, Step


class Recipe(NamedTuple):
    """How a group was emitted: its calls, with references instead of memory; its layouts.

    A reference is the number of a member of the group, or of a piece of `scratch` memory (in
    bytes), or a source that is the same for all.
    """

    calls: list[tuple[str, list[tuple[tuple[str, Any], str]], bool]]
    layouts: list[tuple[tuple[int, ...], int]]
    scratch: list[int]


class Description:
    """A group in words that do not name memory; `members` are the forms whose memory it uses."""

    def __init__(self, step: Step, group: Group) -> None:
        self.step, self.group = step, group
        self.members: list[Form] = []
        self.numbers: dict[Form, int] = {}
        self.words: list[Any] = [group.parallel, group.folded, len(group.folds)]
        self.sources: dict[Source, int] = {}
        for form in group.forms:
            below = form.inputs if form.kind is not Kind.INPUT else ()
            parts = tuple([self.number_of(i) for i in below])
            self.words.append(("own", form.kind, form.how, form.type, form.shape, parts))
            self.words.append(self.memory_of(form))
            self.numbers[form] = len(self.words)

    @property
    def key(self) -> Any:
        """What two alike groups have in common."""
        return tuple(self.words)

    def number_of(self, form: Form) -> int:
        """The number of the words that describe `form`."""
        known = self.numbers.get(form)
        if known is not None:
            return known
        step = self.step
        if form in step.elements.numbers:
            self.members.append(form)
            words: Any = ("number", form.type)
        elif form.kind is Kind.INPUT or form in step.plan.stored:
            words = ("memory", self.memory_of(form))
        elif form.kind is Kind.CONSTANT:
            words = ("constant", repr(form.how), form.type, form.shape)
        else:
            parts = tuple([self.number_of(i) for i in form.inputs])
            words = (form.kind, form.how, form.type, form.shape, parts)
        self.words.append(words)
        self.numbers[form] = len(self.words)
        return len(self.words)

    def memory_of(self, form: Form) -> Any:
        """The memory of `form`, but for where it lies; the same memory has the same number."""
        step = self.step
        buffer = step.memory.of(form)
        fixed = step.memory.is_fixed(form)
        needed = form not in self.group.forms or is_needed(step.plan, form, self.group)
        place: Any = len(self.members)
        self.members.append(form)
        if buffer.argument is not None or buffer.offset is not None:
            source = Source(buffer.argument, buffer.offset or 0)
            place = self.sources.setdefault(source, place)
        is_argument = buffer.argument is not None
        layout = (buffer.strides, buffer.base) if fixed or form not in self.group.forms else None
        return (form.type, form.shape, layout, is_argument, fixed, needed, place)

    # -- recipes -------------------------------------------------------------------------------

    def recipe(self, calls: Sequence[Call], scratch: Sequence[tuple[int, int]]) -> Recipe:
        """How the group was emitted, from its `calls` and its scratch memory (offset, size)."""
        known: dict[Source, tuple[str, Any]] = {}
        for k, form in enumerate(self.members):
            known.setdefault(self.source_of(form), ("member", k))
        for k, (offset, _) in enumerate(scratch):
            known[Source(None, offset)] = ("scratch", k)
        found = [
            (c.name, [(known.get(s, ("same", s)), kind) for s, kind in c.given], c.shared)
            for c in calls
        ]
        layouts = []
        for form in self.group.forms:
            buffer = self.step.memory.of(form)
            assert buffer.strides is not None
            layouts.append((buffer.strides, buffer.size))
        return Recipe(found, layouts, [size for _, size in scratch])

    def source_of(self, form: Form) -> Source:
        """What a function is given for a member."""
        place = self.step.elements.numbers.get(form)
        if place is not None:
            return Source(place, 0)
        buffer = self.step.memory.of(form)
        return Source(buffer.argument, buffer.offset or 0)

    def follow(self, recipe: Recipe, number: int, call: type[Call]) -> list[Call]:
        """The calls for this group, the `number`-th, by the recipe of one that is alike."""
        memory = self.step.memory
        for form, (strides, size) in zip(self.group.forms, recipe.layouts, strict=True):
            buffer = memory.of(form)
            if buffer.strides is None:
                buffer.strides, buffer.size = strides, size
            memory.place(buffer, number)
        scratch = [memory.scratch(size) for size in recipe.scratch]

        def source(reference: tuple[str, Any]) -> Source:
            kind, which = reference
            if kind == "member":
                return self.source_of(self.members[which])
            return Source(None, scratch[which]) if kind == "scratch" else which

        return [
            call(name, [(source(r), kind) for r, kind in given], shared)
            for name, given, shared in recipe.calls
        ]
