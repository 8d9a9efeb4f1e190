"""Indexing with tensors of integers: whole slices picked out, put in, or added to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DimError, DtypeError, RushlightError, ShapeError, explain
from ..graph import Leaf, Node, Shape, Spec
from .batching import Batch, widened
from .samples import Array, floats, ints
from .table import Kind, Tensor, Tensors, derived, primitive
from .writing import nothing

WHOLE = slice(None)


class OutOfRange(DimError, RuntimeError):
    """An index beyond a dimension. PyTorch raises IndexError or RuntimeError, by op."""


def out_of_range(op: str, index: Any, n: int, dim: int, wrap: bool) -> OutOfRange:
    """The error that names the first bad element of `index`."""
    wrong = (index >= n) | (index < (-n if wrap else 0))
    bad = int(np.asarray(index)[wrong].flat[0])
    problem = f"index {bad} is out of bounds for dimension {dim} with size {n}"
    hint = f"valid indices are {-n if wrap else 0} to {n - 1}" if n else "the dimension is empty"
    if op == "embedding":
        hint = f"the table has {n} rows: enlarge num_embeddings, or look at the data"
    return OutOfRange(explain(op, problem, hint=hint))


def has_outliers(index: Any, n: int) -> bool:
    """Whether some index is negative, or not below `n`."""
    if not index.size:
        return False
    # Seen as unsigned, negative numbers are large ones: one comparison finds both.
    unsigned = index.view(np.uint64 if index.itemsize == 8 else np.uint32)
    return bool(np.maximum.reduce(unsigned, None) >= n)


def any_outliers(x: Any, indices: Sequence[Any], axes: Shape) -> bool:
    """Whether one of the indices into `x` is negative or beyond its axis."""
    return any([has_outliers(i, x.shape[k]) for k, i in zip(axes, indices, strict=True)])


def expect_index(op: str, index: Node, name: str = "index") -> Node:
    """Raise DtypeError unless `index` holds integers that can index."""
    if index.dtype not in (dtypes.int64, dtypes.int32):
        problem = "Expected dtype int32 or int64 for index"
        raise DtypeError(explain(op, problem, {name: index.spec}, "convert it with .long()"))
    return index


# -- the primitives ----------------------------------------------------------------------------


def region(input: Node, indices: Sequence[Node], axes: Shape, op: str) -> Shape:
    """The shape of what `indices` pick out of `input`.

    Their common shape takes the place of the dimensions they index, or comes first if those are
    not next to each other.
    """
    try:
        common = np.broadcast_shapes(*[i.shape for i in indices])
    except ValueError:
        shapes = ", ".join([str(list(i.shape)) for i in indices])
        problem = (
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        )
        raise DimError(explain(op, problem)) from None
    left = [n for k, n in enumerate(input.shape) if k not in axes]
    at = axes[0] if axes[-1] - axes[0] == len(axes) - 1 else 0
    return (*left[:at], *common, *left[at:])


def key_of(indices: Sequence[Any], axes: Shape) -> tuple[Any, ...]:
    """NumPy's index for `indices` along `axes`."""
    found: list[Any] = [WHOLE] * (axes[-1] + 1)
    for k, index in zip(axes, indices, strict=True):
        found[k] = index
    return tuple(found)


def check_range(
    x: Any, indices: Sequence[Any], axes: Shape, wrap: bool, op: str, error: Any = None
) -> None:
    """Raise OutOfRange if an index is beyond its dimension."""
    for k, index in zip(axes, indices, strict=True):
        n = x.shape[k]
        if np.any(index >= n) or np.any(index < (-n if wrap else 0)):
            raise out_of_range(op, index, n, k, wrap) from error


def picked(x: Any, *indices: Any, axes: Shape, wrap: bool, op: str) -> Any:
    """NumPy: the elements of `x` at `indices` along `axes`."""
    if not wrap and any_outliers(x, indices, axes):
        check_range(x, indices, axes, wrap, op)
    try:
        if len(axes) == 1:
            return x.take(indices[0], axes[0])  # twice as fast as an index
        return x[key_of(indices, axes)]
    except IndexError as error:
        if not isinstance(error, RushlightError):
            check_range(x, indices, axes, wrap, op, error)
        raise


@primitive(Kind.INDEX, numpy=picked, grad_name="IndexBackward0")
def pick(input: Tensor, *indices: Tensor, axes: Shape, wrap: bool, op: str) -> Spec:
    """The elements of `input` at `indices`, broadcast together, along `axes`.

    `wrap` says that negative indices count from the end; `op` is what was called, for errors.
    """
    return Spec(region(input, indices, axes, op), input.dtype)


