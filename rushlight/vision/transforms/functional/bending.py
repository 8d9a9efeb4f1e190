"""Pictures seen from the side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....errors import ChoiceError, explain
from ....runtime.record import realise
from ... import resample
from ...image import Image
from ..kinds import (
    FILTERS,
    InterpolationMode,
    check_tensor_image,
    interpolation_of,
    is_tensor,
    on_picture,
    values,
)
from .conversion import get_dimensions
from .cropping import fill_of
from .turning import sampled_at

Points = Sequence[Sequence[int]]


def perspective(
    img: Any,
    startpoints: Points,
    endpoints: Points,
    interpolation: Any = InterpolationMode.BILINEAR,
    fill: Any = None,
) -> Any:
    """The picture or tensor with its corners `startpoints` moved to `endpoints`.

    Both are four points (x, y): upper left, upper right, lower right, lower left. What comes from
    outside is `fill`. Raises ValueError for other numbers of points.

    >>> x = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    >>> corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
    >>> torchvision.transforms.functional.perspective(x, corners, corners)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    if len(startpoints) != 4 or len(endpoints) != 4:
        problem = "expected four startpoints and four endpoints"
        got = {"startpoints": startpoints, "endpoints": endpoints}
        raise ChoiceError(explain("perspective", problem, got))
    mode = interpolation_of(interpolation, "perspective")
    numbers = coefficients(startpoints, endpoints)
    if not is_tensor(img):
        color = fill_of(fill, img)
        kind = FILTERS[mode]

        def redrawn(p: Image) -> Image:
            return Image(
                resample.perspective(p.pixels, p.height, p.width, numbers, kind, color), p.mode
            )

        return on_picture(img, "perspective", redrawn)
    check_tensor_image(img, "perspective")
    found = img._value.dtype
    kind = found.numpy if found.is_floating_point else np.dtype(np.float32)
    x = values(img) if found.is_floating_point else realise(img).astype(kind)
    _, height, width = get_dimensions(img)
    return sampled_at(img, x, *places(numbers, height, width, kind), mode, fill, "perspective")


def coefficients(startpoints: Points, endpoints: Points) -> list[float]:
    """The eight numbers of the map from the new picture to the old, in single precision."""
    rows, wanted = [], []
    for (x, y), (u, v) in zip(endpoints, startpoints, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        wanted += [u, v]
    found = np.linalg.lstsq(np.array(rows, np.float64), np.array(wanted, np.float64))[0]
    numbers: list[float] = found.astype(np.float32).tolist()
    return numbers


def places(numbers: Sequence[float], height: int, width: int, kind: Any) -> tuple[Any, Any]:
    """Where in the old picture each new pixel comes from: its columns and rows."""
    a, b, c, d, e, f, g, h = np.array(numbers, kind)
    x = (np.arange(width) + 0.5).astype(kind)
    y = (np.arange(height) + 0.5).astype(kind)[:, None]
    half_width, half_height = kind.type(0.5 * width), kind.type(0.5 * height)
    far = x * g + y * h + kind.type(1)
    grid_x = (x * (a / half_width) + y * (b / half_width) + c / half_width) / far - kind.type(1)
    grid_y = (x * (d / half_height) + y * (e / half_height) + f / half_height) / far - kind.type(1)
    one, two = kind.type(1), kind.type(2)
    at_x = ((grid_x + one) * kind.type(width) - one) / two
    at_y = ((grid_y + one) * kind.type(height) - one) / two
    return at_x, at_y
