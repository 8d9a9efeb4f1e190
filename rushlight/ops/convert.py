"""Ops that hand elements on: to another dtype, to a tensor of their own, out of the history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import bfloat, dtypes, ops
from ..dtypes import DType
from ..formats import channels_last, contiguous_format, lies_in, order_in, strides_in
from ..graph import Constant, Leaf, Node, Spec
from .batching import Batch
from .layouts import row_major
from .samples import bools, floats, ints
from .table import Kind, Tensor, derived, primitive


def convert(x: Any, *, dtype: DType) -> Any:
    """NumPy's conversion, but silent about numbers beyond a range and imaginary parts."""
    array = np.asarray(x)
    if array.dtype.kind == "c" and dtype.category in (dtypes.INT, dtypes.FLOAT):
        array = array.real
    return bfloat.converted(array, dtype.numpy)


@primitive(Kind.ELEMENTWISE, numpy=convert, grad_name="ToCopyBackward0")
def cast(input: Tensor, *, dtype: DType) -> Spec:
    """`input` with each element converted to `dtype`."""
    return Spec(input.shape, dtype)


cast.any_dtype = True


@cast.vjp
def _(g: Node, out: Node, input: Node, *, dtype: DType) -> tuple[Node]:
    part = g if input.dtype.category == dtypes.COMPLEX else ops.real(g)
    return (cast(part, dtype=input.dtype),)


@cast.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"dtype": dtypes.float64}
    yield (ints(3, 4),), {"dtype": dtypes.float32}


@primitive(Kind.ELEMENTWISE, numpy=lambda x: x, passes=0, on="torch Tensor")
def clone(input: Tensor) -> Spec:
    """A copy of `input` in memory of its own; gradients flow through it.

    >>> x = torch.tensor([1.0, 2.0])
    >>> y = x.clone()
    >>> x[0] = 5
    >>> y
    tensor([1., 2.])
    """
    # The engine need not copy: a tensor whose memory is somebody else's is copied on delivery.
    return input.spec


@clone.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g,)


@clone.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.ascontiguousarray,
    passes=0,
    layout=row_major,
    grad_name="CloneBackward0",
)
def make_contiguous(input: Tensor) -> Spec:
    """`input` in row-major memory of its own."""
    return input.spec


@make_contiguous.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g,)


@make_contiguous.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4).T,)


def in_order(x: Any, *, order: tuple[int, ...]) -> Any:
    """NumPy: a copy of `x` whose dimensions have this order in memory."""
    return np.array(x.transpose(order), order="C").transpose(np.argsort(order))


def by_order(node: Node) -> tuple[int, ...]:
    """The strides of an array whose dimensions have the order that was asked for."""
    return strides_in(node.shape, node.attrs["order"])


@primitive(Kind.ELEMENTWISE, numpy=in_order, layout=by_order)
def laid_out(input: Tensor, *, order: tuple[int, ...]) -> Spec:
    """A copy of `input` whose dimensions have this order in memory, the slowest first."""
    return input.spec


@laid_out.vjp
def _(g: Node, out: Node, input: Node, *, order: tuple[int, ...]) -> tuple[Node]:
    return (g,)


@laid_out.vmap
def _(batch: Batch, input: Node, *, order: tuple[int, ...]) -> Node:
    return laid_out(input, order=(0, *[k + 1 for k in order]))


@laid_out.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3, 2, 4),), {"order": (0, 2, 3, 1)}


@derived(grad_name="CloneBackward0")
def copied_in(input: Tensor, memory_format: Any) -> Node:
    """A copy of `input` in a memory format."""
    order = order_in(memory_format, input.ndim, "clone")
    return make_contiguous(input) if order is None else laid_out(input, order=order)


@copied_in.samples
def _() -> Iterator[Any]:
    yield floats(2, 3, 4, 2), channels_last
    yield floats(2, 3, 4, 2), contiguous_format


@derived(on="Tensor", grad_name="CloneBackward0")
def contiguous(input: Tensor, memory_format: Any = None) -> Node:
    """`input` itself if it is contiguous, else a contiguous copy.

    >>> torch.ones(2, 3).t().contiguous().stride()
    (2, 1)
    """
    order = order_in(memory_format, input.ndim, "contiguous")
    if order is not None:
        return input if lies_in(input.shape, input.strides, order) else laid_out(input, order=order)
    if input.strides == Leaf(input.shape, input.dtype).strides:
        return input
    return make_contiguous(input)


@contiguous.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4).T,)


@primitive(Kind.VIEW, numpy=lambda x: x[...], on="torch Tensor")
def detach(input: Tensor) -> Spec:
    """`input` without its history: it shares memory, but no gradient flows through it.

    >>> x = torch.ones(2, requires_grad=True)
    >>> x.detach()
    tensor([1., 1.])
    """
    return input.spec


detach.vmap_attrs = lambda size: {}


@detach.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)


@derived(grad_name="ToCopyBackward0")
def to_dtype(input: Tensor, dtype: DType) -> Node:
    """`input` converted to `dtype`; `input` itself if it has that dtype."""
    return input if input.dtype is dtype else cast(input, dtype=dtype)


@to_dtype.samples
def _() -> Iterator[Any]:
    yield (bools(3), dtypes.float32)


def constant(value: complex, dtype: DType) -> Node:
    """The number `value` as a 0-d tensor of `dtype`."""
    return ops.cast(Constant(value), dtype=dtype)
