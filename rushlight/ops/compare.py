"""Ops that compare elements, and ops that ask what kind of number each one is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .arithmetic import broadcast, real_only
from .samples import bools, floats, ints
from .table import Kind, Number, Tensor, common, derived, primitive


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
    return Spec(real_only("lt", input, other).shape, dtypes.bool_)


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
    return Spec(real_only("le", input, other).shape, dtypes.bool_)


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
    return Spec(real_only("gt", input, other).shape, dtypes.bool_)


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
    return Spec(real_only("ge", input, other).shape, dtypes.bool_)


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
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Node:
    """Whether elements are equal, or `|input - other| <= atol + rtol * |other|` and finite.

    >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0 + 1e-6, 2.1]))
    tensor([ True, False])
    """
    if input.dtype is not other.dtype:
        problem = f"{input.dtype.name} did not match {other.dtype.name}"
        raise DtypeError(explain("isclose", problem, hint="convert one of them first"))
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            problem = f"{name} must be greater than or equal to zero, but got {tolerance}"
            raise ShapeError(explain("isclose", problem))
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
