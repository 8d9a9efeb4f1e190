"""Yes or no: bernoulli_ and dropout; and how often until yes: geometric_ (rng spec §9 to §11)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.continuous import delivered
from rushlight.rng.exact import c_function
from rushlight.rng.formats import Shape, size_of
from rushlight.rng.twister import Twister

_log = c_function("log")


def bernoulli(twister: Twister, shape: Shape, p: float) -> NDArray[np.bool_]:
    """A new boolean array, each element true with probability p: bernoulli_ with a number.

    Two words an element, whatever the dtype of the tensor to be filled.

    >>> bernoulli(Twister(0), 4, 0.5)
    array([False, False, False,  True])
    """
    n = size_of(shape)
    out = np.empty(n, np.bool_)
    bound = np.array(p, np.float64)
    for place, units in twister.unit53_pieces(n):
        np.less(units, bound, out[place])
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
    array([False, False, False,  True])
    """
    if p == 0.0:
        return np.ones(shape, np.bool_)
    if p == 1.0:
        return np.zeros(shape, np.bool_)
    return bernoulli(twister, shape, 1.0 - p)


def geometric(twister: Twister, shape: Shape, p: float, dtype: Any = np.float32) -> NDArray[Any]:
    """A new array: how many trials of probability p it takes to succeed.

    >>> geometric(Twister(0), 4, 0.2)
    array([ 2., 11.,  3.,  8.], dtype=float32)
    """
    n = size_of(shape)
    scale = math.log1p(-p)
    out = np.empty(n)
    for place, units in twister.unit53_pieces(n):
        out[place] = np.ceil(_log(units) / scale)
    return delivered(out, shape, dtype)
