"""Rows of functions made of several scalar functions, and of what is written into a view."""

from __future__ import annotations

import math
from typing import Any

from ... import ops
from ...graph import Leaf, Node
from . import forms
from .forms import Form, assembled, expanded, folded, mapped, permuted, reshaped
from .rows import Lowering, NoRow, index_of_slices, operands, row

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


@row("reduce_var")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axes = node.attrs["axes"]
    count = math.prod([input.shape[k] for k in axes])
    mean = of("div", folded("add", floating(input), axes), number(count, input))
    total = folded("add", of("square", of("sub", input, mean)), axes)
    return reshaped(of("div", total, number(node.attrs["divisor"], input)), node.shape)


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
