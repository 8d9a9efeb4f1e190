"""How random numbers move when the parameter they were drawn with does.

A number x drawn from a distribution with cumulative function F(x; a) stays at the same quantile if
dx/da = -(dF/da) / (dF/dx): see M. Figurnov, S. Mohamed, A. Mnih, "Implicit reparameterization
gradients" (2018). dF/da is an integral of the density times the deviation of log(t) from its
mean. That deviation has one sign on each side of its zero, so the integral is taken over the side
on which x lies, and nothing cancels. Numbers such as 5.9.19 refer to https://dlmf.nist.gov.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..graph import Node, Spec
from .arithmetic import real_only, without_slope
from .gamma import digamma_of
from .incomplete_gamma import pairwise
from .samples import ints
from .table import Kind, Tensor, floating, primitive

PLACES = np.arange(-4.0, 12.0, 0.08)[:, np.newaxis]
NODES = np.exp(PLACES - np.exp(-PLACES))
WEIGHTS = NODES * (1 + np.exp(-PLACES)) * 0.08
"""The double exponential rule for half a line: sums of f(NODES) * WEIGHTS (3.5(i))."""

ROOM = 2048
"""How many integrals are taken at a time."""


def by_parts(rule: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy: `rule`, which takes arrays of one dimension, for long ones in turns."""

    def apply(*arrays: Any) -> Any:
        out = np.empty_like(arrays[0])
        for start in range(0, len(out), ROOM):
            part = slice(start, start + ROOM)
            with np.errstate(all="ignore"):
                out[part] = rule(*[array[part] for array in arrays])
        return out

    return apply


def half_line(height: Callable[[Any], Any], slope: Any, bend: Any) -> Any:
    """NumPy: the integral of `height` from 0 on, which falls as exp(slope * s - bend * s * s)."""
    width = 1 / (np.abs(slope) + np.sqrt(np.abs(bend)))
    return width * np.sum(height(NODES * width) * WEIGHTS, axis=0)


# -- gamma -------------------------------------------------------------------------------------


def gamma_series(a: Any, x: Any) -> Any:
    """NumPy: dx/da of a gamma number x < 1, by the power series of the share below it (8.11.4)."""
    term, total = np.ones_like(x), np.ones_like(x)
    change, changes = np.zeros_like(x), np.zeros_like(x)
    for n in range(1, 25):
        term = term * x / (a + n)
        change -= 1 / (a + n)
        total += term
        changes += term * change
    return -x / a * ((np.log(x) - digamma_of(a + 1)) * total + changes)


@by_parts
def gamma_below(a: Any, x: Any) -> Any:
    """NumPy: dx/da of a gamma number x below exp(digamma(a)); the mean of log(t) is 5.9.19."""
    off = digamma_of(a) - np.log(x)
    return x * half_line(lambda s: (off + s) * np.exp(-a * s - x * np.expm1(-s)), a - x, x)


@by_parts
def gamma_above(a: Any, x: Any) -> Any:
    """NumPy: dx/da of a gamma number x above exp(digamma(a))."""
    off = np.log(x) - digamma_of(a)

    def height(u: Any) -> Any:
        rise = np.log1p(u / x)
        return (off + rise) * np.exp((a - 1) * rise - u)

    return half_line(height, 1 - (a - 1) / x, (a - 1) / (x * x))


def gamma_slope(a: Any, x: Any) -> Any:
    """NumPy: dx/da of numbers x drawn from the gamma distribution of shape a; nan outside."""
    out = np.full(x.shape, np.nan)
    ok = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    below = ok & (x >= 1)
    below[below] = np.log(x[below]) < digamma_of(a[below])
    series = ok & (x < 1)
    above = ok & ~below & ~series
    for where, rule in ((series, gamma_series), (below, gamma_below), (above, gamma_above)):
        if np.any(where):
            out[where] = rule(a[where], x[where])
    return out


@primitive(Kind.ELEMENTWISE, numpy=pairwise(gamma_slope), promote=floating)
def standard_gamma_grad(input: Tensor, output: Tensor) -> Spec:
    """The derivative of gamma numbers `output` with respect to the shape they were drawn with."""
    return real_only("standard_gamma_grad", input, output)


@standard_gamma_grad.vjp
def _(g: Node, out: Node, input: Node, output: Node) -> tuple[None, None]:
    without_slope("_standard_gamma_grad", input)
    without_slope("_standard_gamma_grad", output, "output")
    return None, None


@standard_gamma_grad.samples
def _() -> Iterator[Any]:
    yield ints(5, low=1, high=30), ints(5, low=0, high=30, seed=1)


