"""Views that step through memory in other ways: diagonals, windows, strides, parts of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Shape
from .affine import affine_view, part_view
from .dims import axis
from .layouts import dense
from .samples import floats
from .table import Tensor, derived
from .views import permute_view, reshape_view


def unit(k: int, ndim: int, step: int = 1) -> Shape:
    """A move of `step` along axis `k` of `ndim`."""
    return tuple([step if j == k else 0 for j in range(ndim)])


def diagonal_attrs(shape: Shape, offset: int, dim1: int, dim2: int) -> dict[str, Any]:
    """The attributes of the affine view that is a diagonal of an array of `shape`."""
    ndim = len(shape)
    i, j = axis(dim1, ndim, "diagonal"), axis(dim2, ndim, "diagonal")
    if i == j or ndim < 2:
        problem = f"diagonal dimensions cannot be identical {dim1}, {dim2}"
        raise ShapeError(explain("diagonal", problem))
    down, right = max(-offset, 0), max(offset, 0)
    count = max(min(shape[i] - down, shape[j] - right), 0)
    others = [k for k in range(ndim) if k not in (i, j)]
    start = [0] * ndim
    if count:
        start[i], start[j] = down, right
    both = tuple([1 if k in (i, j) else 0 for k in range(ndim)])
    return {
        "shape": (*[shape[k] for k in others], count),
        "start": tuple(start),
        "moves": (*[unit(k, ndim) for k in others], both),
    }


@derived(on="torch Tensor linalg", view=True)
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Node:
    """The diagonal of the matrices that `dim1` and `dim2` span, as a new last dimension.

    `offset` says how many places above the main diagonal (below, if negative).

    >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return affine_view(input, **diagonal_attrs(input.shape, offset, dim1, dim2))


@diagonal.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 4), 1
    yield floats(2, 3, 4), -1, 2, 0
    yield floats(2, 3), 5


@derived(on="Tensor", view=True)
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Node:
    """The windows of `size` elements along `dimension`, `step` apart, as a new last dimension.

    >>> torch.tensor([1, 2, 3, 4]).unfold(0, 2, 1)
    tensor([[1, 2],
            [2, 3],
            [3, 4]])
    """
    k = axis(dimension, input.ndim, "unfold")
    n = input.shape[k] if input.ndim else 1
    if size < 0 or size > n:
        problem = f"maximum size for tensor at dimension {k} is {n} but size is {size}"
        raise ShapeError(explain("unfold", problem))
    if step <= 0:
        raise ShapeError(explain("unfold", f"step is {step} but must be > 0"))
    if not input.ndim:
        return (
            reshape_view(input, shape=(size,))
            if size
            else affine_view(input, shape=(0,), start=(), moves=((),))
        )
    ndim = input.ndim
    count = (n - size) // step + 1
    moves = [unit(j, ndim, step if j == k else 1) for j in range(ndim)]
    return affine_view(
        input,
        shape=(*input.shape[:k], count, *input.shape[k + 1 :], size),
        start=(0,) * ndim,
        moves=(*moves, unit(k, ndim)),
    )


@unfold.samples
def _() -> Iterator[Any]:
    yield floats(7), 0, 3, 2
    yield floats(2, 5), 1, 2, 1
    yield floats(4, 2), 0, 2, 2


def storage_of(node: Node) -> tuple[Node, int]:
    """What `node` is a view of, as one dimension, and where in it `node` begins."""
    root = node
    chain = []
    while not root.leaf and root.op.view and root.op is not part_view:
        chain.append(root)
        root = root.inputs[0]
    if not dense(root.shape, root.strides):
        problem = "the memory of this tensor is not within reach"
        raise ShapeError(explain("as_strided", problem, hint="clone() the tensor first"))
    order = sorted(range(root.ndim), key=lambda k: (-root.strides[k], -root.shape[k]))
    probe = np.empty(1, np.bool_)  # only addresses are looked at
    base = np.lib.stride_tricks.as_strided(probe, root.shape, root.strides)
    shown = base
    for step in reversed(chain):
        shown = step.op.numpy(shown, **step.attrs)
    place = shown.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    if order != list(range(root.ndim)):
        root = permute_view(root, dims=tuple(order))
    return reshape_view(root, shape=(root.size,)), place


@derived(on="torch Tensor", view=True)
def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Node:
    """The memory of `input` seen with this size, strides and offset, all counted in elements.

    >>> torch.as_strided(torch.arange(6), (2, 2), (1, 2))
    tensor([[0, 2],
            [1, 3]])
    """
    memory, place = storage_of(input)
    return affine_view(memory, **strided_attrs(memory, place, size, stride, storage_offset))


def strided_attrs(
    memory: Node, place: int, size: Any, stride: Any, storage_offset: int | None
) -> dict[str, Any]:
    """The attributes of the affine view of `memory` with this size, strides and offset."""
    if len(size) != len(stride):
        raise ShapeError(explain("as_strided", "mismatch in length of strides and shape"))
    start = place if storage_offset is None else storage_offset
    end = start + sum([(n - 1) * s for n, s in zip(size, stride, strict=True)])
    if 0 not in size and (end >= memory.size or start < 0 or min(stride, default=0) < 0):
        problem = (
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start} are "
            f"out of bounds for storage of {memory.size} elements"
        )
        raise ShapeError(explain("as_strided", problem))
    return {"shape": tuple(size), "start": (start,), "moves": tuple([(s,) for s in stride])}


@as_strided.samples
def _() -> Iterator[Any]:
    yield floats(6), (2, 2), (1, 2)
    yield floats(3, 4).T, (2, 2), (1, 2), 3
    yield floats(3, 4), (3, 3), (2, 1)


@derived(on="torch property", view=True, grad_name="SelectBackward0")
def real(input: Tensor) -> Node:
    """The real parts of `input`; real numbers as they are.

    >>> torch.real(torch.tensor([1 + 2j]))
    tensor([1.])
    """
    if input.dtype.category != dtypes.COMPLEX:
        return input
    return part_view(input, imaginary=False)


@derived(on="torch property", view=True, grad_name="SelectBackward0")
def imag(input: Tensor) -> Node:
    """The imaginary parts of complex numbers.

    >>> torch.imag(torch.tensor([1 + 2j]))
    tensor([2.])
    """
    if input.dtype.category != dtypes.COMPLEX:
        problem = "imag is not implemented for tensors with non-complex dtypes."
        raise DtypeError(explain("imag", problem, {"input": input.spec}))
    return part_view(input, imaginary=True)


@real.samples
@imag.samples
def _() -> Iterator[Any]:
    yield (np.asarray(floats(3) + 1j * floats(3, seed=1), np.complex64),)
