"""The larger and the smaller of two elements, and elements kept within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import explain
from ..graph import Node, Spec
from .arithmetic import ValueRefused, real_only
from .samples import at_kink, bools, doubles, floats, ints
from .table import TENSOR, Kind, Number, Tensor, common, derived, primitive


def twos() -> Iterator[Any]:
    """Samples for the choice between two tensors."""
    yield floats(3, 4), floats(3, 4, seed=1)
    yield floats(3, 4).T, doubles(3, seed=1)
    yield ints(3, 4), floats(4)
    yield bools(3), bools(3, seed=1)
    yield at_kink(np.array([1.0, np.nan, 2.0, np.nan]), np.array([1.0, 1.0, np.nan, np.nan]))


@primitive(Kind.ELEMENTWISE, numpy=np.maximum, promote=common, on="torch Tensor")
def maximum(input: Tensor, other: Tensor) -> Spec:
    """The larger of two elements; nan if one of them is.

    >>> torch.maximum(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return real_only("maximum", input, other)


@maximum.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    shared = ops.where(ops.eq(input, other), g / 2, g)
    return ops.where(ops.lt(input, other), 0, shared), ops.where(ops.gt(input, other), 0, shared)


@primitive(Kind.ELEMENTWISE, numpy=np.minimum, promote=common, on="torch Tensor")
def minimum(input: Tensor, other: Tensor) -> Spec:
    """The smaller of two elements; nan if one of them is.

    >>> torch.minimum(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return real_only("minimum", input, other)


@minimum.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    shared = ops.where(ops.eq(input, other), g / 2, g)
    return ops.where(ops.gt(input, other), 0, shared), ops.where(ops.lt(input, other), 0, shared)


@primitive(Kind.ELEMENTWISE, numpy=np.fmax, promote=common, on="torch Tensor")
def fmax(input: Tensor, other: Tensor) -> Spec:
    """The larger of two elements; if one is nan, the other.

    >>> torch.fmax(torch.tensor([1.0, float("nan")]), torch.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    return real_only("fmax", input, other)


@fmax.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    first = ops.logical_or(ops.ge(input, other), ops.isnan(other))
    return ops.where(first, g, 0), ops.where(first, 0, g)


@primitive(Kind.ELEMENTWISE, numpy=np.fmin, promote=common, on="torch Tensor")
def fmin(input: Tensor, other: Tensor) -> Spec:
    """The smaller of two elements; if one is nan, the other.

    >>> torch.fmin(torch.tensor([1.0, float("nan")]), torch.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return real_only("fmin", input, other)


@fmin.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    first = ops.logical_or(ops.le(input, other), ops.isnan(other))
    return ops.where(first, g, 0), ops.where(first, 0, g)


maximum.samples(twos)
minimum.samples(twos)
fmax.samples(twos)
fmin.samples(twos)


# -- bounds ------------------------------------------------------------------------------------


def no_less(x: Any, low: Any) -> Any:
    """NumPy: the larger of two; of 0.0 and -0.0, which are equal, the second: `x`."""
    return np.maximum(low, x)


def no_more(x: Any, high: Any) -> Any:
    """NumPy: the smaller of two; of 0.0 and -0.0 `x`."""
    return np.minimum(high, x)


@primitive(Kind.ELEMENTWISE, numpy=no_less, promote=common, grad_name="ClampMinBackward0")
def at_least(input: Tensor, low: Tensor | Number) -> Spec:
    """`input`, or `low` where that is larger. At the bound the gradient goes to `input`."""
    return real_only("clamp_min", input, low)


@at_least.vjp
def _(g: Node, out: Node, input: Node, low: Node) -> tuple[Node, Node | None]:
    kept = ops.ge(input, low)
    return ops.where(kept, g, 0), None if low.number else ops.where(ops.lt(input, low), g, 0)


@primitive(Kind.ELEMENTWISE, numpy=no_more, promote=common, grad_name="ClampMaxBackward0")
def at_most(input: Tensor, high: Tensor | Number) -> Spec:
    """`input`, or `high` where that is smaller. At the bound the gradient goes to `input`."""
    return real_only("clamp_max", input, high)


@at_most.vjp
def _(g: Node, out: Node, input: Node, high: Node) -> tuple[Node, Node | None]:
    kept = ops.le(input, high)
    return ops.where(kept, g, 0), None if high.number else ops.where(ops.gt(input, high), g, 0)


@primitive(
    Kind.ELEMENTWISE,
    numpy=lambda x, low, high: no_more(no_less(x, low), high),
    promote=common,
    grad_name="ClampBackward1",
)
def between(input: Tensor, low: Tensor | Number, high: Tensor | Number) -> Spec:
    """`input` kept from `low` to `high`.

    Derived from at_least and at_most, its gradient would take four wheres.
    """
    return real_only("clamp", input, low, high)


@between.vjp
def _(g: Node, out: Node, input: Node, low: Node, high: Node) -> tuple[Node | None, ...]:
    kept = ops.logical_and(ops.ge(input, low), ops.le(input, high))
    to_low = to_high = None
    if not low.number:
        below = ops.logical_and(ops.lt(low, high), ops.lt(input, low))
        to_low = ops.where(below, g, 0)
    if not high.number:
        above = ops.logical_or(ops.lt(high, low), ops.gt(input, high))
        to_high = ops.where(above, g, 0)
    return ops.where(kept, g, 0), to_low, to_high


@at_least.samples
@at_most.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0.25
    yield floats(3, 4), floats(4, seed=1)


@between.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), -0.5, 0.5
    yield floats(3, 4), floats(4, seed=1), floats(3, 1, seed=2)


def clamp_name(out: Node, form: Any) -> str:
    """Bounds that are tensors, or numbers."""
    return f"ClampBackward{int(TENSOR not in form[1:])}"


@derived(on="torch Tensor Tensor_", aliases=("clip",), grad_name=clamp_name)
def clamp(
    input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None
) -> Node:
    """`input` with elements below `min` raised to it and those above `max` lowered to it.

    >>> torch.clamp(torch.tensor([-2.0, 0.3, 2.0]), -1, 1)
    tensor([-1.0000,  0.3000,  1.0000])
    """
    if min is not None and max is not None:
        return between(input, min, max)
    if min is not None:
        return at_least(input, min)
    if max is not None:
        return at_most(input, max)
    raise ValueRefused(explain("clamp", "at least one of 'min' or 'max' must not be None"))


@clamp.samples
def _() -> Iterator[Any]:
    yield floats(3, 4).T, -0.5, 0.5
    yield floats(3, 4), 0.25
    yield (floats(3, 4),), {"max": 0.25}
    yield floats(3, 4), floats(4, seed=1), floats(3, 1, seed=2)
    yield (floats(3, 4),), {"max": floats(4, seed=1)}
    yield ints(3, 4), 0
    yield ints(3), 1.5
    yield bools(3), 0
    yield np.array([1, 2, 200], np.uint8), 2, 100
    yield at_kink(np.array([1.0, 2.0, np.nan, 0.0]), 1.0, 2.0)
    yield at_kink(np.array([1.0, 2.0, np.nan, 0.0]), 2.0, 1.0)
    for low in (0.0, 1.0, 2.0):
        for high in (0.0, 1.0, 2.0):
            yield at_kink(np.array([0.0, 0.5, 1.0, 1.5, 2.0]), np.full(5, low), np.full(5, high))
    yield at_kink(np.array([1.0, 0.0, np.nan]), np.array([1.0, 1.0, 1.0]))


@derived(on="torch Tensor Tensor_")
def clamp_min(input: Tensor, min: Tensor | Number) -> Node:
    """`input` with elements below `min` raised to it.

    >>> torch.clamp_min(torch.tensor([-2.0, 0.5]), 0)
    tensor([0.0000, 0.5000])
    """
    return at_least(input, min)


@derived(on="torch Tensor Tensor_")
def clamp_max(input: Tensor, max: Tensor | Number) -> Node:
    """`input` with elements above `max` lowered to it.

    >>> torch.clamp_max(torch.tensor([-2.0, 0.5]), 0)
    tensor([-2.,  0.])
    """
    return at_most(input, max)


@clamp_min.samples
@clamp_max.samples
def _() -> Iterator[Any]:
    yield floats(3, 4).T, 0.25
    yield floats(3, 4), floats(4, seed=1)
    yield ints(3), 1.5
    yield at_kink(np.array([1.0, 0.0, np.nan]), 1.0)
    yield at_kink(np.array([1.0, 0.0, np.nan]), np.array([1.0, 1.0, 1.0]))


# -- values that are not finite ----------------------------------------------------------------


@derived(on="torch Tensor Tensor_")
def nan_to_num(
    input: Tensor,
    nan: Number | None = None,
    posinf: Number | None = None,
    neginf: Number | None = None,
) -> Node:
    """`input` with nan replaced by `nan` (0), and infinities by the numbers furthest out.

    >>> torch.nan_to_num(torch.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    if not input.dtype.differentiable:
        return ops.clone(input)
    limit = input.dtype.largest
    known = ops.where(ops.isnan(input), 0.0 if nan is None else nan, input)
    high = limit if posinf is None else posinf
    low = -limit if neginf is None else neginf
    bounded = ops.where(ops.eq(input, np.inf), high, known)
    return ops.where(ops.eq(input, -np.inf), low, bounded)


nan_to_num.any_dtype = True  # it asks which numbers are furthest out


@nan_to_num.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4).T,)
    yield at_kink(np.array([0.0, np.nan, np.inf, -np.inf], np.float32))
    yield at_kink(np.array([0.0, np.nan, np.inf, -np.inf]), 1.0, 2.0, -3)
    yield (ints(3),)
