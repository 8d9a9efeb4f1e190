"""Pictures from and to files, as tensors of bytes (channels, height, width)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from ..runtime.record import realise
from ..whole_file import whole_file
from . import png
from .reading import open_picture
from .transforms.functional import pil_to_tensor

MODES = {"UNCHANGED": None, "GRAY": "L", "GRAY_ALPHA": "LA", "RGB": "RGB", "RGB_ALPHA": "RGBA"}


class ImageReadMode:
    """Which channels to read.

    >>> torchvision.io.ImageReadMode.GRAY
    'GRAY'
    """

    UNCHANGED, GRAY, GRAY_ALPHA = "UNCHANGED", "GRAY", "GRAY_ALPHA"
    RGB, RGB_ALPHA = "RGB", "RGB_ALPHA"


def read_image(path: Any, mode: str = "UNCHANGED", apply_exif_orientation: bool = False) -> Any:
    """The picture in a file; Pillow must be installed. Raises ValueError for an unknown `mode`.

    >>> torchvision.io.read_image("cat.jpg").shape  # doctest: +SKIP
    torch.Size([3, 224, 224])
    """
    if mode not in MODES:
        hint = f"one of {', '.join(MODES)}"
        raise ChoiceError(explain("read_image", "unknown mode", {"mode": repr(mode)}, hint))
    return pil_to_tensor(open_picture(path, MODES[mode], apply_exif_orientation))


def write_png(input: Any, filename: Any, compression_level: int = 6) -> None:
    """Write a tensor of bytes (1 or 3, height, width) as a PNG file; RuntimeError for others."""
    pixels = realise(input)
    if pixels.dtype.name != "uint8" or pixels.ndim != 3 or pixels.shape[0] not in (1, 3):
        problem = "expected bytes (1 or 3, height, width)"
        raise ArgumentError(explain("write_png", problem, {"input": input._value.spec}))
    planes = pixels.transpose(1, 2, 0)
    with whole_file(Path(filename)) as file:
        file.write(png.encode(planes[:, :, 0] if len(pixels) == 1 else planes))
