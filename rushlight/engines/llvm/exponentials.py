"""exp, log and what is made of them, of vectors of floats and doubles, without branches.

An argument is brought near 0 with whole multiples of log 2, which cost nothing to undo; there a
polynomial does. Every result is within 2.5 units in the last place, and zero, infinity, NaN and
numbers below the normal ones are what IEEE 754 and C say.
"""

from __future__ import annotations

import math

from . import coefficients as fitted
from .builder import Builder
from .precision import (
    FORMATS,
    at_least,
    at_most,
    bits_of,
    by_library,
    const,
    magic_pattern,
    magnitude,
    nearest,
    polynomial,
    power_of_two,
    scaled,
    whole,
    with_sign,
)
from .values import Value

LN2 = {
    "float": (0.6931471824645996, -1.9046542121259336e-09),
    "double": (0.6931471805599453, 2.3190468138462996e-17),
}
"""log 2 as the sum of two numbers of the kind."""

LOG10_2 = {
    "float": (0.3010300099849701, -1.432098883924482e-08),
    "double": (0.3010299956639812, -2.8037281277851704e-18),
}
PER_LN2 = {
    "float": (1.4426950216293335, 1.925963033500011e-08),
    "double": (1.4426950408889634, 2.0355273740931033e-17),
}
PER_LN10 = {
    "float": (0.4342944920063019, -1.0103049952192578e-08),
    "double": (0.4342944819032518, 1.098319650216765e-17),
}
"""log10 2, 1 / log 2 and 1 / log 10 likewise."""


def near_zero(b: Builder, x: Value, careful: bool = False) -> tuple[Value, Value, Value, Value]:
    """Whole n (as float and as integer), r, and a lesser rest: exp(x) = 2**n * (1 + r + rest).

    `careful` adds what the rounding of r took away to the rest.
    """
    high, low = LN2[x.kind]
    n, integer = nearest(b, x, 1 / math.log(2))
    first = b.fma(n, const(b, x, -high), x)
    r = b.fma(n, const(b, x, -low), first)
    curve = polynomial(b, r, fitted.EXP)
    square = b.mul(r, r)
    if not careful:
        return n, integer, r, b.mul(square, curve)
    lost = b.fma(n, const(b, x, -low), b.sub(first, r))
    return n, integer, r, b.fma(square, curve, lost)


def exp(b: Builder, x: Value, careful: bool = False) -> Value:
    """The number e to the power of `x`."""
    form = FORMATS[x.kind]
    inside = at_least(b, at_most(b, x, form.highest), form.lowest)
    n, integer, r, rest = near_zero(b, inside, careful)
    return scaled(b, b.add(b.add(rest, r), const(b, x, 1.0)), n, integer)


def exp2(b: Builder, x: Value) -> Value:
    """2 to the power of `x`."""
    form = FORMATS[x.kind]
    x = at_least(b, at_most(b, x, form.bias + 2.0), -form.bias - form.mantissa - 3.0)
    n, integer = nearest(b, x, 1.0)
    r = b.sub(x, n)
    y = b.fma(r, polynomial(b, r, fitted.EXP2), const(b, x, 1.0))
    return scaled(b, y, n, integer)


def expm1(b: Builder, x: Value) -> Value:
    """exp(x) - 1, accurate near 0."""
    form = FORMATS[x.kind]
    inside = at_least(b, at_most(b, x, form.highest), -form.all_of_one)
    _, integer, r, rest = near_zero(b, inside, careful=True)
    # Half of the result, because 2**n alone may be too large.
    power = power_of_two(b, b.sub(integer, whole(b, x, 1)), x)
    half = b.fma(power, r, b.sub(power, const(b, x, 0.5)))
    half = b.fma(power, rest, half)
    small = b.compare("lt", magnitude(b, x), const(b, x, form.tiny))
    return b.select(small, x, b.add(half, half))


def sigmoid(b: Builder, x: Value) -> Value:
    """1 / (1 + exp(-x))."""
    one = const(b, x, 1.0)
    e = exp(b, b.negate(magnitude(b, x)), careful=True)
    positive = b.compare("ge", x, const(b, x, 0.0))
    return b.div(b.select(positive, one, e), b.add(e, one))


