"""Ops that compare elements, and ops that choose between elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .arithmetic import broadcast, common_shape
from .samples import at_kink, bools, doubles, floats, ints
from .table import Kind, Number, Tensor, cast_all, common, derived, primitive, row_major


def truth(op: str, input: Node, other: Node) -> Spec:
    """The spec of a comparison."""
    return Spec(broadcast(op, input, other).shape, dtypes.bool_)


def pairs() -> Iterator[Any]:
    """Samples for comparisons: some equal, some not."""
    yield np.array([1.0, 2.0, np.nan, -np.inf]), np.array([1.0, 3.0, np.nan, np.inf])
    yield ints(3, 4), ints(4, seed=1)
    yield ints(3, 4).T, 0.5
    yield floats(3), np.asarray(0.5)
    yield bools(3), bools(2, 1)
    yield np.array([0.1], np.float32), 0.1
    yield np.array([255, 3], np.uint8), -1


@primitive(Kind.ELEMENTWISE, numpy=np.equal, promote=common, on="torch Tensor Tensor_")
def eq(input: Tensor, other: Tensor | Number) -> Spec:
    """Whether elements are equal.

    >>> torch.tensor([1, 2, 3]) == torch.tensor([1, 0, 3])
    tensor([ True, False,  True])
    """
    return truth("eq", input, other)


eq.samples(pairs)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.not_equal,
    promote=common,
    on="torch Tensor Tensor_",
    aliases=("not_equal",),
)
def ne(input: Tensor, other: Tensor | Number) -> Spec:
    """Whether elements differ.

    >>> torch.tensor([1, 2, 3]) != 2
    tensor([ True, False,  True])
    """
    return truth("ne", input, other)


ne.samples(pairs)


@primitive(
    Kind.ELEMENTWISE, numpy=np.less, promote=common, on="torch Tensor Tensor_", aliases=("less",)
)
def lt(input: Tensor, other: Tensor | Number) -> Spec:
    """Whether `input` is less than `other`.

    >>> torch.tensor([1, 2, 3]) < 2
    tensor([ True, False, False])
    """
    return truth("lt", input, other)


lt.samples(pairs)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.less_equal,
    promote=common,
    on="torch Tensor Tensor_",
    aliases=("less_equal",),
)
def le(input: Tensor, other: Tensor | Number) -> Spec:
    """Whether `input` is less than or equal to `other`.

    >>> torch.tensor([1, 2, 3]) <= 2
    tensor([ True,  True, False])
    """
    return truth("le", input, other)


le.samples(pairs)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.greater,
    promote=common,
    on="torch Tensor Tensor_",
    aliases=("greater",),
)
def gt(input: Tensor, other: Tensor | Number) -> Spec:
    """Whether `input` is greater than `other`.

    >>> torch.tensor([1, 2, 3]) > 2
    tensor([False, False,  True])
    """
    return truth("gt", input, other)


gt.samples(pairs)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.greater_equal,
    promote=common,
    on="torch Tensor Tensor_",
    aliases=("greater_equal",),
)
def ge(input: Tensor, other: Tensor | Number) -> Spec:
    """Whether `input` is greater than or equal to `other`.

    >>> torch.tensor([1, 2, 3]) >= 2
    tensor([False,  True,  True])
    """
    return truth("ge", input, other)


ge.samples(pairs)


# -- what kind of number -----------------------------------------------------------------------


def special_values() -> Iterator[Any]:
    """Samples with everything that is not an ordinary number."""
    yield (np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.5], np.float32),)
    yield (ints(3, 2).T,)
    yield (bools(3),)


@primitive(Kind.ELEMENTWISE, numpy=np.isnan, on="torch Tensor")
def isnan(input: Tensor) -> Spec:
    """Whether each element is not a number.

    >>> torch.isnan(torch.tensor([1.0, float("nan")]))
    tensor([False,  True])
    """
    return Spec(input.shape, dtypes.bool_)


isnan.samples(special_values)


@primitive(Kind.ELEMENTWISE, numpy=np.isinf, on="torch Tensor")
def isinf(input: Tensor) -> Spec:
    """Whether each element is infinite, of either sign.

    >>> torch.isinf(torch.tensor([1.0, float("-inf")]))
    tensor([False,  True])
    """
    return Spec(input.shape, dtypes.bool_)


isinf.samples(special_values)


@primitive(Kind.ELEMENTWISE, numpy=np.isfinite, on="torch Tensor")
def isfinite(input: Tensor) -> Spec:
    """Whether each element is neither infinite nor not a number.

    >>> torch.isfinite(torch.tensor([1.0, float("inf"), float("nan")]))
    tensor([ True, False, False])
    """
    return Spec(input.shape, dtypes.bool_)


isfinite.samples(special_values)


@derived(on="torch Tensor")
def isposinf(input: Tensor) -> Node:
    """Whether each element is plus infinity.

    >>> torch.isposinf(torch.tensor([1.0, float("inf"), float("-inf")]))
    tensor([False,  True, False])
    """
    return eq(input, np.inf)


isposinf.samples(special_values)


@derived(on="torch Tensor")
def isneginf(input: Tensor) -> Node:
    """Whether each element is minus infinity.

    >>> torch.isneginf(torch.tensor([1.0, float("inf"), float("-inf")]))
    tensor([False, False,  True])
    """
    return eq(input, -np.inf)


isneginf.samples(special_values)


@derived(on="torch Tensor")
def isclose(
    input: Tensor,
    other: Tensor,
    rtol: Number = 1e-05,
    atol: Number = 1e-08,
    equal_nan: bool = False,
) -> Node:
    """Whether elements are equal, or `|input - other| <= atol + rtol * |other|` and finite.

    >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0 + 1e-6, 2.1]))
    tensor([ True, False])
    """
    if input.dtype is not other.dtype:
        problem = f"{input.dtype.name} did not match {other.dtype.name}"
        raise DtypeError(explain("isclose", problem, hint="convert one of them first"))
    close = eq(input, other)
    if not input.dtype.differentiable:
        input, other = [ops.cast(x, dtype=dtypes.default()) for x in (input, other)]
    elif equal_nan:
        close = ops.logical_or(close, ops.logical_and(isnan(input), isnan(other)))
    error = ops.abs(input - other)
    near = le(error, ops.abs(other * rtol) + atol)
    return ops.logical_or(close, ops.logical_and(isfinite(error), near))


@isclose.samples
def _() -> Iterator[Any]:
    a = np.array([1.0, 2.0, np.nan, np.inf, np.inf], np.float32)
    b = np.array([1.000001, 2.1, np.nan, np.inf, 1.0], np.float32)
    yield a, b
    yield (a, b), {"equal_nan": True}
    yield a, b, 0.1, 0.0
    yield ints(4), ints(2, 1, seed=1)


# -- choosing ----------------------------------------------------------------------------------


@primitive(Kind.ELEMENTWISE, numpy=np.where)
def choose(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Spec:
    """`input` where `condition` holds, `other` elsewhere; both have one dtype already."""
    tensors = [n for n in (condition, input, other) if not n.number]
    shape = condition.shape
    for node in tensors:
        if node.shape != shape:
            shape = common_shape("where", tensors)
            break
    return Spec(shape, (other if input.number else input).dtype)


@choose.vjp
def _(g: Node, out: Node, condition: Node, input: Node, other: Node) -> Any:
    return (
        None,
        None if input.number else choose(condition, g, 0),
        None if other.number else choose(condition, 0, g),
    )


@choose.samples
def _() -> Iterator[Any]:
    yield bools(3, 4), floats(4), floats(3, 1, seed=1)
    yield bools(3, 4), floats(4), 0.0


@derived(on="torch")
def where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Node:
    """`input` where `condition` holds, `other` elsewhere.

    >>> x = torch.tensor([-1.0, 2.0])
    >>> torch.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if condition.dtype is dtypes.uint8:
        condition = ops.cast(condition, dtype=dtypes.bool_)
    check_mask("where", "condition", condition)
    inputs = as_nodes(input, other)
    return choose(condition, *cast_all(inputs, common(inputs)))


