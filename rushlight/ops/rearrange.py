"""Ops that move the elements of a tensor about, or repeat them: copies all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Shape, Spec
from .dims import axes, axis
from .samples import floats
from .slicing import part
from .table import Kind, Tensor, derived, primitive
from .views import expand_view, permute_view, reshape_view


@lru_cache(256)
def backwards(axes: Shape) -> tuple[slice, ...]:
    """NumPy's index that reverses `axes`."""
    return tuple([slice(None, None, -1 if k in axes else None) for k in range(max(axes) + 1)])


@primitive(
    Kind.INDEX, numpy=lambda x, *, axes: x[backwards(axes)], passes=0, grad_name="FlipBackward0"
)
def reverse(input: Tensor, *, axes: Shape) -> Spec:
    """`input` with the order along `axes` reversed."""
    # A primitive because no view of PyTorch's runs backwards.
    return input.spec


@reverse.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape) -> tuple[Node]:
    return (reverse(g, axes=axes),)


@reverse.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axes": (1,)}
    yield (floats(2, 3, 2),), {"axes": (0, 2)}


def spread_dims(dims: Any) -> Any:
    """`dims` given one by one, or as one sequence."""
    return dims[0] if len(dims) == 1 and isinstance(dims[0], tuple | list) else dims


@derived(on="torch Tensor")
def flip(input: Tensor, *dims: Any) -> Node:
    """`input` with the order along `dims` reversed.

    >>> torch.flip(torch.tensor([[1, 2], [3, 4]]), (0,))
    tensor([[3, 4],
            [1, 2]])
    """
    given = spread_dims(dims)
    over = axes(given, input, "flip") if given else ()
    return reverse(input, axes=over) if over else ops.clone(input)


@derived(on="torch Tensor", grad_name="FlipBackward0")
def fliplr(input: Tensor) -> Node:
    """`input` with its columns in reverse order.

    >>> torch.fliplr(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if input.ndim < 2:
        raise ShapeError(explain("fliplr", "Input must be >= 2-d.", {"input": input.spec}))
    return reverse(input, axes=(1,))


@derived(on="torch Tensor", grad_name="FlipBackward0")
def flipud(input: Tensor) -> Node:
    """`input` with its rows in reverse order.

    >>> torch.flipud(torch.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if not input.ndim:
        raise ShapeError(explain("flipud", "Input must be >= 1-d.", {"input": input.spec}))
    return reverse(input, axes=(0,))


@flip.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), (0,)
    yield floats(2, 3, 2), (0, -1)
    yield floats(3, 4), ()


@fliplr.samples
@flipud.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)


@derived(on="torch Tensor")
def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Node:
    """`input` turned by `k` right angles in the plane of `dims`, from the first to the second.

    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2:
        problem = f"expected total rotation dims == 2, but got dims = {len(dims)}"
        raise ShapeError(explain("rot90", problem))
    if input.ndim < 2:
        problem = f"expected total dims >= 2, but got total dims = {input.ndim}"
        raise ShapeError(explain("rot90", problem))
    i, j = axis(dims[0], input.ndim, "rot90"), axis(dims[1], input.ndim, "rot90")
    if i == j:
        problem = (
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
        raise ShapeError(explain("rot90", problem))
    turns = k % 4
    if turns == 0:
        return ops.clone(input)
    if turns == 2:
        return reverse(input, axes=tuple(sorted((i, j))))
    order = list(range(input.ndim))
    order[i], order[j] = j, i
    flipped = reverse(input, axes=(j if turns == 1 else i,))
    return ops.clone(permute_view(flipped, dims=tuple(order)))


@rot90.samples
def _() -> Iterator[Any]:
    for k in range(-1, 3):
        yield floats(2, 3), k
    yield floats(2, 3, 2), 1, (2, 0)


@derived(on="torch Tensor")
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Node:
    """`input` moved along `dims` by `shifts` places; what leaves at one end enters at the other.

    >>> torch.roll(torch.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    by = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    over = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if not over:
        if len(by) != 1:
            problem = f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(over)}"
            raise ShapeError(explain("roll", problem))
        flat = ops.ravel(input)
        return ops.reshape(rolled(flat, by[0], 0), input.shape)
    if len(by) != len(over):
        problem = f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(over)}"
        raise ShapeError(explain("roll", problem))
    out = input
    for shift, dim in zip(by, over, strict=True):
        out = rolled(out, shift, axis(dim, input.ndim, "roll"))
    return out if out is not input else ops.clone(input)


def rolled(input: Node, shift: int, k: int) -> Node:
    """`input` moved by `shift` places along axis `k`."""
    n = input.shape[k]
    shift = shift % n if n else 0
    if not shift:
        return ops.clone(input)
    return ops.join(part(input, k, n - shift, n), part(input, k, 0, n - shift), axis=k)


@roll.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 1
    yield floats(3, 4), -1, 1
    yield floats(3, 4), (1, 6), (0, 1)


# -- repeating ---------------------------------------------------------------------------------


def repeated(input: Node, counts: Shape, op: str) -> Node:
    """`input` repeated `counts` times along each dimension."""
    extra = len(counts) - input.ndim
    if extra < 0:
        problem = (
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
        raise ShapeError(explain(op, problem, {"input": input.spec, "repeats": list(counts)}))
    sizes = (1,) * extra + input.shape
    shape = tuple([n * m for n, m in zip(sizes, counts, strict=True)])
    apart = reshape_view(ops.contiguous(input), shape=tuple([m for n in sizes for m in (1, n)]))
    full = tuple([k for n, m in zip(sizes, counts, strict=True) for k in (m, n)])
    return ops.reshape(ops.make_contiguous(expand_view(apart, shape=full)), shape)


@derived(on="Tensor")
def repeat(input: Tensor, *repeats: Any) -> Node:
    """`input` repeated so many times along each dimension; new dimensions come first.

    >>> torch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    return repeated(input, tuple(spread_dims(repeats)), "repeat")


@derived(on="torch Tensor", grad_name="RepeatBackward0")
def tile(input: Tensor, *dims: Any) -> Node:
    """`input` repeated so many times along each dimension, missing ones counting as 1.

    >>> torch.tile(torch.tensor([[1], [2]]), (2,))
    tensor([[1, 1],
            [2, 2]])
    """
    counts = tuple(spread_dims(dims))
    counts = (1,) * (input.ndim - len(counts)) + counts
    return repeated(input, counts, "tile")


@repeat.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), 2, 1
    yield floats(3), (2, 2)
    yield floats(2, 1), 0, 2


@tile.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), (2,)
    yield floats(2), (2, 2)


@derived(on="torch Tensor", grad_name="ViewBackward0")
def repeat_interleave(
    input: Tensor, repeats: int, dim: int | None = None, *, output_size: int | None = None
) -> Node:
    """`input` with each element repeated along `dim`, or, without one, of the flattened tensor.

    >>> torch.repeat_interleave(torch.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if repeats < 0:
        raise ShapeError(explain("repeat_interleave", "repeats has to be positive"))
    x, k = (ops.ravel(input), 0)
    if dim is not None:
        x, k = ops.atleast_1d(input), axis(dim, input.ndim, "repeat_interleave")
    apart = ops.unsqueeze(x, k + 1)
    wide = expand_view(apart, shape=(*x.shape[: k + 1], repeats, *x.shape[k + 1 :]))
    shape = (*x.shape[:k], x.shape[k] * repeats, *x.shape[k + 1 :])
    return ops.reshape(ops.make_contiguous(wide), shape)


@repeat_interleave.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), 2
    yield floats(2, 3), 2, 0
    yield floats(2, 3), 3, -1
