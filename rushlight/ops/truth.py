"""Whether any element is true, whether all are, and how many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..graph import Node, Shape, Spec
from .dims import Dim, axes
from .reduce import reduce_sum, reduced
from .samples import bools, ints
from .table import Kind, Tensor, derived, primitive

ANY: Any = np.logical_or.reduce
ALL: Any = np.logical_and.reduce


@primitive(
    Kind.REDUCE,
    numpy=lambda x, *, axes, keepdim: ANY(x, axes, None, None, keepdim),
)
def reduce_any(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """Whether any element over `axes` is not zero."""
    return Spec(reduced(input, axes, keepdim), dtypes.bool_)


@primitive(
    Kind.REDUCE,
    numpy=lambda x, *, axes, keepdim: ALL(x, axes, None, None, keepdim),
)
def reduce_all(input: Tensor, *, axes: Shape, keepdim: bool) -> Spec:
    """Whether every element over `axes` is not zero."""
    return Spec(reduced(input, axes, keepdim), dtypes.bool_)


@reduce_any.samples
@reduce_all.samples
def _() -> Iterator[Any]:
    yield (bools(3, 4),), {"axes": (0,), "keepdim": False}


@derived(on="torch Tensor")
def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Node:
    """Whether any element is true, that is, not zero: of all, or over the dimensions `dim`.

    >>> torch.any(torch.tensor([[False, True], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return as_truth(input, reduce_any(input, axes=axes(dim, input, "any"), keepdim=keepdim))


@derived(on="torch Tensor")
def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Node:
    """Whether every element is true, that is, not zero: of all, or over the dimensions `dim`.

    >>> torch.all(torch.tensor([[True, True], [True, False]]), dim=1)
    tensor([ True, False])
    """
    return as_truth(input, reduce_all(input, axes=axes(dim, input, "all"), keepdim=keepdim))


def as_truth(input: Node, found: Node) -> Node:
    """`found` in the dtype of truth values that `input` asks for: uint8 once stood for bool."""
    return ops.cast(found, dtype=dtypes.uint8) if input.dtype is dtypes.uint8 else found


@any.samples
@all.samples
def _() -> Iterator[Any]:
    yield (bools(3, 4),)
    yield bools(3, 4).T, 0
    yield bools(2, 3, 4), (0, -1), True
    yield (np.array([1, 0], np.uint8),)
    yield (np.array([np.nan, 0.0]),)
    yield (np.asarray(False),)
    yield np.asarray(2.0), 0
    yield np.zeros((3, 0)), 1


@derived(on="torch Tensor")
def count_nonzero(input: Tensor, dim: Dim = None) -> Node:
    """The number of elements that are not zero, of all or over the dimensions `dim`.

    >>> torch.count_nonzero(torch.tensor([0.0, 1.5, -2.0]))
    tensor(2)
    """
    return reduce_sum(ops.ne(input, 0), axes=axes(dim, input, "count_nonzero"), keepdim=False)


@count_nonzero.samples
def _() -> Iterator[Any]:
    yield (ints(3, 4, low=-1, high=2),)
    yield ints(3, 4, low=-1, high=2), 1
    yield bools(2, 3, 4), (0, -1)
    yield (np.array([0.0, np.nan, -0.0]),)