def as_nodes(*values: Any) -> tuple[Node, ...]:
    """`values` as nodes, numbers too."""
    return tuple([v if isinstance(v, Node) else ops.Constant(v) for v in values])


def check_mask(op: str, name: str, mask: Node) -> None:
    """Raise DtypeError unless `mask` holds truth values."""
    if mask.dtype is not dtypes.bool_:
        hint = "a comparison makes such a tensor, or .bool()"
        raise DtypeError(explain(op, f"{name} must be a bool tensor", {name: mask.spec}, hint))


@where.samples
def _() -> Iterator[Any]:
    yield bools(3, 4), floats(3, 4), floats(3, 4, seed=1)
    yield bools(3, 4), floats(4), doubles(3, 1, seed=1)
    yield bools(3, 4).T, floats(4, 1), 0
    yield bools(3), ints(3), 2.5
    yield bools(3), 1, 2.5
    yield bools(3), True, 2
    yield np.asarray(True), 2, floats(2)


@primitive(
    Kind.ELEMENTWISE, numpy=lambda x, mask, value: np.where(mask, value, x), layout=row_major
)
def overwrite(input: Tensor, mask: Tensor, value: Tensor | Number) -> Spec:
    """`value` where `mask` holds, `input` elsewhere, in row-major memory."""
    return Spec(common_shape("masked_fill", [input, mask]), input.dtype)


