"""What the engine makes of a program before it thinks of loops: arrays as functions of an index.

A `Form` says how one element of an array comes about. There are few kinds:

    INPUT      an argument of the program          CONSTANT  one number everywhere
    POSITION   the index along a dimension         MAP       a scalar function of elements
    VIEW       an element at an affine index       RESHAPE   the same elements in another shape
    FOLD       a sum (or the like) over dimensions PICK      an element at a computed index
    ASSEMBLE   pieces put next to each other       SCATTER   elements added up where an index says
    SCAN       what was folded along a dimension so far

Everything that the op table's primitives mean is written with these (`rows.py`); a matrix product,
for one, is a FOLD of a MAP of VIEWs. Only some forms will have memory; the others are computed
where they are needed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import numpy as np

from ... import bfloat
from .affine import Affine, variable

Shape = tuple[int, ...]
serials = itertools.count()


class Kind(Enum):
    """How the elements of a form come about."""

    INPUT = "input"
    CONSTANT = "constant"
    POSITION = "position"
    MAP = "map"
    VIEW = "view"
    RESHAPE = "reshape"
    FOLD = "fold"
    PICK = "pick"
    ASSEMBLE = "assemble"
    PIECE = "piece"
    SCATTER = "scatter"
    SCAN = "scan"


ALONE = (Kind.SCATTER, Kind.SCAN)
"""Kinds that are computed one element after the other, and share their loops with nothing."""

SOURCES = (Kind.INPUT, Kind.CONSTANT, Kind.POSITION)


class Form:
    """An array of `shape` whose elements are scalars of LLVM's type `type`.

    That is "i1" for truth values, and "i16" for bfloat16: there are no other short integers.

    `how` is, by kind: the leaf of an INPUT; the number of a CONSTANT; the dimension of a POSITION;
    the scalar function of a MAP; the affine index of a VIEW, one item for each dimension of its
    source, over variables o0, o1, ... for its own; (fold, axes) of a FOLD; the axis of a PICK;
    (fold, axis, whether from the end) of a SCAN; of a SCATTER None if it adds up whole rows, else
    (how, axis).
    """

    __slots__ = ("how", "inputs", "kind", "serial", "shape", "size", "type")

    def __init__(
        self, kind: Kind, inputs: Sequence[Form], shape: Iterable[int], type: str, how: Any = None
    ) -> None:
        self.kind = kind
        self.inputs = tuple(inputs)
        self.shape: Shape = tuple(shape)
        self.size = math.prod(self.shape)
        self.type = type
        self.how = how
        self.serial = next(serials)

    def __repr__(self) -> str:
        return f"<{self.kind.value} {self.how} {self.type}{list(self.shape)}>"


def constant(value: Any, type: str, shape: Shape = ()) -> Form:
    """`value` everywhere."""
    return Form(Kind.CONSTANT, (), shape, type, value)


def position(shape: Shape, axis: int, type: str = "i64") -> Form:
    """The index along `axis` of an array of `shape`."""
    return Form(Kind.POSITION, (), shape, type, axis)


def view(source: Form, shape: Shape, index: Sequence[Affine]) -> Form:
    """The elements of `source` at `index`, a function of o0, o1, ..."""
    if source.kind is Kind.CONSTANT:
        return constant(source.how, source.type, shape)
    plain = [variable(f"o{k}") if n > 1 else Affine() for k, n in enumerate(shape)]
    if source.shape == shape and list(index) == plain:
        return source
    return Form(Kind.VIEW, (source,), shape, source.type, tuple(index))


def permuted(source: Form, dims: Sequence[int]) -> Form:
    """`source` with its dimensions in the order of `dims`."""
    place = {d: k for k, d in enumerate(dims)}
    index = [axis(place[d], n) for d, n in enumerate(source.shape)]
    return view(source, tuple([source.shape[d] for d in dims]), index)


def axis(k: int, n: int) -> Affine:
    """The variable of dimension `k`, of size `n`."""
    return variable(f"o{k}") if n > 1 else Affine()


def expanded(source: Form, shape: Shape) -> Form:
    """`source` repeated to fill `shape`, as broadcasting does."""
    if source.shape == shape:
        return source
    lead = len(shape) - len(source.shape)
    return view(source, shape, [axis(lead + k, n) for k, n in enumerate(source.shape)])


def reshaped(source: Form, shape: Iterable[int]) -> Form:
    """The elements of `source`, in row-major order, in another shape."""
    shape = tuple(shape)
    if source.kind is Kind.CONSTANT:
        return constant(source.how, source.type, shape)
    if source.kind is Kind.RESHAPE:
        source = source.inputs[0]
    if source.shape == shape:
        return source
    return Form(Kind.RESHAPE, (source,), shape, source.type)


def mapped(function: str, type: str, *inputs: Form) -> Form:
    """The scalar `function` of the elements of `inputs`, broadcast against each other."""
    shape = broadcast([i.shape for i in inputs])
    return Form(Kind.MAP, [expanded(i, shape) for i in inputs], shape, type, function)


def broadcast(shapes: Iterable[Shape]) -> Shape:
    """The shape to which `shapes` broadcast."""
    found: list[int] = []
    for shape in shapes:
        for k, n in enumerate(reversed(shape)):
            if k == len(found):
                found.append(n)
            elif n != 1:
                found[k] = n
    return tuple(reversed(found))


def folded(fold: str, source: Form, axes: Iterable[int], keep: bool = True) -> Form:
    """`source` folded over `axes` by `fold`: add, max, min, multiply, any or all."""
    axes = tuple(sorted(axes))
    kept = [1 if k in axes else n for k, n in enumerate(source.shape)]
    long = tuple([k for k in axes if source.shape[k] != 1])
    out = Form(Kind.FOLD, (source,), kept, source.type, (fold, long)) if long else source
    if keep:
        return out
    return reshaped(out, [n for k, n in enumerate(source.shape) if k not in axes])


def summed(source: Form, axes: Iterable[int], keep: bool = True) -> Form:
    """`source` added up over `axes`.

    The few totals of a large array are taken in two steps: so threads have something to share, and
    whatever lies innermost in memory, several sums may be taken at a time.
    """
    axes = sorted(axes)
    long = [source.shape[k] for k in axes if source.shape[k] > 1]
    first, rest = math.prod(long[:1]), math.prod(long[1:])
    if source.size >= LARGE and source.size <= FEW * first * rest and min(first, rest) >= PARTS:
        place = next(k for k in axes if source.shape[k] > 1)
        source = folded("add", source, [k for k in axes if k != place])
    return folded("add", source, axes, keep)


LARGE, FEW, PARTS = 1 << 15, 64, 8
"""Elements of an array whose totals are taken in two steps; the most such totals; the least length
of either step."""


def copied(source: Form) -> Form:
    """The same elements, to be stored somewhere else if they are stored."""
    return Form(Kind.MAP, (source,), source.shape, source.type, "same")


def turned(source: Form, how: str = "turned") -> Form:
    """The same elements; if they are stored, then the last dimension innermost.

    They are stored if that is worth it; always if `how` is "inside".
    """
    return Form(Kind.MAP, (source,), source.shape, source.type, how)


def converted(source: Form, type: str) -> Form:
    """`source` as scalars of another type."""
    if source.type == type:
        return source
    if source.kind is Kind.CONSTANT and source.type == "i16":
        number = float(bfloat.widened(np.uint16(source.how).view(bfloat.BITS)))
        source = constant(number, "float", source.shape)
    if source.kind is Kind.CONSTANT and type in ("float", "double"):
        return constant(float(source.how), type, source.shape)
    if source.how == "convert" and (source.type, type) == ("i64", "i32"):
        (narrow,) = source.inputs
        if narrow.type == "i32":
            return narrow
    return Form(Kind.MAP, (source,), source.shape, type, "convert")


def picked(source: Form, index: Form, axis: int, shape: Shape, where: Sequence[Affine]) -> Form:
    """Elements of `source` at the computed `index` along `axis`, elsewhere at `where`.

    `index` has the `shape` of the result; `where` has an item for each dimension of `source`.
    """
    if source.shape[axis] == 1:
        return view(source, shape, where)  # there is but one: a loop that makes it may have it
    return Form(Kind.PICK, (source, index), shape, source.type, (axis, tuple(where)))


def assembled(
    shape: Shape, type: str, pieces: Sequence[tuple[Form, Sequence[tuple[int, int]]]]
) -> Form:
    """An array of `pieces`, each put at (start, step) of each dimension; 0 where none is."""
    parts = [Form(Kind.PIECE, (p,), p.shape, type, tuple(where)) for p, where in pieces if p.size]
    if not parts:
        return constant(0, type, shape)
    return Form(Kind.ASSEMBLE, parts, shape, type)


def needed(roots: Iterable[Form]) -> list[Form]:
    """Every form that `roots` need, inputs before what is made of them."""
    seen: dict[Form, None] = {}
    stack = list(roots)
    while stack:
        form = stack.pop()
        if form not in seen:
            seen[form] = None
            stack.extend(form.inputs)
    return sorted(seen, key=lambda f: f.serial)


def unified(roots: Iterable[Form]) -> dict[Form, Form]:
    """For every form that `roots` need, the first of all those with the same elements."""
    first: dict[Any, Form] = {}
    found: dict[Form, Form] = {}
    for form in needed(roots):
        inputs = tuple([found[i] for i in form.inputs])
        key: Any = (form.kind, inputs, form.shape, form.type, form.how)
        if form.kind is Kind.CONSTANT:
            key = (*key, math.copysign(1, form.how), type(form.how))  # -0.0, True and 1.0 differ
        if form.kind is Kind.PIECE:
            key = (form,)  # its place in memory is that of one whole
        if form.kind is Kind.ASSEMBLE:
            pieces = tuple([(p.inputs, p.shape, p.how) for p in inputs])
            key = (form.kind, pieces, form.shape, form.type)
        if key in first:
            found[form] = first[key]
            continue
        made = form
        if inputs != form.inputs:
            made = Form(form.kind, inputs, form.shape, form.type, form.how)
            made.serial = form.serial  # pieces are written in the order in which they were made
        first[key] = found[form] = made
    return found