def numbered(batch: Batch, indices: Sequence[Node], axes: Shape) -> tuple[list[Node], Shape]:
    """`indices` into a batch of examples along `axes` of each: the example's number comes first."""
    inner = Batch(batch.size, batch.mapped[-len(indices) :])
    found = inner.aligned(indices)
    ndim = max(max([i.ndim - m for i, m in zip(indices, inner.mapped, strict=True)]), 0)
    number = ops.listed(values=tuple(range(batch.size)))
    number = ops.reshape_view(number, shape=(batch.size, *[1] * ndim))
    return [number, *found], (0, *[k + 1 for k in axes])


def turned_in(ndim: int, axes: Shape) -> Shape:
    """How what is picked out of examples by number is permuted to lie as in one example.

    `ndim` is how many dimensions the common shape of the indices has.
    """
    at = axes[0] if axes[-1] - axes[0] == len(axes) - 1 else 0
    if not at:
        return ()
    common, before = range(1, 1 + ndim), range(1 + ndim, 1 + ndim + at)
    return (0, *before, *common)


@pick.vmap
def _(batch: Batch, input: Node, *indices: Node, axes: Shape, **attrs: Any) -> Node:
    found, along = numbered(batch, indices, axes)
    (input,) = Batch(batch.size, batch.mapped[:1]).spread([input])
    out = pick(input, *found, axes=along, **attrs)
    if along[-1] == len(along) - 1:
        return out
    dims = turned_in(found[0].ndim - 1, axes)
    return ops.permute_view(out, dims=(*dims, *range(len(dims), out.ndim)))


@pick.vjp
def _(
    g: Node, out: Node, input: Node, *indices: Node, axes: Shape, wrap: bool, op: str
) -> tuple[Node | None, ...]:
    base = nothing(input.shape, g)
    back = place(base, g, *indices, axes=axes, wrap=wrap, accumulate=True, op=op)
    return (back, *[None for _ in indices])


@pick.samples
def _() -> Iterator[Any]:
    attrs: Any = {"wrap": True, "op": "index"}
    yield (floats(3, 4), ints(2, 2, low=-3, high=3)), {"axes": (0,), **attrs}
    yield (
        (floats(3, 4), ints(2, low=0, high=3), ints(3, 1, low=-4, high=4)),
        {
            "axes": (0, 1),
            **attrs,
        },
    )
    yield (
        (floats(2, 3, 4), ints(2, low=0, high=2), ints(2, low=0, high=4)),
        {
            "axes": (0, 2),
            **attrs,
        },
    )


def placed(
    x: Any, values: Any, *indices: Any, axes: Shape, wrap: bool, accumulate: bool, op: str
) -> Array:
    """NumPy: a copy of `x` with `values` put in, or added, at `indices` along `axes`."""
    if not wrap and any_outliers(x, indices, axes):
        check_range(x, indices, axes, wrap, op)
    out: Array = np.array(x, order="C")
    try:
        if not accumulate:
            out[key_of(indices, axes)] = values
        elif axes == (0,) and values.size > 500 and values.ndim == indices[0].ndim + out.ndim - 1:
            add_rows(out, indices[0], values)
        else:
            np.add.at(out, key_of(indices, axes), values)
    except IndexError as error:
        check_range(x, indices, axes, wrap, op, error)
        raise
    return out


def add_rows(out: Array, index: Any, values: Any) -> None:
    """Add each of `values` to the row of `out` that `index` names."""
    # NumPy is fastest on flat arrays.
    width = values.size // max(index.size, 1)
    places = (index.reshape(-1, 1) * width + np.arange(width)).reshape(-1)
    np.add.at(out.reshape(-1), places, values.reshape(-1))


