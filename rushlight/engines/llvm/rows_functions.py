"""Rows of functions made of several scalar functions, and of what is written into a view."""

from __future__ import annotations

import math
from typing import Any

from ... import ops
from ...graph import Leaf, Node
from . import forms
from .forms import Form, Kind, assembled, expanded, folded, mapped, permuted, reshaped, summed
from .kinds import NoRow
from .rows import Lowering, index_of_slices, operands, row

FLOATS = ("float", "double")


def number(value: float, like: Form) -> Form:
    """The number `value` in the type of `like`."""
    return forms.constant(float(value), like.type)


def floating(input: Form) -> Form:
    """`input`; raises NoRow if its elements are whole numbers."""
    if input.type not in FLOATS:
        raise NoRow("whole numbers")
    return input


def of(function: str, *inputs: Form) -> Form:
    """The scalar `function`, in the type of its last input."""
    return mapped(function, inputs[-1].type, *inputs)


@row("logsigmoid")
def _(x: Lowering, node: Node, input: Form) -> Form:
    """min(x, 0) - log1p(exp(-|x|))."""
    tail = of("log1p", of("exp", of("neg", of("abs", floating(input)))))
    return of("sub", of("min", input, number(0, input)), tail)


@row("logaddexp")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    a, b = operands(node, inputs)
    tail = of("log1p", of("exp", of("neg", of("abs", of("sub", floating(a), b)))))
    total = of("add", of("max", a, b), tail)
    same = of("add", a, number(math.log(2), a))  # infinities have no difference
    return of("select", mapped("eq", "i1", a, b), same, total)


@row("xlogy")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    a, b = operands(node, inputs)
    zero = number(0, floating(a))
    product = of("mul", a, of("log", b))
    known = of("select", mapped("eq", "i1", a, zero), zero, product)
    return of("select", mapped("isnan", "i1", b), b, known)


@row("binary_surprise")
def _(x: Lowering, node: Node, input: Form, target: Form) -> Form:
    one, least = number(1, floating(input)), number(-100, input)
    above, below = mapped("ge", "i1", input, number(0, input)), mapped("le", "i1", input, one)
    fine = mapped("and", "i1", above, below)
    x.guards.append(folded("and", fine, range(len(fine.shape))))
    against = of("max", of("log1p", of("neg", input)), least)
    first = of("mul", of("sub", target, one), against)
    return of("sub", first, of("mul", target, of("max", of("log", input), least)))


@row("vouched")
def _(x: Lowering, node: Node, input: Form, fine: Form) -> Form:
    fine = reshaped(fine, fine.shape or (1,))
    x.guards.append(folded("and", fine, range(len(fine.shape))))
    return input


@row("power")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    a, b = operands(node, inputs)
    return of("power", floating(a), b)


@row("atan2")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    a, b = operands(node, inputs)
    return of("atan2", floating(a), b)


@row("erfc")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    (input,) = operands(node, inputs)
    return of("erfc", floating(input))


@row("cosh")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    (input,) = operands(node, inputs)
    half = of("exp", of("sub", of("abs", floating(input)), number(math.log(2), input)))
    return of("add", half, of("div", number(0.25, input), half))


@row("running_sum", "running_product")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axis, reverse = node.attrs["axis"], node.attrs["reverse"]
    if input.type == "i1":
        raise NoRow("truth values")
    if node.shape[axis] == 1:
        return input
    how = "add" if node.op.name == "running_sum" else "mul"
    return Form(Kind.SCAN, (input,), node.shape, input.type, (how, axis, reverse))


@row("reduce_norm")
def _(x: Lowering, node: Node, input: Form) -> Form:
    p = node.attrs["p"]
    powers = of("power", of("abs", floating(input)), number(p, input))
    total = summed(powers, node.attrs["axes"])
    return reshaped(of("power", total, number(1 / p, input)), node.shape)


@row("hypot")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    """The longer times sqrt(1 + (shorter / longer)^2), which overflows only where it must."""
    a, b = [of("abs", floating(i)) for i in operands(node, inputs)]
    long, short = of("max", a, b), of("min", a, b)
    zero, infinite = number(0, long), number(math.inf, long)
    share = of("div", short, long)
    root = of("sqrt", of("add", number(1, long), of("square", share)))
    plain = of("select", mapped("eq", "i1", long, zero), zero, of("mul", long, root))
    either = mapped("or", "i1", mapped("eq", "i1", a, infinite), mapped("eq", "i1", b, infinite))
    return of("select", either, infinite, plain)


@row("trunc_quotient", "floor_quotient", "remainder", "fmod")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    """Of whole numbers, which are never divided by zero."""
    a, b = operands(node, inputs)
    if a.type not in ("i32", "i64"):
        raise NoRow("numbers with fractions")
    zero, one = forms.constant(0, b.type), forms.constant(1, b.type)
    if b.kind is Kind.CONSTANT and not b.how:
        raise NoRow("a division by zero")
    if b.kind is not Kind.CONSTANT:
        fine = mapped("ne", "i1", b, zero)
        x.guards.append(folded("and", fine, range(len(fine.shape))))
        b = of("select", fine, b, one)
    return of(node.op.name, a, b)


@row("reduce_var")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axes = node.attrs["axes"]
    count = math.prod([input.shape[k] for k in axes])
    mean = of("div", summed(floating(input), axes), number(count, input))
    squares = summed(of("square", of("sub", input, mean)), axes)
    return reshaped(of("div", squares, number(node.attrs["divisor"], input)), node.shape)


@row("write_view")
def _(x: Lowering, node: Node, base: Form, new: Form) -> Form:
    """The whole, and over it what is written into a slice of it."""
    view, attrs = node.attrs["view"], dict(node.attrs["attrs"])
    like = Leaf(node.shape, node.dtype)
    shown = view.fn(like, **attrs).shape
    new = expanded(new, shown)
    if view is ops.permute_view:
        dims: Any = attrs["dims"]
        return permuted(new, sorted(range(len(dims)), key=dims.__getitem__))
    if view is not ops.basic_index or new.type != base.type:
        raise NoRow("another view")
    index = index_of_slices(like, attrs["index"])
    shape = [shown[int(a.terms[0][0][1:])] if a.terms else 1 for a in index]
    where = [(a.constant, a.terms[0][1] if a.terms else 1) for a in index]
    whole = [(0, 1)] * len(node.shape)
    return assembled(node.shape, base.type, [(base, whole), (reshaped(new, shape), where)])
