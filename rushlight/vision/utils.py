"""Several pictures in one, and pictures in files (the names are torchvision's)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError, ChoiceError, explain
from ..runtime.entry import Handle
from ..runtime.record import realise, wrap
from ..whole_file import whole_file
from . import png

TINY = 1e-5
"""The least difference that a range of values is divided by."""


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """One picture (3, height, width) of a batch (pictures, channels, height, width), `nrow` a row.

    Lists of pictures are taken too; grey becomes coloured. `normalize` brings the values, between
    the two of `value_range` or the least and the greatest there are (in each picture, if
    `scale_each`), to 0 ... 1. Raises TypeError for other things.

    >>> torchvision.utils.make_grid(torch.rand(10, 1, 4, 4), nrow=5).shape
    torch.Size([3, 14, 32])
    """
    batch = batch_of(tensor)
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            problem = "value_range has to be a tuple (min, max) if specified"
            raise ArgumentError(explain("make_grid", problem))
        parts = [normalised(p, value_range) for p in batch] if scale_each else None
        batch = normalised(batch, value_range) if parts is None else np.stack(parts)
    if len(batch) == 1:
        return wrap(batch[0].copy())
    count, channels, tall, wide = batch.shape
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    tall, wide = tall + padding, wide + padding
    shape = (channels, tall * rows + padding, wide * columns + padding)
    grid = np.full(shape, pad_value).astype(batch.dtype)
    for k, picture in enumerate(batch):
        y, x = (k // columns) * tall + padding, (k % columns) * wide + padding
        grid[:, y : y + tall - padding, x : x + wide - padding] = picture
    return wrap(grid)


def batch_of(tensor: Any) -> Any:
    """An array (pictures, 3 or more channels, height, width) of what `make_grid` takes."""
    if isinstance(tensor, list | tuple) and all([isinstance(t, Handle) for t in tensor]) and tensor:
        batch = np.stack([realise(t) for t in tensor])
    elif isinstance(tensor, Handle):
        batch = realise(tensor)
    else:
        problem = f"tensor or list of tensors expected, got {type(tensor)}"
        raise ArgumentError(explain("make_grid", problem))
    if batch.ndim == 2:
        batch = batch[None]
    if batch.ndim == 3:
        batch = batch[None]
    if batch.ndim != 4:
        problem = "expected (pictures, channels, height, width)"
        raise ChoiceError(explain("make_grid", problem, {"tensor": f"of shape {batch.shape}"}))
    return np.repeat(batch, 3, 1) if batch.shape[1] == 1 else batch


def normalised(pictures: Any, value_range: tuple[float, float] | None) -> Any:
    """Values from 0 to 1."""
    low, high = value_range or (float(pictures.min()), float(pictures.max()))
    return (np.clip(pictures, low, high) - low) / max(high - low, TINY)


def save_image(tensor: Any, fp: Any, format: str | None = None, **options: Any) -> None:
    """Write a picture, or the grid of several (`options` are those of `make_grid`), as a PNG file.

    `fp` is a path or a file. Values go from 0 to 1. Raises ValueError for another format.

    >>> torchvision.utils.save_image(torch.rand(4, 1, 8, 8), "four.png")  # doctest: +SKIP
    """
    named = format or (Path(fp).suffix[1:] if isinstance(fp, str | Path) else "png")
    if named.lower() not in ("png", ""):
        problem = f"cannot write {named!r}"
        hint = "pictures are written as PNG: choose a name that ends in .png"
        raise ChoiceError(explain("save_image", problem, hint=hint))
    grid = realise(make_grid(tensor, **options))
    pixels = np.clip(grid * 255 + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    content = png.encode(pixels)
    if hasattr(fp, "write"):
        fp.write(content)
    else:
        with whole_file(Path(fp)) as file:
            file.write(content)
