"""The error function, its complement and its inverse.

The rational approximations are Cody's, as printed in W. J. Cody, "Rational Chebyshev approximations
for the error function", Mathematics of Computation 23 (1969), and Wichura's, from M. J. Wichura,
"Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Spec
from .arithmetic import real_only
from .samples import at_kink, floats, ints
from .table import Kind, Tensor, floating, primitive

Poly = Sequence[float]

# Cody: erf(x) / x in powers of x**2, for |x| <= 0.46875. Highest power first, here and below.
NEAR = (
    (0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021,
     3209.37758913846947),
    (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062),
)  # fmt: skip

# Cody: erfc(x) * exp(x**2) in powers of x, for 0.46875 <= x <= 4.
MIDDLE = (
    (2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295,
     298.635138197400131, 881.952221241769090, 1712.04761263407058, 2051.07837782607147,
     1230.33935479799725),
    (1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
     3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942),
)  # fmt: skip

# Cody: (1 / sqrt(pi) - x * erfc(x) * exp(x**2)) * x**2 in powers of x**-2, for x >= 4.
FAR = (
    (1.63153871373020978e-2, 0.305326634961232344, 0.360344899949804439, 0.125781726111229246,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip

# Wichura: the normal quantile near 0.5, in powers of 0.180625 - q**2, and in both parts of the
# tail, in powers of r - 1.6 and r - 5.
CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
TAIL = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
     4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
     2.05319162663775882187, 1.0),
)  # fmt: skip
END = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
     5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def polynomial(x: Any, coefficients: Poly) -> Any:
    """NumPy: a polynomial in `x`, by Horner's rule in place; the highest power comes first."""
    out = np.multiply(x, coefficients[0])
    for c in coefficients[1:-1]:
        out += c
        out *= x
    out += coefficients[-1]
    return out


def ratio(x: Any, parts: tuple[Poly, Poly]) -> Any:
    """NumPy: the quotient of two polynomials in `x`."""
    return polynomial(x, parts[0]) / polynomial(x, parts[1])


def complement(x: Any) -> Any:
    """NumPy: erfc(x) for x >= 0.46875, in float64."""
    out = np.empty_like(x)
    far = x > 4
    near = x[~far]
    out[~far] = ratio(near, MIDDLE)
    beyond = x[far]
    inverse = 1 / np.square(beyond)
    out[far] = (1 / math.sqrt(math.pi) - inverse * ratio(inverse, FAR)) / beyond
    # exp(-x**2) from a head whose square is exact and a small rest, or the relative error grows.
    head = np.trunc(x * 16) / 16
    out *= np.exp(-np.square(head)) * np.exp((head - x) * (head + x))
    return out


def erf_of(x: Any) -> Any:
    """NumPy: the error function, in float64."""
    size = np.abs(x)
    out = np.sign(x)  # and nan for nan
    near = size <= 0.46875
    out[near] = x[near] * ratio(np.square(x[near]), NEAR)
    away = (size > 0.46875) & (size < 6)
    out[away] *= 1 - complement(size[away])
    return out


def erfc_of(x: Any) -> Any:
    """NumPy: one less the error function, in float64."""
    size = np.abs(x)
    out = np.where(x > 0, 0.0, 2.0)
    out[np.isnan(x)] = np.nan
    near = size <= 0.46875
    out[near] = 1 - x[near] * ratio(np.square(x[near]), NEAR)
    away = (size > 0.46875) & (size < 30)
    rest = complement(size[away])
    out[away] = np.where(x[away] > 0, rest, 2 - rest)
    return out


def erfinv_of(x: Any) -> Any:
    """NumPy: the number whose error function is x, in float64."""
    q = x / 2
    out = np.where(np.abs(x) == 1, np.copysign(np.inf, x), np.nan)
    near = np.abs(q) <= 0.425
    out[near] = q[near] * ratio(0.180625 - np.square(q[near]), CENTRE)
    away = (np.abs(q) > 0.425) & (np.abs(q) < 0.5)
    r = np.sqrt(-np.log((1 - np.abs(x[away])) / 2))
    tail = np.where(r <= 5, ratio(r - 1.6, TAIL), ratio(r - 5, END))
    out[away] = np.copysign(tail, x[away])
    return out / math.sqrt(2)


def in_double(rule: Any) -> Any:
    """NumPy: `rule`, which takes float64 arrays with dimensions, for arrays of any float type."""

    def wrapped(x: Any) -> Any:
        x = np.asarray(x)
        return rule(x.astype(np.float64).reshape(-1)).reshape(x.shape).astype(x.dtype)

    return wrapped


# atanh(erf(x)) / x in powers of x**2: fitted by weighted least squares so that the greatest error
# of tanh(x * p(x**2)) for |x| < 4, relative to erf(x), is 7e-8.
SMOOTH = (
    5.42165470e-9, 2.75748003e-8, -4.79459356e-6, 8.45965350e-5, -6.14838142e-4, -1.95288259e-4,
    1.02769864e-1, 1.12837925,
)  # fmt: skip


ERF = in_double(erf_of)


def erf_rule(x: Any) -> Any:
    """NumPy: the error function; in single precision by way of tanh, in a third of the steps."""
    if x.dtype == np.float32:
        return np.tanh(x * polynomial(np.square(x), SMOOTH))
    return ERF(x)


@primitive(Kind.ELEMENTWISE, numpy=erf_rule, promote=floating, on="torch Tensor Tensor_ special")
def erf(input: Tensor) -> Spec:
    """The error function of each element, 2 / sqrt(pi) times the integral of exp(-t**2) up to it.

    >>> torch.erf(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return real_only("erf", input)


@erf.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (ops.exp(-ops.square(input)) * (2 / math.sqrt(math.pi))),)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(erfc_of),
    promote=floating,
    on="torch Tensor Tensor_ special",
)
def erfc(input: Tensor) -> Spec:
    """One less the error function of each element; accurate where that is close to one too.

    >>> torch.special.erfc(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """
    return real_only("erfc", input)


@erfc.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (ops.exp(-ops.square(input)) * (-2 / math.sqrt(math.pi))),)


@erf.samples
@erfc.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4, low=-6, high=6).T,)
    yield (floats(12, low=-6, high=6).astype(np.float64),)
    yield (ints(4),)
    yield (floats(),)
    yield at_kink(np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 27.5, 1e-300]))
    yield at_kink(np.array([0.0, np.inf, -np.inf, np.nan, 27.5, 1e-30], np.float32))


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(erfinv_of),
    promote=floating,
    on="torch Tensor Tensor_ special",
)
def erfinv(input: Tensor) -> Spec:
    """The number whose error function each element is.

    >>> torch.erfinv(torch.tensor([0.0, 0.5]))
    tensor([0.0000, 0.4769])
    """
    return real_only("erfinv", input)


@erfinv.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (ops.exp(ops.square(out)) * (math.sqrt(math.pi) / 2)),)


@erfinv.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=-0.95, high=0.95),)
    yield at_kink(np.array([0.0, 1.0, -1.0, 2.0, np.nan, 1 - 1e-12]))
