"""The zip archive that a `.pt` file is: a folder of records, each as it is in memory.

`<name>/data.pkl` says what was saved; `<name>/data/<key>` holds the bytes of one storage, which
begin at a multiple of 64 in the file, so that it can be mapped into memory.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import Any

import numpy as np

from ..errors import DataError, FormatError, explain

ALIGNMENT = 64
CHUNK = 1 << 20
ZIP64_EXTRA = 20
"""Bytes that the zip module adds to the header of a record beyond 2 GiB."""

DAMAGED = "the file was cut off or changed: copy or download it again, or take an earlier one"


class Archive:
    """The records of an archive that is being read. `name` is what errors call the file."""

    def __init__(self, file: Any, name: str) -> None:
        self.name = name
        try:
            self.zip = zipfile.ZipFile(file)
        except zipfile.BadZipFile as error:
            problem = f"{name} is damaged: {str(error).lower()}"
            raise DataError(explain("load", problem, hint=DAMAGED)) from None
        self.length = self.zip.fp.seek(0, 2)  # type: ignore[union-attr]
        names = self.zip.namelist()
        found = [n for n in names if n.count("/") == 1 and n.endswith("/data.pkl")]
        if not found:
            raise FormatError(explain("load", self.stranger(names), hint=hint_for(names)))
        self.folder = found[0].removesuffix("data.pkl")
        if self.has("constants.pkl"):
            problem = f"{name} is a TorchScript archive: it holds a program, not only tensors"
            hint = "build the module in Python, and save and load its state_dict()"
            raise FormatError(explain("load", problem, hint=hint))
        self.little = not self.has("byteorder") or self.read("byteorder") == b"little"

    def stranger(self, names: list[str]) -> str:
        """What is wrong with an archive without data.pkl."""
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return f"{self.name} is a zip archive but not one of torch.save (it holds {shown})"

    def has(self, record: str) -> bool:
        """Whether there is a record of that name."""
        return self.folder + record in self.zip.NameToInfo

    def size(self, record: str) -> int:
        """The number of bytes of a record."""
        return self.info(record).file_size

    def info(self, record: str) -> zipfile.ZipInfo:
        """What the directory says of a record; raises DataError if there is none."""
        found = self.zip.NameToInfo.get(self.folder + record)
        if found is None:
            problem = f"{self.name} is damaged: the record {record!r} is missing"
            raise DataError(explain("load", problem, hint=DAMAGED))
        return found

    def read(self, record: str) -> bytes:
        """The bytes of a small record."""
        return self.array(record).tobytes()

    def array(self, record: str) -> Any:
        """The bytes of a record, as an array of its own, after their checksum was verified."""
        info = self.info(record)
        try:
            if info.compress_size > self.length or info.file_size > room(info):
                raise zipfile.BadZipFile("a record is longer than the file")
            array = np.empty(info.file_size, np.uint8)
            place = 0
            with self.zip.open(info) as file:
                while chunk := file.read(CHUNK):
                    array[place : place + len(chunk)] = np.frombuffer(chunk, np.uint8)
                    place += len(chunk)
            if place != info.file_size:
                raise EOFError("a record ends too early")
        except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
            problem = f"{self.name} is damaged: {error}"
            raise DataError(explain("load", problem, hint=DAMAGED)) from None
        return array


def room(info: zipfile.ZipInfo) -> int:
    """How long a record may be, given the bytes it has in the file."""
    stored = info.compress_type == zipfile.ZIP_STORED
    return info.compress_size if stored else 1100 * info.compress_size  # deflate's best


def hint_for(names: list[str]) -> str:
    """What to do with an archive of another kind."""
    if any([n.endswith(".npy") for n in names]):
        return "numpy.load reads it"
    return "give load a file that torch.save has written"


class Records:
    """The records of an archive that is being written to `file`."""

    def __init__(self, file: Any, folder: str) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self.folder = folder

    def write(self, record: str, content: Any) -> None:
        """Add a record; its content begins at a multiple of `ALIGNMENT`."""
        content = memoryview(content).cast("B")
        large = content.nbytes >= zipfile.ZIP64_LIMIT
        info = zipfile.ZipInfo(f"{self.folder}/{record}")
        header = zipfile.sizeFileHeader + len(info.filename.encode())  # type: ignore[attr-defined]
        begin = self.zip.start_dir + header + (ZIP64_EXTRA if large else 0)
        info.extra = padding(begin)
        info.file_size = content.nbytes
        with self.zip.open(info, "w", force_zip64=large) as file:
            for k in range(0, content.nbytes, CHUNK):
                file.write(content[k : k + CHUNK])

    def identity(self) -> bytes:
        """A number of 40 digits that depends on what was written."""
        checksums = [info.CRC for info in self.zip.infolist()]
        return f"{zlib.crc32(struct.pack(f'<{len(checksums)}I', *checksums)):040d}".encode()

    def close(self) -> None:
        """Write the directory: then the archive is whole."""
        self.zip.close()

    def abandon(self) -> None:
        """Leave it as it is: writing has failed."""
        self.zip.fp = None  # else the zip module would write the directory later


def padding(begin: int) -> bytes:
    """A field of the header after which the content, else at `begin`, is aligned."""
    missing = -begin % ALIGNMENT
    if missing < 4:
        missing += ALIGNMENT
    return struct.pack("<2sH", b"FB", missing - 4) + b"Z" * (missing - 4)
