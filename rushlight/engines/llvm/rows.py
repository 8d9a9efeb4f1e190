"""What each primitive means as forms: the engine's rows. An op without a row runs on NumPy.

A row is called with the `Lowering`, the node and the forms of its inputs, and gives the node's
form; it raises `NoRow` if it cannot for this node. Here are the elementwise ops, views and folds;
products and windows are in `rows_products.py`, what goes by an index in `rows_index.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import bfloat
from ...graph import Constant, Node
from ...ops.views import canonical
from . import forms
from .affine import Affine, combined, variable
from .forms import Form, Kind, converted, expanded, folded, mapped, permuted, reshaped, summed
from .kinds import NoRow, type_of

INFINITY = float("inf")


Row = Callable[..., Form]
ROWS: dict[str, Row] = {}


def row(*names: str) -> Callable[[Row], Row]:
    """A decorator that enters a row for the ops called `names`."""

    def enter(rule: Row) -> Row:
        for name in names:
            ROWS[name] = rule
        return rule

    return enter


class Lowering:
    """The forms of a program's nodes, made as they are asked for.

    `guards` are 0-d truth values, one for each index that must be within range: if one does not
    hold, the run has to be given up before anything is changed.
    """

    def __init__(self) -> None:
        self.forms: dict[Node, Form] = {}
        self.guards: list[Form] = []

    def leaf(self, leaf: Node) -> Form:
        """The form of a program's input."""
        form = self.forms.get(leaf)
        if form is None:
            type = type_of(leaf)
            if leaf.number and type in ("float", "i16", "half"):
                type = "double"  # a Python number is as wide as Python has it
            form = self.forms[leaf] = Form(Kind.INPUT, (), leaf.shape, type, leaf)
        return form

    def form(self, node: Node) -> Form:
        """The form of a node whose inputs' forms are known, or of a constant."""
        if isinstance(node, Constant):
            return constant_form(node)
        return self.forms[node]

    def lower(self, node: Node) -> Form:
        """Make the form of `node`; raises NoRow if there is none."""
        rule = ROWS.get(node.op.name)
        guards = len(self.guards)
        try:
            if rule is None or 0 in node.shape or any([0 in i.shape for i in node.inputs]):
                raise NoRow(node.op.name)
            type = type_of(node)
            form = rule(self, node, *[self.form(i) for i in node.inputs])
        except NoRow as refusal:
            refusal.node = node
            del self.guards[guards:]
            raise
        assert form.shape == node.shape and form.type == type, (node, form)
        self.forms[node] = form
        return form


def constant_form(node: Constant) -> Form:
    """The form of a constant; raises NoRow for arrays that are not one number."""
    value: Any = node.value
    if node.number:
        return forms.constant(value, type_of(node))
    if value.dtype == bfloat.BITS:
        value = value.view(np.uint16)
    if value.size and (value == value.flat[0]).all():
        return forms.constant(value.flat[0].item(), type_of(node), node.shape)
    raise NoRow("constant array")


# -- elementwise -------------------------------------------------------------------------------

SAME = {
    "plus": "add", "minus": "sub", "mul": "mul", "neg": "neg", "square": "square", "abs": "abs",
    "maximum": "max", "minimum": "min", "fmax": "fmax",
    "fmin": "fmin", "eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
    "relu": "relu", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite",
    "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "bitwise_not": "not",
    "floor": "floor", "ceil": "ceil", "trunc": "trunc", "nearest": "roundeven",
    "sign_of": "sign",
}  # fmt: skip
"""Ops that are one scalar function of operands of one type."""

FLOATING = {
    "true_quotient": "div", "sqrt": "sqrt", "length_root": "sqrt", "exp": "exp", "exp2": "exp2",
    "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p",
    "sigmoid": "sigmoid", "tanh": "tanh", "erf": "erf", "sin": "sin", "cos": "cos", "tan": "tan",
    "atan": "atan", "copysign": "copysign", "frac": "frac",
}  # fmt: skip
"""The same for ops of floating-point numbers only."""

LOGICAL = {"logical_and": "and", "logical_or": "or", "logical_xor": "xor", "logical_not": "not"}


