"""Transposed convolutions with a stride, without the zeros that a stride puts between elements.

An image's element x gets products from window u and the kernel's element k where x + before =
stride * u + k. So elements that lie `stride` apart need the same elements of the kernel, and the
image is computed by phases: x = stride * q + phase, with a dimension for each of the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from . import forms
from .affine import Affine, combined
from .forms import Form, assembled, folded, mapped, reshaped

Pads = Sequence[tuple[int, int]]


class Phases(NamedTuple):
    """One dimension: `each` elements for each of `stride` phases, made of `taps` products each.

    The first element needs the window `first`, and less by `step` for each further product. With
    `turned` phase 1 begins at a window more, and the phases take the kernel's elements in turns.
    The image begins at element `cut` of what is computed.
    """

    stride: int
    taps: int
    each: int
    first: int
    step: int
    turned: bool
    cut: int

    @property
    def rows(self) -> int:
        """How many windows are read, those outside of the image included."""
        return self.each + self.step * (self.taps - 1) + self.turned

    @property
    def start(self) -> int:
        """The row at which the first window lies."""
        return self.step * (self.taps - 1) - self.first


def phases_along(size: int, kernel: int, stride: int, before: int, dilation: int) -> Phases:
    """The phases of a dimension; there is dilation only where there is no stride."""
    taps, aligned = -(-kernel // stride), before % stride == 0
    turned = not aligned and stride == 2
    cut = 0 if aligned or turned else before
    each = -(-(size + cut) // stride)
    return Phases(stride, taps, each, (before - cut) // stride, dilation, turned, cut)


def by_phases(
    g: Form, weight: Form, shape: Sequence[int], stride: Sequence[int], padding: Pads,
    dilation: Sequence[int], groups: int,
) -> Form:  # fmt: skip
    """The image of `shape` whose convolution with `weight` has the gradient `g`."""
    batch, channels, *size = shape
    along = [
        phases_along(n, k, s, before, d)
        for n, k, s, (before, _), d in zip(
            size, weight.shape[2:], stride, padding, dilation, strict=True
        )
    ]
    n, outputs = len(along), weight.shape[0] // groups
    cells = [m for p in along for m in (p.each, p.stride)]
    taps = [p.taps for p in along]
    whole = (batch, groups, channels // groups, *cells, outputs, *taps)
    axes = [forms.axis(k, m) for k, m in enumerate(whole)]
    ahead, kernels = axes[3 : 3 + 2 * n], axes[4 + 2 * n :]
    rows, places = [], []
    for k, p in enumerate(along):
        q, phase, tap = ahead[2 * k], ahead[2 * k + 1], kernels[k]
        rows.append(combined([(q, 1), (phase, int(p.turned)), (tap, p.step)]))
        last = p.stride * (p.taps - 1) + p.turned
        places.append(combined([(tap, -p.stride), (phase, -1 if p.turned else 1)], last))
    seen = reshaped(around(g, along), (batch, groups, outputs, *[p.rows for p in along]))
    seen = forms.view(seen, whole, [axes[0], axes[1], axes[3 + 2 * n], *rows])
    full = filled_up(weight, [p.taps * p.stride for p in along])
    full = reshaped(full, (groups, outputs, channels // groups, *full.shape[2:]))
    full = forms.view(full, whole, [axes[1], axes[3 + 2 * n], axes[2], *places])
    total = folded("add", mapped("mul", g.type, full, seen), range(3 + 2 * n, 4 + 3 * n))
    image = reshaped(total, (batch, channels, *[p.each * p.stride for p in along]))
    return shown(image, [p.cut for p in along], size)


def around(g: Form, along: Sequence[Phases]) -> Form:
    """The windows that are read, with zeros where there is none."""
    skips = [max(-p.start, 0) for p in along]
    counts = [
        max(min(m - skip, p.rows - max(p.start, 0)), 0)
        for m, p, skip in zip(g.shape[2:], along, skips, strict=True)
    ]
    part = shown(g, skips, counts)
    if counts == [p.rows for p in along]:
        return part
    where = [(0, 1), (0, 1), *[(max(p.start, 0), 1) for p in along]]
    return assembled((*g.shape[:2], *[p.rows for p in along]), g.type, [(part, where)])


def shown(image: Form, starts: Sequence[int], counts: Sequence[int]) -> Form:
    """So many elements of an image, from `starts` on."""
    shape = (*image.shape[:2], *counts)
    moved = [Affine(0), Affine(0), *[Affine(s) for s in starts]]
    index = [
        combined([(forms.axis(k, m), 1), (start, 1)])
        for k, (m, start) in enumerate(zip(shape, moved, strict=True))
    ]
    return forms.view(image, shape, index)


def filled_up(weight: Form, kernel: Sequence[int]) -> Form:
    """`weight` with zeros after it, so that its windows have the size `kernel`."""
    shape = (*weight.shape[:2], *kernel)
    if shape == weight.shape:
        return weight
    return assembled(shape, weight.type, [(weight, [(0, 1)] * len(shape))])


def spares(kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> bool:
    """Whether computing by phases takes fewer products, and can be done."""
    fine = all([d == 1 or s == 1 for d, s in zip(dilation, stride, strict=True)])
    filled = math.prod([-(-k // s) for k, s in zip(kernel, stride, strict=True)])
    return fine and filled < math.prod(kernel)
