"""Mathematical functions of vectors, as straight IR: `exp(builder, value)` and the like.

They take floats and doubles in any number of lanes. None depends on the order in which lanes or
elements come, so a result does not depend on the width of the vectors.
"""

from __future__ import annotations

from collections.abc import Callable

from .builder import Builder
from .error_functions import erf, erfc, gelu
from .exponentials import (
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    power,
    sigmoid,
    softplus,
    tanh,
)
from .precision import by_library, const
from .trigonometry import atan, atan2, cos, sin, tan
from .values import Value


def sqrt(b: Builder, x: Value) -> Value:
    """The square root."""
    return b.intrinsic("sqrt", x)


def rsqrt(b: Builder, x: Value) -> Value:
    """One over the square root."""
    return b.div(const(b, x, 1.0), sqrt(b, x))


def from_library(name: str) -> Callable[[Builder, Value], Value]:
    """The C library's function `name`, lane by lane: right, and not fast."""

    def function(b: Builder, x: Value) -> Value:
        return by_library(b, name, x)

    return function


FUNCTIONS: dict[str, Callable[[Builder, Value], Value]] = {
    f.__name__: f
    for f in (
        atan, cos, erf, erfc, exp, exp2, expm1, gelu, log, log10, log1p, log2, rsqrt, sigmoid, sin,
        softplus, sqrt, tan, tanh,
    )
} | {
    name: from_library(name)
    for name in ("acos", "acosh", "asin", "asinh", "atanh", "cosh", "lgamma", "sinh")
}  # fmt: skip
"""The functions of one argument, by name."""

BINARY: dict[str, Callable[[Builder, Value, Value], Value]] = {"atan2": atan2, "pow": power}
"""The functions of two arguments, by name."""
