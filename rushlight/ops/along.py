"""Gather and scatter: an index of its own for every element, along one dimension."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Node, Shape, Spec, contiguous_strides
from .dims import axis
from .index import check_range, expect_index, has_outliers
from .samples import Array, at_kink, floats
from .table import Kind, Number, Tensor, derived, primitive
from .views import nothing


@lru_cache(256)
def grid(shape: Shape, axis: int) -> tuple[Array, ...]:
    """For each axis of an array of `shape` but one, the place along it, ready to broadcast."""
    ndim = len(shape)
    found = []
    for k, n in enumerate(shape):
        if k != axis:
            found.append(np.arange(n).reshape([n if j == k else 1 for j in range(ndim)]))
    return tuple(found)


@lru_cache(64)
def offsets(shape: Shape, strides: Shape, axis: int) -> Array:
    """Where each element of an array of `shape` lies, if `axis` counts for nothing."""
    steps = [s for k, s in enumerate(strides) if k != axis]
    found = np.zeros(shape, np.int64)
    for places, step in zip(grid(shape, axis), steps, strict=True):
        found += places * step
    return found


def key_along(index: Any, axis: int) -> tuple[Any, ...]:
    """NumPy's index for the elements of an array at `index` along `axis`."""
    places = grid(index.shape, axis)
    return (*places[:axis], index, *places[axis:])


def checked(x: Any, index: Any, axis: int, wrap: bool, op: str) -> Any:
    """`index`, unless it is out of range; without negative numbers."""
    n = x.shape[axis]
    if has_outliers(index, n):
        check_range(x, (index,), (axis,), wrap, op)
        return np.where(index < 0, index + n, index)
    return index


def fits_within(op: str, index: Node, input: Node, axis: int, src: Node | None = None) -> None:
    """Raise unless `index` is within `input` apart from `axis`, and within `src` altogether."""
    expect_index(op, index)
    if index.ndim != input.ndim or (src is not None and src.ndim != input.ndim):
        problem = "Index tensor must have the same number of dimensions as input tensor"
        if src is not None:
            problem = "Index, self and src tensors must have the same number of dimensions"
        got = {"input": input.spec, "index": index.spec}
        raise ShapeError(explain(op, problem, got))
    for k, n in enumerate(index.shape):
        over = k != axis and n > input.shape[k]
        if over or (src is not None and n > src.shape[k]):
            problem = (
                f"Size does not match at dimension {k} expected index {list(index.shape)} to be no "
                f"larger than self {list(input.shape)} apart from dimension {axis}"
            )
            if src is not None:
                problem += f" and no larger than src {list(src.shape)}"
            raise ShapeError(explain(op, problem))


# -- the primitives ----------------------------------------------------------------------------


def gathered(x: Any, index: Any, *, axis: int, wrap: bool, op: str) -> Any:
    """NumPy: the elements of `x` at `index` along `axis`."""
    return x[key_along(checked(x, index, axis, wrap, op), axis)]


@primitive(Kind.INDEX, numpy=gathered, grad_name="GatherBackward0")
def gather_along(input: Tensor, index: Tensor, *, axis: int, wrap: bool, op: str) -> Spec:
    """For each element of `index`, the element of `input` there along `axis`, elsewhere the same.

    `wrap` says that negative indices count from the end; `op` is what was called, for errors.
    """
    return Spec(index.shape, input.dtype)


@gather_along.vjp
def _(
    g: Node, out: Node, input: Node, index: Node, *, axis: int, wrap: bool, op: str
) -> tuple[Node, None]:
    base = nothing(input.shape, g)
    return fold_along(base, index, g, axis=axis, how="add", wrap=wrap, op=op), None


@gather_along.samples
def _() -> Iterator[Any]:
    attrs = {"wrap": True, "op": "gather"}
    yield (floats(3, 4), np.array([[0, -1, 1]])), {"axis": 0, **attrs}
    yield (floats(2, 3, 2), np.array([[[1], [0]]])), {"axis": 1, **attrs}


def scattered(x: Any, index: Any, src: Any, *, axis: int, op: str) -> Array:
    """NumPy: a copy of `x` with the elements of `src` at `index` along `axis`."""
    out: Array = np.array(x, order="C")
    key = key_along(checked(x, index, axis, False, op), axis)
    out[key] = within(src, index)
    return out


