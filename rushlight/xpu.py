"""`torch.xpu`: Intel's processors for graphics; there is none that could be used.

>>> torch.xpu.is_available()
False
"""

from __future__ import annotations

from typing import Any

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "synchronize"]


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Accepted: there is nothing to seed."""


def empty_cache() -> None:
    """Accepted: there is nothing to free."""


def synchronize(device: Any = None) -> None:
    """Accepted: there is nothing to wait for."""
