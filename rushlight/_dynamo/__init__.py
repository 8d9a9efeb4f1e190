"""`torch._dynamo`: what programs use of it, accepted.

Programs here are recorded as they run, so there is nothing to trace, to break or to mark.
"""

from __future__ import annotations

from typing import Any

from ..compiler import allow_in_graph, compile, disable, is_compiling, list_backends, reset
from . import config

__all__ = [
    "allow_in_graph",
    "config",
    "disable",
    "is_compiling",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "maybe_mark_dynamic",
    "optimize",
    "reset",
]


def optimize(backend: Any = "inductor", *, nopython: bool = False, **options: Any) -> Any:
    """A decorator: the older form of `torch.compile(backend=...)`."""
    return compile(backend=backend)


def mark_dynamic(t: Any, index: Any, **limits: Any) -> None:
    """Nothing: another size is another program, and the first eight become machine code."""


def mark_static(t: Any, index: Any = None) -> None:
    """Nothing: sizes are fixed in every program."""


maybe_mark_dynamic = mark_dynamic
