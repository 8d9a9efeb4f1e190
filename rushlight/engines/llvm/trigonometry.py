"""sin, cos, tan and atan, of vectors of floats and doubles."""

from __future__ import annotations

import math
from collections.abc import Callable

from . import coefficients as fitted
from .builder import Builder
from .precision import (
    bits_of,
    by_library,
    const,
    horner,
    magnitude,
    nearest,
    polynomial,
    whole,
    with_sign,
)
from .values import Value

HALF_PI = {
    "float": (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15),
    "double": (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33),
}
"""pi / 2 as the sum of three numbers of the kind."""

FAR = {"float": 65536.0, "double": 2.0**28}
"""From here on three numbers do not tell pi / 2 exactly enough, and the C library is asked."""


def near_zero(b: Builder, x: Value) -> tuple[Value, Value]:
    """How many quarter turns `x` is, and what it is more, within pi / 4 of 0."""
    n, integer = nearest(b, x, 2 / math.pi)
    for part in HALF_PI[x.kind]:
        x = b.fma(n, const(b, x, -part), x)
    return integer, x


def carefully_near_zero(b: Builder, x: Value) -> tuple[Value, Value, Value]:
    """Like `near_zero`, and what the rounding took away."""
    n, integer = nearest(b, x, 2 / math.pi)
    high, middle, low = [const(b, x, -part) for part in HALF_PI[x.kind]]
    first = b.fma(n, high, x)
    more = b.mul(n, middle)
    second = b.add(first, more)
    taken = b.sub(second, first)
    lost = b.add(b.sub(first, b.sub(second, taken)), b.sub(more, taken))
    lost = b.fma(n, low, b.add(b.fma(n, middle, b.negate(more)), lost))
    r = b.add(second, lost)
    return integer, r, b.add(b.sub(second, r), lost)


def sine_and_cosine(b: Builder, r: Value) -> tuple[Value, Value]:
    """The sine and cosine of `r`, within pi / 4 of 0."""
    z = b.mul(r, r)
    sine = b.fma(b.mul(z, r), polynomial(b, z, fitted.SIN), r)
    cosine = b.fma(z, const(b, r, -0.5), const(b, r, 1.0))
    return sine, b.fma(b.mul(z, z), polynomial(b, z, fitted.COS), cosine)


def careful_sine_and_cosine(b: Builder, r: Value, lost: Value) -> tuple[Value, Value]:
    """The same of `r` and `lost`, which is less than the last place of `r`."""
    one = const(b, r, 1.0)
    z = b.mul(r, r)
    sine = b.add(b.fma(b.mul(z, r), polynomial(b, z, fitted.SIN), lost), r)
    half = b.mul(z, const(b, r, 0.5))
    most = b.sub(one, half)
    least = b.fma(b.negate(r), lost, b.sub(b.sub(one, most), half))
    return sine, b.add(most, b.fma(b.mul(z, z), polynomial(b, z, fitted.COS), least))


def turned(b: Builder, x: Value, quarters: int) -> Value:
    """The sine of `x` plus so many quarter turns."""
    n, r = near_zero(b, x)
    n = b.add(n, whole(b, x, quarters))
    sine, cosine = sine_and_cosine(b, r)
    even = is_even(b, n, x)
    value = b.select(even, sine, cosine)
    # The second bit of n is the sign.
    width = 31 if x.kind == "float" else 63
    sign = b.binary("shl", b.binary("lshr", n, whole(b, x, 1)), whole(b, x, width))
    bits = b.convert("bitcast", value, "i32" if x.kind == "float" else "i64")
    return b.convert("bitcast", b.binary("xor", bits, sign), x.kind)


def is_even(b: Builder, n: Value, like: Value) -> Value:
    """Whether integers as wide as `like` are even."""
    last = b.binary("and", n, whole(b, like, 1))
    return b.compare("eq", last, whole(b, like, 0))


def unless_far(b: Builder, x: Value, name: str, near: Callable[[], Value]) -> Value:
    """What `near` gives, or the C library's function where any lane is far from 0."""
    far = b.compare("gt", magnitude(b, x), const(b, x, FAR[x.kind]))
    (result,) = b.branch(b.reduce("or", far), lambda: [by_library(b, name, x)], lambda: [near()])
    return result


def sin(b: Builder, x: Value) -> Value:
    """The sine."""
    return unless_far(b, x, "sin", lambda: turned(b, x, 0))


def cos(b: Builder, x: Value) -> Value:
    """The cosine."""
    return unless_far(b, x, "cos", lambda: turned(b, x, 1))


def tan(b: Builder, x: Value) -> Value:
    """The tangent."""

    def near() -> Value:
        n, r, lost = carefully_near_zero(b, x)
        sine, cosine = careful_sine_and_cosine(b, r, lost)
        even = is_even(b, n, x)
        above = b.select(even, sine, b.negate(cosine))
        return b.div(above, b.select(even, cosine, sine))

    return unless_far(b, x, "tan", near)


def atan(b: Builder, x: Value) -> Value:
    """The angle whose tangent is `x`."""
    one, zero = const(b, x, 1.0), const(b, x, 0.0)
    a = magnitude(b, x)
    steep = b.compare("gt", a, one)
    slope = b.select(steep, b.div(const(b, x, -1.0), a), a)
    high, low, _ = HALF_PI[x.kind]
    base = b.select(steep, const(b, x, high), zero)
    rest = b.select(steep, const(b, x, low), zero)
    return with_sign(b, angle_from(b, base, rest, slope), x)


def angle_from(b: Builder, base: Value, rest: Value, slope: Value) -> Value:
    """The angle of a slope, which is within 1 of 0, more than `base` (0 or greater) + `rest`."""
    z = b.mul(slope, slope)
    most = b.add(base, slope)
    lost = b.add(b.add(b.sub(base, most), slope), rest)
    return b.add(most, b.fma(b.mul(z, slope), horner(b, z, fitted.ATAN[z.kind]), lost))


def atan2(b: Builder, y: Value, x: Value) -> Value:
    """The angle of the point (x, y), from -pi to pi."""
    y, x = b.together(y, x)[2]
    zero, one = const(b, x, 0.0), const(b, x, 1.0)
    ay, ax = magnitude(b, y), magnitude(b, x)
    steep = b.compare("gt", ay, ax)
    left = b.compare("lt", bits_of(b, x), whole(b, x, 0))
    less, more = b.select(steep, ax, ay), b.select(steep, ay, ax)
    slope = b.select(b.compare("eq", less, more), one, b.div(less, more))  # both may be infinite
    slope = b.select(b.compare("eq", more, zero), zero, slope)
    slope = b.select(b.binary("xor", steep, left), b.negate(slope), slope)
    high, low, _ = HALF_PI[x.kind]
    base, rest = [
        b.select(steep, const(b, x, part), b.select(left, const(b, x, 2 * part), zero))
        for part in (high, low)
    ]
    angle = with_sign(b, angle_from(b, base, rest, slope), y)
    return b.select(b.compare("uno", x, y), b.add(x, y), angle)
