"""Box and Muller's transform in float32, bit for bit as PyTorch's vector code does it.

That code does not call the C library: logarithm, sine and cosine are short polynomials in the
tradition of Cephes, each step a fused multiply-add that rounds once to float32 (rng spec §4). Here
such a step multiplies and adds in float64 and then rounds to float32. In general that might round
twice; for these polynomials it never does, as trying all 2**24 arguments of each has shown.

Two notations: an array named `wide` holds float32 values in float64, ready for a fused step; one
named `single` is float32. Steps whose product is exact anyway are done in float32 directly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, multiply
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Wides = NDArray[np.float64]


def _single(*values: float) -> list[NDArray[Any]]:
    """float32 constants as arrays without dimensions, the quickest operands."""
    return [np.array(value, np.float32) for value in values]


def _wide(*values: float) -> list[NDArray[Any]]:
    """Constants rounded to float32, then carried by float64."""
    return [np.array(value, np.float32).astype(np.float64) for value in values]


_ONE, _HALF, _MINUS_TWO = _single(1.0, 0.5, -2.0)

# Logarithm of x + 1 between sqrt(1/2) and sqrt(2), and ln 2 in two parts.
LOG = _wide(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
LN2_LOW, LN2_HIGH = _single(-2.12194440e-4, 0.693359375)
ROOT_HALF_BITS = np.array(np.float32(0.707106781186547524)).view(np.int32)

# Angles: 2 pi, 4 / pi, and -pi / 4 in three parts.
TWO_PI, PER_OCTANT = _single(2.0 * np.pi, 1.27323954473516)
OCTANT_HIGH, OCTANT_MIDDLE = _single(-0.78515625, -2.4187564849853515625e-4)
(OCTANT_LOW,) = _wide(-3.77489497744594108e-8)

# Cosine (first row) and sine (second row) between -pi/4 and pi/4.
WAVE = [
    np.array(_wide(*column)).reshape(2, 1)
    for column in (
        (2.443315711809948e-5, -1.9515295891e-4),
        (-1.388731625493765e-3, 8.3321608736e-3),
        (4.166664568298827e-2, -1.6666654611e-1),
    )
]


def box_muller(blocks: Singles) -> None:
    """None; uniform numbers in [0, 1) become standard normal ones, in place.

    `blocks` has the shape (count, 2, 8): the first eight of each sixteen numbers give the radius,
    the other eight the angle; the cosines take the place of the former, the sines of the latter.
    """
    radius = _radius(blocks[:, 0])
    waves = _cosine_and_sine(blocks[:, 1])
    blocks[:, 0] = multiply(waves[0], radius, waves[0]).reshape(-1, 8)
    blocks[:, 1] = multiply(waves[1], radius, waves[1]).reshape(-1, 8)


def _radius(units: Singles) -> Singles:
    """The radii sqrt(-2 log(1 - u)) of uniform numbers u: a flat new array."""
    x: Singles = np.subtract(_ONE, units).ravel()
    bits = x.view(np.int32)
    # 1 - u = 2**e * f with f from sqrt(1/2) to sqrt(2); x becomes f - 1.
    exponents = (bits - ROOT_HALF_BITS) >> 23
    bits -= exponents << 23
    x -= _ONE
    e = exponents.astype(np.float32)

    square = x * x
    wide = x.astype(np.float64)
    y = wide * LOG[0]
    single = np.empty_like(x)
    for coefficient in LOG[1:-1]:
        add(y, coefficient, y)
        single[...] = y
        y[...] = single
        multiply(y, wide, y)
    single[...] = add(y, LOG[-1], y)
    multiply(single, x, single)
    y[...] = single
    multiply(y, square, y)
    single[...] = add(y, multiply(e, LN2_LOW), y)
    single -= multiply(square, _HALF, square)
    x += single
    x += multiply(e, LN2_HIGH, e)
    np.sqrt(multiply(x, _MINUS_TWO, x), x)
    return x


def _cosine_and_sine(units: Singles) -> Singles:
    """The cosines (first row) and sines (second row) of 2 pi v for uniform numbers v."""
    x = multiply(units, TWO_PI).ravel()
    octants = multiply(x, PER_OCTANT).astype(np.int32)
    octants += 1
    octants &= -2
    j = octants.astype(np.float32)
    x += multiply(j, OCTANT_HIGH)
    x += multiply(j, OCTANT_MIDDLE)
    x[...] = add(multiply(j, OCTANT_LOW), x)
    waves = _waves_near_zero(x)
    _turn(waves.view(np.int32), octants)
    return waves


def _waves_near_zero(x: Singles) -> Singles:
    """The cosines (first row) and sines (second row) of angles from -pi/4 to pi/4."""
    square = x * x
    z = square.astype(np.float64)
    y = multiply(z, WAVE[0])
    add(y, WAVE[1], y)
    single: Singles = y.astype(np.float32)
    y[...] = single
    multiply(y, z, y)
    single[...] = add(y, WAVE[2], y)
    multiply(single, square, single)
    y[...] = single
    # The last step: cosine = y * z - z / 2, to which 1 is added, and sine = y * x + x.
    cosine, sine = y
    multiply(cosine, z, cosine)
    multiply(sine, x, sine)
    add(sine, x, sine)
    np.subtract(cosine, multiply(square, _HALF, square), cosine)
    single[...] = y
    single[0] += _ONE
    return single


def _turn(waves: NDArray[np.int32], octants: NDArray[np.int32]) -> None:
    """None; rows of bits: where the octant asks for it the two are swapped and change sign."""
    cosine, sine = waves
    swapped = (cosine ^ sine) & -(octants >> 1 & 1)
    cosine ^= swapped
    sine ^= swapped
    sine ^= (octants & 4) << 29
    cosine ^= (octants + 2 & 4) << 29
