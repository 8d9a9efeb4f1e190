"""Zeros around an image, which a convolution need not multiply.

Where the window of a result reaches over the border, part of its rows is zero. The loop over the
window's rows leaves them out: it begins later or ends sooner, tile by tile.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from .builder import Builder, Value
from .forms import Form, Kind
from .plan import Index, Plan, arguments


class Border(NamedTuple):
    """The row `place * outer + window + shift` is zero unless it is from `start` to before `stop`.

    `outer` is a dimension of the result, `window` a folded one.
    """

    outer: str
    place: int
    window: str
    shift: int
    start: int
    stop: int

    def live(self, first: int, count: int, size: int) -> tuple[int, int]:
        """The rows of a window of `size` that count for `count` places from `first` on."""
        low = self.start - self.shift - self.place * (first + count - 1)
        high = self.stop - self.shift - self.place * first
        return max(low, 0), min(high, size)

    def share(self, extent: int, count: int, size: int) -> float:
        """How much of the windows is left for tiles of `count` places."""
        tiles = [self.live(k, min(count, extent - k), size) for k in range(0, extent, count)]
        return sum([high - low for low, high in tiles]) / (size * len(tiles))

    def range(self, b: Builder, first: Value, count: int, size: int) -> tuple[Value, Value]:
        """The same as `live`, where `first` is known only at run time."""
        moved = b.mul(first, b.number(self.place, "i64"))
        low = self.start - self.shift - self.place * (count - 1)
        start = b.sub(b.number(low, "i64"), moved)
        stop = b.sub(b.number(self.stop - self.shift, "i64"), moved)
        zero, end = b.number(0, "i64"), b.number(size, "i64")
        return (
            b.select(b.compare("gt", start, zero), start, zero),
            b.select(b.compare("lt", stop, end), stop, end),
        )


def borders_of(plan: Plan, product: Form, index: Index, variables: Collection[str]) -> list[Border]:
    """The borders in what is multiplied, for dimensions that have loops of their own."""
    found = []
    for side in product.inputs:
        form, at = side, index
        while form.kind in (Kind.VIEW, Kind.RESHAPE) and form not in plan.stored:
            ((form, at),) = arguments(form, at)
        if form.kind is not Kind.ASSEMBLE or len(form.inputs) != 1:
            continue
        (piece,) = form.inputs
        for one, (start, step), n, size in zip(at, piece.how, piece.shape, form.shape, strict=True):
            places = [(v, k) for v, k in one.terms if v.startswith("p")]
            windows = [(v, k) for v, k in one.terms if v.startswith("r")]
            if step != 1 or n == size or len(places) != 1 or [k for _, k in windows] != [1]:
                continue
            ((outer, place),), ((window, _),) = places, windows
            if outer in variables and window in variables and place > 0:
                found.append(Border(outer, place, window, one.constant, start, start + n))
    return found


def never_empty(border: Border, extent: int, size: int) -> bool:
    """Whether every window has a row that counts."""
    return all([low < high for low, high in [border.live(k, 1, size) for k in range(extent)]])
