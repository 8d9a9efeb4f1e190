"""The picture: pixels with a mode and a size, as Pillow's images have, and what is done with them.

The datasets give these and the transforms take them, so that neither needs Pillow; where Pillow is
installed, its images are taken as well (`transforms.kinds`). Names and arithmetic are Pillow's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError, ChoiceError, explain
from . import colors, png, resample

MODES = {
    "L": (np.uint8, 1), "LA": (np.uint8, 2), "RGB": (np.uint8, 3), "RGBA": (np.uint8, 4),
    "HSV": (np.uint8, 3), "I;16": (np.uint16, 1), "I": (np.int32, 1), "F": (np.float32, 1),
}  # fmt: skip
"""The dtype and the number of channels of each mode."""

FLIP_LEFT_RIGHT, FLIP_TOP_BOTTOM, ROTATE_90, ROTATE_180, ROTATE_270, TRANSPOSE, TRANSVERSE = range(
    7
)
"""Pillow's numbers for the ways to transpose."""

TRANSPOSED: dict[int, Callable[[Any], Any]] = {
    FLIP_LEFT_RIGHT: lambda p: p[:, ::-1],
    FLIP_TOP_BOTTOM: lambda p: p[::-1],
    ROTATE_90: lambda p: np.rot90(p, 1),
    ROTATE_180: lambda p: np.rot90(p, 2),
    ROTATE_270: lambda p: np.rot90(p, 3),
    TRANSPOSE: lambda p: p.swapaxes(0, 1),
    TRANSVERSE: lambda p: np.rot90(p, 2).swapaxes(0, 1),
}


