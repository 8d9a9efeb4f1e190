"""The table of public functions that are not ops: where each name appears.

`@public()` puts a function under `torch`; `@public("torch Tensor")` also makes it a method. The
package, the Tensor type, the stubs and the documentation all read this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Named(type):
    """The type of classes that print under PyTorch's name: `class DType(..., shown="torch.dtype")`.

    >>> type(torch.float32)
    <class 'torch.dtype'>
    """

    def __new__(mcs, own: str, bases: Any, space: Any, shown: str = "", **words: Any) -> Any:
        """The class."""
        made = super().__new__(mcs, own, bases, space, **words)
        NAMES[made] = shown
        return made

    def __repr__(cls) -> str:
        name = NAMES[cls]
        return f"<class {name!r}>" if name else super().__repr__()


NAMES: dict[type, str] = {}
"""Under which name a class prints, if not under its own."""

PUBLIC: dict[str, dict[str, Any]] = {"torch": {}, "Tensor": {}, "autograd": {}}
"""Public names by the namespace in which they appear."""


def public(on: str = "torch", name: str = "") -> Callable[[T], T]:
    """A decorator that enters a function or class in the table, under `name` or its own name."""

    def enter(thing: T) -> T:
        for space in on.split():
            PUBLIC[space][name or thing.__name__] = thing  # type: ignore[attr-defined]
        return thing

    return enter
