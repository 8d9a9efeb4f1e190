"""Downloading a file: from the first mirror that has it whole, checked, put in place at once."""

from __future__ import annotations

import errno
import hashlib
import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ...config import VERSION
from ...errors import DataError, explain
from ...whole_file import whole_file

BLOCK = 1 << 18
"""Bytes read at a time."""

PATIENCE = 30.0
"""Seconds without a byte after which a mirror is given up."""

SMALL_SET = (
    "rushlight.vision.datasets.Digits() has 5,000 real MNIST digits that ship with the package "
    "and need no network"
)


class Unreachable(Exception):
    """A mirror that did not give the file; says why."""


def md5_of(path: Path) -> str:
    """The MD5 checksum of a file, in hexadecimal. It guards against damage, not against malice."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def is_intact(path: Path, md5: str | None) -> bool:
    """Whether the file is there and has the right checksum (None: whatever it has)."""
    return path.is_file() and (md5 is None or md5_of(path) == md5)


def fetch(dataset: str, urls: Sequence[str], path: Path, md5: str | None) -> None:
    """Download to `path` what the first working one of `urls` has, if its checksum is right.

    Until then, whatever was at `path` stays as it was. Raises DataError if no mirror has the file,
    or if it cannot be written.
    """
    failures = {}
    for url in urls:
        try:
            fetch_one(url, path, md5)
            return
        except Unreachable as failure:
            failures[url] = str(failure)
        except OSError as error:
            raise unwritable(dataset, path, error) from None
    hint = (
        f"check the network connection (and HTTPS_PROXY, if you are behind a proxy), or put "
        f"{path.name} into {path.parent} yourself; {SMALL_SET}"
    )
    raise DataError(explain(dataset, f"{path.name} could not be downloaded", failures, hint))


def unwritable(dataset: str, path: Path, error: OSError) -> DataError:
    """The error for a folder that does not take the file."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    reason = "the disk is full" if full else f"{error.strerror or error}"
    mend = "make room" if full else "choose a folder that you may write to"
    hint = f"{mend}, or give another `root`; what was there before is untouched"
    problem = f"cannot write {path.name} to {path.parent}: {reason}"
    return DataError(explain(dataset, problem, hint=hint))


def fetch_one(url: str, path: Path, md5: str | None) -> None:
    """Download `url` to `path`; raises Unreachable if the mirror is at fault, OSError if we are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.md5(usedforsecurity=False)
    with whole_file(path) as file:
        for block in blocks(url, Meter(url)):
            digest.update(block)
            file.write(block)
        if md5 is not None and digest.hexdigest() != md5:
            problem = "what it has is damaged or another file: its MD5 checksum is"
            raise Unreachable(f"{problem} {digest.hexdigest()}, not {md5}")


def blocks(url: str, report: Callable[[int, int | None], None]) -> Iterator[bytes]:
    """The content of `url` piece by piece; `report(so far, in all)` is called after each."""
    agent = {"User-Agent": f"rushlight/{VERSION}"}
    done = 0
    try:
        request = urllib.request.Request(url, headers=agent)
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            length = response.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            report(0, total)
            while block := response.read(BLOCK):
                done += len(block)
                yield block
                report(done, total)
    except urllib.error.HTTPError as error:
        raise Unreachable(f"the server says {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise Unreachable(f"not reachable ({worded(error.reason)})") from None
    except OSError as error:  # of the connection: the file is written by the caller
        raise Unreachable(f"the connection broke ({worded(error)})") from None
    except (http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"not understood ({worded(error)})") from None
    if total is not None and done != total:
        raise Unreachable(f"the connection ended early, after {done} of {total} bytes")


def worded(error: object) -> str:
    """An error in a few words."""
    if isinstance(error, TimeoutError):
        return f"no answer for {PATIENCE:.0f} seconds"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


class Meter:
    """Says on the terminal how far a download is; elsewhere only that it began."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.shown = ""

    def __call__(self, done: int, total: int | None) -> None:
        """Show that `done` bytes of `total` have come."""
        stream = sys.stderr
        if not done:
            size = "" if total is None else f" ({total / 1e6:.1f} MB)"
            print(f"Downloading {self.url}{size}", file=stream)
        elif stream.isatty():
            share = f" {100 * done / total:3.0f}%" if total else ""
            shown = f"  {done / 1e6:.1f} MB{share}"
            if shown != self.shown:
                end = "\n" if done == total else ""
                print(f"\r{shown}", end=end, file=stream, flush=True)
                self.shown = shown
