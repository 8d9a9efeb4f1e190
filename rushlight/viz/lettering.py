"""Letters as strokes of a pen: a small typeface that can be drawn at any size.

A letter is a string of strokes, a stroke a string of points, a point two base-36 digits, x and y.
The baseline is at y = 4, small letters reach 12 (c), capitals and figures 16 (g), and tails go down
to 0. A stroke starts at its first point and ends at its last; in between it goes round each corner
in a curve from the middle of one side to the middle of the next. A point written twice is a sharp
corner; a stroke that ends in z is closed.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

STROKES = {
    "0": "04848g0gz", "1": "1d5g5g54", "2": "0d0g8g8b04040484", "3": "0e0g8g8a3a 3a8a840406",
    "4": "5g07070787 6b64", "5": "7g1g1g0a 0a1c8c840406", "6": "7g0g04848b0b08", "7": "0g8g8g24",
    "8": "1a7a7g1gz 04848a0az", "9": "14848g0g09898c",
    "a": "04848c0cz 8c84", "b": "04848c0cz 0g04", "c": "8a8c0c048486", "d": "04848c0cz 8g84",
    "e": "0888888c0c048486", "f": "6g2g24 0c5c", "g": "04848c0cz 8c800001", "h": "0g04 080c8c84",
    "i": "0c04 0g0g", "j": "2c2000 2g2g", "k": "0g04 7c07 3974", "l": "0g04",
    "m": "0c04 080c6c64 686cccc4", "n": "0c04 080c8c84", "o": "04848c0cz", "p": "04848c0cz 0c00",
    "q": "04848c0cz 8c80", "r": "0c04 080c5c", "s": "7a7c0c0878740406", "t": "2f262464 0c5c",
    "u": "0c04848c 8c84", "v": "0c44448c", "w": "0c34346c6c9494cc", "x": "0c74 047c",
    "y": "0c44 8c20", "z": "0c7c7c04040474",
    "A": "045g5ga4 2888", "B": "040g 0g7g7a0a 0a8a8404", "C": "9d9g0g049497", "D": "040g 0g9g9404",
    "E": "7g0g0g04040474 0a6a", "F": "7g0g0g04 0a6a", "G": "9d9g0g04949a9a5a",
    "H": "040g 848g 0a8a", "I": "040g", "J": "6g640406", "K": "040g 7g09 3c84", "L": "0g04040474",
    "M": "040g0g5858agaga4", "N": "040g0g84848g", "O": "04949g0gz", "P": "040g 0g8g8909",
    "Q": "04949g0gz 67a3", "R": "040g 0g8g8909 4984", "S": "8d8g0g0a8a840407", "T": "0g8g 4g44",
    "U": "0g04848g", "V": "0g5454ag", "W": "0g34346g6g9494cg", "X": "048g 0g84",
    "Y": "0g4a4a8g 4a44", "Z": "0g8g8g04040484",
    ".": "0404", ",": "1502", ":": "0404 0b0b", ";": "1502 1b1b", "!": "0g08 0404",
    "?": "0e0g7g7a3a37 3434", "'": "0g0d", '"': "0g0d 3g3d", "-": "0959", "+": "0a8a 4e46",
    "=": "0c8c 0888", "/": "037h", "(": "3h0e0633", ")": "0h3e3603",
    "%": "0b4b4g0gz 9g24 74b4b979z", "<": "7e0a0a76", ">": "0e7a7a06",
    "_": "0383", "*": "0a6a 2e46 4e26",
}  # fmt: skip
"""The strokes of each letter."""

UNKNOWN = "0404848g8g0g0g04"
"""A box, for letters that are not there."""

NARROW = 0.9
"""How much less wide the letters are than drawn above."""

TALL = 12
"""The height of a capital, in units of the points."""

GAP = 4.2
"""Between letters, in the same units."""

SPACE = 6.0
"""The width of a space, gap included."""


@functools.cache
def strokes(letter: str) -> tuple[Any, ...]:
    """The strokes of a letter, each an array (points, 2) of x, and y upwards from the baseline.

    >>> from rushlight.viz.lettering import strokes
    >>> [stroke.tolist() for stroke in strokes("l")]
    [[[0.0, 12.0], [0.0, 0.0]]]
    """
    return tuple([rounded(stroke) for stroke in STROKES.get(letter, UNKNOWN).split()])


def rounded(stroke: str) -> Any:
    """The points of one stroke, its corners rounded."""
    closed = stroke.endswith("z")
    digits = [int(digit, 36) for digit in stroke.removesuffix("z")]
    corners = (np.array(digits, float).reshape(-1, 2) - [0.0, 4.0]) * [NARROW, 1.0]
    if closed:
        start = (corners[-1:] + corners[:1]) / 2
        corners = np.concatenate([start, corners, start])
    if len(corners) == 2:
        return corners
    ends = (corners[:-1] + corners[1:]) / 2
    if closed:  # it begins and ends where two curves meet
        ends[0] = ends[-1] = corners[0]
    t = np.linspace(0.0, 1.0, 9)[:, None]
    curves = [
        (1 - t) ** 2 * a + 2 * t * (1 - t) * corner + t**2 * b
        for a, corner, b in zip(ends[:-1], corners[1:-1], ends[1:], strict=True)
    ]
    return np.concatenate([corners[:1], *curves, corners[-1:]])


def layout(text: str) -> tuple[list[tuple[str, float]], float]:
    """The letters of `text` with the place of each along the line, and the width of the whole."""
    placed = []
    x = 0.0
    for letter in text:
        if letter == " ":
            x += SPACE
            continue
        placed.append((letter, x))
        x += max([float(stroke[:, 0].max()) for stroke in strokes(letter)]) + GAP
    return placed, max(x - GAP, 0.0)
