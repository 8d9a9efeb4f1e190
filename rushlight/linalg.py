"""`torch.linalg`: linear algebra, from the op table."""

from __future__ import annotations

from typing import Any

from .settings import names_on, op_on


def __getattr__(name: str) -> Any:
    found = globals()[name] = op_on("linalg", name)
    return found


def __dir__() -> list[str]:
    return names_on("linalg")
