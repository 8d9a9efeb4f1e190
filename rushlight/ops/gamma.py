"""The logarithm of the gamma function and its derivatives.

Formulas are from the NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov: numbers
such as 5.11.1 refer to it. NumPy rules work in float64 on arrays of one dimension.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import explain
from ..graph import Node, Spec
from .arithmetic import ValueRefused, real_only
from .error_function import in_double, polynomial
from .samples import at_kink, floats, ints
from .table import Kind, Tensor, derived, floating, primitive

BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330,
)  # fmt: skip
"""B(2), B(4), ... (24.2.2)"""

LOG_SHIFT = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI, 1)][::-1]
PSI_SHIFT = [b / (2 * k) for k, b in enumerate(BERNOULLI, 1)][::-1]


def hurwitz(s: Any, q: Any) -> Any:
    """NumPy: the sum of (q + n)**-s over n = 0, 1, ... for s > 1 (25.11.1), nan for q = -inf.

    Ten terms and more are added up; the rest is Euler and Maclaurin's (2.10.1).
    """
    total = np.zeros(np.broadcast_shapes(np.shape(s), np.shape(q)))
    a = np.array(np.broadcast_to(q, total.shape), np.float64)
    count = 10 + max(0, -math.floor(np.min(a, initial=0, where=np.isfinite(a))))
    for _ in range(count):
        total += a**-s
        a += 1
    total += a ** (1 - s) / (s - 1) + a**-s / 2
    rising, power = s, a ** (-s - 1)
    for k, b in enumerate(BERNOULLI, 1):
        total += b / math.factorial(2 * k) * rising * power
        rising = rising * (s + 2 * k - 1) * (s + 2 * k)
        power = power / np.square(a)
    return total


def near_two() -> list[float]:
    """The coefficients of `around_two`, the highest power first."""
    k = np.arange(2.0, 30.0)
    series: list[float] = (hurwitz(k, 2.0) / k * (-1) ** k).tolist()
    return [*reversed(series), 1 - np.euler_gamma, 0.0]


NEAR_TWO = near_two()


def around_two(e: Any) -> Any:
    """NumPy: the logarithm of gamma(2 + e) for |e| <= 1/2, by its power series (5.7.3)."""
    return polynomial(e, NEAR_TWO)


def stirling(x: Any) -> Any:
    """NumPy: the logarithm of gamma(x) for x >= 8 (5.11.1)."""
    inverse = 1 / x
    rest = inverse * polynomial(np.square(inverse), LOG_SHIFT)
    return (x - 0.5) * np.log(x) - x + (0.5 * math.log(2 * math.pi) + rest)


def log_gamma(x: Any) -> Any:
    """NumPy: the logarithm of |gamma(x)|, for x > 0."""
    out = np.empty_like(x)
    small = x < 0.5
    e = x[small]
    out[small] = around_two(e) - np.log1p(e) - np.log(e)
    one = (x >= 0.5) & (x < 1.5)
    e = x[one] - 1
    out[one] = around_two(e) - np.log1p(e)
    two = (x >= 1.5) & (x <= 2.5)
    out[two] = around_two(x[two] - 2)
    more = (x > 2.5) & (x < 8)
    y = x[more]
    product = y * (y + 1) * (y + 2) * (y + 3) * (y + 4) * (y + 5)
    out[more] = stirling(y + 6) - np.log(product)
    large = ~(x < 8)
    out[large] = stirling(x[large])
    out[x == np.inf] = np.inf
    return out


def from_integer(x: Any) -> Any:
    """NumPy: how far `x` is from the nearest whole number."""
    return x - np.rint(x)


def lgamma_of(x: Any) -> Any:
    """NumPy: the logarithm of |gamma(x)|; negative numbers by reflection (5.5.3)."""
    out = log_gamma(np.where(x > 0, x, 1 - x))
    negative = x <= 0
    y = x[negative]
    sine = np.abs(np.sin(np.pi * from_integer(y)))
    out[negative] = np.log(np.pi / sine) - out[negative]
    out[(x == -np.inf) | (negative & (x == np.floor(x)))] = np.inf
    return out


def digamma_of(x: Any) -> Any:
    """NumPy: the derivative of the logarithm of gamma; negative numbers by reflection (5.5.4)."""
    y = np.where(x > 0, x, 1 - x)
    low = y < 8
    below = y[low]
    steps = np.zeros_like(below)
    for k in range(8):  # 5.5.2
        steps += 1 / (below + k)
    y[low] += 8
    inverse = 1 / np.square(y)
    out = np.log(y) - 0.5 / y - inverse * polynomial(inverse, PSI_SHIFT)  # 5.11.2
    out[low] -= steps
    out[y == np.inf] = np.inf
    negative = x <= 0
    out[negative] -= np.pi / np.tan(np.pi * from_integer(x[negative]))
    out[negative & (x == np.floor(x))] = np.nan
    zero = x == 0
    out[zero] = np.copysign(np.inf, -x[zero])
    return out


def polygamma_of(x: Any, n: int) -> Any:
    """NumPy: the n-th derivative of digamma (5.15.1); the first of negative numbers by 5.15.6."""
    if n == 0:
        return digamma_of(x)
    if n > 1:
        sign = 1.0 if n % 2 else -1.0
        return sign * math.factorial(n) * hurwitz(float(n + 1), x)
    out = hurwitz(2.0, np.where(x < 0.5, 1 - x, x))
    low = x < 0.5
    sine = np.sin(np.pi * from_integer(x[low]))
    out[low] = np.square(np.pi / sine) - out[low]
    return out


@primitive(
    Kind.ELEMENTWISE, numpy=in_double(lgamma_of), promote=floating, on="torch Tensor Tensor_"
)
def lgamma(input: Tensor) -> Spec:
    """Natural logarithm of the magnitude of the gamma function of each element.

    >>> torch.lgamma(torch.tensor([1.0, 5.0]))
    tensor([0.0000, 3.1781])
    """
    return real_only("lgamma", input)


@lgamma.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * digamma(input),)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(digamma_of),
    promote=floating,
    on="torch Tensor Tensor_ special",
)
def digamma(input: Tensor) -> Spec:
    """The derivative of the logarithm of the gamma function, at each element.

    >>> torch.digamma(torch.tensor([1.0, 0.5]))
    tensor([-0.5772, -1.9635])
    """
    return real_only("digamma", input)


@digamma.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * derivative_of_digamma(input, n=1),)


def polygamma_rule(x: Any, *, n: int) -> Any:
    """NumPy: polygamma of arrays of any float type."""
    return in_double(lambda y: polygamma_of(y, n))(x)


@primitive(Kind.ELEMENTWISE, numpy=polygamma_rule, promote=floating, grad_name="PolygammaBackward0")
def derivative_of_digamma(input: Tensor, *, n: int) -> Spec:
    """The `n`-th derivative of digamma."""
    return real_only("polygamma", input)


@derivative_of_digamma.vjp
def _(g: Node, out: Node, input: Node, *, n: int) -> tuple[Node]:
    return (g * derivative_of_digamma(input, n=n + 1),)


@derivative_of_digamma.samples
def _() -> Iterator[Any]:
    yield (floats(5, low=0.2, high=9),), {"n": 3}


@derived(on="torch special")
def polygamma(n: int, input: Tensor) -> Node:
    """The `n`-th derivative of digamma, at each element of `input`.

    >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    if n < 0:
        raise ValueRefused(explain("polygamma", f"n must not be negative, but got {n}"))
    return derivative_of_digamma(input, n=n) if n else digamma(input)


