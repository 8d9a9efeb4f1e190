"""Gather and scatter: an index of its own for every element, along one dimension."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Shape, Spec, contiguous_strides
from .batching import Batch
from .index import check_range, expect_index, has_outliers
from .samples import Array, at_kink, floats
from .table import Kind, Tensor, primitive
from .writing import nothing


@lru_cache(256)
def grid(shape: Shape, axis: int | None) -> tuple[Array, ...]:
    """For each axis of an array of `shape`, but for `axis`, the place along it, to broadcast."""
    ndim = len(shape)
    found = []
    for k, n in enumerate(shape):
        if k != axis:
            found.append(np.arange(n).reshape([n if j == k else 1 for j in range(ndim)]))
    return tuple(found)


def offsets(shape: Shape, strides: Shape, axis: int) -> Array:
    """Where each element of an array of `shape` lies, if `axis` counts for nothing."""
    if math.prod(shape) > LARGE:
        return offsets_anew(shape, strides, axis)
    return offsets_kept(shape, strides, axis)


LARGE = 1 << 18
"""Arrays of more elements are worked out anew every time: they would fill the memory."""


def offsets_anew(shape: Shape, strides: Shape, axis: int) -> Array:
    """As `offsets`, worked out."""
    steps = [s for k, s in enumerate(strides) if k != axis]
    found = np.zeros(shape, np.int64)
    for places, step in zip(grid(shape, axis), steps, strict=True):
        found += places * step
    return found


offsets_kept = lru_cache(64)(offsets_anew)


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
    index = checked(x, index, axis, wrap, op)
    if index.size < 500 or not x.flags.c_contiguous:
        return x[key_along(index, axis)]
    # Large flat arrays are read twice as fast.
    strides = contiguous_strides(x.shape)
    return x.reshape(-1).take(offsets(index.shape, strides, axis) + index * strides[axis])


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


def with_source(op: Any, batch: Batch, /, *inputs: Node, axis: int, **attrs: Any) -> Node:
    """What is put along an axis of many examples: a source of one element is spread out."""
    input, index, src = batch.spread(inputs)
    if not src.number and src.ndim == 1:
        src = ops.reshape_view(src, shape=(batch.size, *[1] * (index.ndim - 1)))
        src = ops.expand_view(src, shape=index.shape)
    node: Node = op(input, index, src, axis=axis + 1, **attrs)
    return node


put_along.vmap(partial(with_source, put_along))


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


def folded(x: Any, index: Any, src: Any, *, axis: int, how: str, wrap: bool, op: str) -> Array:
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


fold_along.vmap(partial(with_source, fold_along))


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
