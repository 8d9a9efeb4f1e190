"""Galleries: pictures side by side, with words below each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .canvas import Canvas, Color
from .chart import FADED, INK, PAPER

WRONG: Color = (200, 62, 40)
FRAME: Color = (38, 43, 54)
MARGIN = 32
HEAD = 92
"""Pixels above the first row."""

CELL = (152, 208)
"""Pixels from one picture to the next, and from one row to the next."""

SIDE = 112
"""The side of a picture on the sheet."""


@dataclass
class Exhibit:
    """A grey picture (height, width) of bytes, and the lines of words below it."""

    pixels: Any
    words: Sequence[tuple[str, Color]]


def gallery(exhibits: Sequence[Exhibit], title: str, subtitle: str, columns: int = 6) -> Canvas:
    """A sheet with the exhibits in rows of `columns`.

    >>> from rushlight.viz.gallery import Exhibit, gallery
    >>> one = Exhibit(np.zeros((28, 28), np.uint8), [("a zero", (0, 0, 0))])
    >>> gallery([one], "Title", "").pixels().shape[1]
    944
    """
    rows = max(-(-len(exhibits) // columns), 1)
    width, height = CELL
    sheet = Canvas(2 * MARGIN + columns * width - (width - SIDE) + 8, HEAD + rows * height, PAPER)
    sheet.text(MARGIN, 42, title, 18, INK)
    sheet.text(MARGIN, 68, subtitle, 11, FADED)
    for k, exhibit in enumerate(exhibits):
        x, y = MARGIN + k % columns * width, HEAD + k // columns * height
        sheet.box(x, y, SIDE + 8, SIDE + 8, FRAME)
        sheet.picture(x + 4, y + 4, enlarged(exhibit.pixels, SIDE))
        for row, (words, color) in enumerate(exhibit.words):
            sheet.text(x + 1, y + SIDE + 28 + row * 20, words, 11, color)
    return sheet


def enlarged(pixels: Any, side: int) -> Any:
    """A grey picture in colours, light on dark, `side` pixels wide and high."""
    tall, wide = pixels.shape
    rows, columns = np.arange(side) * tall // side, np.arange(side) * wide // side
    share = pixels[rows][:, columns, None].astype(np.float32) / 255
    return np.array(FRAME, np.float32) * (1 - share) + 255 * share
