"""`torch.accelerator`: there is none, and programs that ask first are told so."""

from __future__ import annotations

from typing import Any

from .errors import DeviceError, explain

__all__ = [
    "current_accelerator",
    "current_device_index",
    "device_count",
    "is_available",
    "synchronize",
]


def is_available() -> bool:
    """False.

    >>> torch.accelerator.is_available()
    False
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """None: programs then take the CPU.

    >>> device = torch.accelerator.current_accelerator() or torch.device("cpu")
    >>> device
    device(type='cpu')
    """


def current_device_index() -> int:
    """Raises DeviceError."""
    problem = "there is no accelerator here"
    raise DeviceError(explain("accelerator", problem, hint="use device='cpu'"))


def synchronize(device: Any = None) -> None:
    """Accepted: there is nothing to wait for."""