def within(src: Any, index: Any) -> Any:
    """The part of `src` for which there is an index."""
    if src.shape == index.shape or not src.ndim:
        return src
    return src[tuple([slice(n) for n in index.shape])]


@primitive(Kind.INDEX, numpy=scattered, grad_name="ScatterBackward0")
def put_along(input: Tensor, index: Tensor, src: Tensor, *, axis: int, op: str) -> Spec:
    """`input` with each element of `src`, or the number, put where `index` says along `axis`."""
    return input.spec


@put_along.vjp
def _(
    g: Node, out: Node, input: Node, index: Node, src: Node, *, axis: int, op: str
) -> tuple[Node, None, Node]:
    rest = put_along(g, index, ops.constant(0, g.dtype), axis=axis, op=op)
    return rest, None, to_source(gather_along(g, index, axis=axis, wrap=False, op=op), src)


def to_source(g: Node, src: Node) -> Node:
    """The gradient of the part of `src` that was used, as that of all of it."""
    if g.shape == src.shape:
        return g
    if not src.ndim:
        return ops.sum(g)
    index = tuple([(0, n, 1) for n in g.shape])
    attrs = (("index", index),)
    return ops.unview(g, shape=src.shape, view=ops.basic_index, attrs=attrs, overlaps=False)


@put_along.samples
def _() -> Iterator[Any]:
    attrs = {"axis": 0, "op": "scatter"}
    yield (floats(3, 4), np.array([[0, 2, 1]]), floats(2, 4, seed=1)), attrs
    yield (floats(3, 4), np.array([[0, 2, 1]]), floats()), attrs


def folded(
    x: Any, index: Any, src: Any, *, axis: int, how: str, wrap: bool, op: str
) -> Array:
    """NumPy: a copy of `x` into which the elements of `src` are folded at `index`."""
    out: Array = np.array(x, order="C")
    strides = contiguous_strides(out.shape)
    places = offsets(index.shape, strides, axis) + checked(x, index, axis, wrap, op) * strides[axis]
    # On flat arrays NumPy is several times as fast.
    getattr(np, how).at(out.reshape(-1), places.reshape(-1), within(src, index).reshape(-1))
    return out


@primitive(Kind.INDEX, numpy=folded, grad_name="ScatterAddBackward0")
def fold_along(
    input: Tensor, index: Tensor, src: Tensor, *, axis: int, how: str, wrap: bool, op: str
) -> Spec:
    """`input` into which each element of `src` is folded where `index` says along `axis`.

    `how` is add, multiply, maximum or minimum.
    """
    return input.spec


@fold_along.vjp
def _(
    g: Node,
    out: Node,
    input: Node,
    index: Node,
    src: Node,
    *,
    axis: int,
    how: str,
    wrap: bool,
    op: str,
) -> tuple[Node, None, Node]:
    def at(x: Node) -> Node:
        return gather_along(x, index, axis=axis, wrap=wrap, op=op)

    if how == "add":
        return g, None, to_source(at(g), src)
    used = src
    if src.shape != index.shape:
        used = ops.basic_index(src, index=tuple([(0, n, 1) for n in index.shape]))
    attrs: Any = {"axis": axis, "wrap": wrap, "op": op}
    slopes = product_slopes if how == "multiply" else extreme_slopes
    to_input, to_used = slopes(g, out, input, index, used, at, attrs)
    return to_input, None, to_source(to_used, src)


def product_slopes(
    g: Node, out: Node, input: Node, index: Node, src: Node, at: Any, attrs: Any
) -> tuple[Node, Node]:
    """The gradients of a folded product, zeros among the factors included."""
    one_for_zero = ops.where(ops.eq(input, 0), 1, input)
    others = fold_along(one_for_zero, index, src, how="multiply", **attrs)
    to_input = g * others / one_for_zero
    is_zero = ops.eq(src, 0)
    zeros = nothing(input.shape, input)
    count = fold_along(zeros, index, ops.cast(is_zero, dtype=src.dtype), how="add", **attrs)
    only_zero = ops.logical_and(is_zero, ops.eq(at(count), 1))
    filled = ops.where(is_zero, 1, src)
    without = fold_along(input, index, filled, how="multiply", **attrs)
    to_src = ops.where(only_zero, at(g * without), at(g * out) / filled)
    return to_input, to_src


