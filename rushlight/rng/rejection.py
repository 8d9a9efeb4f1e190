"""Poisson, binomial and gamma numbers: drawn, and drawn again until one is accepted.

The methods are Hörmann's (W. Hörmann, "The transformed rejection method for generating Poisson
random variables", Insurance: Mathematics and Economics 12, 1993, and "The generation of binomial
random variates", Journal of Statistical Computation and Simulation 46, 1993), Marsaglia's and
Tsang's ("A simple method for generating gamma variables", ACM Transactions on Mathematical Software
26, 2000), and for small counts the adding up of waiting times. All draw uniform numbers of 53 bits,
and gamma numbers normal ones in pairs, whatever the dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.exact import Floats, lgamma
from rushlight.rng.supply import Supply, drawn_by_machine
from rushlight.rng.twister import Twister

_THIRD = np.float32(1) / np.float32(3)  # float32 in float64 tensors too, as is _SQUEEZE
_SQUEEZE = float(np.float32(0.0331))
_NONE = -1.0  # the power that stands for a shape of 0
_LOG_ROOT = 0.5 * math.log(2.0 * math.pi)


def _until(rule: Callable[..., float], twister: Twister, *columns: NDArray[Any]) -> Floats:
    """What `rule` makes of a supply and a number of each column, one after the other.

    Machine code is made of the same rules: they are written with what engines/llvm/rules.py knows.
    """
    machine = twister.machine
    table = np.array([column.ravel() for column in columns], np.float64)
    if machine is not None and np.isfinite(table).all():
        return drawn_by_machine(twister, machine.rules[rule.__name__], table)
    with Supply(twister) as supply:
        return np.array([rule(supply, *row) for row in table.T.tolist()], np.float64)


def poisson(twister: Twister, rate: NDArray[Any]) -> NDArray[Any]:
    """A new array of counts, in the shape and dtype of `rate`, whose elements are not negative.

    >>> poisson(Twister(0), np.array([2.0, 50.0]))
    array([ 6., 47.])
    """
    return _until(_poisson, twister, rate).astype(rate.dtype).reshape(rate.shape)


def _poisson(supply: Supply, rate: float) -> float:
    """A count of this rate: how many uniform numbers can be multiplied, or Hörmann's PTRS."""
    if rate >= 10.0:
        return _poisson_large(supply, rate)
    if rate == 0.0:
        return 0
    count, product, bound = 0, supply.unit(), math.exp(-rate)
    while product > bound:
        count += 1
        product *= supply.unit()
    return count


def _poisson_large(supply: Supply, rate: float) -> float:
    """A count of a rate from 10 on."""
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    log_scale = math.log(1.1239 + 1.1328 / (b - 3.4))
    inside = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = supply.unit() - 0.5
        v = supply.unit()
        edge = 0.5 - abs(u)
        if edge == 0.0:
            continue
        k = math.floor((2.0 * a / edge + b) * u + rate + 0.43)
        if edge >= 0.07 and v <= inside:
            return k
        if k < 0 or (edge < 0.013 and v > edge):
            continue
        height = _log(v) + log_scale - math.log(a / (edge * edge) + b)
        if height <= -rate + k * log_rate - lgamma(k + 1.0):
            return k


def _log(x: float) -> float:
    """The logarithm of x, which may be 0."""
    return math.log(x) if x else -math.inf


# -- gamma -------------------------------------------------------------------------------------


def gamma(twister: Twister, shape: NDArray[Any], wide: bool = False) -> NDArray[Any]:
    """A new array of gamma numbers of rate 1; `shape` holds a parameter for each, not negative.

    They come in the dtype of `shape`, and are no smaller than its smallest normal number; `wide`
    ones are float64, and may be 0.

    >>> gamma(Twister(0), np.array([0.5, 9.0]))
    array([7.89358206e-04, 5.88205126e+00])
    """
    kind = np.float64 if wide else shape.dtype.type
    with np.errstate(divide="ignore"):
        a = shape.astype(kind).ravel()
        small = a < 1
        # A number of shape a is one of shape a + 1 times u**(1 / a).
        power = np.where(small, np.where(a == 0, _NONE, 1 / a), 0)
        d = (np.where(small, a + kind(1), a) - kind(_THIRD)).astype(np.float64)
        c = 1.0 / np.sqrt(9.0 * d)
    out: NDArray[Any] = _until(_gamma, twister, power, d, c).astype(kind).reshape(shape.shape)
    return out if wide else np.maximum(out, np.finfo(kind).tiny)


