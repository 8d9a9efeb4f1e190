"""Pictures and tensors at another size.

Pictures are resized as Pillow does it, byte for byte (`vision.resample`). Tensors are resized as
`torch.nn.functional.interpolate` does it: as a linear map of the columns and one of the rows.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .... import dtypes
from ....errors import ArgumentError, ChoiceError, explain
from ....runtime.record import wrap
from ... import resample
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
from .cropping import crop

SHARP = -0.75
"""The parameter of cubic interpolation without smoothing (with it, -0.5)."""


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The picture or tensor at another size.

    `size` is (height, width), or one number for the shorter side; then `max_size` is the most that
    the longer side may have. `antialias` smoothes tensors that become smaller; pictures always are.
    Raises TypeError or ValueError if the arguments are of another kind.

    >>> torchvision.transforms.functional.resize(torch.tensor([[[0.0, 1.0]]]), (1, 4))
    tensor([[[0.0000, 0.2500, 0.7500, 1.0000]]])
    """
    mode = interpolation_of(interpolation, "resize")
    _, tall, wide = get_dimensions(img)
    height, width = wanted_size(size, tall, wide, max_size)
    if (height, width) == (tall, wide):
        return img
    if not is_tensor(img):
        return on_picture(img, "resize", lambda p: p.resize((width, height), FILTERS[mode]))
    check_tensor_image(img, "resize")
    return resized(img, height, width, mode, bool(antialias))


def wanted_size(size: Any, tall: int, wide: int, max_size: int | None) -> tuple[int, int]:
    """Height and width that `size` asks for."""
    if not isinstance(size, int | list | tuple):
        raise ArgumentError(explain("resize", f"Size should be int or sequence. Got {type(size)}"))
    numbers = [size] if isinstance(size, int) else list(size)
    if len(numbers) not in (1, 2):
        problem = "Size must be an int or a 1 or 2 element tuple/list"
        raise ChoiceError(explain("resize", problem, {"size": size}))
    if len(numbers) == 2:
        if max_size is not None:
            problem = (
                "max_size should only be passed if size specifies the length of the smaller edge"
            )
            raise ChoiceError(explain("resize", problem, {"size": size, "max_size": max_size}))
        return int(numbers[0]), int(numbers[1])
    shorter = int(numbers[0])
    short, long = sorted((tall, wide))
    longer = int(shorter * long / short)
    if max_size is not None:
        if max_size <= shorter:
            problem = (
                "max_size must be strictly greater than the requested size of the smaller edge"
            )
            raise ChoiceError(explain("resize", problem, {"size": size, "max_size": max_size}))
        if longer > max_size:
            shorter, longer = int(max_size * shorter / longer), max_size
    return (longer, shorter) if wide <= tall else (shorter, longer)


def resized(img: Any, height: int, width: int, mode: InterpolationMode, smooth: bool) -> Any:
    """A tensor (..., height, width) at another size, in the same dtype."""
    found = img._value.dtype
    x = values(img)
    tall, wide = img._value.shape[-2:]
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        exact = mode is InterpolationMode.NEAREST_EXACT
        rows, columns = sources(tall, height, exact), sources(wide, width, exact)
        return tensor_of(x[..., beside(rows[:, None], x), beside(columns, x)])
    if mode not in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC):
        problem = f"Interpolation mode {mode.value!r} is unsupported with Tensor input"
        raise ChoiceError(explain("resize", problem, hint="use a picture, or bilinear or bicubic"))
    whole = not found.is_floating_point
    kind = dtypes.float32 if whole else found
    cubic = mode is InterpolationMode.BICUBIC
    by_columns = line_map(wide, width, cubic, smooth, kind.numpy)
    by_rows = line_map(tall, height, cubic, smooth, kind.numpy)
    if not whole:
        return tensor_of(beside(by_rows, x) @ (x @ beside(by_columns.T, x)))
    out = np.rint(by_rows @ (np.asarray(x, kind.numpy) @ by_columns.T))
    if found is dtypes.uint8:
        out = np.clip(out, 0, 255)
    return wrap(out.astype(found.numpy))


def sources(count: int, wanted: int, exact: bool) -> Any:
    """For each new pixel of a line, the old one that it takes; `exact` looks from its center."""
    places = np.arange(wanted) + (0.5 if exact else 0.0)
    scale = np.float32(count / wanted)
    found = np.floor(places.astype(np.float32) * scale).astype(np.int64)
    return np.minimum(found, count - 1)


@functools.lru_cache(maxsize=256)
def line_map(count: int, wanted: int, cubic: bool, smooth: bool, dtype: Any) -> Any:
    """The (wanted, count) matrix that makes a line of `wanted` pixels from one of `count`."""
    if count == wanted:
        matrix = np.eye(count)
    elif cubic and not smooth:
        matrix = sharp_matrix(count, wanted)
    else:
        kind = resample.BICUBIC if cubic else resample.BILINEAR
        function, support = resample.FILTERS[kind]
        matrix = resample.filter_matrix(count, wanted, function, support, widen=smooth)
    return matrix.astype(dtype)


def sharp_matrix(count: int, wanted: int) -> Any:
    """Cubic interpolation between the four nearest pixels; the ends count again."""
    matrix = np.zeros((wanted, count))
    for k in range(wanted):
        at = (k + 0.5) * count / wanted - 0.5
        first = int(np.floor(at)) - 1
        taps = np.arange(first, first + 4)
        np.add.at(matrix[k], np.clip(taps, 0, count - 1), resample.cubic(taps - at, SHARP))
    return matrix


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A part of the picture or tensor (see `crop`) at another size (see `resize`)."""
    part = crop(img, top, left, height, width)
    return resize(part, size, interpolation, antialias=antialias)
