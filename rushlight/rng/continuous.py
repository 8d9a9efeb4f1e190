"""Other real numbers: exponential_, log_normal_ and cauchy_ (rng spec §11).

All of them are computed in float64 with the C library's functions, whatever the dtype, and cast.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.exact import Floats, c_function, fma
from rushlight.rng.formats import FLOAT32, FLOAT64, Shape, chunks, float_format, size_of
from rushlight.rng.normal import normal_pairs
from rushlight.rng.twister import Twister

_FEW = 32  # up to here calling the C library for each is as quick
_LOW29 = np.array(2**29 - 1)  # the bits of a float64 that float32 does not have
_NEAR_HALF = np.array(2**28 - 64)

_log1p = c_function("log1p")
_log1p_of = math.log1p
_exp = c_function("exp")
_tan = c_function("tan")


def exponential(
    twister: Twister, shape: Shape, rate: float = 1.0, dtype: Any = np.float32
) -> NDArray[Any]:
    """A new array of waiting times with this rate; zero can occur.

    >>> exponential(Twister(0), 2)
    array([3.5083263, 1.2303847], dtype=float32)
    """
    n = size_of(shape)
    scale = -1.0 / rate
    form = float_format(dtype)
    if n <= _FEW and rate == 1.0 and (form is FLOAT32 or form is FLOAT64):
        few = [-_log1p_of(-unit) for unit in twister.few53(n)]
        return np.array(few, dtype).reshape(shape)
    # Where float32 comes next the last bits hardly ever matter, unless the results are subnormal.
    closely = form is FLOAT64 or n <= _FEW or rate > 2.0**64
    out = np.empty(n)
    for place, units in twister.unit53_pieces(n):
        units = -units
        out[place] = scale * _log1p(units) if closely else _scaled_log1p(units, scale)
    return delivered(out, shape, dtype)


def _scaled_log1p(x: Floats, scale: float) -> Floats:
    """The array scale * log1p(x), right in all bits that decide its rounding to float32.

    NumPy's own log1p is much faster than the C library's, and wrong by an ulp or so at times. It is
    trusted but for the few values within 64 ulps of half-way between two float32.
    """
    values = scale * np.log1p(x)
    near = ((values.view(np.int64) - _NEAR_HALF) & _LOW29) < 128
    if np.count_nonzero(near):
        values[near] = scale * _log1p(x[near])
    return values


def log_normal(
    twister: Twister, shape: Shape, mean: float = 1.0, std: float = 2.0, dtype: Any = np.float32
) -> NDArray[Any]:
    """A new array of numbers whose logarithms are normal; they are drawn like few of `normal`.

    >>> log_normal(Twister(0), 2, 0.0, 1.0)
    array([4.669239 , 0.7457022], dtype=float32)
    """
    values = normal_pairs(twister, size_of(shape), mean, std)
    for place in chunks(values.size):
        values[place] = _exp(values[place])
    return delivered(values, shape, dtype)


def cauchy(
    twister: Twister, shape: Shape, median: float = 0.0, sigma: float = 1.0, dtype: Any = np.float32
) -> NDArray[Any]:
    """A new array of Cauchy numbers.

    >>> cauchy(Twister(0), 2)
    array([10.59773  ,  0.7647673], dtype=float32)
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
