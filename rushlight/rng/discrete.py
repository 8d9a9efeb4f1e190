"""Decisions and choices: bernoulli_, dropout, geometric_ and multinomial (rng spec §9 to §12)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.continuous import delivered, exponential
from rushlight.rng.exact import c_function
from rushlight.rng.formats import Shape, size_of
from rushlight.rng.ties import largest
from rushlight.rng.twister import Twister

_log = c_function("log")
_FEW = 32  # up to here Python is quicker than NumPy
_LOW53 = np.array(2**53 - 1, np.uint64)


def bernoulli(twister: Twister, shape: Shape, p: float) -> NDArray[np.bool_]:
    """A new boolean array, each element true with probability p: bernoulli_ with a number.

    Two words an element, whatever the dtype of the tensor to be filled.

    >>> bernoulli(Twister(0), 4, 0.5)
    array([False, False,  True, False])
    """
    n = size_of(shape)
    out = np.empty(n, np.bool_)
    # As integers: k * 2**-53 < p means k < 2**53 * p, and p has no more than 53 bits.
    bound = math.ceil(min(max(p, 0.0), 1.0) * 2.0**53)
    machine = twister.machine
    if machine is not None:
        for place, words in twister.pair_pieces(n):
            machine.less53(words, out[place], bound)
    else:
        for place, longs in twister.long_pieces(n):
            np.less(longs & _LOW53, np.uint64(bound), out[place])
    return out if isinstance(shape, int) else out.reshape(shape)


def bernoulli_from(twister: Twister, p: NDArray[Any]) -> NDArray[np.bool_]:
    """A new boolean array, each element true with its own probability: bernoulli_ with a tensor.

    Float64 probabilities take two words an element, others one.

    >>> bernoulli_from(Twister(0), np.array([0.0, 0.9, 1.0]))
    array([False,  True,  True])
    """
    flat = p.ravel()
    out = np.empty(flat.size, np.bool_)
    draw = twister.unit53_pieces if p.dtype == np.float64 else twister.unit24_pieces
    for place, units in draw(flat.size):
        np.less(units, flat[place], out[place])
    return out.reshape(p.shape)


def dropout_keep(twister: Twister, shape: Shape, p: float) -> NDArray[np.bool_]:
    """A new boolean array: what dropout with probability p keeps. Nothing is drawn for 0 or 1.

    >>> dropout_keep(Twister(0), 4, 0.5)
    array([False, False,  True, False])
    """
    if p == 0.0:
        return np.ones(shape, np.bool_)
    if p == 1.0:
        return np.zeros(shape, np.bool_)
    return bernoulli(twister, shape, 1.0 - p)


def geometric(twister: Twister, shape: Shape, p: float, dtype: Any = np.float32) -> NDArray[Any]:
    """A new array: how many trials of probability p it takes to succeed.

    >>> geometric(Twister(0), 4, 0.2)
    array([1., 2., 4., 1.], dtype=float32)
    """
    n = size_of(shape)
    scale = math.log1p(-p)
    out = np.empty(n)
    for place, units in twister.unit53_pieces(n):
        out[place] = np.ceil(_log(units) / scale)
    return delivered(out, shape, dtype)


def multinomial(
    twister: Twister, weights: NDArray[Any], num_samples: int, replacement: bool = False
) -> NDArray[np.int64]:
    """A new array of category numbers: `num_samples` for each row of weights.

    Weights have one or two dimensions, and are taken as valid: none negative, some positive.

    >>> multinomial(Twister(0), np.array([1.0, 2.0, 3.0]), 2)
    array([2, 1])
    """
    rows = weights.reshape(-1, weights.shape[-1])
    if replacement and num_samples > 1:
        out = _with_replacement(twister, rows, num_samples)
    else:
        out = _without_replacement(twister, rows, num_samples)
    return out.reshape(*weights.shape[:-1], num_samples)


def _with_replacement(twister: Twister, rows: NDArray[Any], num_samples: int) -> NDArray[np.int64]:
    """Categories of each row: where uniform numbers fall among its cumulative weights."""
    out = np.empty((len(rows), num_samples), np.int64)
    for row, result in zip(rows, out, strict=True):
        # One after the other, in the weights' own dtype if it is no shorter than float32.
        bounds = np.cumsum(row, dtype=np.result_type(row, np.float32))
        bounds /= bounds[-1]
        bounds[-1] = 1
        wide = bounds.astype(np.float64)
        for place, units in twister.unit53_pieces(num_samples):
            result[place] = np.searchsorted(wide, units)
    return out


def _without_replacement(
    twister: Twister, rows: NDArray[Any], num_samples: int
) -> NDArray[np.int64]:
    """Categories of each row: those with the shortest waiting times at a rate of their weight."""
    waits = exponential(twister, rows.shape, dtype=rows.dtype)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        speeds = rows / waits
    if num_samples == 1 and rows.size <= _FEW:
        found = [row.index(max(row)) if sum(row) < math.inf else -1 for row in speeds.tolist()]
        if -1 not in found:  # NumPy knows what is largest among infinite ones and NaN
            return np.array(found, np.int64)[:, np.newaxis]
    if num_samples == 1:
        best: NDArray[np.int64] = speeds.argmax(axis=1)
        return best[:, np.newaxis]
    return np.stack([largest(row, num_samples) for row in speeds])
