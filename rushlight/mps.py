"""`torch.mps`: there is none, and programs that ask first are told so."""

from __future__ import annotations

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "seed", "synchronize"]


def is_available() -> bool:
    """False.

    >>> torch.mps.is_available()
    False
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def synchronize() -> None:
    """Accepted: there is nothing to wait for."""


def empty_cache() -> None:
    """Accepted: there is nothing to free."""


def manual_seed(seed: int) -> None:
    """Accepted: there is nothing to seed."""


def seed() -> None:
    """Accepted: there is nothing to seed."""
