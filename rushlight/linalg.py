"""`torch.linalg`: linear algebra, from the op table."""

from __future__ import annotations

from typing import Any

from .calls import function
from .errors import ShapeError
from .ops import OPS
from .settings import names_on, op_on

APART = {"cholesky", "cross", "lu", "lu_solve", "norm", "pinv", "qr", "slogdet", "svd"}
"""Functions that are not those of the same name in `torch`: linalg_<name> in the table."""

LinAlgError = ShapeError


def __getattr__(name: str) -> Any:
    op = OPS.get(f"linalg_{name}") if name in APART else None
    found = globals()[name] = op_on("linalg", name) if op is None else function(op)
    return found


def __dir__() -> list[str]:
    return sorted({*names_on("linalg"), *APART})
