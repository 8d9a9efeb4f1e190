"""Ops that share 1 out among the elements along a dimension."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..dtypes import DType
from ..graph import Node, Spec
from .activation import expect_fractional
from .dims import axis
from .samples import Array, at_kink, floats, ints
from .table import Kind, Tensor, derived, primitive
from .totals import total


def shares(x: Any, *, axis: int) -> Array:
    """NumPy: exp(x) over its sum along `axis`, without overflow."""
    if not x.size:
        return np.array(x)
    out: Array = np.exp(x - np.maximum.reduce(x, axis, keepdims=True))
    out /= total(out, (axis,), True)
    return out


def log_shares(x: Any, *, axis: int) -> Array:
    """NumPy: the logarithm of `shares`."""
    if not x.size:
        return np.array(x)
    out: Array = x - np.maximum.reduce(x, axis, keepdims=True)
    out -= np.log(total(np.exp(out), (axis,), True))
    return out


# These two are primitives because they must not overflow, and because they are five calls to
# NumPy each.


@primitive(Kind.REDUCE, numpy=shares, grad_name="SoftmaxBackward0")
def softmax_along(input: Tensor, *, axis: int) -> Spec:
    """`exp(input)` over its sum along `axis`."""
    return input.spec


@softmax_along.vjp
def _(g: Node, out: Node, input: Node, *, axis: int) -> tuple[Node]:
    weighted = g * out
    total = ops.reduce_sum(weighted, axes=(axis,), keepdim=True)
    return (weighted - out * total,)


@primitive(Kind.REDUCE, numpy=log_shares, grad_name="LogSoftmaxBackward0")
def log_softmax_along(input: Tensor, *, axis: int) -> Spec:
    """Logarithm of `softmax_along`."""
    return input.spec


@log_softmax_along.vjp
def _(g: Node, out: Node, input: Node, *, axis: int) -> tuple[Node]:
    total = ops.reduce_sum(g, axes=(axis,), keepdim=True)
    return (g - ops.exp(out) * total,)


@softmax_along.samples
@log_softmax_along.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axis": 1}
    yield (floats(2, 3, 2),), {"axis": 0}
    yield (np.array([1000.0, 0.0, -1000.0], np.float32),), {"axis": 0}


def along(rule: Any, input: Node, dim: int | None, dtype: DType | None, op: str) -> Node:
    """`rule` along `dim`, after conversion to `dtype`."""
    if dtype is not None and dtype is not input.dtype:
        input = ops.cast(input, dtype=dtype)
    expect_fractional(op, input)
    if dim is None:
        dim = implicit_dim(op, input.ndim)
    k = axis(dim, input.ndim, op)
    x = input if input.ndim else ops.reshape_view(input, shape=(1,))
    out: Node = rule(x, axis=k)
    return out if input.ndim else ops.reshape_view(out, shape=())


def implicit_dim(op: str, ndim: int) -> int:
    """The dimension that PyTorch takes, with a warning, if none is given."""
    text = (
        f"Implicit dimension choice for {op} has been deprecated. "
        "Change the call to include dim=X as an argument."
    )
    warnings.warn(text, UserWarning, stacklevel=2)
    return 0 if ndim in (0, 1, 3) else 1


@derived(on="torch Tensor F special")
def softmax(input: Tensor, dim: int | None = None, dtype: DType | None = None) -> Node:
    """`exp(input)` over its sum along `dim`: positive numbers that add up to 1.

    >>> torch.softmax(torch.tensor([0.0, 0.0, 1.0]), dim=0)
    tensor([0.2119, 0.2119, 0.5761])
    """
    return along(softmax_along, input, dim, dtype, "softmax")


@derived(on="torch Tensor F special")
def log_softmax(input: Tensor, dim: int | None = None, dtype: DType | None = None) -> Node:
    """Logarithm of the softmax along `dim`.

    >>> torch.log_softmax(torch.tensor([0.0, 0.0, 1.0]), dim=0)
    tensor([-1.5514, -1.5514, -0.5514])
    """
    return along(log_softmax_along, input, dim, dtype, "log_softmax")


@derived(on="F", grad_name="SoftmaxBackward0")
def softmin(input: Tensor, dim: int | None = None, dtype: DType | None = None) -> Node:
    """Softmax of `-input`.

    >>> F.softmin(torch.tensor([0.0, 1.0]), dim=0)
    tensor([0.7311, 0.2689])
    """
    return along(softmax_along, -input, dim, dtype, "softmin")


@softmax.samples
@log_softmax.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), -1
    yield floats(2, 3, 2), 1
    yield floats(), 0
    yield floats(0, 3), 0
    yield (ints(3, 4), 1), {"dtype": dtypes.float32}
    yield at_kink(np.array([-np.inf, 0.0, 1.0], np.float32), 0)


@softmin.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 1
