"""Rows of what goes by an index: picking, putting, embeddings, classes, joining, padding."""

from __future__ import annotations

import math
from typing import Any

from ... import ops
from ...graph import Leaf, Node
from . import forms
from .affine import Affine, variable
from .forms import Form, Kind, assembled, converted, expanded, folded, mapped, picked, reshaped
from .kinds import NoRow, type_of
from .rows import Lowering, index_of_slices, place_type, row
from .rows_products import bordered


def guarded(x: Lowering, index: Form, n: int, wrap: bool, excuse: Form | None = None) -> Form:
    """`index`, from 0 to `n`, with a guard that it was (or has an `excuse`).

    With `wrap` negative numbers count from the end.
    """
    index = converted(index, "i64")
    zero, size = forms.constant(0, "i64"), forms.constant(n, "i64")
    if wrap:
        from_end = mapped("add", "i64", index, size)
        index = mapped("select", "i64", mapped("lt", "i1", index, zero), from_end, index)
    inside = mapped("and", "i1", mapped("ge", "i1", index, zero), mapped("lt", "i1", index, size))
    fine = inside if excuse is None else mapped("or", "i1", inside, excuse)
    x.guards.append(folded("and", fine, range(len(fine.shape))))
    return mapped("select", "i64", inside, index, zero)


# -- picking -----------------------------------------------------------------------------------


@row("lookup")
def _(x: Lowering, node: Node, table: Form, index: Form) -> Form:
    return rows_of(x, node, table, index, 0, False)


@row("pick")
def _(x: Lowering, node: Node, table: Form, *index: Form) -> Form:
    if len(index) != 1:
        raise NoRow("several indices")
    (axis,) = node.attrs["axes"]
    return rows_of(x, node, table, index[0], axis, node.attrs["wrap"])


def rows_of(x: Lowering, node: Node, table: Form, index: Form, axis: int, wrap: bool) -> Form:
    """The slices of `table` at `index` along `axis`; the dimensions of `index` take its place."""
    if index.type not in ("i64", "i32"):
        raise NoRow("an index of another type")
    shape = (*table.shape[:axis], *index.shape, *table.shape[axis + 1 :])
    if shape != node.shape:
        raise NoRow("dimensions in another order")
    place = guarded(x, index, table.shape[axis], wrap)
    n = len(index.shape)
    lead = reshaped(place, (*[1] * axis, *index.shape, *[1] * (len(table.shape) - axis - 1)))
    where = [
        Affine() if k == axis else forms.axis(k if k < axis else k + n - 1, m)
        for k, m in enumerate(table.shape)
    ]
    return picked(table, expanded(lead, shape), axis, shape, where)


@row("gather_along", "select_along")
def _(x: Lowering, node: Node, source: Form, index: Form) -> Form:
    axis = node.attrs["axis"]
    place = guarded(x, index, source.shape[axis], node.attrs.get("wrap", False))
    where = [Affine() if k == axis else forms.axis(k, m) for k, m in enumerate(index.shape)]
    return picked(source, place, axis, index.shape, where)


@row("pick_class")
def _(x: Lowering, node: Node, scores: Form, target: Form) -> Form:
    axis = node.attrs["axis"]
    ignored = mapped("eq", "i1", target, forms.constant(node.attrs["ignore"], target.type))
    place = guarded(x, target, scores.shape[axis], False, ignored)
    where = [
        Affine() if k == axis else forms.axis(k - (k > axis), m) for k, m in enumerate(scores.shape)
    ]
    found = picked(scores, place, axis, node.shape, where)
    return mapped("select", scores.type, ignored, forms.constant(0.0, scores.type), found)


