"""Fit the polynomials of `rushlight/engines/llvm/vector_math.py`: writes its `coefficients.py`.

Needs mpmath, which nothing else here does: `python tools/fit_polynomials.py`. Each fit is near the
best there is of its length; printed is the largest error on the interval.
"""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np
from mpmath import mpf, sqrt

mpmath.mp.dps = 60
OUT = Path(__file__).resolve().parent.parent / "rushlight/engines/llvm/coefficients.py"

TINY = mpf(10) ** -25
HALF_LN2 = mpmath.log(2) / 2 * mpf("1.0001")
QUARTER_PI = mpmath.pi / 4 * mpf("1.0001")


def near_zero(f):
    """`f`, or near 0, where it is lost in cancellation, its value a little away."""
    return lambda x: f(x if abs(x) > TINY else TINY)


def exp_rest(x):
    return (mpmath.expm1(x) - x) / x**2


def exp2_rest(x):
    return mpmath.expm1(x * mpmath.log(2)) / x


def log_rest(z):
    return (mpmath.log1p(z) - z + z**2 / 2) / z**3


def log_ratio(w):
    s = sqrt(w)
    return (2 * mpmath.atanh(s) / s - 2) / w


def sin_rest(z):
    return (mpmath.sin(sqrt(z)) / sqrt(z) - 1) / z


def cos_rest(z):
    return (mpmath.cos(sqrt(z)) - 1 + z / 2) / z**2


def atan_rest(z):
    return (mpmath.atan(sqrt(z)) / sqrt(z) - 1) / z


def erf_ratio(z):
    return mpmath.erf(sqrt(z)) / sqrt(z) - 1


def erfc_exponent(a):
    return mpmath.log(mpmath.erfc(a)) / a


def erfc_scaled(u):
    x = mpf("3.75") * (1 + u) / (1 - u)
    return (1 + 2 * x) * mpmath.exp(x * x) * mpmath.erfc(x) - 1


def place(x):
    """Where in the interval of `erfc_scaled` the argument `x` falls."""
    return (mpf(x) - mpf("3.75")) / (mpf(x) + mpf("3.75"))


FITS = {
    "EXP": (exp_rest, -HALF_LN2, HALF_LN2, 5, 11, "(exp(x) - 1 - x) / x**2"),
    "EXP2": (exp2_rest, mpf(-0.5), mpf(0.5), 6, 12, "(2**x - 1) / x"),
    "LOG": (log_rest, sqrt(0.5) - 1, sqrt(2) - 1, 9, 0, "(log(1 + x) - x + x**2/2) / x**3"),
    "LOG_RATIO": (log_ratio, TINY, mpf("0.02945"), 0, 7, "(2 atanh(s)/s - 2) / s**2, x = s**2"),
    "SIN": (sin_rest, TINY, QUARTER_PI**2, 4, 7, "(sin(s)/s - 1) / s**2, x = s**2"),
    "COS": (cos_rest, TINY, QUARTER_PI**2, 4, 7, "(cos(s) - 1 + s**2/2) / s**4, x = s**2"),
    "ATAN": (atan_rest, TINY, mpf(1), 9, 22, "(atan(s)/s - 1) / s**2, x = s**2"),
    "ERF": (erf_ratio, TINY, mpf("0.9216"), 7, 14, "erf(s)/s - 1, x = s**2"),
    "ERFC_EXPONENT": (erfc_exponent, mpf("0.92"), mpf(4), 11, 0, "log(erfc(x)) / x"),
    "ERFC_SCALED": (
        erfc_scaled, place("0.64"), place(28), 11, 20,
        "(1 + 2 y) exp(y**2) erfc(y) - 1, x = (y - 3.75) / (y + 3.75)",
    ),
}  # fmt: skip
"""By name: function, interval, number of coefficients for float and for double, and in words."""

HEAD = '''"""Coefficients of the polynomials in `vector_math`, highest power first.

Made by tools/fit_polynomials.py: do not edit.
"""

'''


def fit(name: str, count: int, double: bool) -> list[str]:
    """The coefficients as text, rounded to what they are used in."""
    f, low, high = FITS[name][:3]
    coefficients = mpmath.chebyfit(near_zero(f), [low, high], count)
    rounded = [float(c) if double else float(np.float32(float(c))) for c in coefficients]
    points = [low + (high - low) * k / 400 for k in range(1, 400)]
    error = max(abs(mpmath.polyval(rounded, x) - near_zero(f)(x)) for x in points)
    print(f"{name:<14}{'double' if double else 'float':<8}{count:3}  {float(error):.2e}")
    return [repr(c) if double else f"{c:.9g}" for c in rounded]


def main() -> None:
    """Fit everything and write the file."""
    text = HEAD
    for name, (*_, few, many, words) in FITS.items():
        kinds = [("float", few, False), ("double", many, True)]
        text += f"{name} = {{\n"
        for kind, count, double in kinds:
            if count:
                text += f'    "{kind}": (\n'
                text += "".join([f"        {c},\n" for c in fit(name, count, double)]) + "    ),\n"
        text += f'}}\n"""{words}"""\n\n'
    OUT.write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
