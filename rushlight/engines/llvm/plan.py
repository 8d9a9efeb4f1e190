"""Which forms get memory, and where each access to it lies: the ground of the loops.

A `Plan` is made of the forms that are wanted and what each is to be written to. A form is stored if
it must be (a result, a fold, something addressed by a computed index) or if computing it again
wherever it is needed would cost more than storing and loading it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .affine import ZERO, Affine, combined, row_major, substituted, variable
from .forms import ALONE, SOURCES, Form, Kind, needed
from .scalars import COSTS

Index = tuple[Affine, ...]

CHEAP = 8
"""What is made of indices in so many instructions is not worth loading."""

MANY_TIMES = 8
"""So often repeated, a number is computed once."""

MANY_ROWS = 100
"""Rows of a product next to which it costs little to put the other factor in order."""


class Target(NamedTuple):
    """Where a wanted form is written: the `place`-th argument, with `strides` in elements.

    `updates` is the leaf whose memory that is, if it is one of the inputs.
    """

    place: int
    strides: tuple[int, ...]
    updates: Any


class Plan:
    """What is stored, who needs what, and the order of all forms."""

    def __init__(
        self,
        wanted: Sequence[tuple[Form, Target]],
        guards: Sequence[Form],
        kept: Collection[Form] = (),
    ) -> None:
        self.targets: dict[Form, Target] = dict(wanted)
        self.kept = kept
        self.guards = tuple(guards)
        self.order = needed([f for f, _ in wanted] + list(guards))
        self.users: dict[Form, list[Form]] = {f: [] for f in self.order}
        for form in self.order:
            for i in form.inputs:
                self.users[i].append(form)
        self.stored: set[Form] = set()
        self.decide()

    def decide(self) -> None:
        """Choose the forms that are stored."""
        full = self.full_costs()
        bare = self.without_memory()
        times: dict[Form, float] = {}  # how often each element is computed
        for form in reversed(self.order):
            uses = 0.0
            for user in self.users[form]:
                iterated = user.inputs[0].size if user.kind is Kind.FOLD else user.size
                share = iterated / max(form.size, 1)
                uses += (1 if user in self.stored else times[user]) * share
            times[form] = uses
            if form.kind in SOURCES:
                continue
            worth = (
                form.kind in (Kind.MAP, Kind.PICK)
                and form.size > 1
                and uses > 1
                and not (form in bare and full[form] <= CHEAP)
                and uses * full[form] > full[form] + storing(form, uses)
            )
            if worth or self.must_store(form) or (form.how == "turned" and self.is_turned(form)):
                self.stored.add(form)
                times[form] = 1

    def without_memory(self) -> set[Form]:
        """What is computed of indices and constants alone."""
        found: set[Form] = set()
        for form in self.order:
            made = form.kind in (Kind.MAP, Kind.VIEW, Kind.RESHAPE)
            source = form.kind in (Kind.CONSTANT, Kind.POSITION)
            if source or (made and all([i in found for i in form.inputs])):
                found.add(form)
        return found

    def full_costs(self) -> dict[Form, float]:
        """What one element costs if nothing but folds is stored."""
        full: dict[Form, float] = {}
        for form in self.order:
            if form.kind in (Kind.CONSTANT, Kind.POSITION):
                full[form] = 0
            elif form.kind in (Kind.MAP, Kind.VIEW, Kind.RESHAPE, Kind.PICK):
                own = COSTS[form.how] if form.kind is Kind.MAP else 0
                full[form] = (
                    own + 4 * (form.kind is Kind.PICK) + sum([full[i] for i in form.inputs])
                )
                if form.size > MANY_TIMES * max([i.size for i in form.inputs]):
                    full[form] = min(full[form], 0.5)  # what it repeats will be stored
            else:
                full[form] = 0.5
        return full

    def is_turned(self, form: Form) -> bool:
        """Whether to store a factor of products in another order than it has.

        A product of many rows may as well put it in order for itself, panel by panel.
        """
        folds: set[Form] = set()
        stack = list(self.users[form])
        while stack:
            user = stack.pop()
            if user.kind is not Kind.FOLD:
                stack += self.users[user] if user not in self.stored else []
            elif user.inputs[0].size < MANY_ROWS * form.size:
                folds.add(user)
        return len(folds) > 1

    def must_store(self, form: Form) -> bool:
        """Whether `form` has to have memory."""
        if form in self.targets or form in self.guards or form in self.kept:
            return True
        if form.kind in (Kind.FOLD, Kind.PIECE, Kind.ASSEMBLE) or form.kind in ALONE:
            return True
        if form.how == "inside":
            return True
        for user in self.users[form]:
            if user.kind is Kind.PICK and user.inputs[0] is form:
                return True
            if user.kind is Kind.RESHAPE and not splits_only(user):
                return True
        return False

    # -- walking through what is not stored ----------------------------------------------------

    def leaves(self, form: Form, index: Index, top: bool = True) -> Iterator[tuple[Form, Index]]:
        """What `form` at `index` is computed of: stored forms and sources, with their indices.

        A computed index stands as an index of ZERO.
        """
        if (not top and form in self.stored) or form.kind in SOURCES:
            yield form, index
            return
        for source, at in arguments(form, index):
            yield from self.leaves(source, at, False)


def storing(form: Form, uses: float) -> float:
    """What it costs to store an element and to load it for each of its `uses`."""
    far = form.size > FAR
    return 3 + 2 * uses if far else 1 + 0.5 * uses


FAR = 1 << 17
"""Elements of an array that does not stay in the second cache."""


def arguments(form: Form, index: Index) -> list[tuple[Form, Index]]:
    """The elements that an element of `form` is made of."""
    if form.kind is Kind.MAP:
        return [(i, index) for i in form.inputs]
    if form.kind is Kind.VIEW:
        return [(form.inputs[0], through(form.how, index))]
    if form.kind is Kind.RESHAPE:
        return [(form.inputs[0], through_reshape(form, index))]
    if form.kind is Kind.PICK:
        source, place = form.inputs
        return [(source, through(form.how[1], index)), (place, index)]
    raise AssertionError(form)


def through(view: Iterable[Affine], index: Index) -> Index:
    """Where a view's element at `index` is in its source."""
    values = {f"o{k}": a for k, a in enumerate(index)}
    return tuple([substituted(a, values) for a in view])


