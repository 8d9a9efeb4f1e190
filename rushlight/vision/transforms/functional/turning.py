"""Pictures and tensors turned, shifted, stretched and sheared.

A map goes from the places of the new picture to those of the old. With the center of the picture at
C, a shift T, a turn R, a shear S and a scale s, it is the inverse of  T C (R S s) C^-1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....errors import ArgumentError, ChoiceError, explain
from ....runtime.record import realise, wrap
from ..kinds import (
    FILTERS,
    InterpolationMode,
    beside,
    check_tensor_image,
    interpolation_of,
    is_tensor,
    on_picture,
    tensor_of,
    values,
)
from .conversion import get_dimensions
from .cropping import fill_of

NEAREST = InterpolationMode.NEAREST


def inverse_map(
    center: Sequence[float],
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
) -> list[float]:
    """The six numbers of the map from new places to old: degrees, pixels, a factor, degrees."""
    turn, lean_x, lean_y = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    cos = math.cos(turn - lean_y) / math.cos(lean_y)
    sin = math.sin(turn - lean_y) / math.cos(lean_y)
    b = -cos * math.tan(lean_x) - math.sin(turn)
    d = -sin * math.tan(lean_x) + math.cos(turn)
    # Turn and shear have determinant 1: their inverse is their adjoint.
    inverse = [d / scale, -b / scale, -sin / scale, cos / scale]
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    c = inverse[0] * x + inverse[1] * y + center[0]
    f = inverse[2] * x + inverse[3] * y + center[1]
    return [inverse[0], inverse[1], c, inverse[2], inverse[3], f]


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = NEAREST,
    expand: bool = False,
    center: Any = None,
    fill: Any = None,
) -> Any:
    """The picture or tensor turned counterclockwise by `angle` degrees.

    It turns about its middle or `center` (x, y). `expand` makes it large enough to hold all of it
    (turned about its middle). What comes from outside is `fill`: a number, or one for each channel.
    Raises TypeError or ValueError if the arguments are of another kind.

    >>> torchvision.transforms.functional.rotate(torch.tensor([[[1, 2], [3, 4]]]), 90)
    tensor([[[2, 4],
             [1, 3]]])
    """
    mode = interpolation_of(interpolation, "rotate")
    if not isinstance(angle, int | float):
        raise ArgumentError(
            explain("rotate", f"Argument angle should be int or float, not {angle!r}")
        )
    check_pair(center, "rotate", "center", optional=True)
    if not is_tensor(img):
        color = fill_of(fill, img)
        kind = FILTERS[mode]
        return on_picture(img, "rotate", lambda p: p.rotate(angle, kind, expand, center, color))
    check_tensor_image(img, "rotate")
    _, height, width = get_dimensions(img)
    middle = [0.0, 0.0] if center is None else [center[0] - width * 0.5, center[1] - height * 0.5]
    matrix = inverse_map(middle, -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    size = expanded(matrix, height, width) if expand else (height, width)
    return sampled(img, matrix, size, mode, fill, "rotate")


def affine(
    img: Any,
    angle: float,
    translate: Any,
    scale: float,
    shear: Any,
    interpolation: Any = NEAREST,
    fill: Any = None,
    center: Any = None,
) -> Any:
    """The picture or tensor turned clockwise by `angle`, shifted, scaled and sheared.

    `translate` is in pixels (x, y), `shear` in degrees (along x, or along x and y). Raises
    TypeError or ValueError if the arguments are of another kind.

    >>> x = torch.tensor([[[1, 2, 3]]])
    >>> torchvision.transforms.functional.affine(x, 0, (1, 0), 1.0, 0)
    tensor([[[0, 1, 2]]])
    """
    mode = interpolation_of(interpolation, "affine")
    if not isinstance(angle, int | float):
        raise ArgumentError(
            explain("affine", f"Argument angle should be int or float, not {angle!r}")
        )
    check_pair(translate, "affine", "translate")
    check_pair(center, "affine", "center", optional=True)
    if scale <= 0.0:
        raise ChoiceError(explain("affine", "Argument scale should be positive", {"scale": scale}))
    leans = shears_of(shear)
    _, height, width = get_dimensions(img)
    if not is_tensor(img):
        middle = [width * 0.5, height * 0.5] if center is None else list(center)
        matrix = inverse_map(middle, angle, translate, scale, leans)
        color = fill_of(fill, img)
        return on_picture(img, "affine", lambda p: p.affine(matrix, FILTERS[mode], color))
    check_tensor_image(img, "affine")
    middle = [0.0, 0.0] if center is None else [center[0] - width * 0.5, center[1] - height * 0.5]
    matrix = inverse_map(middle, angle, [float(t) for t in translate], scale, leans)
    return sampled(img, matrix, (height, width), mode, fill, "affine")


def check_pair(pair: Any, op: str, name: str, optional: bool = False) -> None:
    """Raise TypeError or ValueError unless `pair` is a sequence of two numbers."""
    if optional and pair is None:
        return
    if not isinstance(pair, list | tuple):
        raise ArgumentError(
            explain(op, f"Argument {name} should be a sequence", {name: repr(pair)})
        )
    if len(pair) != 2:
        raise ChoiceError(
            explain(op, f"Argument {name} should be a sequence of length 2", {name: pair})
        )


def shears_of(shear: Any) -> list[float]:
    """The shear along x and along y."""
    if isinstance(shear, int | float):
        return [float(shear), 0.0]
    if not isinstance(shear, list | tuple):
        problem = "Shear should be either a single value or a sequence of two values"
        raise ArgumentError(explain("affine", problem, {"shear": repr(shear)}))
    if len(shear) not in (1, 2):
        problem = "Shear should be a sequence containing two values"
        raise ChoiceError(explain("affine", problem, {"shear": shear}))
    return [float(shear[0]), float(shear[-1])]


# -- tensors -----------------------------------------------------------------------------------


def expanded(matrix: Sequence[float], height: int, width: int) -> tuple[int, int]:
    """Height and width of the smallest picture that holds the turned one."""
    corners = np.array(
        [[x, y, 1.0] for x in (-0.5 * width, 0.5 * width) for y in (-0.5 * height, 0.5 * height)]
    )
    places = corners.astype(np.float32) @ np.array(matrix, np.float32).reshape(2, 3).T
    half = np.array([width * 0.5, height * 0.5], np.float32)
    step = np.float32(1e-4)  # so that roundings do not make it a pixel larger
    upper = np.ceil(np.trunc((places.max(0) + half) / step) * step)
    lower = np.floor(np.trunc((places.min(0) + half) / step) * step)
    wide, tall = (upper - lower).astype(int).tolist()
    return tall, wide


def sampled(
    img: Any,
    matrix: Sequence[float],
    size: tuple[int, int],
    mode: InterpolationMode,
    fill: Any,
    op: str,
) -> Any:
    """A tensor of `size` whose pixels are where `matrix`, from center to center, says."""
    found = img._value.dtype
    kind = found.numpy if found.is_floating_point else np.dtype(np.float32)
    x = values(img) if found.is_floating_point else realise(img).astype(kind)
    at_x, at_y = old_places(matrix, img._value.shape[-2:], size, kind)
    return sampled_at(img, x, at_x, at_y, mode, fill, op)


def sampled_at(
    img: Any, x: Any, at_x: Any, at_y: Any, mode: InterpolationMode, fill: Any, op: str
) -> Any:
    """A tensor whose pixels are those of `x`, which is `img` in floats, at places of it."""
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        problem = f"Interpolation mode {mode.value!r} is unsupported with Tensor input"
        raise ChoiceError(explain(op, problem, hint="use nearest or bilinear"))
    found = img._value.dtype
    kind = found.numpy if found.is_floating_point else np.dtype(np.float32)
    if mode is InterpolationMode.NEAREST:
        covered = on_grid(np.rint(at_x), np.rint(at_y), img)
        out = picked(x, np.rint(at_x), np.rint(at_y)) * beside(covered.astype(kind), x)
    else:
        out, covered = mixed(x, at_x, at_y, img, kind)
    if fill is not None:
        # The edge is weighed twice by how much of it is inside: so it is in torchvision.
        color = (1 - covered).astype(kind) * tensor_fill(fill, img, kind)
        out = out * beside(np.asarray(covered, kind), x) + beside(color, x)
    if found.is_floating_point:
        return tensor_of(out)
    return wrap(np.rint(out).astype(found.numpy))


def old_places(
    matrix: Sequence[float], old: tuple[int, int], new: tuple[int, int], kind: Any
) -> tuple[Any, Any]:
    """Where in the old picture, in pixels, each new pixel comes from: its columns and rows.

    In the steps and the precision of PyTorch's sampling grid, whose unit is half a picture.
    """
    (old_height, old_width), (height, width) = old, new
    x = (np.arange(width) - (width - 1) * 0.5).astype(kind)
    y = (np.arange(height) - (height - 1) * 0.5).astype(kind)[:, None]
    a, b, c, d, e, f = np.array(matrix, np.float64).astype(kind)
    half_width, half_height = kind.type(0.5 * old_width), kind.type(0.5 * old_height)
    grid_x = x * (a / half_width) + y * (b / half_width) + c / half_width
    grid_y = x * (d / half_height) + y * (e / half_height) + f / half_height
    one, two = kind.type(1), kind.type(2)
    at_x = ((grid_x + one) * kind.type(old_width) - one) / two
    at_y = ((grid_y + one) * kind.type(old_height) - one) / two
    return at_x, at_y


def on_grid(columns: Any, rows: Any, img: Any) -> Any:
    """Which whole places are inside the picture."""
    height, width = img._value.shape[-2:]
    return (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)


def picked(x: Any, columns: Any, rows: Any) -> Any:
    """The pixels at whole places; those outside are some pixel of the edge."""
    columns = np.clip(columns, 0, x.shape[-1] - 1).astype(np.int64)
    rows = np.clip(rows, 0, x.shape[-2] - 1).astype(np.int64)
    return x[..., beside(rows, x), beside(columns, x)]


def mixed(x: Any, at_x: Any, at_y: Any, img: Any, kind: Any) -> tuple[Any, Any]:
    """The pixels between places, and how much of each is inside the picture."""
    left, top = np.floor(at_x), np.floor(at_y)
    out: Any = 0
    covered = np.zeros(at_x.shape, kind)
    for rows in (top, top + 1):
        for columns in (left, left + 1):
            weight = (1 - np.abs(at_x - columns)) * (1 - np.abs(at_y - rows))
            weight = (weight * on_grid(columns, rows, img)).astype(kind)
            out = picked(x, columns, rows) * beside(weight, x) + out
            covered += weight
    return out, covered


def tensor_fill(fill: Any, img: Any, kind: Any) -> Any:
    """`fill` as an array (channels or 1, 1, 1); raises ValueError if it has another number."""
    numbers = [fill] if isinstance(fill, int | float) else list(fill)
    channels = get_dimensions(img)[0]
    if len(numbers) not in (1, channels):
        problem = (
            "The number of elements in 'fill' cannot broadcast to match the number of channels of "
            f"the image ({len(numbers)} != {channels})"
        )
        raise ChoiceError(explain("fill", problem))
    color = np.array(numbers, kind).reshape(-1, 1, 1)
    return color if img._value.ndim > 2 else color[0]