def extreme_slopes(
    g: Node, out: Node, input: Node, index: Node, src: Node, at: Any, attrs: Any
) -> tuple[Node, Node]:
    """The gradients of a folded maximum or minimum: shared equally among those that attain it."""
    mine = ops.cast(ops.eq(input, out), dtype=g.dtype)
    theirs = ops.cast(ops.eq(src, at(out)), dtype=g.dtype)
    shares = g / fold_along(mine, index, theirs, how="add", **attrs)
    return mine * shares, theirs * at(shares)


@fold_along.samples
def _() -> Iterator[Any]:
    attrs: Any = {"axis": 0, "wrap": False, "op": "scatter"}
    index = np.array([[0, 2, 1], [0, 2, 2]])
    for how in ("add", "multiply", "maximum", "minimum"):
        yield (floats(3, 4), index, floats(2, 4, seed=1)), {"how": how, **attrs}
    zeros = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 3.0]], np.float32)
    yield at_kink(floats(3, 4), index, zeros, how="multiply", **attrs)


# -- what PyTorch calls them -------------------------------------------------------------------


@derived(on="torch Tensor")
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Node:
    """For each element of `index`, the element of `input` there along `dim`.

    `out[i][j] = input[index[i][j]][j]` for two dimensions and `dim=0`.

    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    k = axis(dim, input.ndim, "gather")
    if not input.ndim or not index.ndim:
        out = gather(ops.atleast_1d(input), 0, ops.atleast_1d(index))
        return out if index.ndim else ops.reshape(out, ())
    fits_within("gather", index, input, k)
    return gather_along(input, index, axis=k, wrap=False, op="gather")


@gather.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([[0, 2, 1]])
    yield floats(3, 4), 1, np.array([[0, 3], [1, 1], [2, 0]])
    yield floats(3), 0, np.array(1)


@derived(on="torch Tensor", grad_name="GatherBackward0")
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Node:
    """For each element of `indices`, the element of `input` there along `dim`; both broadcast.

    >>> x = torch.tensor([[3, 1, 2]])
    >>> torch.take_along_dim(x, torch.argsort(x, dim=1), dim=1)
    tensor([[1, 2, 3]])
    """
    op = "take_along_dim"
    if dim is None:
        x, index = ops.ravel(input), ops.ravel(expect_index(op, indices))
        return gather_along(x, index, axis=0, wrap=False, op=op)
    k = axis(dim, input.ndim, op)
    if input.ndim != indices.ndim:
        problem = (
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input.ndim} dimensions for input, and {indices.ndim} for indices"
        )
        raise ShapeError(explain(op, problem))
    rest = [
        np.broadcast_shapes((n,), (m,))[0] if j != k else -1
        for j, (n, m) in enumerate(zip(input.shape, indices.shape, strict=True))
    ]
    x, index = ops.expand(input, rest), ops.expand(expect_index(op, indices), rest)
    return gather_along(x, index, axis=k, wrap=True, op=op)


@take_along_dim.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), np.array([[0], [-1], [2]]), 1
    yield floats(3, 1), np.array([[0, -1, 2]]), 0
    yield floats(3, 4), np.array([[0, 7]])


def scatter_inputs(op: str, input: Node, dim: int, index: Node, src: Node) -> tuple[Any, ...]:
    """`input`, `index` and `src` with a dimension at least, and the number of `dim`."""
    k = axis(dim, input.ndim, op)
    if src.dtype is not input.dtype:
        problem = f"{op}(): Expected self.dtype to be equal to src.dtype"
        raise DtypeError(explain(op, problem, {"input": input.spec, "src": src.spec}))
    x, index, src = ops.atleast_1d(input), ops.atleast_1d(index), ops.atleast_1d(src)
    fits_within(op, index, x, k, src)
    return x, index, src, k


def shaped_as(out: Node, input: Node) -> Node:
    """`out` in the shape of `input`."""
    return out if input.ndim else ops.reshape(out, ())


@derived(on="torch Tensor Tensor_")
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Node:
    """`input` with each element of `src`, or a number, put where `index` says along `dim`.

    >>> torch.scatter(torch.zeros(2, 3), 1, torch.tensor([[0], [2]]), 1.0)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    if value is not None:
        src = value
    if src is None:
        raise ShapeError(explain("scatter", "give src or value"))
    if not isinstance(src, Node) or src.number:
        src = ops.expand_view(ops.cast(src, dtype=input.dtype), shape=index.shape)
    x, places, new, k = scatter_inputs("scatter", input, dim, index, src)
    if reduce is None:
        return shaped_as(put_along(x, places, new, axis=k, op="scatter"), input)
    if reduce not in ("add", "multiply"):
        raise ChoiceError(explain("scatter", "reduce argument must be either add or multiply."))
    out = fold_along(x, places, new, axis=k, how=reduce, wrap=False, op="scatter")
    return shaped_as(out, input)


