"""Windows that signals are multiplied with: smooth bumps, 0 or nearly so at both ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import dtypes
from .create import checked_dtype, finished
from .errors import ChoiceError, explain
from .public import public


def made(
    op: str, M: int, shape: Callable[[Any, int], Any], sym: bool, options: dict[str, Any]
) -> Any:
    """A window of `M` elements; `shape` is given their numbers, and the number of the last.

    One that is not symmetric is the first part of one longer by one: it repeats without a seam.
    """
    if M < 0:
        raise ChoiceError(explain(op, f"requires non-negative window length, got M={M}"))
    dtype = checked_dtype(options.get("dtype"), op) or dtypes.default()
    narrow = options.get("older") and dtype.is_floating_point
    if dtype not in (dtypes.float32, dtypes.float64) and not narrow:
        raise ChoiceError(explain(op, f"expects float32 or float64 dtypes, got: {dtype!r}"))
    last = max((M if sym else M + 1) - 1, 1)
    places = np.arange(M, dtype=np.float64)
    values = np.ones(M) if M == 1 else np.asarray(shape(places, last))
    requires_grad, device = bool(options.get("requires_grad")), options.get("device")
    return finished(dtype.array(values), requires_grad, op, None, device)


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, **options: Any) -> Any:
    """A sum of cosines of weights `a`, every second of them subtracted.

    >>> torch.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    weights = list(a)
    if not weights:
        raise ChoiceError(explain("general_cosine", "coefficients cannot be empty"))

    def shape(k: Any, last: int) -> Any:
        angle = 2 * math.pi * k / last
        return sum([(-1) ** j * w * np.cos(j * angle) for j, w in enumerate(weights)])

    return made("general_cosine", M, shape, sym, options)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Any:
    """`alpha` less 1 - `alpha` times a cosine."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Any:
    """0.54 less 0.46 times a cosine."""
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Half of 1 less a cosine.

    >>> torch.signal.windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Any:
    """A sum of three cosines."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Any:
    """A sum of four cosines, Nuttall's."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)


def bartlett(M: int, *, sym: bool = True, **options: Any) -> Any:
    """A triangle."""
    return made("bartlett", M, lambda k, last: 1 - np.abs(2 * k / last - 1), sym, options)


def cosine(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Half a wave of a sine."""
    return made("cosine", M, lambda k, last: np.sin(math.pi * (k + 0.5) / (last + 1)), sym, options)


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **options: Any
) -> Any:
    """exp(-abs(k - center) / tau)."""
    if tau <= 0:
        raise ChoiceError(explain("exponential", f"Tau must be positive, got: {tau} instead."))
    if sym and center is not None:
        raise ChoiceError(explain("exponential", "Center must be None for symmetric windows"))

    def shape(k: Any, last: int) -> Any:
        middle = last / 2 if center is None else center
        return np.exp(-np.abs(k - middle) / tau)

    return made("exponential", M, shape, sym, options)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **options: Any) -> Any:
    """A bell of standard deviation `std`."""
    if std <= 0:
        problem = f"Standard deviation must be positive, got: {std} instead."
        raise ChoiceError(explain("gaussian", problem))
    return made(
        "gaussian", M, lambda k, last: np.exp(-(((k - last / 2) / std) ** 2) / 2), sym, options
    )


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **options: Any) -> Any:
    """Kaiser's window, the narrower the larger `beta`."""
    if beta < 0:
        problem = f"beta must be non-negative, got: {beta} instead."
        raise ChoiceError(explain("kaiser", problem))

    def shape(k: Any, last: int) -> Any:
        return np.i0(beta * np.sqrt(np.maximum(1 - (2 * k / last - 1) ** 2, 0))) / np.i0(beta)

    return made("kaiser", M, shape, sym, options)


# -- by their older names, which make narrow numbers too -------------------------------------------


@public()
def hann_window(window_length: int, periodic: bool = True, **options: Any) -> Any:
    """Half of 1 less a cosine; the first part of a longer one if it is `periodic`.

    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return hann(window_length, sym=not periodic, older=True, **options)


@public()
def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    **options: Any,
) -> Any:
    """`alpha` less `beta` times a cosine; the first part of a longer one if it is `periodic`."""
    return general_cosine(window_length, a=[alpha, beta], sym=not periodic, older=True, **options)


@public()
def blackman_window(window_length: int, periodic: bool = True, **options: Any) -> Any:
    """A sum of three cosines; the first part of a longer one if it is `periodic`."""
    return blackman(window_length, sym=not periodic, older=True, **options)


@public()
def bartlett_window(window_length: int, periodic: bool = True, **options: Any) -> Any:
    """A triangle; the first part of a longer one if it is `periodic`."""
    return bartlett(window_length, sym=not periodic, older=True, **options)


@public()
def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, **options: Any
) -> Any:
    """Kaiser's window; the first part of a longer one if it is `periodic`."""
    return kaiser(window_length, beta=beta, sym=not periodic, older=True, **options)
