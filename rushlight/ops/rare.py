"""Functions by old or rare names, and reductions into chosen rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Shape
from .dims import axis
from .rearrange import spread_dims
from .samples import floats
from .table import Number, Tensor, derived
from .views import expand_view


@derived(on="torch", grad_name="ConstantPadNdBackward0")
def constant_pad_nd(input: Tensor, pad: Any, value: Number = 0) -> Node:
    """`input` with `value` put around it: `torch.nn.functional.pad`.

    >>> torch.constant_pad_nd(torch.tensor([1.0]), (1, 1))
    tensor([0., 1., 0.])
    """
    return ops.pad(input, tuple(pad), "constant", value)


@derived(on="torch Tensor", grad_name="UnsafeSplitBackward0")
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Node, ...]:
    """As `chunk`."""
    return tuple([ops.clone(x) for x in ops.chunk(input, chunks, dim)])


@derived(on="torch Tensor", grad_name="UnsafeSplitBackward0")
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Node, ...]:
    """As `split`."""
    return tuple([ops.clone(x) for x in ops.split(input, split_size, dim)])


@derived(on="Tensor", grad_name="SumBackward1")
def sum_to_size(input: Tensor, *size: Any) -> Node:
    """`input` summed to a size that broadcasts to its own."""
    shape: Shape = tuple(spread_dims(size))
    extra = input.ndim - len(shape)
    over = [*range(extra), *[k + extra for k, n in enumerate(shape) if n == 1]]
    over = [k for k in over if k < extra or input.shape[k] != 1]
    found = ops.sum(input, tuple(over), True) if over else input
    return ops.reshape(found, shape) if found.shape != shape else found


@derived(on="torch Tensor Tensor_", grad_name="IndexReduceBackward0")
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Node:
    """`input` with the prod, mean, amax or amin of what `source` holds for each row of it.

    >>> x, rows = torch.tensor([1.0, 2.0]), torch.tensor([0, 0])
    >>> torch.index_reduce(x, 0, rows, torch.tensor([3.0, 5.0]), "amax")
    tensor([5., 2.])
    """
    k = axis(dim, input.ndim, "index_reduce")
    shape = [1] * max(source.ndim, 1)
    shape[k] = index.size
    rows = expand_view(ops.reshape(index, tuple(shape)), shape=source.shape or (1,))
    given = source if source.ndim else ops.reshape(source, (1,))
    return ops.scatter_reduce(input, dim, rows, given, reduce, include_self=include_self)


@constant_pad_nd.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), (1, 2)


@unsafe_chunk.samples
@unsafe_split.samples
def _() -> Iterator[Any]:
    yield floats(4, 3), 2


@sum_to_size.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), 1, 3
    yield floats(2, 3, 2), 3, 1


@index_reduce.samples
def _() -> Iterator[Any]:
    rows = np.array([0, 2, 0])
    for how in ("prod", "mean", "amax", "amin"):
        yield floats(3, 2), 0, rows, floats(3, 2, seed=1), how
    yield (floats(3, 2), 0, rows, floats(3, 2, seed=1), "amax"), {"include_self": False}
