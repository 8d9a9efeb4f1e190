"""The scalar functions of MAP forms: how each is computed, and about what it costs.

A function takes builder values, all of one lane count or single, and gives one. Costs are in simple
instructions; they decide what is worth storing rather than computing again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import vector_math as vm
from .builder import Builder, Value, round_to_bfloat16, widen_bfloat16
from .exponentials import power
from .trigonometry import atan2

FLOATS = ("float", "double")
Rule = Callable[..., Value]

RULES: dict[str, Rule] = {}
COSTS: dict[str, int] = {}


def scalar(name: str, cost: int = 1) -> Callable[[Rule], Rule]:
    """A decorator that enters a scalar function in the table."""

    def enter(rule: Rule) -> Rule:
        RULES[name] = rule
        COSTS[name] = cost
        return rule

    return enter


def convert(b: Builder, x: Value, type: str) -> Value:
    """`x` as a scalar of another type, as C converts (a float to an integer: towards zero)."""
    if x.kind == type:
        return x
    if x.kind == "i16":
        return convert(b, widen_bfloat16(b, x), type)
    if type == "i16":
        return round_to_bfloat16(b, convert(b, x, "float"))
    if "half" in (x.kind, type):  # by way of float, as PyTorch does
        single = b.convert("fpext", x, "float") if x.kind == "half" else convert(b, x, "float")
        return convert(b, single, type) if x.kind == "half" else b.convert("fptrunc", single, type)
    if type == "i1":
        return b.compare("une" if x.kind in FLOATS else "ne", x, b.number(0, x.kind))
    if x.kind in FLOATS:
        if type in FLOATS:
            return b.convert("fpext" if type == "double" else "fptrunc", x, type)
        return b.convert("fptosi", x, type)
    if type in FLOATS:
        return b.convert("uitofp" if x.kind == "i1" else "sitofp", x, type)
    widths = {"i1": 1, "i8": 8, "i32": 32, "i64": 64}
    if widths[type] < widths[x.kind]:
        return b.convert("trunc", x, type)
    return b.convert("zext" if x.kind == "i1" else "sext", x, type)


# -- arithmetic --------------------------------------------------------------------------------


@scalar("same", 0)
def _(b: Builder, x: Value) -> Value:
    return x


@scalar("inside", 0)
@scalar("turned", 0)
def _(b: Builder, x: Value) -> Value:
    return x  # if it is stored, its last dimension lies innermost


@scalar("add")
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.binary("or", x, y) if x.kind == "i1" else b.add(x, y)


@scalar("sub")
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.sub(x, y)


@scalar("mul")
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.binary("and", x, y) if x.kind == "i1" else b.mul(x, y)


@scalar("div", 4)
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.div(x, y)


@scalar("neg")
def _(b: Builder, x: Value) -> Value:
    if x.kind in FLOATS:
        return b.binary("fsub", b.number(-0.0, x.kind), x)
    return b.sub(b.number(0, x.kind), x)


@scalar("square")
def _(b: Builder, x: Value) -> Value:
    return b.mul(x, x)


@scalar("abs")
def _(b: Builder, x: Value) -> Value:
    if x.kind in FLOATS:
        return b.intrinsic("fabs", x)
    zero = b.number(0, x.kind)
    return b.select(b.compare("slt", x, zero), b.sub(zero, x), x)


@scalar("sqrt", 4)
def _(b: Builder, x: Value) -> Value:
    return b.intrinsic("sqrt", x)


@scalar("copysign")
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.intrinsic("copysign", x, y)


# -- comparison --------------------------------------------------------------------------------


def comparison(name: str, floating: str, whole: str) -> None:
    """Enter a comparison, by the predicates for floats and for integers."""

    def rule(b: Builder, x: Value, y: Value) -> Value:
        return b.compare(floating if x.kind in FLOATS else whole, x, y)

    scalar(name)(rule)


comparison("eq", "oeq", "eq")
comparison("ne", "une", "ne")
comparison("lt", "olt", "slt")
comparison("le", "ole", "sle")
comparison("gt", "ogt", "sgt")
comparison("ge", "oge", "sge")


@scalar("isnan")
def _(b: Builder, x: Value) -> Value:
    return b.compare("uno", x, x)


@scalar("isinf")
def _(b: Builder, x: Value) -> Value:
    return b.compare("oeq", b.intrinsic("fabs", x), b.number(float("inf"), x.kind))


@scalar("isfinite")
def _(b: Builder, x: Value) -> Value:
    return b.compare("olt", b.intrinsic("fabs", x), b.number(float("inf"), x.kind))


@scalar("select")
def _(b: Builder, c: Value, x: Value, y: Value) -> Value:
    return b.select(c, x, y)


def larger(b: Builder, x: Value, y: Value) -> Value:
    """The larger of two; nan if one is."""
    if x.kind in FLOATS:
        kept = b.select(b.compare("ogt", x, y), x, y)
        return b.select(b.compare("uno", x, x), x, kept)  # a nan `y` was kept already
    return b.select(b.compare("sgt", x, y), x, y)


def smaller(b: Builder, x: Value, y: Value) -> Value:
    """The smaller of two; nan if one is."""
    if x.kind in FLOATS:
        kept = b.select(b.compare("olt", x, y), x, y)
        return b.select(b.compare("uno", x, x), x, kept)
    return b.select(b.compare("slt", x, y), x, y)


scalar("max", 3)(larger)
scalar("min", 3)(smaller)


@scalar("fmax", 3)
def _(b: Builder, x: Value, y: Value) -> Value:
    kept = b.select(b.compare("ogt", x, y), x, y)
    return b.select(b.compare("uno", y, y), x, kept)


@scalar("fmin", 3)
def _(b: Builder, x: Value, y: Value) -> Value:
    kept = b.select(b.compare("olt", x, y), x, y)
    return b.select(b.compare("uno", y, y), x, kept)


@scalar("relu", 2)
def _(b: Builder, x: Value) -> Value:
    zero = b.number(0, x.kind)
    if x.kind in FLOATS:
        return b.select(b.compare("olt", x, zero), zero, x)  # nan and -0.0 stay what they are
    return b.select(b.compare("slt", x, zero), zero, x)


@scalar("relu_mask", 2)
def _(b: Builder, g: Value, out: Value) -> Value:
    zero = b.number(0, out.kind)
    off = b.compare("ole" if out.kind in FLOATS else "sle", out, zero)
    return b.select(off, b.number(0, g.kind), g)


# -- logic and bits ----------------------------------------------------------------------------


@scalar("and")
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.binary("and", x, y)


@scalar("or")
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.binary("or", x, y)


@scalar("xor")
def _(b: Builder, x: Value, y: Value) -> Value:
    return b.binary("xor", x, y)


@scalar("not")
def _(b: Builder, x: Value) -> Value:
    return b.binary("xor", x, b.number(1 if x.kind == "i1" else -1, x.kind))


# -- division of whole numbers -----------------------------------------------------------------


def divided(b: Builder, x: Value, y: Value) -> tuple[Value, Value]:
    """What division, rounded towards zero, gives and leaves; `y` is not 0.

    The smallest number divided by -1 is too large: the processor must not see such a division.
    """
    zero, least = b.number(0, x.kind), b.number(-1, x.kind)
    if y.known is not None and y.known != -1:
        return b.binary("sdiv", x, y), b.binary("srem", x, y)
    opposite = b.compare("eq", y, least)
    by = b.select(opposite, b.number(1, x.kind), y)
    whole, rest = b.binary("sdiv", x, by), b.binary("srem", x, by)
    return b.select(opposite, b.sub(zero, x), whole), rest


def is_past(b: Builder, rest: Value, y: Value) -> Value:
    """Whether rounding towards zero went up: there is a rest, of the other sign than `y`."""
    zero = b.number(0, y.kind)
    other = b.compare("slt", b.binary("xor", rest, y), zero)
    return b.binary("and", b.compare("ne", rest, zero), other)


@scalar("trunc_quotient", 20)
def _(b: Builder, x: Value, y: Value) -> Value:
    return divided(b, x, y)[0]


@scalar("fmod", 20)
def _(b: Builder, x: Value, y: Value) -> Value:
    return divided(b, x, y)[1]


@scalar("floor_quotient", 24)
def _(b: Builder, x: Value, y: Value) -> Value:
    whole, rest = divided(b, x, y)
    return b.select(is_past(b, rest, y), b.sub(whole, b.number(1, x.kind)), whole)


@scalar("remainder", 24)
def _(b: Builder, x: Value, y: Value) -> Value:
    _, rest = divided(b, x, y)
    return b.select(is_past(b, rest, y), b.add(rest, y), rest)


# -- rounding ----------------------------------------------------------------------------------


def rounding(name: str) -> None:
    """Enter one of LLVM's roundings; whole numbers stay what they are."""

    def rule(b: Builder, x: Value) -> Value:
        return b.intrinsic(name, x) if x.kind in FLOATS else x

    scalar(name)(rule)