@polygamma.samples
def _() -> Iterator[Any]:
    for n in (1, 2, 3):
        yield n, floats(3, 4, low=0.2, high=9)
    yield 2, ints(4, low=1)
    yield 1, np.array([-0.5, -1.3, 0.3, 40.0])
    yield 2, np.array([-0.5, -1.3, 0.3, 40.0])
    yield at_kink(2, np.array([0.0, -1.0, np.nan]))


@derived(on="special", grad_name="LgammaBackward0")
def gammaln(input: Tensor) -> Node:
    """Natural logarithm of the magnitude of the gamma function: `torch.lgamma` by another name.

    >>> torch.special.gammaln(torch.tensor([5.0]))
    tensor([3.1781])
    """
    return lgamma(input)


@derived(on="special", grad_name="DigammaBackward0")
def psi(input: Tensor) -> Node:
    """The derivative of the logarithm of the gamma function: `torch.digamma` by another name.

    >>> torch.special.psi(torch.tensor([1.0]))
    tensor([-0.5772])
    """
    return digamma(input)


@lgamma.samples
@gammaln.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.1, high=12).T,)
    yield (np.array([-0.3, -1.7, -6.2, 0.01, 0.999, 1.001, 1.9, 2.1, 7.99, 8.01, 300.0]),)
    yield (ints(4, low=3),)
    yield at_kink(np.array([0.0, -0.0, -1.0, -2.5, np.inf, np.nan, 1e300, 1e-300]))


@digamma.samples
@psi.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.1, high=12).T,)
    yield (np.array([-0.3, -1.7, -6.2, 0.01, 0.999, 1.001, 1.9, 2.1, 7.99, 8.01, 300.0]),)
    yield (ints(4, low=3),)
    yield at_kink(np.array([0.0, -0.0, np.inf, np.nan, 1e300]))