class Image:
    """A picture of `mode` ("L", "RGB", ...), `width` and `height`; `np.asarray` gives its pixels.

    It is made from an array (height, width) or (height, width, channels) without copying; the mode
    follows from the array unless given. Raises TypeError if no mode fits the array.

    >>> from rushlight.vision.image import Image
    >>> picture = Image(np.zeros((2, 3), np.uint8))
    >>> picture
    <Image mode=L size=3x2>
    >>> picture.size, picture.getpixel((2, 1))
    ((3, 2), 0)
    """

    __slots__ = ("mode", "pixels")

    def __init__(self, pixels: Any, mode: str | None = None) -> None:
        self.pixels = pixels
        self.mode = mode_of(pixels) if mode is None else mode

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.pixels.shape[:2]
        return width, height

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy or (dtype is not None and dtype != self.pixels.dtype):
            return self.pixels.astype(dtype or self.pixels.dtype)
        view = self.pixels.view()
        view.flags.writeable = False  # it may be a row of a dataset
        return view

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        return self.mode == other.mode and np.array_equal(self.pixels, other.pixels)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Image mode={self.mode} size={self.width}x{self.height}>"

    def __reduce__(self) -> Any:
        return (Image, (np.ascontiguousarray(self.pixels), self.mode))

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        return png.encode(self.writable().pixels)

    def getbands(self) -> tuple[str, ...]:
        """The names of the channels."""
        return (self.mode,) if MODES[self.mode][1] == 1 else tuple(self.mode)

    def getpixel(self, xy: tuple[int, int]) -> Any:
        """The pixel at column x and row y: a number, or a tuple of one for each channel."""
        pixel = self.pixels[xy[1], xy[0]]
        return tuple(pixel.tolist()) if pixel.ndim else pixel.item()

    def tobytes(self) -> bytes:
        """The pixels row by row."""
        found: bytes = self.pixels.tobytes()
        return found

    def copy(self) -> Image:
        """The same picture on memory of its own."""
        return Image(self.pixels.copy(), self.mode)

    def convert(self, mode: str) -> Image:
        """The picture in another mode; raises ChoiceError if there is no way to it.

        >>> from rushlight.vision.image import Image
        >>> Image(np.full((1, 1, 3), [255, 0, 0], np.uint8)).convert("L").getpixel((0, 0))
        76
        """
        if mode == self.mode:
            return self.copy()
        way = CONVERTED.get((self.mode, mode))
        if way is None:
            problem = f"conversion from {self.mode} to {mode} not supported"
            raise ChoiceError(explain("Image.convert", problem, hint="go by way of RGB or L"))
        return Image(way(self.pixels), mode)

    def crop(self, box: tuple[int, int, int, int]) -> Image:
        """The part from (left, top) up to (right, lower); what lies outside the picture is 0."""
        left, top, right, lower = (round(x) for x in box)
        if right < left or lower < top:
            got = {"box": f"(left, top, right, lower) = {box}"}
            raise ChoiceError(explain("Image.crop", "right and lower must not come first", got))
        out = np.zeros((lower - top, right - left, *self.pixels.shape[2:]), self.pixels.dtype)
        rows = slice(max(top, 0), max(min(lower, self.height), 0))
        columns = slice(max(left, 0), max(min(right, self.width), 0))
        part = self.pixels[rows, columns]
        if part.size:
            at_row, at_column = rows.start - top, columns.start - left
            out[at_row : at_row + part.shape[0], at_column : at_column + part.shape[1]] = part
        return Image(out, self.mode)

    def resize(self, size: tuple[int, int], resample_filter: int = resample.BICUBIC) -> Image:
        """The picture at another (width, height), by one of the filters of `vision.resample`."""
        width, height = size
        if self.mode in ("LA", "RGBA") and resample_filter != resample.NEAREST:
            # Colours are weighed by how opaque they are: what is transparent has none.
            faded = resample.resize(premultiplied(self.pixels), height, width, resample_filter)
            return Image(unmultiplied(faded), self.mode)
        return Image(resample.resize(self.pixels, height, width, resample_filter), self.mode)

    def transpose(self, method: int) -> Image:
        """The picture flipped or turned by quarters: one of the constants of this module."""
        return Image(np.ascontiguousarray(TRANSPOSED[method](self.pixels)), self.mode)

    def affine(self, matrix: Any, filter: int = resample.NEAREST, fill: Any = 0) -> Image:
        """The picture under the map from new places to old ones that 6 numbers tell."""
        map_ = tuple(float(x) for x in matrix)
        pixels = resample.affine(self.pixels, self.height, self.width, map_, filter, fill)
        return Image(pixels, self.mode)

    def rotate(
        self,
        angle: float,
        resample_filter: int = resample.NEAREST,
        expand: bool = False,
        center: tuple[float, float] | None = None,
        fillcolor: Any = 0,
    ) -> Image:
        """The picture turned counterclockwise by `angle` degrees, about its center or another.

        `expand` makes the new picture large enough for the whole old one.
        """
        angle %= 360.0
        quarter = {0.0: None, 90.0: ROTATE_90, 180.0: ROTATE_180, 270.0: ROTATE_270}
        if center is None and angle in quarter:
            way = quarter[angle]
            if way is None:
                return self.copy()
            if angle == 180 or expand or self.width == self.height:
                return self.transpose(way)
        matrix, width, height = turning(self.size, angle, center, expand)
        filled = resample.affine(self.pixels, height, width, matrix, resample_filter, fillcolor)
        return Image(filled, self.mode)

    def save(self, path: Any) -> None:
        """Write the picture as a PNG file."""
        Path(path).write_bytes(png.encode(self.writable().pixels))

    def writable(self) -> Image:
        """The picture in a mode that PNG has."""
        return (
            self
            if self.mode in ("L", "LA", "RGB", "RGBA", "I;16")
            else self.convert("RGB" if self.mode == "HSV" else "L")
        )


