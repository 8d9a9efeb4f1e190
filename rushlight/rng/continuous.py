"""Other real numbers: exponential_, log_normal_ and cauchy_ (rng spec §11).

All of them are computed in float64 with the C library's functions, whatever the dtype, and cast.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.exact import Floats, c_function, fma
from rushlight.rng.formats import FLOAT64, Shape, float_format, size_of
from rushlight.rng.normal import normal_pairs
from rushlight.rng.twister import Twister

_FEW = 32  # up to here calling the C library for each is as quick
_LOW29 = np.array(2**29 - 1)

_log1p = c_function("log1p")
_exp = c_function("exp")
_tan = c_function("tan")


def exponential(
    twister: Twister, shape: Shape, rate: float = 1.0, dtype: Any = np.float32
) -> NDArray[Any]:
    """A new array of waiting times with this rate; zero can occur.

    >>> exponential(Twister(0), 2)
    array([0.6829252, 1.1266001], dtype=float32)
    """
    n = size_of(shape)
    scale = -1.0 / rate
    form = float_format(dtype)
    out = np.empty(n)
    for place, units in twister.unit53_pieces(n):
        out[place] = scale * _log1p(-units)
    return delivered(out, shape, dtype)


def log_normal(
    twister: Twister, shape: Shape, mean: float = 1.0, std: float = 2.0, dtype: Any = np.float32
) -> NDArray[Any]:
    """A new array of numbers whose logarithms are normal; they are drawn like few of `normal`.

    >>> log_normal(Twister(0), 2, 0.0, 1.0)
    array([4.6692393, 0.7457358], dtype=float32)
    """
    return delivered(_exp(normal_pairs(twister, size_of(shape), mean, std)), shape, dtype)


def cauchy(
    twister: Twister, shape: Shape, median: float = 0.0, sigma: float = 1.0, dtype: Any = np.float32
) -> NDArray[Any]:
    """A new array of Cauchy numbers.

    >>> cauchy(Twister(0), 2)
    """
    n = size_of(shape)
    out = np.empty(n)
    for place, units in twister.unit53_pieces(n):
        out[place] = fma(_tan(math.pi * (units - 0.5)), sigma, median)
    return delivered(out, shape, dtype)


def delivered(values: Floats, shape: Shape, dtype: Any) -> NDArray[Any]:
    """These numbers in their shape and dtype; what is too large for it becomes infinite."""
    form = float_format(dtype)
    if form is not FLOAT64:
        with np.errstate(over="ignore"):
            values = form.narrow(values) if form is not None else values.astype(dtype)
    return values if isinstance(shape, int) else values.reshape(shape)