def _gamma(supply: Supply, power: float, d: float, c: float) -> float:
    """A gamma number: d times the cube of a normal one, moved and scaled."""
    if power == _NONE:
        return 0.0
    if d != d:
        return d
    scale = math.pow(1.0 - supply.unit(), power) if power else 1.0
    while True:
        y = 0.0
        while y <= 0.0:
            x = supply.normal()
            y = 1.0 + c * x
        v = y * y * y
        u = 1.0 - supply.unit()
        square = x * x
        if u < 1.0 - _SQUEEZE * square * square:
            return scale * d * v
        if math.log(u) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return scale * d * v


def dirichlet(twister: Twister, concentration: NDArray[Any]) -> NDArray[Any]:
    """A new array of shares that add up to 1 along the last dimension.

    >>> dirichlet(Twister(0), np.array([0.5, 9.0], np.float32))
    array([1.3417978e-04, 9.9986583e-01], dtype=float32)
    """
    parts = gamma(twister, concentration, wide=True)
    form = np.finfo(concentration.dtype)
    with np.errstate(invalid="ignore"):
        shares = (parts / parts.sum(-1, keepdims=True)).astype(concentration.dtype)
    # The smallest share is not 0 (nan counts as too small), the largest is not 1.
    inside: NDArray[Any] = np.minimum(shares, 1 - form.epsneg)
    return np.where(shares > form.tiny, inside, form.tiny)


# -- binomial ----------------------------------------------------------------------------------


def binomial(twister: Twister, count: NDArray[Any], p: NDArray[Any]) -> NDArray[Any]:
    """A new array: how many of `count` trials succeed, each with probability `p` of equal shape.

    >>> binomial(Twister(0), np.array([10.0, 100.0]), np.array([0.5, 0.2]))
    array([ 7., 21.])
    """
    rarer = np.where(p > 0.5, 1 - p, p)  # of success and failure
    many = count * rarer >= 10
    counts = _until(_binomial, twister, count, p, rarer, many)
    return counts.astype(count.dtype).reshape(count.shape)


def _binomial(supply: Supply, count: float, p: float, rarer: float, many: float) -> float:
    """How many of `count` trials succeed."""
    if count <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0 or p != p:
        return count if p >= 1.0 else p
    if many:
        drawn = _binomial_large(supply, count, rarer)
    else:
        drawn = _binomial_small(supply, count, rarer)
    return count - drawn if p > 0.5 else drawn


def _binomial_small(supply: Supply, count: float, p: float) -> float:
    """How many successes there are, by the numbers of trials from one to the next."""
    scale = math.log1p(-p)
    trials, successes = 0.0, 0
    while True:
        trials += math.ceil(min(_log(supply.unit()) / scale, 1e300))
        if trials > count:
            return successes
        successes += 1


def _binomial_large(supply: Supply, n: float, p: float) -> float:
    """A number of successes of which ten or more are expected: Hörmann's BTRS."""
    spread = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    inside = 0.92 - 4.2 / b
    centre = n * p + 0.5
    odds = p / (1.0 - p)
    alpha = (2.83 + 5.1 / b) * spread
    mode = math.floor((n + 1.0) * p)
    while True:
        u = supply.unit() - 0.5
        v = supply.unit()
        edge = 0.5 - abs(u)
        if edge == 0.0:
            continue
        k = math.floor((2.0 * a / edge + b) * u + centre)
        if edge >= 0.07 and v <= inside:
            return k
        if k < 0 or k > n:
            continue
        height = _log(v * alpha / (a / (edge * edge) + b))
        if height <= _binomial_height(n, odds, mode, k):
            return k


def _binomial_height(n: float, odds: float, mode: float, k: float) -> float:
    """The logarithm of how probable k successes are, compared with `mode`."""
    rest = n - mode + 1.0
    left = n - k + 1.0
    tails = _tail(mode) + _tail(n - mode) - _tail(k) - _tail(n - k)
    return (
        (mode + 0.5) * math.log((mode + 1.0) / (odds * rest))
        + (n + 1.0) * math.log(rest / left)
        + (k + 0.5) * math.log(odds * left / (k + 1.0))
        + tails
    )


def _tail(k: float) -> float:
    """What Stirling's formula lacks of the logarithm of the factorial of k."""
    if k <= 9.0:
        return lgamma(k + 1.0) - ((k + 0.5) * math.log(k + 1.0) - (k + 1.0) + _LOG_ROOT)
    square = (k + 1.0) * (k + 1.0)
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
