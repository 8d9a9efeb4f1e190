"""The checks of options that optimizers share."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from ..tensor import Tensor


def at_least_zero(**options: Any) -> None:
    """Raise ValueError for a negative option (given as its name in PyTorch's words)."""
    for name, value in options.items():
        if value is None or isinstance(value, str):
            problem = f"{name.replace('_', ' ')} must be a number, not {value!r}"
            hint = "float(text) makes one" if value else ""
            raise ArgumentError(explain("optimizer", problem, hint=hint))
        if isinstance(value, Tensor) and value.numel() != 1:
            problem = f"Tensor {name.replace('_', ' ')} must be 1-element"
            raise ChoiceError(explain("optimizer", problem))
        if not value >= 0.0:
            raise ChoiceError(explain("optimizer", f"invalid {name.replace('_', ' ')}: {value}"))


def betas_below_one(betas: Any) -> None:
    """Raise ValueError unless both betas are in [0, 1)."""
    if not isinstance(betas, tuple | list) or len(betas) < 2:
        problem = f"betas must be two numbers, not {betas!r}"
        raise ArgumentError(explain("optimizer", problem, hint="betas=(0.9, 0.999)"))
    for k, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ChoiceError(
                explain(
                    "optimizer", f"invalid beta parameter at index {k}: {beta}", hint="in [0, 1)"
                )
            )
