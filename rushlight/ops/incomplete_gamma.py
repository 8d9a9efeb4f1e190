"""Incomplete gamma functions as shares of the whole, and Hurwitz's zeta function.

Numbers such as 8.11.4 refer to https://dlmf.nist.gov. NumPy rules work in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Spec
from .arithmetic import real_only, without_slope
from .error_function import erfc_of, polynomial
from .gamma import LOG_SHIFT, hurwitz, lgamma_of
from .samples import at_kink, floats, ints
from .table import Kind, Number, Tensor, derived, floating, primitive

UNIFORM_FROM = 1e5
"""From here on the uniform expansion is exact, and quicker than series of thousands of terms."""

ABOUT = [1 / k * (-1) ** (k + 1) for k in range(20, 1, -1)] + [0.0, 0.0]
"""The power series of log(1 + u) - u, the highest power first (4.6.1)."""


def log_less(u: Any) -> Any:
    """NumPy: log(1 + u) - u, without cancellation near 0."""
    small = np.abs(u) < 0.1
    return np.where(small, polynomial(np.where(small, u, 0), ABOUT), np.log1p(u) - u)


def density(a: Any, x: Any) -> Any:
    """NumPy: x**a exp(-x) / gamma(a + 1), for x > 0; from a = 8 on by Stirling (5.11.1)."""
    out = np.exp(a * np.log(x) - x - lgamma_of(np.minimum(a, 8) + 1))
    large = a >= 8
    b = a[large]
    rest = polynomial(np.square(1 / b), LOG_SHIFT) / b
    out[large] = np.exp(b * log_less((x[large] - b) / b) - rest) / np.sqrt(2 * np.pi * b)
    return out


def by_series(a: Any, x: Any) -> Any:
    """NumPy: the lower share by its power series (8.11.4), for x < a + 1."""
    term = np.ones_like(x)
    total = term.copy()
    n = 0
    while np.any(term > total * 1e-17):
        n += 1
        term = term * x / (a + n)
        total += term
    return density(a, x) * total


def by_fraction(a: Any, x: Any) -> Any:
    """NumPy: the upper share by its continued fraction (8.9.2), for x >= a + 1, by Lentz (3.10)."""
    b = x + 1 - a
    c = np.full_like(x, 1e300)
    d = 1 / b
    out = d.copy()
    going = np.ones_like(x, bool)
    for n in range(1, 100_000):
        b = b + 2
        step = -n * (n - a)
        d = 1 / (step * d + b)
        c = b + step / c
        going &= np.abs(c * d - 1) > 5e-16  # what has converged may drift away again
        if not going.any():
            break
        out *= np.where(going, c * d, 1)
    return density(a, x) * a * out


def by_expansion(a: Any, x: Any) -> Any:
    """NumPy: the upper share of large `a` by Temme's uniform expansion (8.12.4, 8.12.11)."""
    u = (x - a) / a
    eta = np.copysign(np.sqrt(-2 * log_less(u)), u)
    rest = polynomial(eta, [1 / 864, -2 / 135, 1 / 12, -1 / 3]) - (1 / 540 + eta / 288) / a
    wave = np.exp(a * log_less(u)) / np.sqrt(2 * np.pi * a)
    return erfc_of(eta * np.sqrt(a / 2)) / 2 + wave * rest


def share(a: Any, x: Any, upper: bool) -> Any:
    """NumPy: the share of gamma(a) above `x`, or below; nan where there is none."""
    out = np.full(x.shape, np.nan)
    ok = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    large = ok & (a >= UNIFORM_FROM)
    low = ok & ~large & (x < a + 1)
    high = ok & ~large & ~low
    for where, rule, is_upper in (
        (low, by_series, False), (high, by_fraction, True), (large, by_expansion, True),
    ):  # fmt: skip
        if np.any(where):
            found = rule(a[where], x[where])
            out[where] = found if is_upper is upper else 1 - found
    nothing = ((a > 0) & (x == 0)) | ((a == np.inf) & (x >= 0) & (x < np.inf))
    everything = ((a == 0) & (x > 0)) | ((x == np.inf) & (a >= 0) & (a < np.inf))
    out[nothing] = 1 if upper else 0
    out[everything] = 0 if upper else 1
    return out


