"""The special functions, against Python's own and against identities they obey."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rushlight.ops import OPS

RANDOM = np.random.default_rng(0)


def computed(name: str, *x: Any, **attrs: Any) -> Any:
    """What NumPy's rule for the op `name` makes of `x`."""
    with np.errstate(all="ignore"):
        return OPS[name].numpy(*x, **attrs)  # type: ignore[attr-defined]


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


def test_bessel_functions_of_both_kinds_obey_their_wronskians() -> None:
    x = wide(1.9, 60)[:5000]  # PyTorch's own are right to seven digits only
    j0, j1, y0, y1 = [computed(f"bessel_{n}", x) for n in ("j0", "j1", "y0", "y1")]
    assert relative(j1 * y0 - j0 * y1, 2 / (math.pi * x)) < 1e-12
    k0, k1 = [computed(f"scaled_modified_bessel_{n}", x) for n in ("k0", "k1")]
    assert relative(computed("i0e", x) * k1 + computed("i1e", x) * k0, 1 / x) < 1e-12


def test_known_values_of_bessel_functions_and_airys() -> None:
    x = np.array([1e-6, 1.5, 5.5, 40.0])
    known = {
        "bessel_j0": [0.99999999999975, 0.51182767173592, -0.0068438694178192, 0.0073668905842373],
        "bessel_y1": [-636619.77237218, -0.41230862697391, -0.02375823895639, -0.0057935058215496],
        "modified_bessel_k1": [
            999999.99999278,
            0.27738780045684,
            0.002325569008849,
            8.497131954861e-19,
        ],
    }
    for name, values in known.items():
        assert computed(name, x) == pytest.approx(values, rel=1e-12, abs=0), name
    ai = computed("airy_ai", np.array([-10.0, -2.0, 0.0, 2.5, 10.0]))
    assert ai == pytest.approx(
        [
            0.040241238486443,
            0.22740742820169,
            0.35502805388782,
            0.01572592338047,
            1.1047532552899e-10,
        ],
        rel=1e-12,
    )


def test_shares_of_the_gamma_function() -> None:
    n = np.arange(1, 40)[:, None]
    x = np.linspace(0.05, 60, 50)
    terms = np.exp(
        -x + np.arange(40)[:, None] * np.log(x) - [[math.lgamma(k + 1)] for k in range(40)]
    )
    below = np.cumsum(terms, 0)[:-1]  # the sums of Poisson's probabilities up to n - 1
    np.testing.assert_allclose(computed("igammac", n * 1.0, x), below, 1e-12, 1e-15)
    half = np.linspace(0.01, 20, 99)
    expected = [math.erf(math.sqrt(v)) for v in half]
    np.testing.assert_allclose(computed("igamma", 0.5, half), expected, 1e-13)


def test_large_shares_of_the_gamma_function_meet() -> None:
    a = np.array([99_999.0, 100_001.0])  # a fraction, or a series, and the expansion
    for spread in (-3, -0.5, 0.5, 3):
        x = a + spread * np.sqrt(a)
        for name in ("igamma", "igammac"):
            got = computed(name, a, x)
            assert abs(got[0] / got[1] - 1) < 1e-4, f"{name} at {spread}"
    whole = computed("igamma", a, a) + computed("igammac", a, a)
    np.testing.assert_allclose(whole, 1, 1e-14)
    assert computed("igamma", np.array([1e6]), np.array([1e6]))[0] == pytest.approx(
        0.5 + 1 / (3 * math.sqrt(2 * math.pi * 1e6)), rel=1e-9
    )


def test_polynomials_of_chebyshev_are_cosines() -> None:
    t = np.linspace(0.1, 3, 60)
    n = np.arange(0.0, 60)[:, None]
    x = np.cos(t)
    for family, expected in (
        ("T", np.cos(n * t)), ("U", np.sin((n + 1) * t) / np.sin(t)),
        ("V", np.cos((n + 0.5) * t) / np.cos(t / 2)), ("W", np.sin((n + 0.5) * t) / np.sin(t / 2)),
    ):  # fmt: skip
        got = computed("orthogonal_polynomial", x, n, family=family)
        np.testing.assert_allclose(got, expected, 0, 1e-11, err_msg=family)
