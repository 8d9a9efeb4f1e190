"""The checks of options that optimizers share."""

from __future__ import annotations

from typing import Any

from ..errors import explain


def at_least_zero(**options: Any) -> None:
    """Raise ValueError for a negative option (given as its name in PyTorch's words)."""
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(explain("optimizer", f"invalid {name.replace('_', ' ')}: {value}"))


def betas_below_one(betas: Any) -> None:
    """Raise ValueError unless both betas are in [0, 1)."""
    for k, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(
                explain(
                    "optimizer", f"invalid beta parameter at index {k}: {beta}", hint="in [0, 1)"
                )
            )
