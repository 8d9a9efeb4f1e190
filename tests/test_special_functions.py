"""The special functions, against Python's own and against identities they obey."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rushlight.ops import OPS

RANDOM = np.random.default_rng(0)


def computed(name: str, x: Any, **attrs: Any) -> Any:
    """What NumPy's rule for the op `name` makes of `x`."""
    with np.errstate(all="ignore"):
        return OPS[name].numpy(x, **attrs)  # type: ignore[attr-defined]


def relative(got: Any, expected: Any) -> float:
    """The greatest relative error."""
    return float(np.max(np.abs(got - expected) / np.abs(expected)))


def wide(low: float, high: float) -> Any:
    """Many numbers between `low` and `high`, and many small ones."""
    return np.concatenate([RANDOM.uniform(low, high, 5000), 10.0 ** RANDOM.uniform(-12, 0, 500)])


@pytest.mark.parametrize(
    ("name", "own", "low", "high"),
    [("erf", math.erf, -6, 6), ("erfc", math.erfc, -6, 26), ("lgamma", math.lgamma, 0.001, 30)],
)
def test_double_precision(name: str, own: Any, low: float, high: float) -> None:
    x = wide(low, high)
    expected = np.array([own(v) for v in x])
    # Python's lgamma has an absolute error near its zeros, ours has not (see below).
    np.testing.assert_allclose(
        computed(name, x), expected, 1e-13, 1e-14 if own is math.lgamma else 0
    )


def test_single_precision_erf() -> None:
    x = wide(-6, 6).astype(np.float32)
    exact = np.array([math.erf(v) for v in x.astype(float)])
    assert relative(computed("erf", x), exact) < 2.5e-7


def test_erfinv_undoes_erf() -> None:
    x = wide(-0.99, 0.99)
    assert relative(computed("erf", computed("erfinv", x)), x) < 2e-15


def test_lgamma_near_its_zeros() -> None:
    e = 2.0 ** -np.arange(20, 40)  # 1 + e is exact, and so small that two terms do
    one = -np.euler_gamma * e + math.pi**2 / 12 * e**2
    two = (1 - np.euler_gamma) * e + (math.pi**2 / 12 - 0.5) * e**2
    assert relative(computed("lgamma", 1 + e), one) < 1e-11
    assert relative(computed("lgamma", 2 + e), two) < 1e-11


def test_digamma_and_its_derivatives_obey_their_recurrence() -> None:
    x = RANDOM.uniform(-5, 20, 2000)
    x = x[np.abs(x - np.rint(x)) > 1e-2]
    step = computed("digamma", x + 1) - computed("digamma", x)
    np.testing.assert_allclose(step, 1 / x, 1e-10, 1e-12)
    x = np.abs(x)
    for n in (1, 2, 3):
        step = computed("derivative_of_digamma", x + 1, n=n) - computed(
            "derivative_of_digamma", x, n=n
        )
        expected = (-1.0) ** n * math.factorial(n) / x ** (n + 1)
        np.testing.assert_allclose(step, expected, 1e-8, 1e-9)


def test_known_values() -> None:
    half = np.array([0.5])
    assert computed("digamma", half)[0] == pytest.approx(-np.euler_gamma - 2 * math.log(2))
    assert computed("lgamma", half)[0] == pytest.approx(math.log(math.pi) / 2)
    assert computed("derivative_of_digamma", half, n=1)[0] == pytest.approx(math.pi**2 / 2)


def test_bessel_functions() -> None:
    x = np.linspace(17.9, 18.1, 201)  # the series ends here, the expansion begins
    for name in ("i0e", "i1e"):
        assert np.max(np.abs(np.diff(computed(name, x), 2))) < 1e-7
    y = RANDOM.uniform(0.1, 40, 500)
    slope = (computed("i0", y + 1e-5) - computed("i0", y - 1e-5)) / 2e-5
    assert relative(slope, computed("i1", y)) < 1e-8
