"""The named tuples that ops with several results return, printed as PyTorch prints them."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

FIELDS: dict[str, str] = {}
"""The types by name, and their fields: `torch.return_types`."""


def named(name: str, fields: str) -> Callable[..., Any]:
    """A function of the fields that makes a named tuple, printed as `torch.return_types.<name>`.

    >>> named("max", "values indices")(1, 2)
    torch.return_types.max(
    values=1,
    indices=2)
    """
    FIELDS[name] = fields
    return lambda *values: kind_of(name)(*values)


@cache
def kind_of(name: str) -> Any:
    """The type `torch.return_types.<name>`; there are many, and programs want few."""

    def text(self: Any) -> str:
        lines = [f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True)]
        return f"torch.return_types.{name}(\n" + ",\n".join(lines) + ")"

    kind = namedtuple(name, FIELDS[name])  # type: ignore[misc]
    kind.__repr__ = text  # type: ignore[method-assign]
    return kind


ValuesIndices = {
    name: named(name, "values indices")
    for name in (
        *("max", "min", "median", "nanmedian", "mode", "kthvalue"),
        *("sort", "topk", "cummax", "cummin"),
    )
}

AMinMax = named("aminmax", "min max")
