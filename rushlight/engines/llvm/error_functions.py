"""erf and erfc, of vectors of floats and doubles, without branches."""

from __future__ import annotations

import math

from . import coefficients as fitted
from .builder import Builder
from .exponentials import exp
from .exponentials import near_zero as reduced
from .precision import at_most, const, magnitude, polynomial, scaled, with_sign
from .values import Value

SMALL = {"erf": 0.96, "erfc": 0.65}
"""Below these the function is made of x times a polynomial of its square."""


GONE = {"float": 10.5, "double": 28.0}
"""From here on erfc is 0."""


def erf(b: Builder, x: Value) -> Value:
    """The error function."""
    a = magnitude(b, x)
    if x.kind == "float":
        inside = at_most(b, a, 4.0)
        rest = exp(b, b.mul(inside, polynomial(b, inside, fitted.ERFC_EXPONENT)))
    else:
        rest = far_from_zero(b, at_most(b, a, 6.0))
    large = with_sign(b, b.sub(const(b, x, 1.0), rest), x)
    return b.select(b.compare("lt", a, const(b, x, SMALL["erf"])), near_zero(b, x), large)


def erfc(b: Builder, x: Value) -> Value:
    """1 - erf(x), accurate where that is near 0."""
    a = magnitude(b, x)
    rest = far_from_zero(b, at_most(b, a, GONE[x.kind]))
    large = b.select(b.compare("lt", x, const(b, x, 0.0)), b.sub(const(b, x, 2.0), rest), rest)
    small = b.sub(const(b, x, 1.0), near_zero(b, x))
    return b.select(b.compare("lt", a, const(b, x, SMALL["erfc"])), small, large)


def near_zero(b: Builder, x: Value) -> Value:
    """The error function within 1 of 0."""
    return b.fma(x, polynomial(b, b.mul(x, x), fitted.ERF), x)


def far_from_zero(b: Builder, a: Value) -> Value:
    """The complement of the error function from 0.65 to 28.

    It is exp(-a**2) / (1 + 2 a) times a number near 1. What the roundings of a**2, of 1 + 2 a and
    of its reciprocal took away goes into that number.
    """
    one = const(b, a, 1.0)
    square = b.mul(a, a)
    lost = b.fma(a, a, b.negate(square))
    twice = b.add(a, a)
    below = b.add(twice, one)
    part = b.div(one, below)
    missing = b.fma(b.negate(part), below, one)
    missing = b.fma(b.negate(part), b.sub(twice, b.sub(below, one)), missing)
    middle = const(b, a, 3.75)
    place = b.div(b.sub(a, middle), b.add(a, middle))
    more, small = polynomial(b, place, fitted.ERFC_SCALED), b.sub(missing, lost)
    near_one = b.add(more, b.fma(more, small, small))
    return times_exp(b, b.fma(part, near_one, part), b.negate(square))


def times_exp(b: Builder, factor: Value, x: Value) -> Value:
    """The product of `factor` and exp(x), with the exponential in two numbers."""
    one = const(b, x, 1.0)
    n, integer, r, rest = reduced(b, x, careful=True)
    e = b.add(r, rest)
    most = b.add(one, e)
    least = b.add(b.add(b.sub(one, most), e), b.add(b.sub(r, e), rest))
    return scaled(b, b.fma(factor, most, b.mul(factor, least)), n, integer)


def gelu(b: Builder, x: Value) -> Value:
    """The product of `x` and the normal distribution function of `x`."""
    half = b.mul(x, const(b, x, 0.5))
    return b.mul(half, erfc(b, b.mul(x, const(b, x, -math.sqrt(0.5)))))