@primitive(Kind.INDEX, numpy=placed, grad_name="IndexPutBackward0")
def place(
    input: Tensor,
    values: Tensor,
    *indices: Tensor,
    axes: Shape,
    wrap: bool,
    accumulate: bool,
    op: str,
) -> Spec:
    """`input` with `values` put in at `indices` along `axes`; added to it if `accumulate`."""
    shape = region(input, indices, axes, op)
    try:
        fits = np.broadcast_shapes(values.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        problem = (
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to "
            f"indexing result of shape {list(shape)}"
        )
        raise ShapeError(explain(op, problem))
    return input.spec


@place.vmap
def _(batch: Batch, input: Node, values: Node, *indices: Node, axes: Shape, **attrs: Any) -> Node:
    found, along = numbered(batch, indices, axes)
    one = Leaf(input.shape[batch.mapped[0] :], input.dtype)
    ones = [Leaf(i.shape[m:], i.dtype) for i, m in zip(indices, batch.mapped[2:], strict=True)]
    shape = region(one, ones, axes, attrs["op"])
    input, values = Batch(batch.size, batch.mapped[:2]).spread((input, values))
    if not values.number:
        values = widened(values, len(shape) - values.ndim + 1)
        values = ops.expand_view(values, shape=(batch.size, *shape))
        dims = turned_in(found[0].ndim - 1, axes)
        if dims and along[-1] != len(along) - 1:
            dims = (*dims, *range(len(dims), values.ndim))
            values = ops.permute_view(values, dims=tuple([dims.index(k) for k in range(len(dims))]))
    return place(input, values, *found, axes=along, **attrs)


@place.vjp
def _(
    g: Node,
    out: Node,
    input: Node,
    values: Node,
    *indices: Node,
    axes: Shape,
    wrap: bool,
    accumulate: bool,
    op: str,
) -> tuple[Node | None, ...]:
    attrs: Any = {"axes": axes, "wrap": wrap, "op": op}
    base = g
    if not accumulate:
        base = place(g, ops.constant(0, g.dtype), *indices, accumulate=False, **attrs)
    return (base, pick(g, *indices, **attrs), *[None for _ in indices])


@place.samples
def _() -> Iterator[Any]:
    attrs: Any = {"axes": (0,), "wrap": True, "accumulate": False, "op": "index"}
    yield (floats(3, 4), floats(4, seed=1), np.array([1, -1])), attrs
    yield (floats(3, 4), floats(2, 4, seed=1), np.array([1, 1])), {**attrs, "accumulate": True}


# -- x[indices] --------------------------------------------------------------------------------


def taken_apart(input: Node, indices: Tensors, op: str) -> tuple[list[Node], Shape]:
    """The index tensors among `indices`, as int64 or int32, and the axes they are for."""
    if len(indices) > input.ndim:
        problem = f"too many indices for tensor of dimension {input.ndim} (got {len(indices)})"
        raise DimError(explain(op, problem, {"input": input.spec}))
    found, axes = [], []
    for k, index in enumerate(indices):
        if index is None:
            continue
        if index.dtype.category != dtypes.INT:
            problem = "tensors used as indices must be long, int or byte tensors here"
            raise DimError(explain(op, problem, {f"index {k}": index.spec}))
        small = index.dtype not in (dtypes.int64, dtypes.int32)
        found.append(ops.cast(index, dtype=dtypes.int64) if small else index)
        axes.append(k)
    return found, tuple(axes)


@derived(grad_name="IndexBackward0")
def advanced_index(input: Tensor, indices: Tensors) -> Node:
    """The elements of `input` at `indices`: one tensor of integers a dimension, or None for all."""
    found, axes = taken_apart(input, indices, "index")
    if not found:
        return ops.clone(input)
    return pick(input, *found, axes=axes, wrap=True, op="index")


@derived(grad_name="IndexPutBackward0")
def advanced_put(input: Tensor, values: Tensor, indices: Tensors, accumulate: bool = False) -> Node:
    """`input` with `values` at `indices`: one tensor of integers a dimension, or None for all."""
    found, axes = taken_apart(input, indices, "index_put")
    if values.dtype is not input.dtype:
        problem = (
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype.name} for the destination and {values.dtype.name} for the source."
        )
        raise DtypeError(explain("index_put", problem))
    if not found:
        new = ops.expand_view(values, shape=input.shape)
        return input + new if accumulate else ops.clone(new)
    return place(input, values, *found, axes=axes, wrap=True, accumulate=accumulate, op="index_put")


@derived(on="torch Tensor Tensor_")
def index_put(input: Tensor, indices: Tensors, values: Tensor, accumulate: bool = False) -> Node:
    """`input` with `values` at `indices`, one tensor of integers for each dimension.

    >>> torch.index_put(torch.zeros(3), (torch.tensor([0, 2]),), torch.tensor(1.0))
    tensor([1., 0., 1.])
    """
    return advanced_put(input, values, indices, accumulate)


@advanced_index.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), [np.array([[0, -1]])]
    yield floats(3, 4), [None, np.array([1, 1])]
    yield floats(2, 3, 4), [np.array([0, 1]), None, np.array([[3], [0]])]


@advanced_put.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(2, seed=1), [np.array([0, 1]), np.array([1, 1])]
    yield floats(2, 3, 4), floats(3, 1, seed=1), [None, None, np.array([0, 3])]


@index_put.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), [np.array([0, -1])], floats(4, seed=1)
    yield floats(3, 4), [np.array([0, 1]), np.array([1, 1])], floats(2, seed=1)
    yield floats(3, 4), [np.array([0, 0])], floats(2, 4, seed=1), True
