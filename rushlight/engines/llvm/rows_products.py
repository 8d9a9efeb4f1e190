"""Rows of matrix products, convolutions and pooling: sums of products over windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...graph import Node
from . import forms
from .affine import Affine, combined, variable
from .forms import (
    Form,
    Kind,
    assembled,
    converted,
    expanded,
    folded,
    mapped,
    permuted,
    reshaped,
    turned,
)  # fmt: skip
from .kinds import NoRow
from .phases import by_phases, spares
from .plan import arguments
from .rows import INFINITY, Lowering, first_place, place_type, row

Pads = Sequence[tuple[int, int]]


@row("mm", "batch_mm")
def _(x: Lowering, node: Node, a: Form, b: Form) -> Form:
    if a.type == "i1":
        raise NoRow("truth values")
    *batch, rows, columns = node.shape
    inner = a.shape[-1]
    if columns >= rows:
        b = across(b)
    else:
        a = transposed(across(transposed(a)))
    left = reshaped(a, (*a.shape[:-1], 1, inner))
    right = reshaped(transposed(b), (*b.shape[:-2], 1, columns, inner))
    whole = (*batch, rows, columns, inner)
    product = mapped("mul", a.type, expanded(left, whole), expanded(right, whole))
    return reshaped(folded("add", product, (len(whole) - 1,)), node.shape)


def transposed(x: Form) -> Form:
    """`x` with its last two dimensions exchanged."""
    last = len(x.shape) - 1
    return permuted(x, (*range(last - 1), last, last - 1))


def across(x: Form) -> Form:
    """`x`; or what may be stored instead, if it is an input whose columns are not contiguous."""
    form, index = x, tuple([forms.axis(k, n) for k, n in enumerate(x.shape)])
    while form.kind in (Kind.VIEW, Kind.RESHAPE):
        ((form, index),) = arguments(form, index)
    if form.kind is not Kind.INPUT or x.size < WORTH_TURNING:
        return x
    flat = combined(zip(index, form.how.strides, strict=True))
    return x if flat.factor(f"o{len(x.shape) - 1}") == 1 else turned(x)


WORTH_TURNING = 4096
"""Elements of a factor that may be worth storing in another order."""

# -- windows -----------------------------------------------------------------------------------


def surrounded(image: Form, padding: Pads, fill: float = 0.0) -> Form:
    """`image`, (batch, channels, *size), with `fill` around it."""
    if not any([a or b for a, b in padding]):
        return image
    shape = (
        *image.shape[:2],
        *[n + a + b for n, (a, b) in zip(image.shape[2:], padding, strict=True)],
    )
    where = [(0, 1), (0, 1), *[(a, 1) for a, _ in padding]]
    if not fill:
        return assembled(shape, image.type, [(image, where)])
    whole = [(0, 1)] * len(shape)
    background = forms.constant(fill, image.type, shape)
    return assembled(shape, image.type, [(background, whole), (image, where)])


def windows(
    image: Form,
    kernel: Sequence[int],
    out: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> Form:
    """The windows of `image`: (batch, channels, *out, *kernel)."""
    n = len(kernel)
    index = [forms.axis(0, image.shape[0]), forms.axis(1, image.shape[1])]
    index += [
        combined([
            (forms.axis(2 + k, out[k]), stride[k]), (forms.axis(2 + n + k, kernel[k]), dilation[k])
        ])
        for k in range(n)
    ]  # fmt: skip
    return forms.view(image, (*image.shape[:2], *out, *kernel), index)


def batch_inside(image: Form, shape: Sequence[int]) -> Form:
    """`image`; or a copy where its batch lies innermost, if nothing else fills whole vectors.

    The results have `shape`. All that follows may then be computed in vectors along the batch.
    """
    batch, outputs, *_, width = shape
    form = image
    while form.kind in (Kind.VIEW, Kind.RESHAPE):
        (form,) = form.inputs
    if form.kind is not Kind.INPUT or batch % LANES or not outputs % LANES or not width % LANES:
        return image
    *places, last = range(len(image.shape))
    inside = turned(permuted(image, (*places[1:], last, 0)), "inside")
    return permuted(inside, (last, *places))


LANES = 16
"""Elements of which vectors are whole."""


@row("convolve")
def _(x: Lowering, node: Node, image: Form, weight: Form) -> Form:
    attrs = node.attrs
    return convolution(image, weight, node.shape, **attrs)


def convolution(
    image: Form, weight: Form, shape: Sequence[int], stride: Any, padding: Pads, dilation: Any,
    groups: int,
) -> Form:  # fmt: skip
    """The convolution of `image` and `weight`, of `shape` (batch, outputs, *out)."""
    batch, count, *out = shape
    _, channels, *kernel = weight.shape
    n = len(kernel)
    image = batch_inside(image, shape)
    seen = windows(surrounded(image, padding), kernel, out, stride, dilation)
    seen = reshaped(seen, (batch, groups, channels, *out, *kernel))
    # (batch, groups, outputs of a group, *out, channels, *kernel)
    order = (0, 1, *range(3, 3 + n), 2, *range(3 + n, 3 + 2 * n))
    seen = permuted(seen, order)
    whole = (batch, groups, count // groups, *out, channels, *kernel)
    seen = expanded(reshaped(seen, (batch, groups, 1, *seen.shape[2:])), whole)
    kernels = reshaped(weight, (1, groups, count // groups, *[1] * n, channels, *kernel))
    product = mapped("mul", image.type, expanded(kernels, whole), seen)
    return reshaped(folded("add", product, range(3 + n, 4 + 2 * n)), shape)


@row("convolve_match")
def _(x: Lowering, node: Node, image: Form, g: Form) -> Form:
    attrs = node.attrs
    count, channels, *kernel = node.shape
    groups, n = attrs["groups"], len(kernel)
    batch, _, *out = g.shape
    image = batch_inside(image, g.shape)
    seen = windows(
        surrounded(image, attrs["padding"]), kernel, out, attrs["stride"], attrs["dilation"]
    )
    seen = reshaped(seen, (batch, groups, 1, channels, *out, *kernel))
    # (groups, outputs of a group, channels, *kernel, batch, *out)
    whole = (groups, count // groups, channels, *kernel, batch, *out)
    order = (1, 2, 3, *range(4 + n, 4 + 2 * n), 0, *range(4, 4 + n))
    seen = expanded(permuted(seen, order), whole)
    weights = permuted(
        reshaped(g, (batch, groups, count // groups, *out)), (1, 2, 0, *range(3, 3 + n))
    )
    weights = reshaped(weights, (groups, count // groups, 1, *[1] * n, batch, *out))
    product = mapped("mul", g.type, expanded(weights, whole), seen)
    return reshaped(folded("add", product, range(3 + n, 4 + 2 * n)), node.shape)


@row("convolve_back")
def _(x: Lowering, node: Node, g: Form, weight: Form) -> Form:
    """A convolution, with the kernels turned round, of `g` spread out with a border around it."""
    attrs = node.attrs
    groups, dilation = attrs["groups"], attrs["dilation"]
    count, channels, *kernel = weight.shape
    if spares(kernel, attrs["stride"], dilation):
        rest = {k: v for k, v in attrs.items() if k != "size"}
        return by_phases(g, weight, node.shape, **rest)
    late = set(kernel) == {1} and set(attrs["stride"]) != {1}
    around = g if late else spread_out(g, node.shape[2:], kernel, **attrs)
    places = [forms.axis(0, groups), forms.axis(2, count // groups), forms.axis(1, channels)]
    places += [
        variable(f"o{3 + k}", -1, m - 1) if m > 1 else Affine() for k, m in enumerate(kernel)
    ]
    apart = reshaped(weight, (groups, count // groups, channels, *kernel))
    turned = forms.view(apart, (groups, channels, count // groups, *kernel), places)
    flipped = reshaped(turned, (groups * channels, count // groups, *kernel))
    none = [(0, 0)] * len(kernel)
    shape = (*node.shape[:2], *g.shape[2:]) if late else node.shape
    image = convolution(around, flipped, shape, (1,) * len(kernel), none, dilation, groups)
    return spread_out(image, node.shape[2:], kernel, **attrs) if late else image


def spread_out(
    g: Form, sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int], padding: Pads,
    dilation: Sequence[int], **rest: Any,
) -> Form:  # fmt: skip
    """`g` with its elements `stride` apart, and a border as wide as the kernels reach."""
    shown, starts, where = list(g.shape), [0, 0], [(0, 1), (0, 1)]
    room = []
    for k, (size, kernel_size, step, (before, _), d) in enumerate(
        zip(sizes, kernel, stride, padding, dilation, strict=True)
    ):
        border = d * (kernel_size - 1) - before
        room.append(size + d * (kernel_size - 1))
        skip = max(-(border // step), 0) if border < 0 else 0  # lies before the image altogether
        first = border + skip * step
        shown[2 + k] = max(min(g.shape[2 + k] - skip, -(-(room[k] - first) // step)), 0)
        starts.append(skip)
        where.append((first, step))
    places = [
        variable(f"o{k}", 1, s) if m > 1 else Affine(s)
        for k, (m, s) in enumerate(zip(shown, starts, strict=True))
    ]
    part = forms.view(g, tuple(shown), places)
    return assembled((*g.shape[:2], *room), g.type, [(part, where)])


# -- pooling -----------------------------------------------------------------------------------


def pooled(node: Node, image: Form, fill: float) -> tuple[Form, int]:
    """The windows of `image` and the number of image dimensions."""
    attrs = node.attrs
    kernel, out = attrs["kernel"], node.shape[2:]
    dilation = attrs.get("dilation", (1,) * len(kernel))
    around = surrounded(image, attrs["padding"], fill)
    return windows(around, kernel, out, attrs["stride"], dilation), len(kernel)


@row("window_max")
def _(x: Lowering, node: Node, image: Form) -> Form:
    expect_float(image)
    seen, n = pooled(node, image, -INFINITY)
    return folded("max", seen, range(2 + n, 2 + 2 * n), keep=False)


@row("window_sum")
def _(x: Lowering, node: Node, image: Form) -> Form:
    expect_float(image)
    seen, n = pooled(node, image, 0.0)
    return folded("add", seen, range(2 + n, 2 + 2 * n), keep=False)


def expect_float(image: Form) -> None:
    """Raise NoRow unless the pixels are floating-point numbers."""
    if image.type not in ("float", "double"):
        raise NoRow("whole numbers")


@row("max_places")
def _(x: Lowering, node: Node, image: Form) -> Form:
    expect_float(image)
    seen, n = pooled(node, image, -INFINITY)
    axes = tuple(range(2 + n, 2 + 2 * n))
    best = folded("max", seen, axes)
    place = places_in_image(node, seen, image.shape[2:])
    first = converted(first_place(seen, best, place, axes), place.type)
    return converted(reshaped(first, node.shape), "i64")


def places_in_image(node: Node, seen: Form, size: Sequence[int]) -> Form:
    """For each element of each window, where in the flattened image it is."""
    attrs = node.attrs
    n = len(size)
    type = place_type(math.prod(size))
    if any([a or b for a, b in attrs["padding"]]):
        raise NoRow("the first of equal maxima at a border")
    total: Form | None = None
    for k in range(n):
        pitch = math.prod(size[k + 1 :])
        for dim, step in ((2 + k, attrs["stride"][k]), (2 + n + k, attrs["dilation"][k])):
            if seen.shape[dim] == 1:
                continue
            scaled = mapped(
                "mul", type, forms.position(seen.shape, dim, type),
                forms.constant(step * pitch, type),
            )  # fmt: skip
            total = scaled if total is None else mapped("add", type, total, scaled)
    return total if total is not None else forms.constant(0, type, seen.shape)


@row("window_spread")
def _(x: Lowering, node: Node, g: Form) -> Form:
    attrs = node.attrs
    kernel, stride = attrs["kernel"], attrs["stride"]
    if kernel != stride or any([a or b for a, b in attrs["padding"]]):
        raise NoRow("overlapping windows")
    return tiled(g, kernel, node.shape)


def tiled(g: Form, kernel: Sequence[int], shape: Sequence[int]) -> Form:
    """Each element of `g` all over its window, in an image of `shape`; windows lie side by side."""
    batch, channels, *out = g.shape
    cells = [m for pair in zip(out, kernel, strict=True) for m in pair]
    one = [m for k in out for m in (k, 1)]
    spread = expanded(reshaped(g, (batch, channels, *one)), (batch, channels, *cells))
    return bordered(
        reshaped(spread, (batch, channels, *[a * b for a, b in zip(out, kernel, strict=True)])),
        shape,
    )


def bordered(image: Form, shape: Sequence[int]) -> Form:
    """`image` in the corner of a larger one of `shape`."""
    if image.shape == tuple(shape):
        return image
    return assembled(tuple(shape), image.type, [(image, [(0, 1)] * len(shape))])
