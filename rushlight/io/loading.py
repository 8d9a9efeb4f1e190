"""`torch.load`."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import nn
from ..devices import Device, require_cpu
from ..errors import ArgumentError, EmptyFileError, FormatError, explain
from ..public import public
from .archive import DAMAGED, Archive
from .names import ANSWERS, TYPES, VALUES, in_python3
from .plain import Machine
from .storages import Shelf

MAGIC = b"PK\x03\x04"


@public()
def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """What `torch.save` has written to `f`, a path or a file that is open for reading bytes.

    Nothing in the file is run: it may hold tensors, parameters, containers, numbers, text, NumPy
    arrays, and anything else is refused. `weights_only=False` reads any pickle as Python does,
    and runs what is in it: only for files that you trust. Tensors that shared memory do so again.

    >>> import tempfile, os
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.pt")
    ...     torch.save(torch.nn.Linear(2, 1).state_dict(), path)
    ...     list(torch.load(path))
    ['weight', 'bias']
    """
    if pickle_load_args.keys() - {"encoding"}:
        names = ", ".join(pickle_load_args)
        raise ArgumentError(explain("load", f"got an unexpected keyword argument: {names}"))
    with opened(f) as (file, name):
        archive = archive_in(file, name)
        shelf = Shelf(archive)
        place = mapped(map_location)

        def persistent(pid: Any) -> Any:
            storage = shelf.storage(pid)
            place(storage, pid[3])
            return storage

        content = archive.read("data.pkl")
        trusted = weights_only is False
        reader = Trusting(content, persistent) if trusted else Machine(name, content, persistent)
        return reader.load()


@contextlib.contextmanager
def opened(f: Any) -> Iterator[tuple[Any, str]]:
    """The file and what errors call it."""
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            yield file, f"'{Path(f)}'"
    elif hasattr(f, "read") and hasattr(f, "seek"):
        named = getattr(f, "name", None)
        yield f, f"'{named}'" if isinstance(named, str) else "the file"
    else:
        kind = type(f).__name__
        problem = f"f must be a path or a file that is open for reading, not {kind}"
        raise ArgumentError(explain("load", problem, hint="torch.load('model.pt')"))


def archive_in(file: Any, name: str) -> Archive:
    """The archive that a file is; raises what is wrong with it if it is none."""
    place = file.tell()
    head = file.read(64)
    file.seek(place)
    if isinstance(head, str):
        problem = f"{name} is open for reading text"
        raise ArgumentError(explain("load", problem, hint="open it with mode 'rb'"))
    if not head:
        hint = "saving was interrupted, or the file was read to its end before: file.seek(0)"
        raise EmptyFileError(explain("load", f"{name} is empty", hint=hint))
    if head[:4] == MAGIC:
        return Archive(file, name)
    what, hint = other_kind(head)
    raise FormatError(explain("load", f"{name} is not a file of torch.save: {what}", hint=hint))


def other_kind(head: bytes) -> tuple[str, str]:
    """What a file that begins so seems to be, and what to do with it."""
    if head[:6] == b"\x93NUMPY":
        return "it is a NumPy array", "torch.from_numpy(numpy.load(file)) reads it"
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        if b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19" in head:
            hint = "load it with PyTorch, and save it again: the newer format is a zip archive"
            return "it is in the format of PyTorch before 1.6", hint
        return "it is a pickle", "pickle.load reads it, if you trust who made it"
    if head[:8].endswith(b"\0\0") and head[8:9] == b"{":
        return "it is a safetensors file", "rushlight.io.safetensors.load_file reads it"
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        return "it is an HDF5 file", "the h5py package reads it"
    if head[:2] == b"\x1f\x8b":
        return "it is compressed by gzip", "decompress it first"
    if b"<html" in head.lower() or b"<!doctype" in head.lower():
        return "it is a web page", "the download went to a page instead of the file: get it again"
    if all([32 <= byte < 127 or byte in b"\t\r\n" for byte in head]):
        return f"it is text, which begins {head[:24].decode()!r}", "is the path the right one?"
    return f"it begins with the bytes {head[:4].hex(' ')}", DAMAGED


def mapped(map_location: Any) -> Any:
    """A function of a storage and where it was, that says whether it can be put where it shall."""
    if map_location is None:
        return lambda storage, location: None
    if isinstance(map_location, str | Device):
        require_cpu(map_location, "load")
        return lambda storage, location: None
    if isinstance(map_location, dict):
        return lambda storage, location: require_cpu(map_location.get(location), "load")
    if callable(map_location):
        return map_location
    kind = type(map_location).__name__
    problem = f"map_location must be a device, a dict or a function, not {kind}"
    raise ArgumentError(explain("load", problem))


class Trusting(pickle.Unpickler):
    """Reads any pickle as Python does, names of PyTorch as ours where there are such."""

    def __init__(self, content: bytes, persistent: Any) -> None:
        super().__init__(io.BytesIO(content))
        self.persistent = persistent

    def persistent_load(self, pid: Any) -> Any:
        """The storage that is meant."""
        return self.persistent(pid)

    def find_class(self, module: str, name: str) -> Any:
        """What that name means here, or else to Python."""
        wanted = in_python3(module, name)
        if module.partition(".")[0] != "torch":
            return super().find_class(module, name)
        if wanted in TYPES:
            return TYPES[wanted]
        if wanted in VALUES or wanted in ANSWERS:
            return VALUES.get(wanted) or ANSWERS[wanted]
        if module.startswith("torch.nn.modules."):
            return getattr(nn, name)
        return super().find_class(module.replace("torch", "rushlight", 1), name)
