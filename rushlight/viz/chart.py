"""Line charts: how numbers went, over time, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .canvas import Canvas, Color, text_width

PAPER: Color = (255, 255, 255)
INK: Color = (38, 43, 54)
FADED: Color = (112, 120, 136)
GRID: Color = (230, 233, 239)

MARGINS = (78, 24, 96, 66)
"""Pixels around the plot: left, right, top, bottom."""

LINE_OF_LABELS = 20
"""Pixels from one label beside the lines to the next, at least."""


@dataclass
class Line:
    """One line of a chart: its points, how it is drawn, and the name beside its end, if any."""

    name: str
    x: Any
    y: Any
    color: Color
    width: float = 2.5


@dataclass
class Frame:
    """Where the numbers of a chart are on the sheet."""

    left: int
    right: int
    top: int
    bottom: int
    last: float
    low: float
    high: float

    def x(self, values: Any) -> Any:
        """The columns of some values: from 0 at the left to `last` at the right."""
        return self.left + np.asarray(values, float) / self.last * (self.right - self.left)

    def y(self, values: Any) -> Any:
        """The rows of some values: the logarithmic scale between `low` and `high`."""
        share = np.log(np.asarray(values, float) / self.low) / math.log(self.high / self.low)
        return self.bottom - share * (self.bottom - self.top)


def line_chart(
    lines: Sequence[Line],
    title: str,
    subtitle: str,
    x_name: str,
    size: tuple[int, int] = (960, 600),
) -> Canvas:
    """A chart of `lines`: x from 0 on in steps of one, y above 0 on a logarithmic scale.

    Points that are not finite or not above 0 are left out.

    >>> from rushlight.viz.chart import Line, line_chart
    >>> chart = line_chart([Line("a", [0, 1], [1.0, 0.1], (0, 0, 0))], "Title", "", "step")
    >>> chart.pixels().shape
    (600, 960, 3)
    """
    lines = [shown(line) for line in lines]
    sheet = Canvas(*size, PAPER)
    left, right, top, bottom = MARGINS
    beside = max([text_width(line.name, 12) for line in lines], default=0.0)
    low, high = limits(np.concatenate([line.y for line in lines]) if lines else np.ones(1))
    last = max([float(line.x[-1]) for line in lines if len(line.x)], default=1.0) or 1.0
    frame = Frame(left, int(size[0] - right - beside - 14), top, size[1] - bottom, last, low, high)
    sheet.text(left - 46, 42, title, 18, INK)
    sheet.text(left - 46, 68, subtitle, 11, FADED)
    draw_scales(sheet, frame, x_name)
    for line in lines:
        if len(line.x):
            points = np.stack([frame.x(line.x), frame.y(line.y)], 1)
            sheet.line(points, line.color, line.width)
    draw_names(sheet, frame, [line for line in lines if len(line.x) and line.name])
    return sheet


def shown(line: Line) -> Line:
    """`line` with the points that can be shown."""
    x, y = np.asarray(line.x, float), np.asarray(line.y, float)
    good = np.isfinite(y) & (y > 0)
    return Line(line.name, x[good], y[good], line.color, line.width)


def limits(values: Any) -> tuple[float, float]:
    """The ends of the scale for `values`, a little beyond the least and the greatest."""
    if not len(values):
        return 0.1, 1.0
    low, high = float(values.min()), float(values.max())
    room = max((high / low) ** 0.06, 1.1)
    return low / room, high * room


def draw_scales(sheet: Canvas, frame: Frame, x_name: str) -> None:
    """Draw the lines of the grid with their numbers, and the axis below."""
    for value in marks(frame.low, frame.high):
        y = round(float(frame.y(value)))
        sheet.box(frame.left, y, frame.right - frame.left, 1, GRID)
        sheet.text(frame.left - 10, y + 6, f"{value:g}", 11, FADED, align=1.0)
    sheet.box(frame.left, frame.bottom, frame.right - frame.left + 1, 1, FADED)
    step = round_step(frame.last / 8)
    for k in range(int(frame.last / step + 1e-9) + 1):
        x = round(float(frame.x(k * step)))
        sheet.box(x, frame.bottom, 1, 6, FADED)
        sheet.text(x, frame.bottom + 25, f"{k * step:g}", 11, FADED, align=0.5)
    sheet.text((frame.left + frame.right) / 2, frame.bottom + 50, x_name, 11, INK, align=0.5)


def marks(low: float, high: float) -> list[float]:
    """Round numbers between `low` and `high`: powers of ten, and 2 and 5 times these if few.

    >>> from rushlight.viz.chart import marks
    >>> marks(0.03, 1.2)
    [0.05, 0.1, 0.2, 0.5, 1.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if high / low < 1e3 else (1,)
    found = [float(f"{factor}e{power}") for power in powers for factor in factors]
    inside = [value for value in found if low <= value <= high]
    if len(inside) > 1:
        return inside
    between = np.geomspace(low, high, 5)[1:-1]
    return [float(f"{value:.3g}") for value in between]


def round_step(least: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that is not below `least`."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least:
                return factor * power
        power *= 10


def draw_names(sheet: Canvas, frame: Frame, lines: Sequence[Line]) -> None:
    """Write each line's name beside its end, none over another."""
    ends = sorted([(float(frame.y(line.y[-1])), line) for line in lines], key=lambda e: e[0])
    for y, (_, line) in zip(spread([y for y, _ in ends]), ends, strict=True):
        end = float(frame.x(line.x[-1])), float(frame.y(line.y[-1]))
        sheet.dot(*end, line.color, line.width + 4)
        sheet.text(frame.right + 14, y + 6, line.name, 12, line.color)


def spread(places: Sequence[float]) -> Iterator[float]:
    """`places`, in order, moved down so far that none is too near to the one above."""
    above = -math.inf
    for place in places:
        above = max(place, above + LINE_OF_LABELS)
        yield above
