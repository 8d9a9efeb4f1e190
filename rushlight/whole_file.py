"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that becomes `path` when the block ends well.

    If the block raises, or the disk is full, or the process is killed, then what was at `path`
    before is there still, untouched.

    >>> import tempfile, pathlib
    >>> from rushlight.whole_file import whole_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.txt")
    ...     with whole_file(path) as file:
    ...         count = file.write(b"all of it")
    ...     path.read_bytes()
    b'all of it'
    """
    if path.exists() and not path.is_file():  # a device or a pipe has nothing to lose
        with open(path, "wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))  # a link stays one: what it points to is replaced
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a crash could leave an empty file under the new name
        if path.exists():
            os.chmod(part, path.stat().st_mode & 0o777)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
