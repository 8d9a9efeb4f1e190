"""Programs that were compiled before: known by what they are, not by the text they become.

Emitting takes longer than loading, so machine code is kept under a description of the program. The
engine's own files are part of it: another version of them has other code.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np

from ...graph import Cell, Constant, Node
from ...ops.table import Op
from ...trace import Program
from . import cache
from .pool import planned_threads
from .target import target

PLACE = re.compile(r" at 0x|object at")
"""What the text of an object contains that differs from process to process."""


@once
def edition() -> str:
    """What tells this version of the engine from any other: its files, and Python's version.

    Code for Python 3.12 counts no references to None, which other versions need.
    """
    files = sorted(Path(__file__).parent.glob("*.py"))
    marks = [f"{f.name} {s.st_size} {s.st_mtime_ns}" for f in files for s in [f.stat()]]
    return hashlib.sha256("\n".join([sys.version, *marks]).encode()).hexdigest()


def key_of(program: Program, updates: Mapping[int, int], dense: bool) -> str | None:
    """The name under which the code of `program` is kept; None if it cannot be described."""
    numbers: dict[Node, int] = {}
    lines = [f"{sorted(updates.items())} {dense} {planned_threads()}"]
    for leaf in program.inputs:
        numbers[leaf] = len(numbers)
        kind = f"{leaf.number} {isinstance(leaf, Cell)}"
        lines.append(f"{kind} {leaf.dtype.name} {leaf.shape} {leaf.strides}")
    for node in program.order:
        inputs = [constant_text(i) if isinstance(i, Constant) else numbers[i] for i in node.inputs]
        attrs = [f"{k}={attribute_text(v)}" for k, v in node.attrs.items()]
        shape = f"{node.dtype.name} {node.shape} {node.strides}"
        lines.append(f"{node.op.name} {inputs} {attrs} {shape}")
        numbers[node] = len(numbers)
    outputs = [constant_text(o) if isinstance(o, Constant) else numbers[o] for o in program.outputs]
    text = "\n".join([*lines, str(outputs)])
    if PLACE.search(text):
        return None
    return cache.key(text, f"{target().identity} {edition()}")


def constant_text(node: Constant) -> str:
    """The text of a constant, exact to the bit."""
    value: Any = np.asarray(node.value)
    return f"{node.number} {value.dtype} {value.shape} {value.tobytes().hex()}"


def attribute_text(value: Any) -> str:
    """The text of a static argument."""
    if isinstance(value, Op):
        return value.name
    if isinstance(value, tuple):
        return f"({', '.join([attribute_text(v) for v in value])})"
    return repr(value)


def fetch(key: str | None) -> tuple[int, bytes] | None:
    """The size of the arena and the code kept under `key`, if any is."""
    found = cache.load(key) if key else None
    return None if found is None else (int.from_bytes(found[:8], "little"), found[8:])


def remember(key: str | None, arena: int, image: bytes) -> None:
    """Keep the code under `key`."""
    if key:
        cache.save(key, arena.to_bytes(8, "little") + image)


def is_kept(key: str | None) -> bool:
    """Whether there is something under `key`."""
    return bool(key and cache.has(key))


def note_stages(key: str | None) -> None:
    """Note that the program of `key` was compiled in stages, whose code is kept."""
    if key:
        cache.save(key + STAGES, b"")


def has_stages(key: str | None) -> bool:
    """Whether the program of `key` was compiled in stages."""
    return bool(key and cache.has(key + STAGES))


STAGES = ".stages"