def operands(node: Node, inputs: tuple[Form, ...]) -> list[Form]:
    """`inputs` in the type in which they combine: that of the tensors among them."""
    types = [type_of(i) for i in node.inputs if not i.number]
    if not types or any([t != types[0] for t in types]):
        raise NoRow("mixed operands")
    return [converted(i, types[0]) for i in inputs]


@row(*SAME)
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    given = operands(node, inputs)
    if given[0].type not in ("float", "double") and node.op.name in ("isinf", "isnan", "isfinite"):
        raise NoRow("whole numbers")
    if given[0].type == "i1" and SAME[node.op.name] not in ("add", "mul", "and", "or", "xor",
                                                           "not", "eq", "ne"):  # fmt: skip
        raise NoRow("truth values")
    return mapped(SAME[node.op.name], type_of(node), *given)


@row(*FLOATING)
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    if type_of(node) not in ("float", "double"):
        raise NoRow("whole numbers")
    return mapped(FLOATING[node.op.name], type_of(node), *operands(node, inputs))


@row(*LOGICAL)
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    return mapped(LOGICAL[node.op.name], "i1", *[converted(i, "i1") for i in inputs])


@row("cast")
def _(x: Lowering, node: Node, input: Form) -> Form:
    return converted(input, type_of(node))


@row("clone", "make_contiguous", "laid_out", "detach", "rejoin")
def _(x: Lowering, node: Node, input: Form, *history: Form) -> Form:
    return input


@row("with_data", "overwritten")
def _(x: Lowering, node: Node, old: Form, new: Form) -> Form:
    return new


@row("relu_mask")
def _(x: Lowering, node: Node, g: Form, out: Form) -> Form:
    return mapped("relu_mask", type_of(node), g, out)


@row("choose")
def _(x: Lowering, node: Node, condition: Form, first: Form, second: Form) -> Form:
    type = type_of(node)
    return mapped("select", type, condition, converted(first, type), converted(second, type))


@row("overwrite")
def _(x: Lowering, node: Node, input: Form, mask: Form, value: Form) -> Form:
    return mapped("select", type_of(node), mask, converted(value, type_of(node)), input)


@row("at_least")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    input, low = operands(node, inputs)
    return mapped("max", input.type, low, input)


@row("at_most")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    input, high = operands(node, inputs)
    return mapped("min", input.type, high, input)


def kept_within(input: Form, low: Form, high: Form) -> Form:
    """`input` from `low` to `high`; where they are equal it is kept, be it -0.0."""
    return mapped("min", input.type, high, mapped("max", input.type, low, input))


@row("between")
def _(x: Lowering, node: Node, *inputs: Form) -> Form:
    input, low, high = operands(node, inputs)
    return kept_within(input, low, high)


@row("bounded")
def _(x: Lowering, node: Node, input: Form) -> Form:
    low, high = [forms.constant(node.attrs[k], input.type) for k in ("low", "high")]
    return kept_within(input, low, high)


@row("raise_to")
def _(x: Lowering, node: Node, input: Form) -> Form:
    exponent = node.attrs["exponent"]
    if exponent in (2, 3, 4):
        squared = mapped("square", input.type, input)
        last = input if exponent == 3 else squared
        return squared if exponent == 2 else mapped("mul", input.type, squared, last)
    if exponent == 1:
        return input
    if exponent == -1 and input.type in ("float", "double"):
        return mapped("div", input.type, forms.constant(1.0, input.type), input)
    if input.type in ("float", "double"):
        return mapped("power", input.type, input, forms.constant(float(exponent), input.type))
    raise NoRow("a power of whole numbers")


# -- views -------------------------------------------------------------------------------------


@row("reshape_view")
def _(x: Lowering, node: Node, input: Form) -> Form:
    if input.kind is Kind.INPUT and input.how.stride_memo is not None:
        input = forms.copied(input)  # its strides may not merge
    return reshaped(input, node.shape)


@row("permute_view")
def _(x: Lowering, node: Node, input: Form) -> Form:
    return permuted(input, node.attrs["dims"])


@row("expand_view")
def _(x: Lowering, node: Node, input: Form) -> Form:
    return expanded(input, node.shape)


@row("basic_index")
def _(x: Lowering, node: Node, input: Form) -> Form:
    return forms.view(input, node.shape, index_of_slices(node.inputs[0], node.attrs["index"]))