def axis_groups(a: Sequence[int], b: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The smallest stretches of dimensions of `a` and `b` that have as many elements each."""
    found = []
    i = j = 0
    while i < len(a) or j < len(b):
        left: list[int] = []
        right: list[int] = []
        m = n = 1
        while not (m == n and (m > 1 or (i == len(a) and j == len(b)))):
            if i < len(a) and (m <= n or j == len(b)):
                left.append(i)
                m *= a[i]
                i += 1
            else:
                right.append(j)
                n *= b[j]
                j += 1
        found.append((left, right))
    return found


def splits_only(form: Form) -> bool:
    """Whether a reshape only splits dimensions, so that its index is affine whatever lies below."""
    source = form.inputs[0].shape
    return all(
        [sum([source[i] > 1 for i in left]) <= 1 for left, _ in axis_groups(source, form.shape)]
    )


def through_reshape(form: Form, index: Index) -> Index:
    """Where an element of a reshape is in its source.

    Where dimensions are merged, the whole offset stands at the last of them: that is right for
    memory without gaps.
    """
    source = form.inputs[0].shape
    found = [ZERO] * len(source)
    for left, right in axis_groups(source, form.shape):
        steps = row_major([form.shape[j] for j in right])
        flat = combined([(index[j], s) for j, s in zip(right, steps, strict=True)])
        long = [i for i in left if source[i] > 1]
        if long:
            found[long[-1]] = flat
    return tuple(found)


# -- the loops of a stored form ----------------------------------------------------------------


@dataclass(frozen=True)
class Loops:
    """The loops that compute a stored form: sizes of the parallel and of the folded ones.

    `body` at `index`, in the variables p0, p1, ... and r0, r1, ..., is what is computed in them;
    `top` says whether that is the form itself.
    """

    parallel: tuple[int, ...]
    folded: tuple[int, ...]
    body: Form
    index: Index
    top: bool


def loops_of(form: Form) -> Loops:
    """The loops of a stored form."""
    if form.kind is Kind.FOLD:
        source = form.inputs[0]
        _, axes = form.how
        names: dict[int, str] = {a: f"r{k}" for k, a in enumerate(axes)}
        outer = [a for a, n in enumerate(source.shape) if n > 1 and a not in axes]
        names |= {a: f"p{k}" for k, a in enumerate(outer)}
        sizes = tuple([source.shape[a] for a in outer])
        index = tuple(
            [variable(names[a]) if a in names else ZERO for a in range(len(source.shape))]
        )
        return Loops(sizes, tuple([source.shape[a] for a in axes]), source, index, False)
    body = form.inputs[0] if form.kind is Kind.PIECE else form
    long = [a for a, n in enumerate(form.shape) if n > 1]
    names = {a: f"p{k}" for k, a in enumerate(long)}
    index = tuple([variable(names[a]) if a in names else ZERO for a in range(len(form.shape))])
    sizes = tuple([form.shape[a] for a in long])
    return Loops(sizes, (), body, index, form.kind is not Kind.PIECE)


def is_identity(form: Form, index: Index) -> bool:
    """Whether `index` runs through a stored form as its own loops do."""
    long = [k for k, n in enumerate(form.shape) if n > 1]
    return all([index[a] == variable(f"p{k}") for k, a in enumerate(long)])


def own_index(form: Form) -> Index:
    """The index of a stored form in the variables of its own loops."""
    long = [k for k, n in enumerate(form.shape) if n > 1]
    names = {axis: variable(f"p{k}") for k, axis in enumerate(long)}
    return tuple([names.get(axis, Affine()) for axis in range(len(form.shape))])
