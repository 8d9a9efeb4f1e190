"""Writing PNG pictures (ISO/IEC 15948), with zlib and nothing else."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from ..errors import ChoiceError, explain

SIGNATURE = b"\x89PNG\r\n\x1a\n"

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's number for pictures of so many channels: grey, grey and alpha, RGB, RGBA."""

LEFT = 1
"""The filter that stores each byte less the one a pixel to its left: smooth ones shrink well."""


def encode(pixels: Any) -> bytes:
    r"""The bytes of a PNG file of (height, width) or (height, width, channels) pixels.

    They are uint8 in 1 to 4 channels (grey, grey and alpha, RGB, RGBA), or uint16 in one. Raises
    ChoiceError for anything else.

    >>> from rushlight.vision import png
    >>> png.encode(np.zeros((2, 3), np.uint8))[:4]
    b'\x89PNG'
    """
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1] if pixels.ndim == 3 else 0
    bits = pixels.dtype.itemsize * 8
    known = pixels.dtype == np.uint8 or (pixels.dtype == np.uint16 and channels == 1)
    if channels not in COLOR_TYPES or not known or not pixels.size:
        got = {"the array": f"{pixels.dtype}{list(pixels.shape)}"}
        hint = "give uint8 of shape (height, width) or (height, width, 1 to 4)"
        raise ChoiceError(explain("png.encode", "no picture that PNG can hold", got, hint))
    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">")))
    rows = rows.reshape(height, -1).view(np.uint8)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = LEFT
    filtered[:, 1:] = rows
    pixel = channels * bits // 8
    filtered[:, 1 + pixel :] -= rows[:, :-pixel]
    header = struct.pack(">IIBBBBB", width, height, bits, COLOR_TYPES[channels], 0, 0, 0)
    data = zlib.compress(filtered.tobytes(), 9)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file: its length, kind, content and checksum."""
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
