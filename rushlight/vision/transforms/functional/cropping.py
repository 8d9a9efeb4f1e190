"""Parts of pictures, pictures with a border, and pictures seen in a mirror."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....calls import function
from ....errors import ArgumentError, ChoiceError, explain
from ....ops import OPS
from ....runtime.record import wrap
from ...image import FLIP_LEFT_RIGHT, FLIP_TOP_BOTTOM, Image
from ..kinds import (
    check_tensor_image,
    is_tensor,
    on_picture,
    picture_of,
    tensor_of,
    values,
)
from .conversion import get_dimensions

pad_op = function(OPS["pad"])

BORDERS = {"constant": None, "edge": None, "reflect": -1, "symmetric": 0}
"""The ways to fill a border, and how much wider than the picture it may be (None: at will)."""


def hflip(img: Any) -> Any:
    """The picture or tensor with left and right exchanged.

    >>> torchvision.transforms.functional.hflip(torch.tensor([[[1, 2, 3]]]))
    tensor([[[3, 2, 1]]])
    """
    if not is_tensor(img):
        return on_picture(img, "hflip", lambda p: p.transpose(FLIP_LEFT_RIGHT))
    check_tensor_image(img, "hflip")
    x = values(img)
    return wrap(x[..., ::-1].copy()) if isinstance(x, np.ndarray) else x.flip(-1)


def vflip(img: Any) -> Any:
    """The picture or tensor with top and bottom exchanged.

    >>> torchvision.transforms.functional.vflip(torch.tensor([[[1], [2]]]))
    tensor([[[2],
             [1]]])
    """
    if not is_tensor(img):
        return on_picture(img, "vflip", lambda p: p.transpose(FLIP_TOP_BOTTOM))
    check_tensor_image(img, "vflip")
    x = values(img)
    return wrap(x[..., ::-1, :].copy()) if isinstance(x, np.ndarray) else x.flip(-2)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part of the picture or tensor whose upper left corner is (top, left); outside it is 0.

    >>> torchvision.transforms.functional.crop(torch.arange(6).view(1, 2, 3), 0, 1, 2, 2)
    tensor([[[1, 2],
             [4, 5]]])
    """
    if not is_tensor(img):
        return on_picture(img, "crop", lambda p: p.crop((left, top, left + width, top + height)))
    _, tall, wide = get_dimensions(img)
    bottom, right = top + height, left + width
    x = values(img)
    part = x[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left < 0 or top < 0 or right > wide or bottom > tall:
        border = [
            max(min(-left, width), 0),
            max(min(-top, height), 0),
            max(min(right - wide, width), 0),
            max(min(bottom - tall, height), 0),
        ]
        return tensor_of(bordered(part, border, 0, "constant"))
    return wrap(part.copy()) if isinstance(part, np.ndarray) else part


def center_crop(img: Any, output_size: Any) -> Any:
    """The middle of the picture or tensor, of `output_size`: (height, width), or one number.

    Where the picture is too small, there is a border of 0.

    >>> torchvision.transforms.functional.center_crop(torch.arange(9).view(1, 3, 3), 1)
    tensor([[[4]]])
    """
    height, width = pair(output_size)
    _, tall, wide = get_dimensions(img)
    if width > wide or height > tall:
        across, down = max(width - wide, 0), max(height - tall, 0)
        img = pad(img, [across // 2, down // 2, (across + 1) // 2, (down + 1) // 2])
        _, tall, wide = get_dimensions(img)
        if (width, height) == (wide, tall):
            return img
    return crop(img, round((tall - height) / 2.0), round((wide - width) / 2.0), height, width)


def pair(size: Any) -> tuple[int, int]:
    """Height and width from a number, or from a sequence of one or two."""
    if isinstance(size, int | float):
        return int(size), int(size)
    found = tuple([int(n) for n in size])
    if len(found) not in (1, 2):
        raise ChoiceError(
            explain("size", "Please provide only two dimensions (h, w) for size.", {"size": size})
        )
    return found[0], found[-1]


def five_crop(img: Any, size: Any) -> tuple[Any, Any, Any, Any, Any]:
    """The four corners of the picture or tensor, and its middle, each of `size`.

    Raises ValueError if the picture is smaller.

    >>> crops = torchvision.transforms.functional.five_crop(torch.arange(9).view(1, 3, 3), 1)
    >>> [c.item() for c in crops]
    [0, 2, 6, 8, 4]
    """
    height, width = pair(size)
    _, tall, wide = get_dimensions(img)
    if width > wide or height > tall:
        problem = f"Requested crop size {(height, width)} is bigger than input size {(tall, wide)}"
        raise ChoiceError(explain("five_crop", problem))
    corners = [(y, x) for y in (0, tall - height) for x in (0, wide - width)]
    upper_left, upper_right, lower_left, lower_right = (
        crop(img, y, x, height, width) for y, x in corners
    )
    middle = center_crop(img, [height, width])
    return upper_left, upper_right, lower_left, lower_right, middle


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Any, ...]:
    """The `five_crop` of the picture or tensor, and that of its mirror image."""
    mirrored = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(mirrored, size)


# -- borders -----------------------------------------------------------------------------------


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """The picture or tensor with a border of `padding` pixels.

    `padding` is one number, two (left and right; top and bottom) or four (left, top, right,
    bottom). `padding_mode` is "constant" (the border is `fill`), "edge", "reflect" or "symmetric".
    Raises TypeError or ValueError if the arguments are of another kind.

    >>> torchvision.transforms.functional.pad(torch.tensor([[[1, 2]]]), (1, 0), fill=9)
    tensor([[[9, 1, 2, 9]]])
    """
    border = border_of(padding)
    fill = 0 if fill is None else fill
    check_border(fill, padding_mode)
    if not is_tensor(img):
        return on_picture(img, "pad", lambda p: bordered_picture(p, border, fill, padding_mode))
    check_tensor_image(img, "pad")
    if isinstance(fill, tuple | list):
        if len(fill) != 1:
            problem = "a tensor's border is filled with one number"
            raise ArgumentError(explain("pad", problem, {"fill": fill}))
        fill = fill[0]
    return tensor_of(bordered(values(img), border, fill, padding_mode))


def check_border(fill: Any, padding_mode: str) -> None:
    """Raise TypeError or ValueError unless a border can be filled so."""
    if not isinstance(fill, int | float | tuple | list):
        raise ArgumentError(explain("pad", "Got inappropriate fill arg", {"fill": repr(fill)}))
    if padding_mode not in BORDERS:
        problem = "Padding mode should be either constant, edge, reflect or symmetric"
        raise ChoiceError(explain("pad", problem, {"padding_mode": repr(padding_mode)}))


def border_of(padding: Any) -> list[int]:
    """Left, top, right and bottom of `padding`."""
    if isinstance(padding, int):
        padding = [padding]
    if not isinstance(padding, tuple | list):
        raise ArgumentError(
            explain("pad", "Got inappropriate padding arg", {"padding": repr(padding)})
        )
    if len(padding) not in (1, 2, 4):
        wanted = "an int or a 1, 2, or 4 element tuple"
        problem = f"Padding must be {wanted}, not a {len(padding)} element tuple"
        raise ChoiceError(explain("pad", problem))
    return (list(padding) * 4)[:4]


def bordered(x: Any, border: list[int], fill: Any, mode: str) -> Any:
    """`x` (..., height, width) with a border; negative widths take away."""
    if min(border) < 0:
        left, top, right, bottom = [max(-n, 0) for n in border]
        x = x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right]
        border = [max(n, 0) for n in border]
    left, top, right, bottom = border
    if isinstance(x, np.ndarray):
        widths = [(0, 0)] * (x.ndim - 2) + [(top, bottom), (left, right)]
        return padded(x, widths, fill, mode)
    if mode == "constant":
        return pad_op(x, (left, right, top, bottom), "constant", float(fill))
    # As gathering rows and columns: of these the gradient is known.
    rows = np.pad(np.arange(x.shape[-2]), (top, bottom), mode)  # type: ignore[call-overload]
    columns = np.pad(np.arange(x.shape[-1]), (left, right), mode)  # type: ignore[call-overload]
    return x[..., wrap(rows)[:, None], wrap(columns)]


def padded(pixels: Any, widths: list[tuple[int, int]], fill: Any, mode: str) -> Any:
    """An array with a border; raises ValueError if there is nothing to mirror so far."""
    if mode == "constant":
        return np.pad(pixels, widths, constant_values=fill)
    limit = BORDERS[mode]
    for (before, after), n in zip(widths, pixels.shape, strict=True):
        if limit is not None and max(before, after) > n + limit:
            problem = f"a border of {max(before, after)} is too wide to {mode} {n} pixels"
            raise ChoiceError(explain("pad", problem))
    return np.pad(pixels, widths, mode=mode)


def bordered_picture(picture: Image, border: list[int], fill: Any, mode: str) -> Image:
    """A picture with a border; `fill` may be a colour."""
    left, top, right, bottom = border
    if min(border) < 0:
        box = (
            max(-left, 0),
            max(-top, 0),
            picture.width - max(-right, 0),
            picture.height - max(-bottom, 0),
        )
        picture = picture.crop(box)
        left, top, right, bottom = [max(n, 0) for n in border]
    pixels = picture.pixels
    if mode != "constant":
        widths = [(top, bottom), (left, right)] + [(0, 0)] * (pixels.ndim - 2)
        return Image(padded(pixels, widths, fill, mode), picture.mode)
    shape = (picture.height + top + bottom, picture.width + left + right, *pixels.shape[2:])
    out = np.empty(shape, pixels.dtype)
    out[...] = fill_of(fill, picture)
    out[top : top + picture.height, left : left + picture.width] = pixels
    return Image(out, picture.mode)


def fill_of(fill: Any, img: Any) -> Any:
    """`fill` as a pixel of a picture: a number, or one for each channel."""
    picture = picture_of(img, "fill")
    channels = picture.pixels.shape[2:]
    numbers = [fill] if isinstance(fill, int | float) else list(fill or [0])
    if len(numbers) not in (1, *(channels or (1,))):
        problem = (
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(numbers)} != {channels[0] if channels else 1})"
        )
        raise ChoiceError(explain("fill", problem))
    if picture.mode != "F":
        numbers = [int(n) for n in numbers]
    return np.array(numbers if channels else numbers[0]).astype(picture.pixels.dtype)
