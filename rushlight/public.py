"""The table of public functions that are not ops: where each name appears.

`@public()` puts a function under `torch`; `@public("torch Tensor")` also makes it a method. The
package, the Tensor type, the stubs and the documentation all read this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

PUBLIC: dict[str, dict[str, Any]] = {"torch": {}, "Tensor": {}, "autograd": {}}
"""Public names by the namespace in which they appear."""


def public(on: str = "torch", name: str = "") -> Callable[[T], T]:
    """A decorator that enters a function or class in the table, under `name` or its own name."""

    def enter(thing: T) -> T:
        for space in on.split():
            PUBLIC[space][name or thing.__name__] = thing  # type: ignore[attr-defined]
        return thing

    return enter
