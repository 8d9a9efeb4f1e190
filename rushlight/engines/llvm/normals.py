"""Uniform numbers into normal ones in machine code: the second half of `streams`, bit for bit."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any

from ...rng import polynomials as fitted
from . import layout
from .builder import Builder
from .values import Value, parameter


def begin(b: Builder, names: Sequence[str]) -> tuple[list[Value], list[Value]]:
    """The parameters that stand for arrays, and where their elements are."""
    objects = [parameter(name, "ptr") for name in names]
    return objects, [b.load(b.address(x, layout.DATA, "i8"), "ptr") for x in objects]


def masked(b: Builder, x: Value, mask: int) -> Value:
    """The bits of x that are in the mask."""
    return b.binary("and", x, b.number(mask, x.kind))


def shifted(b: Builder, how: str, x: Value, by: int) -> Value:
    """The bits of x, moved."""
    return b.binary(how, x, b.number(by, x.kind))


def box_muller(b: Builder) -> None:
    """Write `box_muller`, for two blocks at a time and a last one."""
    objects, (units,) = begin(b, ("units",))
    count, mean, std = parameter("n", "i64"), parameter("mean", "float"), parameter("std", "float")
    eights = list(range(8))
    others = [k + 8 for k in eights]

    def blocks(i: Value, number: int) -> None:
        at = [
            b.address(units, b.add(i, b.number(8 * k, "i64")), "float") for k in range(2 * number)
        ]
        b.forget_loads()
        parts = [b.load(place, "float", 8, hoist=False) for place in at]
        if number == 2:
            first, second, third, fourth = parts
            parts = [b.shuffle(*two, eights + others) for two in ((first, third), (second, fourth))]
        radius = radii(b, parts[0])
        results = [b.fma(b.mul(radius, wave), std, mean) for wave in cosine_and_sine(b, parts[1])]
        if number == 2:
            results = [b.shuffle(x, x, half) for half in (eights, others) for x in results]
        for place, value in zip(at, results, strict=True):
            b.store(value, place)

    whole = b.binary("and", count, b.number(-32, "i64"))
    b.loop(0, whole, 32, lambda i: blocks(i, 2), guard=True)
    b.loop(whole, count, 16, lambda i: blocks(i, 1), guard=True)
    b.function("box_muller", [*objects, count, mean, std])


def of(b: Builder, x: Any, kind: str = "float") -> Value:
    """A constant of rng/polynomials.py."""
    return b.number(x.item(), kind)


def radii(b: Builder, units: Value) -> Value:
    """sqrt(-2 log(1 - u)): see `_radius` in rng/polynomials.py."""
    bits = b.convert("bitcast", b.sub(b.number(1.0, "float"), units), "i32")
    exponent = shifted(b, "ashr", b.sub(bits, of(b, fitted.ROOT_HALF_BITS, "i32")), 23)
    rest = b.sub(bits, shifted(b, "shl", exponent, 23))
    x = b.sub(b.convert("bitcast", rest, "float"), b.number(1.0, "float"))
    e = b.convert("sitofp", exponent, "float")
    square = b.mul(x, x)
    y = of(b, fitted.LOG[0])
    for coefficient in fitted.LOG[1:]:
        y = b.fma(y, x, of(b, coefficient))
    y = b.fma(b.mul(y, x), square, b.mul(e, of(b, fitted.LN2_LOW)))
    x = b.add(x, b.sub(y, b.mul(square, b.number(0.5, "float"))))
    log = b.fma(e, of(b, fitted.LN2_HIGH), x)
    return b.intrinsic("sqrt", b.mul(log, b.number(-2.0, "float")))


def cosine_and_sine(b: Builder, units: Value) -> tuple[Value, Value]:
    """The cosine and the sine of 2 pi v: see `_cosine_and_sine` in rng/polynomials.py."""
    x = b.mul(units, of(b, fitted.TWO_PI))
    octant = b.convert("fptosi", b.mul(x, of(b, fitted.PER_OCTANT)), "i32")
    octant = masked(b, b.add(octant, b.number(1, "i32")), -2)
    j = b.convert("sitofp", octant, "float")
    for part in (fitted.OCTANT_HIGH, fitted.OCTANT_MIDDLE, fitted.OCTANT_LOW):
        x = b.fma(j, of(b, part), x)
    z = b.mul(x, x)
    cosine, sine = [wave(b, z, row) for row in range(2)]
    cosine = b.fma(cosine, z, b.negate(b.mul(z, b.number(0.5, "float"))))
    cosine = b.add(cosine, b.number(1.0, "float"))
    sine = b.fma(sine, x, x)
    swapped = b.compare("ne", masked(b, octant, 2), b.number(0, "i32"))
    waves = b.select(swapped, sine, cosine), b.select(swapped, cosine, sine)
    turns = b.add(octant, b.number(2, "i32")), octant
    return negated(b, waves[0], turns[0]), negated(b, waves[1], turns[1])


def wave(b: Builder, z: Value, row: int) -> Value:
    """The polynomial of the cosine (row 0) or the sine (row 1) near 0, but for its last step."""
    y = of(b, fitted.WAVE[0][row])
    for column in fitted.WAVE[1:]:
        y = b.fma(y, z, of(b, column[row]))
    return b.mul(y, z)


def negated(b: Builder, x: Value, octant: Value) -> Value:
    """`x`, with the other sign where the third bit of the octant is set."""
    sign = shifted(b, "shl", masked(b, octant, 4), 29)
    return b.convert("bitcast", b.binary("xor", b.convert("bitcast", x, "i32"), sign), "float")


def box_muller64(b: Builder) -> None:
    """Write `box_muller64`."""
    objects, (units,) = begin(b, ("units",))
    count = parameter("n", "i64")
    mean, std = parameter("mean", "double"), parameter("std", "double")
    eight = b.number(8, "i64")
    make_room(b)

    def one(k: Value) -> None:
        # Place k of the first halves of all blocks, and that of the second half.
        block = b.binary("shl", b.binary("lshr", k, b.number(3, "i64")), b.number(4, "i64"))
        at = b.add(block, b.binary("and", k, b.number(7, "i64")))
        places = [b.address(units, i, "double") for i in (at, b.add(at, eight))]
        u, v = [b.load(place, "double", hoist=False) for place in places]
        log = b.call("log", "double", b.sub(b.number(1.0, "double"), u))
        for place, value in zip(places, round_about(b, log, v), strict=True):
            b.store(b.fma(value, std, mean), place)

    b.loop(0, b.binary("lshr", count, b.number(1, "i64")), 1, one, guard=True)
    b.function("box_muller64", [*objects, count, mean, std])


def normal_pairs(b: Builder) -> None:
    """Write `normal_pairs`."""
    objects, (units,) = begin(b, ("units",))
    count = parameter("n", "i64")
    make_room(b)

    def one(k: Value) -> None:
        places = [b.address(units, i, "double") for i in (k, b.add(k, b.number(1, "i64")))]
        u, v = [b.load(place, "double", hoist=False) for place in places]
        log = b.call("log1p", "double", b.negate(v))
        for place, value in zip(places, round_about(b, log, u), strict=True):
            b.store(value, place)

    b.loop(0, count, 2, one, guard=True)
    b.function("normal_pairs", [*objects, count])


def round_about(b: Builder, log: Value, turn: Value) -> tuple[Value, Value]:
    """The point sqrt(-2 log) away from the centre, so many turns on."""
    radius = b.intrinsic("sqrt", b.mul(log, b.number(-2.0, "double")))
    angle = b.mul(turn, b.number(2.0 * math.pi, "double"))
    if hasattr(ctypes.CDLL(None), "sincos"):
        where = [parameter(name, "ptr") for name in ROOM]
        b.call("sincos", "void", angle, *where)
        sine, cosine = [b.load(place, "double", hoist=False) for place in where]
    else:
        sine, cosine = [b.call(name, "double", angle) for name in ("sin", "cos")]
    return b.mul(radius, cosine), b.mul(radius, sine)


def make_room(b: Builder) -> None:
    """Write memory for two results."""
    for name in ROOM:
        b.raw(f"%{name} = alloca double")


ROOM = ("sine", "cosine")
