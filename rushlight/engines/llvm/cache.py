"""Compiled code on disk, so that a program is compiled once on a machine and not once a process.

Files are named by a hash of everything the code depends on. Several processes may read, write and
evict at once: a file appears whole or not at all, and one that does not match its own checksum is
deleted and made again. A folder that cannot be written means no cache, never an error.

RUSHLIGHT_CACHE names the folder; RUSHLIGHT_CACHE=0 turns the cache off. RUSHLIGHT_CACHE_MB is the
size at which the files that were not used for longest are deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from pathlib import Path

FORMAT = 1
"""Goes up when old files must not be used any more."""

HEADER = b"rushlight object\n"
SUFFIX = ".rl"
KEPT = 0.8
"""The part of the cap that is left by an eviction."""

LOOKS = 8
"""Of 256 files that are written, how many are followed by a look at the size of all."""


def folder() -> Path | None:
    """Where compiled code is kept, or None where the cache is turned off."""
    wanted = os.environ.get("RUSHLIGHT_CACHE", "")
    if wanted == "0":
        return None
    if wanted:
        return Path(wanted)
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        home = os.path.expanduser("~/Library/Caches")
    else:
        home = os.environ.get("XDG_CACHE_HOME", "") or os.path.expanduser("~/.cache")
    return Path(home) / "rushlight" if os.path.isabs(home) else None


def cap() -> int:
    """The most bytes that the files may take."""
    try:
        return int(float(os.environ.get("RUSHLIGHT_CACHE_MB", "256")) * (1 << 20))
    except ValueError:
        return 256 << 20


def key(text: str, identity: str) -> str:
    """The name of the code that `text` becomes on the target called `identity`."""
    whole = hashlib.sha256()
    for part in (str(FORMAT), identity, text):
        encoded = part.encode()
        whole.update(len(encoded).to_bytes(8, "little") + encoded)
    return whole.hexdigest()


def load(name: str) -> bytes | None:
    """The code called `name`, or None if it is not there or not whole."""
    where = folder()
    if where is None:
        return None
    path = where / (name + SUFFIX)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start = len(HEADER) + hashlib.sha256().digest_size
    image = data[start:]
    if data[: len(HEADER)] != HEADER or hashlib.sha256(image).digest() != data[len(HEADER) : start]:
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # it was used now
    return image


def has(name: str) -> bool:
    """Whether there is code called `name`, whole or not."""
    where = folder()
    return where is not None and (where / (name + SUFFIX)).exists()


def save(name: str, image: bytes) -> bool:
    """Keep the code called `name`; whether that was possible."""
    where = folder()
    if where is None:
        return False
    half = where / f"{name}.{os.getpid()}.{os.urandom(4).hex()}.part"
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is in it is executed
        half.write_bytes(HEADER + hashlib.sha256(image).digest() + image)
        os.replace(half, where / (name + SUFFIX))
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        return False
    if os.urandom(1)[0] < LOOKS:
        evict(where, cap())
    return True


def entries(where: Path) -> list[tuple[float, int, Path]]:
    """Last use, size and path of every file of the cache."""
    found = []
    with contextlib.suppress(OSError), os.scandir(where) as files:
        for file in files:
            if file.name.endswith((SUFFIX, ".part")):
                with contextlib.suppress(OSError):  # another process may have deleted it
                    status = file.stat()
                    found.append((status.st_mtime, status.st_size, Path(file.path)))
    return found


def evict(where: Path, most: int) -> int:
    """Delete what was not used for longest if there are more than `most` bytes; how many files."""
    files = entries(where)
    total, count = sum([size for _, size, _ in files]), 0
    if total <= most:
        return 0
    for _, size, path in sorted(files):
        if total <= most * KEPT:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        total, count = total - size, count + 1
    return count


def clear() -> int:
    """Delete all files of the cache; how many there were."""
    where = folder()
    files = entries(where) if where is not None else []
    for _, _, path in files:
        with contextlib.suppress(OSError):
            path.unlink()
    return len(files)