def tanh(b: Builder, x: Value) -> Value:
    """The hyperbolic tangent."""
    a = at_most(b, magnitude(b, x), FORMATS[x.kind].all_of_one / 1.5)
    e, one, two = expm1(b, b.add(a, a)), const(b, x, 1.0), const(b, x, 2.0)
    below = b.add(e, two)
    ratio = b.div(e, below)
    # What the rounding of e + 2 took away, over itself, is near lost * (1 - ratio) / 2; where the
    # ratio is near 1 that is not exact, and not needed.
    lost = b.mul(b.sub(e, b.sub(below, two)), const(b, x, 0.5))
    small = b.compare("lt", e, const(b, x, 4.0))
    share = b.select(small, b.mul(lost, ratio), const(b, x, 0.0))
    return with_sign(b, b.fma(share, b.sub(ratio, one), ratio), x)


def softplus(b: Builder, x: Value) -> Value:
    """log(1 + exp(x))."""
    rest = log1p(b, exp(b, b.negate(magnitude(b, x))))
    zero = const(b, x, 0.0)
    return b.add(b.select(b.compare("gt", x, zero), x, zero), rest)


def exponent_and_rest(b: Builder, x: Value) -> tuple[Value, Value]:
    """What `x`, a positive normal number, is: k and z, where x = 2**k * (1 + z), z near 0."""
    form = FORMATS[x.kind]
    bits = bits_of(b, x)
    least = (form.bias << form.mantissa) - sqrt_half(x.kind)
    raised = b.binary("lshr", b.add(bits, whole(b, x, least)), whole(b, x, form.mantissa))
    exponent = b.sub(raised, whole(b, x, form.bias))
    shifted = b.binary("shl", exponent, whole(b, x, form.mantissa))
    z = b.sub(b.convert("bitcast", b.sub(bits, shifted), x.kind), const(b, x, 1.0))
    as_float = b.convert("bitcast", b.add(raised, whole(b, x, magic_pattern(x.kind))), x.kind)
    return b.sub(as_float, const(b, x, form.magic + form.bias)), z


def sqrt_half(kind: str) -> int:
    """The bits of the root of 1/2."""
    return 0x3F3504F3 if kind == "float" else 0x3FE6A09E667F3BCD


def normal(b: Builder, x: Value) -> tuple[Value, Value]:
    """`x` times a power of two that makes it a normal number, and the exponent taken from it."""
    form = FORMATS[x.kind]
    small = b.compare("lt", x, const(b, x, form.least))
    lifted = b.select(small, b.mul(x, const(b, x, 2.0**form.mantissa)), x)
    return lifted, b.select(small, const(b, x, -float(form.mantissa)), const(b, x, 0.0))


def log_near_one(b: Builder, z: Value, rest: Value) -> tuple[Value, Value]:
    """Two numbers, `z` and a lesser one, whose sum is log(1 + z) + rest."""
    square = b.mul(z, z)
    if z.kind == "float":
        tail = b.fma(b.mul(square, z), polynomial(b, z, fitted.LOG), rest)
        return z, b.fma(square, const(b, z, -0.5), tail)
    s = b.div(z, b.add(z, const(b, z, 2.0)))
    w = b.mul(s, s)
    half = b.mul(square, const(b, z, 0.5))
    ratio = b.fma(w, polynomial(b, w, fitted.LOG_RATIO), half)
    return z, b.sub(b.fma(s, ratio, rest), half)


def finished(b: Builder, result: Value, x: Value) -> Value:
    """The result of a logarithm, with what belongs to 0, negative numbers, infinity and NaN."""
    zero, endless = const(b, x, 0.0), const(b, x, math.inf)
    outside = b.select(b.compare("eq", x, zero), const(b, x, -math.inf), const(b, x, math.nan))
    result = b.select(b.compare("gt", x, zero), result, outside)
    return b.select(b.compare("lt", x, endless), result, x)


