"""Machine code on trial: it is used only if it draws what NumPy draws, bit for bit."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.discrete import bernoulli
from rushlight.rng.integers import integers
from rushlight.rng.machine import Machine
from rushlight.rng.normal import normal
from rushlight.rng.permutation import permutation
from rushlight.rng.rejection import binomial, gamma, poisson
from rushlight.rng.twister import Twister
from rushlight.rng.uniform import uniform

_N = 3001  # more than a block of words, and no multiple of anything
_FEW = 500  # what NumPy alone draws slowly


def use(candidate: Machine) -> bool:
    """Whether machine code is as good as NumPy; if so, all twisters have it from now on."""

    class Other(Twister):
        __slots__ = ()
        machine: ClassVar[Machine | None] = candidate

    class Plain(Twister):
        __slots__ = ()
        machine: ClassVar[Machine | None] = None

    drawn, expected = _some_of_all(Other(3)), _some_of_all(Plain(3))
    same = all([x.tobytes() == y.tobytes() for x, y in zip(drawn, expected, strict=True)])
    if same:
        Twister.machine = candidate
    return same


def _some_of_all(twister: Twister) -> list[NDArray[Any]]:
    """Numbers of all kinds that machine code draws, and the state after them."""
    return [
        uniform(twister, _N, -0.3, 0.7),
        uniform(twister, _N, -0.3, 0.7, np.float64),
        bernoulli(twister, _N, 0.3),
        integers(twister, _N, -5, 2**28 - 7),
        normal(twister, _N, 0.1, 3.0),
        normal(twister, _N, 0.1, 3.0, np.float64),
        normal(twister, _N, contiguous=False),
        permutation(twister, _N),
        poisson(twister, np.linspace(0.0, 40.0, _FEW)),
        gamma(twister, np.linspace(0.0, 4.0, _FEW)),
        binomial(twister, np.full(_FEW, 100.0), np.linspace(0.0, 1.0, _FEW)),
        twister.get_state(),
    ]
