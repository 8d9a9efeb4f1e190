"""A sheet to draw on: lines, boxes, pictures and letters, with smooth edges."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..vision import png
from . import lettering

Color = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""

PEN = 0.115
"""The width of a letter's strokes, in heights of a capital."""


class Canvas:
    """A sheet of `width` times `height` pixels; x goes right and y goes down from its corner.

    >>> from rushlight.viz.canvas import Canvas
    >>> sheet = Canvas(4, 3, (255, 255, 255))
    >>> sheet.box(1, 1, 2, 1, (255, 0, 0))
    >>> sheet.pixels()[1].tolist()
    [[255, 255, 255], [255, 0, 0], [255, 0, 0], [255, 255, 255]]
    """

    def __init__(self, width: int, height: int, color: Color) -> None:
        self.ink = np.empty((height, width, 3), np.float32)
        self.ink[:] = color

    def pixels(self) -> Any:
        """What is drawn: (height, width, 3) bytes."""
        return (self.ink + 0.5).astype(np.uint8)

    def png(self) -> bytes:
        """What is drawn, as the bytes of a PNG file."""
        return png.encode(self.pixels())

    def box(self, x: int, y: int, width: int, height: int, color: Color) -> None:
        """Fill a rectangle whose upper left corner is at (x, y)."""
        self.ink[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = color

    def picture(self, x: int, y: int, pixels: Any) -> None:
        """Lay a picture (height, width, 3), all of it on the sheet, down at (x, y)."""
        self.ink[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels

    def line(self, points: Any, color: Color, width: float = 1.0, opacity: float = 1.0) -> None:
        """Draw a line through `points` (x, y), `width` pixels wide, its ends and corners round."""
        points = np.asarray(points, float).reshape(-1, 2)
        left, top = np.floor(points.min(0) - width).astype(int) - 1
        right, bottom = np.ceil(points.max(0) + width).astype(int) + 2
        self.blend(left, top, mask([points - [left, top]], right - left, bottom - top, width),
                   color, opacity)  # fmt: skip

    def dot(self, x: float, y: float, color: Color, width: float) -> None:
        """Draw a round dot around (x, y)."""
        self.line([(x, y), (x, y)], color, width)

    def text(
        self, x: float, y: float, words: str, size: float, color: Color, align: float = 0.0
    ) -> None:
        """Write `words` in capitals `size` pixels high, y being the baseline.

        `align` is the part of the words that stands left of x: 0 for none, 0.5 for half, 1 for all.
        """
        placed, width = lettering.layout(words)
        unit = size / lettering.TALL
        for letter, at in placed:
            place = x + (at - align * width) * unit
            column = int(np.floor(place))
            # Quarters of a pixel are near enough, so that a letter is drawn only a few times.
            shade, left, up = letter_mask(letter, size, round((place - column) * 4) / 4)
            self.blend(column - left, round(y) - up, shade, color, 1.0)

    def blend(self, x: int, y: int, shade: Any, color: Color, opacity: float) -> None:
        """Mix `color` in by so much as `shade` says of each pixel, from (x, y) on."""
        tall, wide = self.ink.shape[:2]
        rows, columns = shade.shape
        shade = shade[max(-y, 0) : max(tall - y, 0), max(-x, 0) : max(wide - x, 0), None] * opacity
        part = self.ink[max(y, 0) : max(y + rows, 0), max(x, 0) : max(x + columns, 0)]
        part += shade * (np.array(color, np.float32) - part)


def text_width(words: str, size: float) -> float:
    """How many pixels wide `words` are in capitals `size` pixels high."""
    return lettering.layout(words)[1] * size / lettering.TALL


def mask(strokes: Iterable[Any], width: int, height: int, pen: float) -> Any:
    """How much of each pixel (height, width) the strokes cover, from 0 to 1.

    A pixel is covered as far as its middle is from the nearest stroke, less half the pen.
    """
    shade = np.zeros((height, width), np.float32)
    reach = pen / 2 + 1
    for points in strokes:
        for a, b in itertools.pairwise(points):
            low = np.maximum(np.floor(np.minimum(a, b) - reach), 0).astype(int)
            high = np.ceil(np.maximum(a, b) + reach).astype(int) + 1
            part = shade[low[1] : high[1], low[0] : high[0]]
            x = np.arange(part.shape[1]) + (low[0] + 0.5 - a[0])
            y = np.arange(part.shape[0])[:, None] + (low[1] + 0.5 - a[1])
            along, length = b - a, float(((b - a) ** 2).sum())
            t = np.clip((x * along[0] + y * along[1]) / length, 0, 1) if length else 0.0
            distance = np.hypot(x - t * along[0], y - t * along[1])
            np.maximum(part, np.clip(pen / 2 + 0.5 - distance, 0, 1), out=part)
    return shade


@functools.lru_cache(maxsize=1024)
def letter_mask(letter: str, size: float, shift: float) -> tuple[Any, int, int]:
    """How much of each pixel a letter covers, and where in that its place on the baseline is."""
    unit = size / lettering.TALL
    pen = max(size * PEN, 1.0)
    left, up = int(np.ceil(pen)) + 1, int(np.ceil(size + pen)) + 1
    strokes = [s * [unit, -unit] + [left + shift, up] for s in lettering.strokes(letter)]
    right = max([float(s[:, 0].max()) for s in strokes])
    bottom = max([float(s[:, 1].max()) for s in strokes])
    width, height = int(np.ceil(right + pen)) + 2, int(np.ceil(bottom + pen)) + 2
    return mask(strokes, width, height, pen), left, up
