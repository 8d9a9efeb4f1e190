"""Maximum pooling undone: maxima put back where they were found, zeros elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Node, Shape
from .convolution import Sizes, each
from .samples import floats
from .table import Tensor, derived
from .views import expand_view


def sizes_before(op: str, input: Node, n: int, settings: Any, output_size: Any) -> Shape:
    """The size of the last `n` dimensions before they were pooled."""
    kernel, stride, padding = settings
    kernel = each(kernel, n, "kernel_size", op)
    stride = kernel if stride is None else each(stride, n, "stride", op)
    padding = each(padding, n, "padding", op)
    rows = zip(input.shape[-n:], kernel, stride, padding, strict=True)
    usual = tuple([(m - 1) * s + k - 2 * p for m, k, s, p in rows])
    if output_size is None:
        return usual
    wanted = tuple(output_size)[-n:]
    near = zip(wanted, usual, stride, strict=True)
    if len(output_size) not in (n, n + 2) or any([not u - s < w < u + s for w, u, s in near]):
        problem = (
            f"invalid output_size {tuple(output_size)}: it should be within a stride of {usual}"
        )
        raise ChoiceError(explain(op, problem, {"input": input.spec}))
    return wanted


def unpooled(op: str, n: int, input: Node, indices: Node, settings: Any, output_size: Any) -> Node:
    """`input` at `indices` of otherwise empty images of `n` dimensions."""
    if input.ndim not in (n + 1, n + 2) or input.shape != indices.shape:
        problem = f"expected a {n + 1}D or {n + 2}D input, and indices of the same shape"
        raise ShapeError(explain(op, problem, {"input": input.spec, "indices": indices.spec}))
    if indices.dtype is not dtypes.int64:
        raise DtypeError(explain(op, "elements in indices should be type int64"))
    size = sizes_before(op, input, n, settings, output_size)
    lead = input.shape[:-n]
    zeros = expand_view(ops.constant(0, input.dtype), shape=(*lead, math.prod(size)))
    flat = (*lead, math.prod(input.shape[-n:]))
    out = ops.scatter(zeros, -1, ops.reshape(indices, flat), ops.reshape(input, flat))
    return ops.reshape(out, (*lead, *size))


@derived(on="F", grad_name="SqueezeBackward1")
def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Node:
    """What `max_pool1d(.., return_indices=True)` was given, with zeros for all but the maxima.

    >>> F.max_unpool1d(torch.tensor([[3.0, 2.0]]), torch.tensor([[1, 2]]), 2)
    tensor([[0., 3., 2., 0.]])
    """
    settings = (kernel_size, stride, padding)
    return unpooled("max_unpool1d", 1, input, indices, settings, output_size)


@derived(on="F", grad_name="MaxUnpool2DBackward0")
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Node:
    """What `max_pool2d(.., return_indices=True)` was given, with zeros for all but the maxima.

    >>> F.max_unpool2d(torch.tensor([[[4.0]]]), torch.tensor([[[3]]]), 2)
    tensor([[[0., 0.],
             [0., 4.]]])
    """
    settings = (kernel_size, stride, padding)
    return unpooled("max_unpool2d", 2, input, indices, settings, output_size)


@derived(on="F", grad_name="MaxUnpool3DBackward0")
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Node:
    """What `max_pool3d(.., return_indices=True)` was given, with zeros for all but the maxima."""
    settings = (kernel_size, stride, padding)
    return unpooled("max_unpool3d", 3, input, indices, settings, output_size)


@max_unpool1d.samples
def _() -> Iterator[Any]:
    yield floats(2, 2), np.array([[1, 3], [0, 2]]), 2
    yield (floats(1, 2, 2), np.array([[[1, 3], [0, 4]]]), 2), {"output_size": (5,)}


@max_unpool2d.samples
def _() -> Iterator[Any]:
    yield floats(1, 1, 2, 2), np.array([[[[5, 2], [8, 15]]]]), 2
    yield floats(1, 1, 1, 2), np.array([[[[0, 2]]]]), (3, 1), (1, 2), (1, 0)


@max_unpool3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 1, 1, 1, 2), np.array([[[[[5, 2]]]]]), 2
