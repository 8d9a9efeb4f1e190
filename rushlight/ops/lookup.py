"""Rows of a table by number, classes as vectors, and parts of a tensor replaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .affine import affine_view
from .along import put_along
from .batching import Batch, alone, rule_of
from .dims import axis
from .index import expect_index, pick, picked, place
from .samples import at_kink, floats, ints
from .strided import diagonal_attrs, storage_of, strided_attrs
from .table import Kind, Tensor, derived, primitive
from .views import basic_index, canonical
from .writing import nothing, write_view


def rows(table: Any, index: Any, *, padding: int | None) -> Any:
    """NumPy: the rows of `table` that `index` names."""
    return picked(table, index, axes=(0,), wrap=False, op="embedding")


@primitive(Kind.INDEX, numpy=rows, grad_name="EmbeddingBackward0")
def lookup(table: Tensor, index: Tensor, *, padding: int | None) -> Spec:
    """The rows of `table` that `index` names; no gradient flows into the row `padding`."""
    return Spec((*index.shape, *table.shape[1:]), table.dtype)


@lookup.vjp
def _(g: Node, out: Node, table: Node, index: Node, *, padding: int | None) -> tuple[Node, None]:
    if padding is not None:
        blank = ops.eq(index, padding)
        g = ops.where(ops.reshape(blank, (*blank.shape, *[1] * (table.ndim - 1))), 0, g)
    attrs: Any = {"axes": (0,), "wrap": False, "accumulate": True, "op": "embedding"}
    return place(nothing(table.shape, g), g, index, **attrs), None


@lookup.vmap
def _(batch: Batch, table: Node, index: Node, *, padding: int | None) -> Node:
    if not batch.mapped[0]:
        return lookup(table, index, padding=padding)
    if padding is None:
        return rule_of(pick)(batch, table, index, axes=(0,), wrap=False, op="embedding")
    return alone(lookup, batch, table, index, padding=padding)


@lookup.samples
def _() -> Iterator[Any]:
    yield (floats(3, 2), np.array([[2, 0], [2, 1]])), {"padding": None}
    yield at_kink(floats(3, 2), np.array([2, 0]), padding=2)


@derived(on="F")
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Node:
    """The rows of `weight` that the integers in `input` name.

    >>> F.embedding(torch.tensor([1, 0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    expect_index("embedding", input, "input")
    if weight.ndim != 2:
        raise ShapeError(explain("embedding", "'weight' must be 2-D", {"weight": weight.spec}))
    if max_norm is not None or scale_grad_by_freq:
        option = "max_norm" if max_norm is not None else "scale_grad_by_freq"
        raise ChoiceError(explain("embedding", f"{option} is not available"))
    n = weight.shape[0]
    if padding_idx is not None:
        if not -n <= padding_idx < n:
            raise ChoiceError(explain("embedding", "Padding_idx must be within num_embeddings"))
        padding_idx %= n
    return lookup(weight, input, padding=padding_idx)


@embedding.samples
def _() -> Iterator[Any]:
    yield np.array([[2, 0], [2, 1]]), floats(3, 2)
    yield np.array([2, 0, 2], np.int32), floats(3, 2)
    yield at_kink(np.array([2, 0, 2]), floats(3, 2), -1)


@derived(on="F")
def one_hot(tensor: Tensor, num_classes: int) -> Node:
    """For each class number, a vector of `num_classes` zeros with a 1 at that place.

    >>> F.one_hot(torch.tensor([0, 2]), num_classes=3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if tensor.dtype is not dtypes.int64:
        problem = "one_hot is only applicable to index tensor of type LongTensor."
        raise DtypeError(explain("one_hot", problem, {"tensor": tensor.spec}))
    if num_classes < 1:
        problem = f"num_classes should be positive, got {num_classes}"
        raise ShapeError(explain("one_hot", problem))
    zeros = nothing((*tensor.shape, num_classes), tensor)
    one = ops.constant(1, dtypes.int64)
    k = tensor.ndim
    return put_along(zeros, ops.unsqueeze(tensor, -1), one, axis=k, op="one_hot")


@one_hot.samples
def _() -> Iterator[Any]:
    yield np.array([[0, 2], [1, 1]]), 3
    yield np.array(1), 2


# -- part of a tensor replaced -----------------------------------------------------------------


def replaced(op: str, input: Node, src: Node, view: Any, attrs: dict[str, Any]) -> Node:
    """`input` with the part that `view` shows replaced by `src`, which must have its shape."""
    shape = view.fn(input, **attrs).shape
    if src.shape != shape:
        problem = (
            "expected src to have a size equal to the slice of self. "
            f"src size = {list(src.shape)}, slice size = {list(shape)}"
        )
        raise ShapeError(explain(op, problem))
    if src.dtype is not input.dtype:
        src = ops.cast(src, dtype=input.dtype)
    return write_view(input, src, view=view, attrs=tuple(attrs.items()))


@derived(on="torch Tensor")
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Node:
    """`input` with `src` in the slice at place `index` of `dim`.

    >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    k = axis(dim, input.ndim, "select_scatter")
    places: list[Any] = [(0, n, 1) for n in input.shape]
    places[k] = index
    found = canonical(input, tuple(places), "select_scatter")
    return replaced("select_scatter", input, src, basic_index, {"index": found})


@derived(on="torch Tensor")
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Node:
    """`input` with `src` in the slice from `start` to `end` along `dim`.

    >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), start=1, end=3)
    tensor([0., 1., 1., 0.])
    """
    k = axis(dim, input.ndim, "slice_scatter")
    places: list[Any] = [(0, n, 1) for n in input.shape]
    places[k] = (start, end, step)
    found = canonical(input, tuple(places), "slice_scatter")
    return replaced("slice_scatter", input, src, basic_index, {"index": found})


@derived(on="torch Tensor")
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Node:
    """`input` with `src` in a diagonal.

    >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    attrs = diagonal_attrs(input.shape, offset, dim1, dim2)
    return replaced("diagonal_scatter", input, src, affine_view, attrs)


@derived(on="torch Tensor")
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: int | None = None
) -> Node:
    """`input` with `src` in what `as_strided` shows of it.

    >>> torch.as_strided_scatter(torch.zeros(4), torch.ones(2), (2,), (2,))
    tensor([1., 0., 1., 0.])
    """
    memory, place = storage_of(input)
    attrs = strided_attrs(memory, place, size, stride, storage_offset)
    written = replaced("as_strided_scatter", memory, src, affine_view, attrs)
    return affine_view(written, **strided_attrs(memory, place, input.shape, input.strides, None))


@as_strided_scatter.samples
def _() -> Iterator[Any]:
    # Whole numbers: PyTorch's gradient is wrong (test_plain_layers.py checks ours).
    yield ints(6), ints(2, 2, seed=1), (2, 2), (1, 2)
    yield ints(3, 4), ints(2, seed=1), (2,), (3,), 1


@select_scatter.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, seed=1), 0, -1
    yield floats(3, 4), floats(3, seed=1), 1, 2


@slice_scatter.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(2, 4, seed=1), 0, 1
    yield floats(3, 4), floats(3, 2, seed=1), -1, 0, 4, 2


@diagonal_scatter.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, seed=1)
    yield floats(2, 3, 2), floats(3, 1, seed=1), 1, 0, 2
