"""`torch.cpu.amp`: the old names of `torch.amp`."""

from __future__ import annotations

import warnings
from typing import Any

from .. import amp
from ..dtypes import DType

__all__ = ["GradScaler", "autocast"]


def old(name: str) -> None:
    """Warn of an old name, on the line of the program."""
    words = (
        f"`torch.cpu.amp.{name}(args...)` is deprecated. "
        f"Please use `torch.amp.{name}('cpu', args...)` instead."
    )
    warnings.warn(words, FutureWarning, stacklevel=3)


class autocast(amp.autocast):
    """`torch.amp.autocast("cpu")`."""

    def __init__(
        self, enabled: bool = True, dtype: DType | None = None, cache_enabled: bool = True
    ) -> None:
        old("autocast")
        super().__init__("cpu", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`torch.amp.GradScaler("cpu")`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        old("GradScaler")
        super().__init__("cpu", *args, **options)
