"""Reproducible example inputs. Every sweep over the table draws from them."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def floats(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Array:
    """float32 values between `low` and `high`, none of them the same."""
    values = np.random.default_rng(seed).uniform(low, high, shape)
    return np.asarray(values, np.float32)


def doubles(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Array:
    """As `floats`, in float64."""
    return np.asarray(np.random.default_rng(seed).uniform(low, high, shape))


def ints(*shape: int, low: int = -5, high: int = 6, seed: int = 0) -> Array:
    """int64 values from `low` up to, not including, `high`."""
    return np.random.default_rng(seed).integers(low, high, shape)


def bools(*shape: int, seed: int = 0) -> Array:
    """Truth values."""
    return np.random.default_rng(seed).integers(0, 2, shape).astype(bool)


def complexes(*shape: int, seed: int = 0) -> Array:
    """complex64 values with both parts between -2 and 2."""
    return np.asarray(
        floats(*shape, seed=seed) + 1j * floats(*shape, seed=seed + 100), np.complex64
    )


class AtKink(tuple[Any, ...]):
    """Example inputs where the op has no derivative, or none that central differences can find."""

    __slots__ = ()


def at_kink(*args: Any, **kwargs: Any) -> AtKink:
    """The example `op(*args, **kwargs)` for ties, zeros and values that are not finite.

    There only a convention says what the gradient is; sweeps compare it with PyTorch's.
    """
    return AtKink((args, kwargs))