@row("put_class")
def _(x: Lowering, node: Node, g: Form, target: Form) -> Form:
    axis, n = node.attrs["axis"], node.attrs["n"]
    ignored = mapped("eq", "i1", target, forms.constant(node.attrs["ignore"], target.type))
    guarded(x, target, n, False, ignored)
    one = (*target.shape[:axis], 1, *target.shape[axis:])
    right = mapped(
        "eq", "i1", expanded(reshaped(converted(target, "i64"), one), node.shape),
        forms.position(node.shape, axis),
    )  # fmt: skip
    # An ignored class may be one of the range, so it must be left out by name.
    if 0 <= node.attrs["ignore"] < n:
        kept = mapped("not", "i1", reshaped(ignored, one))
        right = mapped("and", "i1", right, expanded(kept, node.shape))
    g = expanded(reshaped(g, one), node.shape)
    return mapped("select", g.type, right, g, forms.constant(0.0, g.type))


@row("triangle")
def _(x: Lowering, node: Node, input: Form) -> Form:
    lower, diagonal = node.attrs["lower"], node.attrs["diagonal"]
    last = len(input.shape) - 1
    far = max(input.shape[-2:])
    type = place_type(4 * far)
    row_number = forms.position(input.shape, last - 1, type)
    column = forms.position(input.shape, last, type)
    shift = forms.constant(max(-2 * far, min(diagonal, 2 * far)), type)
    edge = mapped("add", type, row_number, shift)
    kept = mapped("le" if lower else "ge", "i1", column, edge)
    zero = forms.constant(0, input.type)
    return mapped("select", input.type, kept, input, zero)


# -- putting -----------------------------------------------------------------------------------


@row("place")
def _(x: Lowering, node: Node, base: Form, src: Form, *index: Form) -> Form:
    attrs = node.attrs
    if len(index) != 1 or not attrs["accumulate"] or attrs["axes"] != (0,):
        raise NoRow("another way of putting")
    if base.type not in ("float", "double"):
        raise NoRow("whole numbers")
    if len(index[0].shape) + len(base.shape) - 1 != len(src.shape):
        raise NoRow("a broadcast source")
    place = guarded(x, index[0], base.shape[0], attrs["wrap"])
    count = math.prod(index[0].shape)
    flat = reshaped(src, (count, *base.shape[1:]))
    sums = Form(Kind.SCATTER, (flat, reshaped(place, (count,))), base.shape, base.type)
    empty = base.kind is Kind.CONSTANT and base.how == 0
    return sums if empty else mapped("add", base.type, base, sums)


@row("fold_along")
def _(x: Lowering, node: Node, base: Form, index: Form, src: Form) -> Form:
    attrs = node.attrs
    places = places_of_maxima(node)
    zeros = base.kind is Kind.CONSTANT and not base.how and attrs["how"] == "add"
    if places is not None and places in x.forms and zeros:
        return spread_maxima(
            x.forms[places], src, places.inputs[0], places.attrs["kernel"], node
        )  # fmt: skip
    return along(x, base, index, src, attrs["axis"], attrs["how"], attrs["wrap"])


@row("put_along")
def _(x: Lowering, node: Node, base: Form, index: Form, src: Form) -> Form:
    return along(x, base, index, src, node.attrs["axis"], "put", False)


@row("add_along")
def _(x: Lowering, node: Node, src: Form, index: Form) -> Form:
    base = forms.constant(0, src.type, node.shape)
    return along(x, base, index, src, node.attrs["axis"], "add", False)


def along(
    x: Lowering, base: Form, index: Form, src: Form, axis: int, how: str, wrap: bool
) -> Form:  # fmt: skip
    """`base`, with the elements of `src` put or folded in at `index` along `axis`."""
    if base.type == "i1" or index.type not in ("i64", "i32"):
        raise NoRow("a general scatter")
    place = guarded(x, index, base.shape[axis], wrap)
    shown = [forms.axis(k, n) for k, n in enumerate(index.shape)]
    src = expanded(src, index.shape) if not src.shape else forms.view(src, index.shape, shown)
    return Form(
        Kind.SCATTER, (base, place, converted(src, base.type)), base.shape, base.type, (how, axis)
    )


