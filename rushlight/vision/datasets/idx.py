"""The idx format, in which MNIST and its relatives are published.

An idx file is two zero bytes, a byte for the type of the elements, a byte for the number of
dimensions, the size of each dimension as a big-endian 32-bit integer, then the elements in
row-major order, big-endian (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of
handwritten digits").
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, explain

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""NumPy's name for each type byte."""

GZIP = b"\x1f\x8b"
"""The first bytes of a gzip file."""


def parse(content: bytes, name: str = "idx") -> Any:
    """The array in the bytes of an idx file; `name` is what errors call it.

    Raises DataError if the bytes are no idx file, or too few or too many for the sizes they tell.

    >>> from rushlight.vision.datasets import idx
    >>> idx.parse(bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 7]))
    array([5, 7], dtype=uint8)
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES:
        raise damaged(name, f"it begins with {content[:4]!r}, which no idx file does")
    kind, ndim = np.dtype(TYPES[content[2]]), content[3]
    start = 4 + 4 * ndim
    if len(content) < start:
        raise damaged(name, "it ends within its header")
    shape = struct.unpack(f">{ndim}I", content[4:start])
    wanted, found = math.prod(shape) * kind.itemsize, len(content) - start
    if wanted != found:
        raise damaged(name, f"its header tells of {wanted} bytes, but {found} follow")
    array = np.frombuffer(content, kind, offset=start).reshape(shape)
    return array.astype(kind.newbyteorder("="))  # a copy that may be written to


def pack(array: Any) -> bytes:
    """The bytes of an idx file of `array`; raises DataError for a dtype that idx does not have."""
    wanted = array.dtype.newbyteorder(">")
    codes = [code for code, name in TYPES.items() if np.dtype(name) == wanted]
    if not codes:
        hint = "idx files hold integers of 8, 16 or 32 bits and floats of 32 or 64"
        raise DataError(explain("idx.pack", f"no type for {array.dtype}", hint=hint))
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, codes[0], array.ndim, *array.shape)
    return header + array.astype(wanted).tobytes()


def read(path: Path) -> Any:
    """The array in an idx file, compressed by gzip or not; raises DataError if it is damaged."""
    content = path.read_bytes()
    if content[:2] == GZIP:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise damaged(str(path), f"it cannot be decompressed ({error})") from None
    return parse(content, str(path))


def damaged(name: str, problem: str) -> DataError:
    """The error for a file that is not what it should be."""
    hint = "delete the file and load the dataset again with download=True"
    return DataError(explain("dataset", f"{name} is damaged: {problem}", hint=hint))
