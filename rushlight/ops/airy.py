"""Airy's function Ai.

Numbers such as 9.4.1 refer to https://dlmf.nist.gov. For |x| <= 2 the power series is summed; for
larger numbers it is Bessel's function of order 1/3 (9.6.2), for negative ones the sum of two of
them on rays where they neither grow nor vanish (9.2.14).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Spec
from .arithmetic import real_only
from .cylinder import NEAR, scaled_k
from .error_function import in_double
from .samples import at_kink, floats
from .table import Kind, Tensor, floating, primitive


def airy_series() -> list[float]:
    """The coefficients of the power series, the highest power first: Ai'' = x Ai (9.4.1)."""
    found = [3 ** (-2 / 3) / math.gamma(2 / 3), -(3 ** (-1 / 3)) / math.gamma(1 / 3), 0.0]
    for n in range(45):
        found.append(found[n] / ((n + 2) * (n + 3)))
    return found[::-1]


SERIES = airy_series()


def at_large(z: Any) -> Any:
    """NumPy: Ai(z) for |z| > 2 and |arg z| < 2/3 pi (9.6.2)."""
    root = np.sqrt(z)
    zeta = 2 / 3 * z * root
    return root * np.exp(-zeta) * scaled_k(1 / 3, zeta) / (math.pi * math.sqrt(3))


def airy_of(x: Any) -> Any:
    """NumPy: Ai(x)."""
    out = x.copy()  # keeps nan
    near = np.abs(x) <= NEAR
    out[near] = np.polyval(SERIES, x[near])
    out[x > NEAR] = at_large(x[x > NEAR])
    turn = np.exp(1j * math.pi / 3)
    low = x < -NEAR
    out[low] = 2 * (turn * at_large(-x[low] * turn)).real
    out[np.isinf(x)] = 0
    return out


@primitive(Kind.ELEMENTWISE, numpy=in_double(airy_of), promote=floating, on="special")
def airy_ai(input: Tensor) -> Spec:
    """Airy's function Ai of each element. As in PyTorch it has no gradient.

    >>> torch.special.airy_ai(torch.tensor([0.0, 1.0]))
    tensor([0.3550, 0.1353])
    """
    return real_only("airy_ai", input)


@airy_ai.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=-6, high=4),)
    yield (np.array([-7.0, -2.01, -1.99, 0.0, 1.99, 2.01, 8.0], np.float32),)
    yield at_kink(np.array([np.nan]))