def places_of_maxima(node: Node) -> Node | None:
    """The places that `node` has as its index, of maxima over windows that lie side by side."""
    places = node.inputs[1]
    while not places.leaf and places.op is ops.reshape_view:
        places = places.inputs[0]
    if places.leaf or places.op is not ops.max_places:
        return None
    windows, image = places.attrs, places.inputs[0]
    apart = windows["kernel"] == windows["stride"] and set(windows["dilation"]) == {1}
    whole = node.shape == (*image.shape[:2], math.prod(image.shape[2:]))
    return places if apart and whole else None


def spread_maxima(places: Form, src: Form, image: Node, kernel: Any, node: Node) -> Form:
    """`src` where the `places` of the largest elements are, else 0."""
    batch, channels, *out = places.shape
    size = image.shape[2:]
    type = place_type(math.prod(size))
    places = converted(places, type)
    cells = [m for pair in zip(out, kernel, strict=True) for m in pair]
    one = [m for k in out for m in (k, 1)]
    whole = (batch, channels, *cells)
    total: Form = forms.constant(0, type, whole)
    for k, m in enumerate(kernel):
        pitch = math.prod(size[k + 1 :])
        for dim, step in ((2 + 2 * k, m * pitch), (3 + 2 * k, pitch)):
            if whole[dim] > 1:
                steps = mapped(
                    "mul", type, forms.position(whole, dim, type), forms.constant(step, type)
                )
                total = steps if total.kind is Kind.CONSTANT else mapped("add", type, total, steps)
    mine = mapped("eq", "i1", expanded(reshaped(places, (batch, channels, *one)), whole), total)
    g = expanded(reshaped(src, (batch, channels, *one)), whole)
    found = mapped("select", g.type, mine, g, forms.constant(0.0, g.type))
    tiles = reshaped(found, (batch, channels, *[a * b for a, b in zip(out, kernel, strict=True)]))
    return reshaped(bordered(tiles, image.shape), node.shape)


# -- joining and padding -----------------------------------------------------------------------


@row("join")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    axis, start = node.attrs["axis"], 0
    pieces = []
    for input in inputs:
        where = [(start, 1) if k == axis else (0, 1) for k in range(len(node.shape))]
        pieces.append((converted(input, type_of(node)), where))
        start += input.shape[axis]
    return assembled(node.shape, type_of(node), pieces)


@row("unview")
def _(x: Lowering, node: Node, g: Form) -> Form:
    attrs: Any = dict(node.attrs["attrs"])
    if node.attrs["view"] is not ops.basic_index or node.attrs["overlaps"]:
        raise NoRow("another view")
    index = index_of_slices(Leaf(node.shape, node.dtype), attrs["index"])
    places = {int(a.terms[0][0][1:]) for a in index if a.terms}
    if any([n != 1 for k, n in enumerate(g.shape) if k not in places]):
        raise NoRow("a repeated dimension")
    shape = [g.shape[int(a.terms[0][0][1:])] if a.terms else 1 for a in index]
    where = [(a.constant, a.terms[0][1] if a.terms else 1) for a in index]
    return assembled(node.shape, g.type, [(reshaped(g, shape), where)])


@row("shift")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axis, by, fill = node.attrs["axis"], node.attrs["by"], node.attrs["fill"]
    n = input.shape[axis]
    if fill or abs(by) >= n:
        raise NoRow("another filling")
    kept = tuple([n - abs(by) if k == axis else m for k, m in enumerate(input.shape)])
    index = [
        variable(f"o{k}", 1, max(-by, 0)) if k == axis else forms.axis(k, m)
        for k, m in enumerate(kept)
    ]
    part = forms.view(input, kept, index)
    where = [(max(by, 0) if k == axis else 0, 1) for k in range(len(kept))]
    return assembled(node.shape, input.type, [(part, where)])
