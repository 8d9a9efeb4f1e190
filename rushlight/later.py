"""What lies in modules that few programs need: they are imported when it is first asked for."""

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


def homes(files: dict[str, str]) -> dict[str, str]:
    """{name: file} of the names in each of some files, given as one text.

    >>> homes({"linear": "Identity Linear", "module": "Module"})
    {'Identity': 'linear', 'Linear': 'linear', 'Module': 'module'}
    """
    return {name: file for file, names in files.items() for name in names.split()}


def found_in(package: str, file: str, name: str) -> Any:
    """What is called `name` in a file of a package, which is imported now."""
    return getattr(importlib.import_module(f".{file}", package), name)
