"""Sorting, and the elements at a place in the order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DimError, explain
from ..graph import Node, Shape, Spec
from .arithmetic import real_only
from .dims import axis
from .layouts import like_inputs, row_major
from .returns import ValuesIndices
from .samples import at_kink, bools, floats, ints
from .table import Kind, Tensor, derived, primitive

# -- elements by their index along one axis ----------------------------------------------------


@lru_cache(maxsize=256)
def line_grid(shape: Shape, axis: int) -> tuple[Any, ...]:
    """Open index arrays over all axes of `shape` but one."""
    open_mesh = np.ix_(*[range(n) for n in shape])
    return tuple([None if k == axis else a for k, a in enumerate(open_mesh)])


def line_key(shape: Shape, index: Any, axis: int) -> tuple[Any, ...]:
    """What to index an array with to get at `index` along `axis`."""
    mesh = list(line_grid((*shape[:axis], 1, *shape[axis + 1 :]), axis))
    mesh[axis] = index
    return tuple(mesh)


def selected(x: Any, index: Any, *, axis: int) -> Any:
    """NumPy: `x[index]` along an axis (much quicker than np.take_along_axis)."""
    if x.ndim == 1:
        return x[index]
    return x[line_key(x.shape, index, axis)]


def as_index(node: Node) -> tuple[int, ...]:
    """The layout of the index."""
    index = node.inputs[1]
    return like_inputs(Node(node.op, (index,), {}, node.spec, False))


@primitive(Kind.INDEX, numpy=selected, layout=as_index)
def select_along(input: Tensor, index: Tensor, *, axis: int) -> Spec:
    """The elements of `input` at `index` along `axis`, line by line."""
    return Spec(index.shape, input.dtype)


@select_along.vjp
def _(g: Node, out: Node, input: Node, index: Node, *, axis: int) -> tuple[Node, None]:
    return add_along(g, index, axis=axis, size=input.shape[axis]), None


def added_up(g: Any, index: Any, *, axis: int, size: int) -> Any:
    """NumPy: `g` added up at `index` along an axis of zeros."""
    out = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
    np.add.at(out, index if g.ndim == 1 else line_key(out.shape, index, axis), g)
    return out


@primitive(Kind.INDEX, numpy=added_up)
def add_along(input: Tensor, index: Tensor, *, axis: int, size: int) -> Spec:
    """Zeros, to which the elements of `input` were added at `index` along `axis`."""
    shape = (*input.shape[:axis], size, *input.shape[axis + 1 :])
    return Spec(shape, input.dtype)


@add_along.vjp
def _(g: Node, out: Node, input: Node, index: Node, *, axis: int, size: int) -> tuple[Node, None]:
    return select_along(g, index, axis=axis), None


@select_along.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4), ints(3, 2, low=0, high=4)), {"axis": 1}
    yield (floats(3, 4), ints(2, 4, low=0, high=3)), {"axis": 0}


@add_along.samples
def _() -> Iterator[Any]:
    yield (floats(3, 2), ints(3, 2, low=0, high=4)), {"axis": 1, "size": 4}


# -- the order itself --------------------------------------------------------------------------


def stable_order(x: Any, *, axis: int, descending: bool) -> Any:
    """NumPy: the stable order; nan counts as larger than everything else."""
    if not descending:
        return np.argsort(x, axis, "stable")
    # Equal elements keep their order: the array is sorted from its end, and read from its end.
    backwards = np.argsort(np.flip(x, axis), axis, "stable")
    return np.flip(x.shape[axis] - 1 - backwards, axis)


@primitive(Kind.SORT, numpy=stable_order, layout=like_inputs)
def sort_index(input: Tensor, *, axis: int, descending: bool) -> Spec:
    """The indices along `axis` that put `input` in order; equal elements keep theirs."""
    return Spec(real_only("sort", input).shape, dtypes.int64)


@sort_index.samples
def _() -> Iterator[Any]:
    yield (ints(3, 8),), {"axis": 1, "descending": True}


def at_least_1d(input: Node) -> Node:
    """`input`, as a vector of one element if it has no dimensions."""
    return input if input.ndim else ops.reshape_view(input, shape=(1,))


def like_before(result: Node, input: Node) -> Node:
    """`result` without the dimension that `at_least_1d` gave `input`."""
    return result if input.ndim else ops.reshape_view(result, shape=())


def ranked(input: Node, index: Node, along: int, kind: str) -> Any:
    """The elements of `input` at `index` along `along`, with that index."""
    values = select_along(at_least_1d(input), index, axis=along)
    return ValuesIndices[kind](like_before(values, input), like_before(index, input))


@derived(on="torch Tensor")
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements in order along `dim`, and where they were: `(values, indices)`.

    nan counts as larger than everything else. The order of equal elements is always kept.

    >>> torch.sort(torch.tensor([3, 1, 2]))
    torch.return_types.sort(
    values=tensor([1, 2, 3]),
    indices=tensor([1, 2, 0]))
    """
    along = axis(dim, input.ndim, "sort")
    index = sort_index(at_least_1d(input), axis=along, descending=descending)
    return ranked(input, index, along, "sort")


@sort.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(2, 3, 4).transpose(2, 1, 0), 0, True
    yield floats(4, 6)[:, ::2], -1
    yield (ints(3, 8),), {"dim": 1, "stable": True}
    yield (ints(3, 8),), {"dim": 1, "stable": True, "descending": True}
    yield (floats(),)
    yield (floats(3, 0),)
    yield at_kink(np.array([1.0, np.nan, 0.5, np.nan, np.inf]))
    yield at_kink(np.array([1.0, np.nan, 0.5, np.nan, np.inf]), 0, True)
    yield (np.array([200, 3, 100], np.uint8),)


