"""Ops that fold axes away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Shape, Spec
from .samples import floats
from .table import Kind, Tensor, arithmetic, derived, floating, primitive


def reduced(input: Node, axes: Shape, keepdim: bool) -> Shape:
    """The shape of `input` with `axes` folded away."""
    if keepdim:
        return tuple([1 if k in axes else n for k, n in enumerate(input.shape)])
    return tuple([n for k, n in enumerate(input.shape) if k not in axes])


def spread(g: Node, input: Node, axes: Shape, keepdim: bool) -> Node:
    """`g`, of a reduced shape, over the shape of `input` again."""
    if not keepdim and g.ndim and axes:
        g = ops.reshape_view(g, shape=reduced(input, axes, True))
    return ops.expand_view(g, shape=input.shape)


@primitive(
    Kind.REDUCE,
    numpy=lambda x, *, axes, keepdim: np.add.reduce(x, axes, None, None, keepdim),
    promote=arithmetic,
)
def reduce_sum(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """Sum over `axes`."""
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_sum.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape, keepdim: bool) -> tuple[Node]:
    return (spread(g, input, axes, keepdim),)


@reduce_sum.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axes": (0,), "keepdim": False}


@derived(on="torch Tensor")
def sum(input: Tensor, dim: Any = None, keepdim: bool = False) -> Node:
    """Sum of all elements, or over `dim`."""
    axes = tuple(range(input.ndim)) if dim is None else ((dim,) if isinstance(dim, int) else dim)
    axes = tuple([a % input.ndim for a in axes])
    return reduce_sum(input, axes=axes, keepdim=keepdim)


@derived(on="torch Tensor")
def mean(input: Tensor, dim: Any = None, keepdim: bool = False) -> Node:
    """Mean of all elements, or over `dim`."""
    total = sum(input, dim, keepdim)
    return ops.div(total, input.size // max(total.size, 1))