def index_of_slices(source: Node, index: Any) -> list[Affine]:
    """Where in `source` the elements of a basic index are."""
    found = []
    k = 0
    for item in canonical(source, index):
        if item is None:
            k += 1
        elif type(item) is tuple:
            found.append(variable(f"o{k}", item[2], item[0]))
            k += 1
        else:
            found.append(Affine(item))
    return found


@row("affine_view")
def _(x: Lowering, node: Node, input: Form) -> Form:
    start, moves = node.attrs["start"], node.attrs["moves"]
    index = [
        combined([(variable(f"o{k}"), move[d]) for k, move in enumerate(moves)], start[d])
        for d in range(len(input.shape))
    ]
    return forms.view(input, node.shape, index)


@row("reverse")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axes = node.attrs["axes"]
    index = [
        variable(f"o{k}", -1, n - 1) if k in axes and n > 1 else forms.axis(k, n)
        for k, n in enumerate(input.shape)
    ]
    return forms.view(input, node.shape, index)


# -- folds -------------------------------------------------------------------------------------

FOLDS = {
    "reduce_sum": "add", "reduce_prod": "mul", "reduce_max": "max", "reduce_min": "min",
    "reduce_any": "or", "reduce_all": "and",
}  # fmt: skip


@row(*FOLDS)
def _(x: Lowering, node: Node, input: Form) -> Form:
    fold = FOLDS[node.op.name]
    axes = node.attrs["axes"]
    source = converted(input, type_of(node))
    if source.type == "i1" and fold not in ("or", "and"):
        raise NoRow("a fold of truth values")
    keep = node.attrs["keepdim"]
    return summed(source, axes, keep) if fold == "add" else folded(fold, source, axes, keep)


@row("softmax_along")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axes = (node.attrs["axis"],)
    apart = mapped("sub", input.type, input, folded("max", input, axes))
    powers = mapped("exp", input.type, apart)
    return mapped("div", input.type, powers, folded("add", powers, axes))


@row("log_softmax_along")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axes = (node.attrs["axis"],)
    apart = mapped("sub", input.type, input, folded("max", input, axes))
    total = folded("add", mapped("exp", input.type, apart), axes)
    return mapped("sub", input.type, apart, mapped("log", input.type, total))


@row("reduce_logsumexp")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axes = node.attrs["axes"]
    top = folded("max", input, axes)
    finite = mapped("isfinite", "i1", top)
    top = mapped("select", input.type, finite, top, forms.constant(0.0, input.type))
    powers = mapped("exp", input.type, mapped("sub", input.type, input, top))
    out = mapped("add", input.type, mapped("log", input.type, folded("add", powers, axes)), top)
    return reshaped(out, node.shape)


@row("index_of_max", "index_of_min")
def _(x: Lowering, node: Node, input: Form) -> Form:
    axis = node.attrs["axis"]
    best = folded("max" if node.op.name == "index_of_max" else "min", input, (axis,))
    place = forms.position(input.shape, axis, place_type(input.shape[axis]))
    return first_place(input, best, place, (axis,))


def place_type(n: int) -> str:
    """The type in which to count up to `n`: narrow, so that a vector has many."""
    return "i32" if n < FAR else "i64"


FAR = 2**30
"""Places that are counted in 32 bits lie before this."""


def first_place(input: Form, best: Form, place: Form, axes: tuple[int, ...]) -> Form:
    """The smallest `place` over `axes` where `input` is `best`, or nan."""
    found = mapped("eq", "i1", input, best)
    if input.type in ("float", "double"):
        found = mapped("or", "i1", found, mapped("isnan", "i1", input))
    beyond = forms.constant(FAR if place.type == "i32" else 2**62, place.type)
    best_place = folded("min", mapped("select", place.type, found, place, beyond), axes)
    return converted(best_place, "i64")


@row("count_kept")
def _(x: Lowering, node: Node, target: Form) -> Form:
    ignore = forms.constant(node.attrs["ignore"], target.type)
    kept = converted(mapped("ne", "i1", target, ignore), type_of(node))
    return folded("add", kept, range(len(target.shape)), keep=False)