# -- beta --------------------------------------------------------------------------------------


def beta_near_zero(a: Any, b: Any, x: Any, mean: Any) -> Any:
    """NumPy: dx/da of a small beta number x, by the power series of the share below it (8.17.7)."""
    term = np.ones_like(x)
    total, change = 1 / a, -1 / (a * a)
    for n in range(1, 40):
        term = term * x * (n - b) / n
        total = total + term / (a + n)
        change = change - term / np.square(a + n)
    return -x * np.exp((1 - b) * np.log1p(-x)) * ((np.log(x) - mean) * total + change)


def beta_near_one(a: Any, b: Any, x: Any, mean: Any) -> Any:
    """NumPy: dx/da of a beta number x near 1, by the series of the share above it (8.17.4)."""
    y = 1 - x
    term, slope = np.ones_like(x), np.zeros_like(x)
    total, change = 1 / b, np.zeros_like(x)
    for n in range(1, 40):
        slope = y * (slope * (n - a) - term) / n
        term = y * term * (n - a) / n
        total = total + term / (b + n)
        change = change + slope / (b + n)
    return y * np.exp((1 - a) * np.log1p(-y)) * (change - mean * total)


@by_parts
def beta_below(a: Any, b: Any, x: Any, mean: Any) -> Any:
    """NumPy: dx/da of a beta number x whose logarithm is below its `mean`."""
    off = mean - np.log(x)
    odds = x / (1 - x)

    def height(s: Any) -> Any:
        return (off + s) * np.exp((b - 1) * np.log1p(-odds * np.expm1(-s)) - a * s)

    return x * half_line(height, a - (b - 1) * odds, (b - 1) * odds / (1 - x))


@by_parts
def beta_above(a: Any, b: Any, x: Any, mean: Any) -> Any:
    """NumPy: dx/da of a beta number x whose logarithm is above its `mean`."""
    off = np.log(x) - mean
    odds = (1 - x) / x

    def height(s: Any) -> Any:
        rise = np.log1p(-odds * np.expm1(-s))
        return (off + rise) * np.exp((a - 1) * rise - b * s)

    return (1 - x) * half_line(height, b - (a - 1) * odds, (a - 1) * odds / x)


def beta_slope(x: Any, a: Any, total: Any) -> Any:
    """NumPy: dx/da of beta numbers x of parameters a and total - a, over 1 - x; nan outside."""
    out = np.full(x.shape, np.nan)
    b = total - a
    ok = (a > 0) & (b > 0) & (x > 0) & (x < 1) & np.isfinite(total)
    mean = digamma_of(np.where(ok, a, 1)) - digamma_of(np.where(ok, total, 1))
    low = ok & (x < 0.3) & (b * x < 3)
    high = ok & ~low & (x > 0.7) & (a * (1 - x) < 3)
    rest = ok & ~low & ~high
    below = rest & (np.log(np.where(ok, x, 1)) < mean)
    for where, rule in (
        (low, beta_near_zero), (high, beta_near_one), (below, beta_below),
        (rest & ~below, beta_above),
    ):  # fmt: skip
        if np.any(where):
            found = rule(a[where], b[where], x[where], mean[where])
            out[where] = found / (1 - x[where])
    return out


def three(rule: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy: `rule`, which takes three float64 arrays of one dimension, for any that broadcast."""

    def wrapped(*arrays: Any) -> Any:
        wide = np.broadcast_arrays(*[np.asarray(x, np.float64) for x in arrays])
        found = rule(*[x.reshape(-1) for x in wide])
        return found.reshape(wide[0].shape).astype(np.result_type(*arrays))

    return wrapped


@primitive(Kind.ELEMENTWISE, numpy=three(beta_slope), promote=floating)
def dirichlet_grad(input: Tensor, alpha: Tensor, total: Tensor) -> Spec:
    """The derivative of shares `input` by the concentrations `alpha` they were drawn with.

    It is divided by what the others have left, 1 - `input`; `total` is the sum of all `alpha`.
    """
    return real_only("dirichlet_grad", input, alpha, total)


@dirichlet_grad.vjp
def _(g: Node, out: Node, input: Node, alpha: Node, total: Node) -> tuple[None, None, None]:
    for name, node in (("input", input), ("alpha", alpha), ("total", total)):
        without_slope("_dirichlet_grad", node, name)
    return None, None, None


@dirichlet_grad.samples
def _() -> Iterator[Any]:
    yield np.array([0, 1]), ints(2, low=1, high=9), ints(2, low=9, high=30)  # no slope at the ends
