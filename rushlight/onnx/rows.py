"""What each operation is in ONNX. A row takes the writer, the node and its attributes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import explain
from ..graph import Node
from .sizes import is_free
from .writer import OnnxExporterError, Writer, are_same, depends_on_size

Row = Callable[..., str]

ROWS: dict[str, Row] = {}
"""The row of each operation, by its name."""

SAME = (
    "plus Add, minus Sub, mul Mul, true_quotient Div, neg Neg, exp Exp, log Log, sqrt Sqrt, "
    "length_root Sqrt, erf Erf, tanh Tanh, sigmoid Sigmoid, abs Abs, sign_of Sign, sin Sin, "
    "cos Cos, tan Tan, asin Asin, acos Acos, atan Atan, sinh Sinh, cosh Cosh, asinh Asinh, "
    "acosh Acosh, atanh Atanh, power Pow, maximum Max, minimum Min, at_least Max, "
    "at_most Min, relu Relu, eq Equal, lt Less, le LessOrEqual, gt Greater, "
    "ge GreaterOrEqual, logical_and And, logical_or Or, logical_xor Xor, logical_not Not, "
    "mm MatMul, batch_mm MatMul, trunc_quotient Div, determinant Det"
)
"""Operations that ONNX has, and its names for them."""

HANDED_ON = {
    "clone": 0, "make_contiguous": 0, "detach": 0, "track": 0, "custom": 0, "rejoin": 0,
    "with_data": 1, "overwritten": 1,
}  # fmt: skip
"""Operations that give one of their inputs."""

FREE = (
    "reshape_view",
    "expand_view",
    "basic_index",
    "listed",
    "top_index",
    "sort_index",
    "affine_view",
    "unview",
    "write_view",
)
"""Operations whose rows see to attributes that depend on free sizes."""

TRUTH = ("logical_and", "logical_or", "logical_xor", "logical_not")


def row(name: str) -> Callable[[Row], Row]:
    """A decorator that enters a row in the table."""

    def enter(function: Row) -> Row:
        ROWS[name] = function
        return function

    return enter


def write(w: Writer, node: Node) -> None:
    """Write one operation, or find out what it gives now, if it depends on no input."""
    attrs = w.attrs(node)
    fixed = not is_free(tuple(attrs.values()))
    if fixed and node.op.name not in ("expand_view", "example") and is_constant(w, node):
        args = [w.folded.get(i, w.values.get(i)) for i in node.inputs]
        with np.errstate(all="ignore"):
            w.folded[node] = np.asarray(node.op.numpy(*args, **node.attrs))
        return
    if not fixed and node.op.name not in FREE:
        raise depends_on_size(node)
    found = ROWS.get(node.op.name)
    if found is None:
        problem = f"the operation {node.op.name!r} has no row for ONNX"
        hint = "write what uses it with other functions"
        raise OnnxExporterError(explain("onnx.export", problem, {"it": node.spec}, hint))
    w.names[node] = found(w, node, **attrs)


def is_constant(w: Writer, node: Node) -> bool:
    """Whether all that a node takes is known, and the same in all recordings."""
    for i in node.inputs:
        if i in w.folded:
            continue
        if i in w.names or i not in w.values:
            return False
        if not are_same([w.values[twin] for twin in w.twins[i]]):
            return False
    return True


def given(w: Writer, node: Node) -> list[str]:
    """The names of what a node takes; numbers are of the dtype of what they meet."""
    kinds = [i.dtype for i in node.inputs if not i.number]
    return [w.name(i, kinds[0] if kinds else node.dtype) for i in node.inputs]


def like(w: Writer, node: Node, number: float) -> str:
    """The name of a number in the dtype of a node."""
    return w.constant(node.dtype.array(number))


def plain(kind: str) -> Row:
    """The row of an operation that ONNX has."""
    return lambda w, node, **attrs: w.node(kind, *given(w, node))


for _pair in SAME.split(", "):
    _ours, _theirs = _pair.split()
    ROWS[_ours] = plain(_theirs)
for _ours, _place in HANDED_ON.items():
    ROWS[_ours] = lambda w, node, _place=_place, **attrs: w.name(node.inputs[_place])


def truth(kind: str) -> Row:
    """The row of an operation on what is true or false, which any number may be."""

    def written(w: Writer, node: Node) -> str:
        names = [w.cast(w.name(i), dtypes.bool_) for i in node.inputs]
        return w.node(kind, *names)

    return written


for _ours in TRUTH:
    ROWS[_ours] = truth({"not": "Not", "and": "And", "or": "Or", "xor": "Xor"}[_ours[8:]])


def bits(kind: str, of_truth: str) -> Row:
    """The row of an operation on bits, or on what is true or false."""

    def written(w: Writer, node: Node) -> str:
        return w.node(of_truth if node.dtype is dtypes.bool_ else kind, *given(w, node))

    return written


for _ours, _theirs in (("and", "And"), ("or", "Or"), ("xor", "Xor"), ("not", "Not")):
    ROWS[f"bitwise_{_ours}"] = bits(f"Bitwise{_theirs}", _theirs)


# -- elements ----------------------------------------------------------------------------------


@row("cast")
def _(w: Writer, node: Node, dtype: Any) -> str:
    return w.cast(w.name(node.inputs[0]), dtype)


@row("ne")
def _(w: Writer, node: Node) -> str:
    return w.node("Not", w.node("Equal", *given(w, node)))


def is_whole(node: Node) -> bool:
    """Whether what a node takes has no fractions."""
    return not node.inputs[0].dtype.is_floating_point


def rounding(kind: str) -> Row:
    """The row of a way to round, which ONNX knows for floats alone."""

    def written(w: Writer, node: Node) -> str:
        x = w.name(node.inputs[0])
        return x if is_whole(node) else w.node(kind, x)

    return written


ROWS |= {"floor": rounding("Floor"), "ceil": rounding("Ceil"), "nearest": rounding("Round")}


@row("isnan")
def _(w: Writer, node: Node) -> str:
    x = w.name(node.inputs[0])
    return w.node("Less", x, x) if is_whole(node) else w.node("IsNaN", x)


@row("isinf")
def _(w: Writer, node: Node) -> str:
    x = w.name(node.inputs[0])
    return w.node("Less", x, x) if is_whole(node) else w.node("IsInf", x)


@row("isfinite")
def _(w: Writer, node: Node) -> str:
    x = w.name(node.inputs[0])
    if is_whole(node):
        return w.node("Equal", x, x)
    return w.node("Not", w.node("Or", w.node("IsNaN", x), w.node("IsInf", x)))


@row("signbit")
def _(w: Writer, node: Node) -> str:
    x, zero = w.name(node.inputs[0]), like(w, node.inputs[0], 0)
    below = w.node("Less", x, zero)
    if is_whole(node):
        return below
    over = w.node("Less", w.node("Reciprocal", x), zero)  # of -0.0: minus infinity
    return w.node("Or", below, w.node("And", w.node("Equal", x, zero), over))


@row("square")
def _(w: Writer, node: Node) -> str:
    x = w.name(node.inputs[0])
    return w.node("Mul", x, x)


@row("hypot")
def _(w: Writer, node: Node) -> str:
    squares = [w.node("Mul", name, name) for name in given(w, node)]
    return w.node("Sqrt", w.node("Add", *squares))


@row("raise_to")
def _(w: Writer, node: Node, exponent: float) -> str:
    return w.node("Pow", w.name(node.inputs[0]), like(w, node, exponent))


@row("exp2")
def _(w: Writer, node: Node) -> str:
    return w.node("Pow", like(w, node, 2), w.name(node.inputs[0]))


@row("expm1")
def _(w: Writer, node: Node) -> str:
    return w.node("Sub", w.node("Exp", w.name(node.inputs[0])), like(w, node, 1))


@row("log1p")
def _(w: Writer, node: Node) -> str:
    return w.node("Log", w.node("Add", w.name(node.inputs[0]), like(w, node, 1)))


@row("log2")
def _(w: Writer, node: Node) -> str:
    return w.node("Div", w.node("Log", w.name(node.inputs[0])), like(w, node, math.log(2)))


@row("log10")
def _(w: Writer, node: Node) -> str:
    return w.node("Div", w.node("Log", w.name(node.inputs[0])), like(w, node, math.log(10)))


@row("erfc")
def _(w: Writer, node: Node) -> str:
    return w.node("Sub", like(w, node, 1), w.node("Erf", w.name(node.inputs[0])))


@row("logsigmoid")
def _(w: Writer, node: Node) -> str:
    return w.node("Neg", w.node("Softplus", w.node("Neg", w.name(node.inputs[0]))))


@row("logaddexp")
def _(w: Writer, node: Node) -> str:
    x, y = given(w, node)
    apart = w.node("Neg", w.node("Abs", w.node("Sub", x, y)))
    rest = w.node("Log", w.node("Add", w.node("Exp", apart), like(w, node, 1)))
    return w.node("Add", w.node("Max", x, y), rest)


@row("xlogy")
def _(w: Writer, node: Node) -> str:
    x, y = given(w, node)
    zero = like(w, node, 0)
    product = w.node("Mul", x, w.node("Log", y))
    found = w.node("Where", w.node("Equal", x, zero), zero, product)
    return w.node("Where", w.node("IsNaN", y), y, found)


def of_numbers(kind: str) -> Row:
    """The row of the larger or the smaller of two elements, where one may be nan."""

    def written(w: Writer, node: Node) -> str:
        x, y = given(w, node)
        if is_whole(node):
            return w.node(kind, x, y)
        found = w.node("Where", w.node("IsNaN", y), x, w.node(kind, x, y))
        return w.node("Where", w.node("IsNaN", x), y, found)

    return written


ROWS |= {"fmax": of_numbers("Max"), "fmin": of_numbers("Min")}


@row("trunc")
def _(w: Writer, node: Node) -> str:
    x = w.name(node.inputs[0])
    if is_whole(node):
        return x
    return w.node("Mul", w.node("Sign", x), w.node("Floor", w.node("Abs", x)))


@row("frac")
def _(w: Writer, node: Node) -> str:
    x = w.name(node.inputs[0])
    whole = w.node("Mul", w.node("Sign", x), w.node("Floor", w.node("Abs", x)))
    return w.node("Sub", x, whole)


@row("floor_quotient")
def _(w: Writer, node: Node) -> str:
    x, y = given(w, node)
    if node.dtype.is_floating_point:
        return w.node("Floor", w.node("Div", x, y))
    rest = w.node("Mod", x, y, fmod=0)  # it has the sign of y, so what is left is divisible
    return w.node("Div", w.node("Sub", x, rest), y)


@row("remainder")
def _(w: Writer, node: Node) -> str:
    x, y = given(w, node)
    if not node.dtype.is_floating_point:
        return w.node("Mod", x, y, fmod=0)
    return w.node("Sub", x, w.node("Mul", w.node("Floor", w.node("Div", x, y)), y))


@row("fmod")
def _(w: Writer, node: Node) -> str:
    return w.node("Mod", *given(w, node), fmod=1)


@row("between")
def _(w: Writer, node: Node) -> str:
    x, low, high = given(w, node)
    return w.node("Min", w.node("Max", x, low), high)


@row("bounded")
def _(w: Writer, node: Node, low: float, high: float) -> str:
    x = w.name(node.inputs[0])
    return w.node("Min", w.node("Max", x, like(w, node, low)), like(w, node, high))


@row("choose")
def _(w: Writer, node: Node) -> str:
    condition, *values = node.inputs
    return w.node("Where", w.name(condition), *[w.name(v, node.dtype) for v in values])


@row("overwrite")
def _(w: Writer, node: Node) -> str:
    x, mask, value = node.inputs
    return w.node("Where", w.name(mask), w.name(value, node.dtype), w.name(x))