@overwrite.vjp
def _(g: Node, out: Node, input: Node, mask: Node, value: Node) -> Any:
    to_value = None if value.number else choose(mask, g, 0)
    return overwrite(g, mask, 0), None, to_value


@overwrite.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), bools(4), 2.5
    yield floats(3, 1), bools(3, 4), np.float32([2.5])[0:1].reshape(())


@derived(on="torch Tensor Tensor_")
def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number) -> Node:
    """`input` with `value` where `mask` holds.

    >>> x = torch.tensor([1.0, 2.0, 3.0])
    >>> x.masked_fill(x > 1.5, 0)
    tensor([1., 0., 0.])
    """
    check_mask("masked_fill", "mask", mask)
    (value,) = as_nodes(value)
    if value.ndim:
        problem = "only supports a 0-dimensional value tensor"
        raise ShapeError(explain("masked_fill", problem, {"value": value.spec}))
    if value.dtype is not input.dtype and not (value.number and input.dtype.differentiable):
        value = ops.cast(value, dtype=input.dtype)
    return overwrite(input, mask, value)


@masked_fill.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), bools(3, 4), 0
    yield floats(3, 4).T, bools(4, 1), -1.5
    yield at_kink(floats(3), bools(3), -np.inf)
    yield floats(3, 1), bools(3, 4), np.asarray(2.5)
    yield ints(3), bools(3), 2.5
    yield ints(3), bools(3), np.asarray(2)
    yield at_kink(np.array([np.nan, 1.0]), np.array([True, False]), 0.0)


@primitive(Kind.INDEX, numpy=lambda x, y, *, invert: np.isin(x, y, invert=invert), promote=common)
def is_member(
    elements: Tensor | Number, test_elements: Tensor | Number, *, invert: bool
) -> Spec:
    """Whether each element is (not) among `test_elements`."""
    return Spec(elements.shape, dtypes.bool_)


@is_member.samples
def _() -> Iterator[Any]:
    yield (ints(3, 4), ints(3, seed=1)), {"invert": False}


@derived(on="torch")
def isin(
    elements: Tensor | Number,
    test_elements: Tensor | Number,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Node:
    """Whether each of `elements` is among `test_elements` (or is not, with `invert`).

    >>> torch.isin(torch.tensor([[1, 2], [3, 4]]), torch.tensor([2, 3]))
    tensor([[False,  True],
            [ True, False]])
    """
    return is_member(elements, test_elements, invert=invert)


@isin.samples
def _() -> Iterator[Any]:
    yield ints(3, 4), ints(3, seed=1)
    yield (ints(3, 4), ints(3, seed=1)), {"invert": True}
    yield ints(3), 2
    yield 1, ints(3)
