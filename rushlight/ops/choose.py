"""Ops that choose between elements by a mask, and one that finds elements in a set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Constant, Node, Spec
from .arithmetic import common_shape
from .layouts import row_major
from .samples import at_kink, bools, doubles, floats, ints
from .table import Kind, Number, Tensor, cast_all, common, derived, primitive


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
    return tuple([v if isinstance(v, Node) else Constant(v) for v in values])


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
    yield floats(3, 1), bools(3, 4), np.asarray(2.5, np.float32)


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
    if value.dtype.is_complex and not input.dtype.is_complex:
        problem = f"value cannot be converted to type {input.dtype.name} without overflow"
        raise DtypeError(explain("masked_fill", problem, {"value": value.spec}))
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
def is_member(elements: Tensor | Number, test_elements: Tensor | Number, *, invert: bool) -> Spec:
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