def pairwise(rule: Any) -> Any:
    """NumPy: `rule`, which takes two float64 arrays of one dimension, for any that broadcast."""

    def wrapped(a: Any, x: Any) -> Any:
        wide = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
        found = rule(wide[0].reshape(-1), wide[1].reshape(-1))
        return found.reshape(wide[0].shape).astype(np.result_type(a, x))

    return wrapped


@primitive(
    Kind.ELEMENTWISE,
    numpy=pairwise(lambda a, x: share(a, x, False)),
    promote=floating,
    on="torch Tensor Tensor_",
)
def igamma(input: Tensor, other: Tensor) -> Spec:
    """The share of the integral that makes `gamma(input)` which lies below `other`.

    >>> torch.igamma(torch.tensor([1.0, 4.0]), torch.tensor([1.0, 4.0]))
    tensor([0.6321, 0.5665])
    """
    return real_only("igamma", input, other)


@igamma.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[None, Node]:
    without_slope("igamma", input)
    return None, g * gamma_density(input, other)


@primitive(
    Kind.ELEMENTWISE,
    numpy=pairwise(lambda a, x: share(a, x, True)),
    promote=floating,
    on="torch Tensor Tensor_",
)
def igammac(input: Tensor, other: Tensor) -> Spec:
    """The share of the integral that makes `gamma(input)` which lies above `other`.

    >>> torch.igammac(torch.tensor([1.0, 4.0]), torch.tensor([1.0, 4.0]))
    tensor([0.3679, 0.4335])
    """
    return real_only("igammac", input, other)


@igammac.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[None, Node]:
    without_slope("igammac", input)
    return None, -g * gamma_density(input, other)


def gamma_density(a: Node, x: Node) -> Node:
    """The density of the gamma distribution."""
    return ops.exp((a - 1) * ops.log(x) - x - ops.lgamma(a))


@derived(on="special", grad_name="IgammaBackward0")
def gammainc(input: Tensor | Number, other: Tensor | Number) -> Node:
    """The share below `other`: `torch.igamma` by another name.

    >>> torch.special.gammainc(torch.tensor([1.0]), torch.tensor([1.0]))
    tensor([0.6321])
    """
    return igamma(input, other)


@derived(on="special", grad_name="IgammacBackward0")
def gammaincc(input: Tensor | Number, other: Tensor | Number) -> Node:
    """The share above `other`: `torch.igammac` by another name.

    >>> torch.special.gammaincc(torch.tensor([1.0]), torch.tensor([1.0]))
    tensor([0.3679])
    """
    return igammac(input, other)


@igamma.samples
@igammac.samples
@gammainc.samples
@gammaincc.samples
def _() -> Iterator[Any]:
    yield ints(3, 1, low=1, high=3), floats(4, low=0.1, high=9)
    yield at_kink(np.array([0, 1, -1])[:, None], np.array([0.0, 1.0, np.inf, np.nan, -1.0]))


# -- zeta --------------------------------------------------------------------------------------


def zeta_of(s: Any, q: Any) -> Any:
    """NumPy: Hurwitz's zeta; of negative `q` where `s` is whole."""
    out = np.full(s.shape, np.nan)
    out[s == 1] = np.inf
    pole = (q <= 0) & (q == np.floor(q))
    ok = (s > 1) & np.isfinite(s) & ~pole & ((q > 0) | (s == np.floor(s))) & np.isfinite(q)
    if np.any(ok):
        out[ok] = hurwitz(s[ok], q[ok])
    out[(s > 1) & pole] = np.inf
    out[(s > 1) & (q == np.inf)] = 0
    return out


@primitive(
    Kind.ELEMENTWISE,
    numpy=pairwise(zeta_of),
    promote=floating,
    on="special",
    grad_name="SpecialZetaBackward0",
)
def zeta(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """Hurwitz's zeta function: the sum of `1 / (k + other) ** input` over k = 0, 1, ...

    >>> torch.special.zeta(torch.tensor([2.0, 4.0]), torch.tensor([1.0]))
    tensor([1.6449, 1.0823])
    """
    return real_only("zeta", input, other)


@zeta.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[None, Node]:
    without_slope("zeta", input)
    return None, -g * input * zeta(input + 1, other)


@zeta.samples
def _() -> Iterator[Any]:
    yield np.array([2, 3, 9, 40])[:, None], np.array([0.5, 1.0, 7.0])
    yield at_kink(np.array([2, 3, 2, 1, 0]), np.array([-1.5, -0.3, -1.0, 1.0, 1.0]))
