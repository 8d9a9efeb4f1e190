"""The named tuples that ops with several results return, printed as PyTorch prints them."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

KINDS: dict[str, Any] = {}
"""The types by name: `torch.return_types`."""


def named(name: str, fields: str) -> Any:
    """A named tuple type that prints as `torch.return_types.<name>`.

    >>> named("max", "values indices")(1, 2)
    torch.return_types.max(
    values=1,
    indices=2)
    """

    def text(self: Any) -> str:
        lines = [f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True)]
        return f"torch.return_types.{name}(\n" + ",\n".join(lines) + ")"

    kind = namedtuple(name, fields)  # type: ignore[misc]
    kind.__repr__ = text  # type: ignore[method-assign]
    KINDS.setdefault(name, kind)
    return kind


ValuesIndices = {
    name: named(name, "values indices")
    for name in (
        *("max", "min", "median", "nanmedian", "mode", "kthvalue"),
        *("sort", "topk", "cummax", "cummin"),
    )
}

AMinMax = named("aminmax", "min max")
