"""NumPy rules of Bessel functions of order 0 and 1: both kinds, and the modified second kind.

Formulas are from the NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov: numbers
such as 10.8.1 refer to it. Near 0 power series are summed. From |x| = 2 on all come from one
integral, that of the modified K (10.32.8), by Gauss and Laguerre's rule (3.5.27): on the imaginary
axis K is Hankel's function (10.27.8), and its parts are J and Y (10.4.3).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .samples import Array

NEAR = 2.0
"""Where the series end and the integral begins."""

TERMS = 16
"""Enough of the series there."""

PLACES = 48
"""Enough places of the rule: the integral is right to the last digits from |z| = 1.8 on."""


@cache
def laguerre_rule(power: float) -> tuple[Array, Array]:
    """Places and weights for integrals of t**power * exp(-t), as shares of the whole (3.5.31)."""
    k = np.arange(PLACES)
    beside = np.sqrt(k[1:] * (k[1:] + power))
    places, vectors = np.linalg.eigh(
        np.diag(2 * k + power + 1) + np.diag(beside, 1) + np.diag(beside, -1)
    )
    weights = vectors[0] ** 2
    heavy = weights > 1e-30
    return places[heavy], weights[heavy]


def scaled_k(order: float, z: Any) -> Any:
    """NumPy: exp(z) times K of a complex `z` that is not small (10.32.8)."""
    places, weights = laguerre_rule(order - 0.5)
    total = np.zeros_like(z)
    for t, weight in zip(places, weights, strict=True):
        total += weight * (1 + t / (2 * z)) ** (order - 0.5)
    return np.sqrt(np.pi / (2 * z)) * total


def hankel(order: int, x: Any) -> Any:
    """NumPy: Hankel's function of the first kind, for x >= 2 (10.27.8)."""
    return 2 / (np.pi * 1j ** (order + 1)) * np.exp(1j * x) * scaled_k(order, -1j * x)


def power_series(q: Any, order: int) -> Any:
    """NumPy: the sum of q**k / (k! (k + order)!) over k."""
    term = np.ones_like(q)
    total = term.copy()
    for k in range(1, TERMS):
        term = term * q / (k * (k + order))
        total += term
    return total


def series_with_psi(q: Any, order: int) -> Any:
    """NumPy: that sum, each term multiplied by psi(k + 1) + psi(k + order + 1)."""
    low = -np.euler_gamma
    high = low + order  # psi(2) = psi(1) + 1
    term = np.ones_like(q)
    total = term * (low + high)
    for k in range(1, TERMS):
        term = term * q / (k * (k + order))
        low += 1 / k
        high += 1 / (k + order)
        total += term * (low + high)
    return total


def first_kind(x: Any, order: int) -> Any:
    """NumPy: J (10.2.2), which is even for order 0 and odd for order 1."""
    size = np.abs(x)
    out = size.copy()  # keeps nan
    near = size <= NEAR
    half = size[near] / 2
    out[near] = half**order * power_series(-np.square(half), order)
    far = size > NEAR
    out[far] = hankel(order, size[far]).real
    out[size == np.inf] = 0
    return np.where(x < 0, -out, out) if order else out


def second_kind(x: Any, order: int) -> Any:
    """NumPy: Y (10.8.1); nan for negative numbers."""
    out = np.full_like(x, np.nan)
    near = (x >= 0) & (x <= NEAR)
    half = x[near] / 2
    q = -np.square(half)
    found = 2 * np.log(half) * half**order * power_series(q, order)
    out[near] = (found - half**order * series_with_psi(q, order) - order / half) / np.pi
    far = x > NEAR
    out[far] = hankel(order, x[far]).imag
    out[x == 0] = -np.inf
    out[x == np.inf] = 0
    return out


def modified_second_kind(x: Any, order: int, scaled: bool) -> Any:
    """NumPy: K (10.31.1), times exp(x) if `scaled`; nan for negative numbers."""
    out = np.full_like(x, np.nan)
    near = (x >= 0) & (x <= NEAR)
    half = x[near] / 2
    q = np.square(half)
    sign = -1 if order else 1
    found = half**order * (series_with_psi(q, order) / 2 - np.log(half) * power_series(q, order))
    out[near] = (sign * found + order / (2 * half)) * (np.exp(x[near]) if scaled else 1)
    far = x > NEAR
    out[far] = scaled_k(order, x[far]) * (1 if scaled else np.exp(-x[far]))
    out[x == 0] = np.inf
    out[x == np.inf] = 0
    return out
