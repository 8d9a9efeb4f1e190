"""Functions of modules that few programs need: the first call imports the module."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

UNDER_WAY: list[str] = []
"""Modules that are being imported so just now: a child process would find them half there."""


def later(place: str, package: str | None = None) -> Callable[..., Any]:
    """The function at `place`, such as `.making.code_for` in `package`.

    >>> later("math.sqrt")(9.0)
    3.0
    """
    module, _, name = place.rpartition(".")

    def call(*args: Any, **options: Any) -> Any:
        UNDER_WAY.append(module)
        try:
            function = getattr(importlib.import_module(module, package), name)
        finally:
            UNDER_WAY.remove(module)
        return function(*args, **options)

    return call
