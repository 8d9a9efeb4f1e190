"""`torch.cpu`: the device that there is."""

from __future__ import annotations

from typing import Any

from . import amp

__all__ = ["amp", "current_device", "device_count", "is_available", "synchronize"]


def is_available() -> bool:
    """True.

    >>> torch.cpu.is_available()
    True
    """
    return True


def device_count() -> int:
    """1."""
    return 1


def current_device() -> str:
    """The name of the device: "cpu"."""
    return "cpu"


def synchronize(device: Any = None) -> None:
    """Accepted: there is nothing to wait for."""
