"""What the vector functions share: the formats of floats, polynomials, scaling, library calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .builder import Builder
from .target import target
from .values import MANGLED, Value, type_text


@dataclass(frozen=True)
class Format:
    """A format of floats: integers of its width, its mantissa and exponent, and limits of exp."""

    integer: str
    mantissa: int
    bias: int
    highest: float  # exp of more is infinite
    lowest: float  # exp of less is 0
    all_of_one: float  # exp(-all_of_one) is too little to take from 1

    @property
    def magic(self) -> float:
        """What makes a float whole when it is added: 1.5 * 2**mantissa."""
        return 1.5 * 2.0**self.mantissa

    @property
    def tiny(self) -> float:
        """Below this, x + x**2 is x."""
        return 2.0 ** -(self.mantissa + 3)

    @property
    def least(self) -> float:
        """The least normal number."""
        return 2.0 ** (1 - self.bias)


FORMATS = {
    "float": Format("i32", 23, 127, 89.0, -105.0, 18.0),
    "double": Format("i64", 52, 1023, 710.0, -746.0, 38.0),
}


def const(b: Builder, like: Value, x: float) -> Value:
    """The number `x` in the kind of `like`."""
    return b.number(x, like.kind)


def whole(b: Builder, like: Value, n: int) -> Value:
    """The integer `n` as wide as the kind of `like`."""
    return b.number(n, FORMATS[like.kind].integer)


def bits_of(b: Builder, x: Value) -> Value:
    """The bits of floats, as integers."""
    return b.convert("bitcast", x, FORMATS[x.kind].integer)


def magnitude(b: Builder, x: Value) -> Value:
    """The absolute value."""
    return b.intrinsic("fabs", x)


def with_sign(b: Builder, x: Value, sign: Value) -> Value:
    """`x` with the sign of `sign`."""
    return b.intrinsic("copysign", x, sign)


def at_most(b: Builder, x: Value, limit: float) -> Value:
    """The lesser of `x` and `limit`; NaN stays NaN."""
    most = const(b, x, limit)
    return b.select(b.compare("gt", x, most), most, x)


def at_least(b: Builder, x: Value, limit: float) -> Value:
    """The greater of `x` and `limit`; NaN stays NaN."""
    least = const(b, x, limit)
    return b.select(b.compare("lt", x, least), least, x)


def polynomial(b: Builder, x: Value, table: Mapping[str, tuple[float, ...]]) -> Value:
    """The value at `x` of the polynomial whose coefficients stand in a table by kind.

    Its halves are computed side by side where it is long, because each step waits for the last.
    """
    coefficients = table[x.kind]
    if len(coefficients) <= 6:
        return horner(b, x, coefficients)
    square = b.mul(x, x)
    odd = len(coefficients) % 2
    first = horner(b, square, coefficients[1 - odd :: 2])
    second = horner(b, square, coefficients[odd::2])
    return b.fma(second, x, first)


def horner(b: Builder, x: Value, coefficients: Sequence[float]) -> Value:
    """The value at `x` of the polynomial with these coefficients, highest power first."""
    result = const(b, x, coefficients[0])
    for c in coefficients[1:]:
        result = b.fma(result, x, const(b, x, c))
    return result


def nearest(b: Builder, x: Value, scale: float) -> tuple[Value, Value]:
    """The whole number nearest to `x * scale`: as a float, and as an integer."""
    form = FORMATS[x.kind]
    magic = const(b, x, form.magic)
    shifted = b.fma(x, const(b, x, scale), magic)
    magic_bits = whole(b, x, magic_pattern(x.kind))
    return b.sub(shifted, magic), b.sub(bits_of(b, shifted), magic_bits)


def magic_pattern(kind: str) -> int:
    """The bits of the format's magic number."""
    form = FORMATS[kind]
    return (form.bias + form.mantissa) << form.mantissa | 1 << (form.mantissa - 1)


def power_of_two(b: Builder, n: Value, like: Value) -> Value:
    """2**n for integers `n` whose power is a normal number."""
    form = FORMATS[like.kind]
    biased = b.add(n, whole(b, like, form.bias))
    shifted = b.binary("shl", biased, whole(b, like, form.mantissa))
    return b.convert("bitcast", shifted, like.kind)


def scaled(b: Builder, x: Value, n: Value, integer: Value) -> Value:
    """`x * 2**n`, rounded once or into zero and infinity, for any `n` that exp may need."""
    wide = x.lanes * (32 if x.kind == "float" else 64)
    if wide == 512 and target().bits == 512:
        suffix, mask = ("ps", "i16") if x.kind == "float" else ("pd", "i8")
        name = f"llvm.x86.avx512.mask.scalef.{suffix}.512"
        b.declare(x.type, name, [x.type, x.type, x.type, mask, "i32"])
        n = b.splat(n, x.lanes)
        text = (
            f"call {x.type} @{name}({x.typed}, {n.typed}, {x.type} zeroinitializer, "
            f"{mask} -1, i32 4)"
        )
        return b.pure(text, x.kind, x.lanes, max(x.level, n.level))
    # Half of n each time, because 2**n itself may be out of range; shifted as a positive number,
    # for which every processor has an instruction.
    up = b.binary("lshr", b.add(integer, whole(b, x, 4096)), whole(b, x, 1))
    half = b.sub(up, whole(b, x, 2048))
    once = b.mul(x, power_of_two(b, half, x))
    return b.mul(once, power_of_two(b, b.sub(integer, half), x))


def by_library(b: Builder, name: str, *args: Value) -> Value:
    """The function `name` of the C library for doubles (and `name`f for floats), lane by lane."""
    kind, lanes = args[0].kind, max([a.lanes for a in args])
    level = max([a.level for a in args])
    name += "f" if kind == "float" else ""
    b.declare(kind, name, [kind] * len(args))
    spread = [b.splat(a, lanes) for a in args]
    if lanes > 1:
        name = lane_by_lane(b, name, kind, lanes, len(args))
    text = f"call {type_text(kind, lanes)} @{name}({', '.join([a.typed for a in spread])})"
    return b.pure(text, kind, lanes, level)


def lane_by_lane(b: Builder, name: str, kind: str, lanes: int, count: int) -> str:
    """The name of a function of vectors that calls a scalar one, added to the module."""
    ours, full = f"{name}_v{lanes}{MANGLED[kind]}", type_text(kind, lanes)
    letters = [chr(ord("a") + k) for k in range(count)]
    takes = "\n".join([f"  %{c}k = extractelement {full} %{c}, i64 %k" for c in letters])
    vectors = ", ".join([f"{full} %{c}" for c in letters])
    text = f"""define internal {full} @{ours}({vectors}) noinline {{
entry:
  br label %next
next:
  %k = phi i64 [0, %entry], [%following, %next]
  %so_far = phi {full} [poison, %entry], [%more, %next]
{takes}
  %one = call {kind} @{name}({", ".join([f"{kind} %{c}k" for c in letters])})
  %more = insertelement {full} %so_far, {kind} %one, i64 %k
  %following = add i64 %k, 1
  %again = icmp ult i64 %following, {lanes}
  br i1 %again, label %next, label %done
done:
  ret {full} %more
}}
"""
    if text not in b.functions:
        b.functions.append(text)
    return ours
