"""Grids of coordinates, and all the ways to choose."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import (
    ShapeError,
    explain,
)
from ..graph import Node, Shape, Spec
from .arithmetic import common_shape
from .rearrange import spread_dims
from .samples import floats
from .slicing import part
from .table import Kind, Tensor, Tensors, derived, primitive
from .views import expand_view, reshape_view


@derived(on="torch", view=True, grad_name="ExpandBackward0")
def broadcast_tensors(*tensors: Tensors) -> tuple[Node, ...]:
    """`tensors` expanded to the shape they broadcast to.

    >>> torch.broadcast_tensors(torch.tensor([[1], [2]]), torch.tensor([3, 4]))[0]
    tensor([[1, 1],
            [2, 2]])
    """
    given = spread_dims(tensors)
    shape = common_shape("broadcast_tensors", list(given))
    return tuple([expand_view(x, shape=shape) for x in given])


@broadcast_tensors.samples
def _() -> Iterator[Any]:
    yield floats(2, 1), floats(3)


@derived(on="torch", view=True, grad_name="ExpandBackward0")
def meshgrid(*tensors: Tensors, indexing: str | None = None) -> tuple[Node, ...]:
    """The coordinates of a grid: for each of `tensors`, its values over the whole grid.

    With `indexing="xy"` the first two dimensions are exchanged.

    >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4]), indexing="ij")[0]
    tensor([[1, 1],
            [2, 2]])
    """
    given = list(spread_dims(tensors))
    if indexing is None:
        text = (
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument."
        )
        warnings.warn(text, UserWarning, stacklevel=2)
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        problem = f"indexing must be one of 'xy' or 'ij', but received: {indexing}"
        raise ShapeError(explain("meshgrid", problem))
    for x in given:
        if x.ndim > 1:
            problem = "Expected 0D or 1D tensor in the tensor list"
            raise ShapeError(explain("meshgrid", problem, {"got": x.spec}))
    swap = indexing == "xy" and len(given) > 1
    if swap:
        given[:2] = given[1::-1]
    shape = tuple([x.size for x in given])
    found = []
    for k, x in enumerate(given):
        line = ops.reshape(x, tuple([n if j == k else 1 for j, n in enumerate(shape)]))
        found.append(expand_view(line, shape=shape))
    if swap:
        found[:2] = found[1::-1]
    return tuple(found)


@meshgrid.samples
def _() -> Iterator[Any]:
    yield (floats(2), floats(3)), {"indexing": "ij"}
    yield (floats(2), floats(3), floats(2, seed=1)), {"indexing": "xy"}


@derived(on="torch", grad_name="StackBackward0")
def cartesian_prod(*tensors: Tensors) -> Node:
    """Every way to choose one element from each of `tensors`, a row for each.

    >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    given = list(spread_dims(tensors))
    if len(given) == 1:
        return ops.clone(given[0])
    return ops.stack([ops.ravel(x) for x in meshgrid(*given, indexing="ij")], 1)


@cartesian_prod.samples
def _() -> Iterator[Any]:
    yield floats(2), floats(3, seed=1)


@primitive(Kind.CREATE, numpy=lambda *, values: np.array(values, np.int64))
def listed(*, values: Shape) -> Spec:
    """The whole numbers `values`, which belong to the program itself."""
    return Spec((len(values),), dtypes.int64)


@listed.samples
def _() -> Iterator[Any]:
    yield (), {"values": (3, 1)}


@derived(on="torch", grad_name="StackBackward0")
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Node:
    """Every way to choose `r` elements of a vector, in order, a row for each.

    >>> torch.combinations(torch.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input.ndim != 1:
        problem = f"Expect a 1D vector, but got shape {list(input.shape)}"
        raise ShapeError(explain("combinations", problem))
    if r < 0:
        raise ShapeError(explain("combinations", f"Expect a non-negative number, but got {r}"))
    if r == 0:
        return part(input, 0, 0, 0)
    rule = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = list(rule(range(input.size), r))
    places = listed(values=tuple([k for row in chosen for k in row]))
    found = ops.index_select(input, 0, places)
    return reshape_view(found, shape=(len(chosen), r))


@combinations.samples
def _() -> Iterator[Any]:
    yield (floats(4),)
    yield floats(3), 3
    yield (floats(3), 2), {"with_replacement": True}
