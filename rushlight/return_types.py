"""`torch.return_types`: the named tuples that functions with several results give."""

from __future__ import annotations

from typing import Any

from .missing import missing
from .ops.returns import FIELDS, kind_of

all_return_types = [kind_of(name) for name in FIELDS]


def __getattr__(name: str) -> Any:
    if name in FIELDS:
        return kind_of(name)
    raise missing("torch.return_types", name, FIELDS)


def __dir__() -> list[str]:
    return sorted(FIELDS)
