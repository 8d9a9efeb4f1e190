"""`torch.save`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, FileError, explain
from ..public import public
from ..whole_file import whole_file
from .archive import ALIGNMENT, Records
from .storages import Span
from .writer import written


@public()
def save(
    obj: Any,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Nothing, after writing `obj` to `f`, a path or a file that is open for writing bytes.

    The file is one that PyTorch writes, and reads. If anything goes wrong then what was at the path
    before is there still: the new file takes its name only when it is whole.

    >>> import io
    >>> file = io.BytesIO()
    >>> torch.save({"w": torch.ones(2), "epoch": 3}, file)
    >>> file.seek(0)
    0
    >>> torch.load(file)
    {'w': tensor([1., 1.]), 'epoch': 3}
    """
    to_path = isinstance(f, str | os.PathLike)
    if not to_path and not hasattr(f, "write"):
        kind = type(f).__name__
        problem = f"f must be a path or a file that is open for writing, not {kind}"
        raise ArgumentError(explain("save", problem, hint="torch.save(obj, 'model.pt')"))
    content, spans = written(obj, pickle_protocol)  # nothing has been opened before this is done
    if not to_path:
        write_archive(f, "archive", content, spans)
        return
    path = Path(f)
    size = sum([s.count * s.dtype.itemsize for s in spans])
    with explained(path, "save", size), whole_file(path) as file:
        write_archive(file, path.stem or "archive", content, spans)


@contextlib.contextmanager
def explained(path: Path, op: str, size: int) -> Iterator[None]:
    """Let an OSError say which file could not be written, and that nothing was lost."""
    try:
        yield
    except OSError as error:
        problem = f"could not write '{path}': {error.strerror or error}"
        hint = "nothing was changed; free some space, or save elsewhere"
        if path.exists():
            hint = "what was in the file before is still there; free some space, or save elsewhere"
        if not path.parent.is_dir():
            hint = f"there is no folder '{path.parent}': os.makedirs(...) makes one"
        elif path.is_dir():
            hint = "give the name of a file in that folder"
        got = {"the data": f"{size:,} bytes"}
        raised = FileError(explain(op, problem, got, hint))
        raised.errno, raised.filename = error.errno, str(path)
        raise raised from None


def write_archive(file: Any, folder: str, content: bytes, spans: list[Span]) -> None:
    """Write the pickle and the storages."""
    records = Records(file, folder)
    try:
        records.write("data.pkl", content)
        records.write(".format_version", b"1")
        records.write(".storage_alignment", str(ALIGNMENT).encode())
        records.write("byteorder", b"little")
        for span in spans:
            records.write(f"data/{span.key}", span.content())
        records.write("version", b"3\n")
        records.write(".data/serialization_id", records.identity())
        records.close()
    except BaseException:
        records.abandon()
        raise
