"""`torch.cuda`: there is none, and programs that ask first are told so."""

from __future__ import annotations

from typing import Any

from ..errors import DeviceError, explain
from . import amp

__all__ = [
    "amp",
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "is_available",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "synchronize",
]


def is_available() -> bool:
    """False.

    >>> torch.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def manual_seed(seed: int) -> None:
    """Accepted: there is nothing to seed."""


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Accepted: there is nothing to free."""


def synchronize(device: Any = None) -> None:
    """Accepted: there is nothing to wait for."""


def current_device() -> int:
    """Raises DeviceError."""
    raise DeviceError(explain("cuda", "there is no CUDA device here", hint="use device='cpu'"))


def get_device_name(device: Any = None) -> str:
    """Raises DeviceError."""
    raise DeviceError(explain("cuda", "there is no CUDA device here", hint="use device='cpu'"))