@derived(on="torch Tensor")
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Node:
    """The indices that put `input` in order along `dim`.

    >>> torch.argsort(torch.tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    along = axis(dim, input.ndim, "argsort")
    index = sort_index(at_least_1d(input), axis=along, descending=descending)
    return like_before(index, input)


@argsort.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 4).T, 0, True
    yield (ints(3, 8),), {"dim": 1, "stable": True}
    yield (floats(),)
    yield (bools(3, 4),), {"stable": True}


@derived(on="torch Tensor", grad_name="SortBackward0")
def msort(input: Tensor) -> Node:
    """The elements in order along the first dimension.

    >>> torch.msort(torch.tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    found: Node = sort(input, 0)[0]
    return found


@msort.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4).T,)


# -- places in the order -----------------------------------------------------------------------


def top_places(x: Any, *, axis: int, count: int, largest: bool) -> Any:
    """NumPy: where the first elements of the order are, in order."""
    n = x.shape[axis]
    lead = (slice(None),) * axis
    if count < n // 4 and x.dtype.kind != "b":
        part = np.argpartition(x, (n - count) if largest else (count - 1), axis)
        chosen = part[(*lead, slice(n - count, None) if largest else slice(0, count))]
        chosen = np.sort(chosen, axis)
        inner = stable_order(selected(x, chosen, axis=axis), axis=axis, descending=largest)
        return selected(chosen, inner, axis=axis)
    return stable_order(x, axis=axis, descending=largest)[(*lead, slice(0, count))]


@primitive(Kind.SORT, numpy=top_places, layout=row_major)
def top_index(input: Tensor, *, axis: int, count: int, largest: bool) -> Spec:
    """The indices along `axis` of the `count` largest (or smallest) elements, in order.

    Not derived from sort_index: a few elements are found in one pass.
    """
    real_only("topk", input)
    shape = (*input.shape[:axis], count, *input.shape[axis + 1 :])
    return Spec(shape, dtypes.int64)


@top_index.samples
def _() -> Iterator[Any]:
    yield (floats(3, 8),), {"axis": 1, "count": 2, "largest": True}
    yield (floats(12, 3),), {"axis": 0, "count": 2, "largest": False}


@derived(on="torch Tensor")
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The `k` largest (or smallest) elements along `dim`, and their indices, in order.

    >>> torch.topk(torch.tensor([1, 5, 3, 4]), 2)
    torch.return_types.topk(
    values=tensor([5, 4]),
    indices=tensor([1, 3]))
    """
    along = axis(dim, input.ndim, "topk")
    vector = at_least_1d(input)
    if not 0 <= k <= vector.shape[along]:
        problem = (
            f"selected index k out of range: k is {k}, the dimension has {vector.shape[along]}"
        )
        raise OrderError(explain("topk", problem, {"input": input.spec}))
    index = top_index(vector, axis=along, count=k, largest=largest)
    return ranked(input, index, along, "topk")


class OrderError(DimError, RuntimeError):
    """A place in the order that there is not."""


@topk.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 2
    yield floats(2, 3, 4).transpose(2, 1, 0), 3, 0
    yield (floats(30), 3), {"largest": False}
    yield floats(2, 20), 3
    yield at_kink(np.array([*range(10), np.nan, 3.5]), 2)
    yield floats(3), 0
    yield floats(), 1
    yield np.array([[5, 2, 9], [7, 8, 1]], np.int32), 2


@derived(on="torch Tensor")
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The `k`-th smallest element along `dim`, counted from 1, and its index.

    >>> torch.kthvalue(torch.tensor([10, 40, 30]), 2)
    torch.return_types.kthvalue(
    values=tensor(30),
    indices=tensor(2))
    """
    along = axis(dim, input.ndim, "kthvalue")
    vector = at_least_1d(input)
    if not 1 <= k <= vector.shape[along]:
        problem = (
            f"selected number k out of range: k is {k}, the dimension has {vector.shape[along]}"
        )
        raise OrderError(explain("kthvalue", problem, {"input": input.spec}))
    return single(input, kth_index(vector, axis=along, k=k), along, keepdim, "kthvalue")


def single(input: Node, index: Node, along: int, keepdim: bool, kind: str) -> Any:
    """The one element of each line that `index` (with that axis of size 1) points at."""
    values = select_along(at_least_1d(input), index, axis=along)
    if not keepdim or not input.ndim:
        shape = (*index.shape[:along], *index.shape[along + 1 :])
        values, index = [ops.reshape_view(x, shape=shape) for x in (values, index)]
    return ValuesIndices[kind](values, index)


def kth_places(x: Any, *, axis: int, k: int) -> Any:
    """NumPy: where the k-th smallest elements are, the axis kept at size 1."""
    return stable_order(x, axis=axis, descending=False)[(slice(None),) * axis + (slice(k - 1, k),)]


@primitive(Kind.SORT, numpy=kth_places, layout=row_major)
def kth_index(input: Tensor, *, axis: int, k: int) -> Spec:
    """The index along `axis`, which is kept, of the `k`-th smallest element."""
    real_only("kthvalue", input)
    return Spec((*input.shape[:axis], 1, *input.shape[axis + 1 :]), dtypes.int64)


@kth_index.samples
def _() -> Iterator[Any]:
    yield (floats(3, 8),), {"axis": 1, "k": 2}


@kthvalue.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 2
    yield floats(2, 3, 4).transpose(2, 1, 0), 3, 0, True
    yield floats(), 1
    yield at_kink(np.array([1.0, np.nan, 0.5]), 3)