for _name in ("floor", "ceil", "trunc", "roundeven"):
    rounding(_name)


@scalar("frac", 2)
def _(b: Builder, x: Value) -> Value:
    return b.sub(x, b.intrinsic("trunc", x))


@scalar("sign", 3)
def _(b: Builder, x: Value) -> Value:
    """-1, 0 or 1; 0 for nan."""
    zero, one, floating = b.number(0, x.kind), b.number(1, x.kind), x.kind in FLOATS
    below = b.select(b.compare("olt" if floating else "slt", x, zero), b.number(-1, x.kind), zero)
    return b.select(b.compare("ogt" if floating else "sgt", x, zero), one, below)


# -- exponentials and their kind: vector polynomials -------------------------------------------


def vectorised(name: str, cost: int) -> None:
    """Enter a function of vector_math."""
    scalar(name, cost)(lambda b, x: getattr(vm, name)(b, x))


@scalar("power", 40)
def _(b: Builder, x: Value, y: Value) -> Value:
    return power(b, x, y)


@scalar("atan2", 34)
def _(b: Builder, x: Value, y: Value) -> Value:
    return atan2(b, x, y)


VECTORISED: dict[str, int] = {
    "exp": 14, "exp2": 14, "expm1": 20, "log": 16, "log2": 17, "log10": 17, "log1p": 20,
    "sigmoid": 18, "tanh": 20, "erf": 30, "erfc": 40, "sin": 24, "cos": 24, "tan": 34, "atan": 24,
}  # fmt: skip
for _name, _cost in VECTORISED.items():
    vectorised(_name, _cost)


def apply(b: Builder, function: str, inputs: list[Value], type: str, attrs: Any = None) -> Value:
    """`function` of `inputs`, of LLVM's type `type`."""
    if function == "convert":
        return convert(b, inputs[0], type)
    return RULES[function](b, *inputs)


COSTS["convert"] = 1
