"""Pictures in files, which Pillow reads."""

from __future__ import annotations

from typing import Any

from ..errors import MissingError, explain


def open_picture(path: Any, mode: str | None = "RGB", upright: bool = False) -> Any:
    """The picture in a file, one of Pillow's, in `mode` (None: as it is).

    `upright` turns it as the camera says. Raises MissingError where Pillow is not installed.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        problem = "Pillow, which reads pictures, is not installed"
        raise MissingError(explain("open", problem, hint="pip install pillow")) from None
    with open(path, "rb") as file:
        picture = Image.open(file)
        picture.load()
    if upright:
        picture = ImageOps.exif_transpose(picture)
    return picture if mode is None or picture.mode == mode else picture.convert(mode)