def turning(
    size: tuple[int, int], angle: float, center: tuple[float, float] | None, expand: bool
) -> tuple[resample.Matrix, int, int]:
    """The map that turns a picture of `size`, and the width and height of the new one."""
    width, height = size
    turn = -math.radians(angle)
    cos, sin = round(math.cos(turn), 15), round(math.sin(turn), 15)
    x, y = (width / 2.0, height / 2.0) if center is None else center
    c, f = cos * -x + sin * -y + 0.0 + x, -sin * -x + cos * -y + 0.0 + y
    if expand:
        corners = [(0, 0), (width, 0), (width, height), (0, height)]
        xs = [cos * u + sin * v + c for u, v in corners]
        ys = [-sin * u + cos * v + f for u, v in corners]
        wide = math.ceil(max(xs)) - math.floor(min(xs))
        tall = math.ceil(max(ys)) - math.floor(min(ys))
        left, top = -(wide - width) / 2.0, -(tall - height) / 2.0
        c, f = cos * left + sin * top + c, -sin * left + cos * top + f
        width, height = wide, tall
    return (cos, sin, c, -sin, cos, f), width, height


def mode_of(pixels: Any) -> str:
    """The mode of an array of pixels; raises TypeError if there is none."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2] if pixels.ndim == 3 else 0
    for mode, (dtype, count) in MODES.items():
        if channels == count and pixels.dtype == dtype and (pixels.ndim == 2) == (count == 1):
            return mode
    got = {"the array": f"{pixels.dtype}{list(pixels.shape)}"}
    hint = "give uint8 of shape (height, width) or (height, width, 2 to 4)"
    raise ArgumentError(explain("Image", "no mode for such an array", got, hint))


# -- from mode to mode -------------------------------------------------------------------------


def with_alpha(pixels: Any) -> Any:
    """`pixels` with a channel more, all opaque."""
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], -1)


def in_colors(grey: Any) -> Any:
    """Grey as red, green and blue of the same amount."""
    return np.repeat(grey[..., None], 3, -1)


def to_bytes(pixels: Any) -> Any:
    """Numbers cut to bytes."""
    return np.clip(pixels, 0, 255).astype(np.uint8)


CONVERTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("L", "RGB"): in_colors,
    ("L", "RGBA"): lambda p: with_alpha(in_colors(p)),
    ("L", "LA"): with_alpha,
    ("L", "I"): lambda p: p.astype(np.int32),
    ("L", "F"): lambda p: p.astype(np.float32),
    ("LA", "L"): lambda p: p[..., 0].copy(),
    ("LA", "RGB"): lambda p: in_colors(p[..., 0]),
    ("LA", "RGBA"): lambda p: p[..., [0, 0, 0, 1]],
    ("RGB", "L"): colors.to_grey,
    ("RGB", "LA"): lambda p: with_alpha(colors.to_grey(p)),
    ("RGB", "RGBA"): with_alpha,
    ("RGB", "HSV"): colors.to_hsv,
    ("RGBA", "L"): colors.to_grey,
    ("RGBA", "RGB"): lambda p: p[..., :3].copy(),
    ("HSV", "RGB"): colors.from_hsv,
    ("I", "L"): to_bytes,
    ("I", "F"): lambda p: p.astype(np.float32),
    ("F", "L"): to_bytes,
    ("F", "I"): lambda p: p.astype(np.int32),
    ("I;16", "L"): to_bytes,
    ("I;16", "I"): lambda p: p.astype(np.int32),
}


def premultiplied(pixels: Any) -> Any:
    """Colours times their opacity, which is the last channel."""
    alpha = pixels[..., -1:].astype(np.uint32)
    product = pixels[..., :-1] * alpha + 128
    return np.concatenate([((product >> 8) + product >> 8).astype(np.uint8), pixels[..., -1:]], -1)


def unmultiplied(pixels: Any) -> Any:
    """The inverse of `premultiplied`."""
    alpha = pixels[..., -1:].astype(np.uint32)
    plain = np.minimum(255 * pixels[..., :-1].astype(np.uint32) // np.maximum(alpha, 1), 255)
    kept = np.where((alpha == 0) | (alpha == 255), pixels[..., :-1], plain)
    return np.concatenate([kept.astype(np.uint8), pixels[..., -1:]], -1)
