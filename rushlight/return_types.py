"""`torch.return_types`: the named tuples that functions with several results give."""

from __future__ import annotations

from typing import Any

from .missing import missing
from .ops.returns import KINDS

all_return_types = list(KINDS.values())


def __getattr__(name: str) -> Any:
    if name in KINDS:
        return KINDS[name]
    raise missing("torch.return_types", name, KINDS)


def __dir__() -> list[str]:
    return sorted(KINDS)