@scatter.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([[0, 2, 1]]), floats(1, 3, seed=1)
    yield floats(3, 4), -1, np.array([[0, 2], [1, 3]]), 2.5


@derived(on="torch Tensor Tensor_")
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Node:
    """`input` plus each element of `src`, added where `index` says along `dim`.

    >>> torch.scatter_add(torch.zeros(3), 0, torch.tensor([0, 0, 2]), torch.ones(3))
    tensor([2., 0., 1.])
    """
    x, places, new, k = scatter_inputs("scatter_add", input, dim, index, src)
    out = fold_along(x, places, new, axis=k, how="add", wrap=False, op="scatter_add")
    return shaped_as(out, input)


@scatter_add.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0, np.array([[0, 2, 1], [0, 2, 2]]), floats(2, 3, seed=1)


HOW = {"sum": "add", "mean": "add", "prod": "multiply", "amax": "maximum", "amin": "minimum"}
START = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}


@derived(on="torch Tensor Tensor_")
def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Node:
    """`input` with the sum, prod, mean, amax or amin of what `src` holds for each of its elements.

    With `include_self=False` the old element counts only where there is nothing new.

    >>> x, index = torch.tensor([1.0, 2.0]), torch.tensor([0, 0])
    >>> torch.scatter_reduce(x, 0, index, torch.tensor([3.0, 5.0]), "amax")
    tensor([5., 2.])
    """
    op = "scatter_reduce"
    if reduce not in HOW:
        problem = f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}."
        raise ShapeError(explain(op, problem))
    x, places, new, k = scatter_inputs(op, input, dim, index, src)
    attrs: Any = {"axis": k, "wrap": False, "op": op}
    start = x
    if not include_self:
        neutral = ops.constant(neutral_of(reduce, x), x.dtype)
        start = put_along(x, places, neutral, axis=k, op=op)
    out = fold_along(start, places, new, how=HOW[reduce], **attrs)
    if reduce == "mean":
        count = counted(x, places, include_self, attrs)
        whole = x.dtype.category == dtypes.INT
        out = ops.floor_divide(out, count) if whole else out / count
    return shaped_as(out, input)


def neutral_of(reduce: str, x: Node) -> Any:
    """What changes nothing when it is folded in."""
    if reduce in ("amax", "amin") and x.dtype.category == dtypes.INT:
        limits = np.iinfo(x.dtype.numpy)
        return limits.min if reduce == "amax" else limits.max
    return START[reduce]


def counted(x: Node, index: Node, include_self: bool, attrs: Any) -> Node:
    """How many elements make up each mean; 1 where it is the old element alone."""
    one = ops.constant(1, x.dtype)
    start = ops.expand_view(one, shape=x.shape)
    if not include_self:
        zero = ops.constant(0, x.dtype)
        start = put_along(start, index, zero, axis=attrs["axis"], op=attrs["op"])
    return fold_along(start, index, ops.expand_view(one, shape=index.shape), how="add", **attrs)


@scatter_reduce.samples
def _() -> Iterator[Any]:
    index = np.array([[0, 2, 1], [0, 2, 2]])
    for reduce in HOW:
        yield floats(3, 4), 0, index, floats(2, 3, seed=1), reduce
        yield (floats(3, 4), 0, index, floats(2, 3, seed=1), reduce), {"include_self": False}
    ties = np.array([1.0, 2.0], np.float32)
    yield at_kink(ties, 0, np.array([1, 1]), np.array([2.0, 2.0], np.float32), "amax")
    yield at_kink(ties, 0, np.array([1, 1]), np.array([0.0, 2.0], np.float32), "prod")