def log(b: Builder, x: Value) -> Value:
    """The natural logarithm."""
    high, low = LN2[x.kind]
    lifted, taken = normal(b, x)
    k, z = exponent_and_rest(b, lifted)
    k = b.add(k, taken)
    first, second = log_near_one(b, z, b.mul(k, const(b, x, low)))
    return finished(b, b.fma(k, const(b, x, high), b.add(first, second)), x)


def log2(b: Builder, x: Value) -> Value:
    """The logarithm to base 2."""
    lifted, taken = normal(b, x)
    k, z = exponent_and_rest(b, lifted)
    k = b.add(k, taken)
    return finished(b, b.add(k, times(b, log_near_one(b, z, const(b, x, 0.0)), PER_LN2)), x)


def log10(b: Builder, x: Value) -> Value:
    """The logarithm to base 10."""
    high, low = LOG10_2[x.kind]
    lifted, taken = normal(b, x)
    k, z = exponent_and_rest(b, lifted)
    k = b.add(k, taken)
    parts = log_near_one(b, z, b.mul(k, const(b, x, low * math.log(10))))
    return finished(b, b.fma(k, const(b, x, high), times(b, parts, PER_LN10)), x)


def times(b: Builder, parts: tuple[Value, Value], factor: dict[str, tuple[float, float]]) -> Value:
    """The product of two sums of a number and a lesser one."""
    first, second = parts
    high, low = [const(b, first, part) for part in factor[first.kind]]
    return b.fma(first, high, b.fma(first, low, b.mul(second, high)))


def log1p(b: Builder, x: Value) -> Value:
    """log(1 + x), accurate near 0."""
    one = const(b, x, 1.0)
    u = b.add(x, one)
    ours = b.sub(u, one)
    lost = b.add(b.sub(one, b.sub(u, ours)), b.sub(x, ours))  # u + lost is 1 + x exactly
    k, z = exponent_and_rest(b, u)
    high, low = LN2[x.kind]
    rest = b.fma(k, const(b, x, low), b.div(lost, u))
    first, second = log_near_one(b, z, rest)
    result = b.fma(k, const(b, x, high), b.add(first, second))
    return with_sign_of_zero(b, finished_at(b, result, x, u), x)


def finished_at(b: Builder, result: Value, x: Value, u: Value) -> Value:
    """Like `finished` for a logarithm of u = 1 + x: infinity and NaN are those of `x`."""
    ended = finished(b, result, u)
    return b.select(b.compare("lt", x, const(b, x, math.inf)), ended, x)


def with_sign_of_zero(b: Builder, result: Value, x: Value) -> Value:
    """The result, or `x` itself where that is a zero."""
    return b.select(b.compare("eq", x, const(b, x, 0.0)), x, result)


def power(b: Builder, x: Value, y: Value) -> Value:
    """`x` to the power of `y`."""
    if x.kind != "float":
        return by_library(b, "pow", x, y)
    x, y = b.together(x, y)[2]
    wide_x, wide_y = [b.convert("fpext", v, "double") for v in (magnitude(b, x), y)]
    result = b.convert("fptrunc", exp2(b, b.mul(wide_y, log2(b, wide_x))), "float")
    zero, one = const(b, x, 0.0), const(b, x, 1.0)
    # 1 to any power, and anything to the power of 0.
    unmoved = b.compare("eq", magnitude(b, x), one)
    endless = b.compare("eq", magnitude(b, y), const(b, y, math.inf))
    result = b.select(b.binary("and", unmoved, endless), one, result)
    is_whole = b.compare("eq", b.intrinsic("trunc", y), y)
    half = b.mul(y, const(b, y, 0.5))
    odd = b.binary("and", is_whole, b.compare("ne", b.intrinsic("trunc", half), half))
    signed = b.compare("lt", bits_of(b, x), whole(b, x, 0))
    result = b.select(b.binary("and", odd, signed), b.negate(result), result)
    finite = b.compare("gt", x, const(b, x, -math.inf))
    below = b.binary("and", b.compare("lt", x, zero), finite)
    fraction = b.binary("and", below, b.compare("une", b.intrinsic("trunc", y), y))
    result = b.select(fraction, const(b, x, math.nan), result)
    trivial = b.binary("or", b.compare("eq", y, zero), b.compare("eq", x, one))
    return b.select(trivial, one, result)
