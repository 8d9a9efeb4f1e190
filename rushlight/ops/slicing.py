"""Ops that show part of a tensor: views all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import DimError, ShapeError, explain
from ..graph import Node
from .dims import axis
from .samples import floats
from .table import Tensor, derived
from .views import Index, basic_index, canonical


@derived(on="", view=True, grad_name="SliceBackward0")
def subscript(input: Tensor, index: Index) -> Node:
    """`input[index]` for integers, slices (as triples), None and Ellipsis."""
    return basic_index(input, index=canonical(input, index))


@subscript.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), (-1,)
    yield floats(3, 4), (None, (None, None, 2), Ellipsis, -2)


def part(input: Node, k: int, start: int, stop: int, step: int = 1) -> Node:
    """The elements of `input` from `start` to `stop` along axis `k`."""
    index: list[Any] = [(0, n, 1) for n in input.shape]
    index[k] = (start, stop, step)
    return basic_index(input, index=tuple(index))


def element(input: Node, k: int, i: int) -> Node:
    """`input` at place `i` of axis `k`, which goes away."""
    index: list[Any] = [(0, n, 1) for n in input.shape]
    index[k] = i
    return basic_index(input, index=tuple(index))


def with_dims(input: Node, op: str) -> None:
    """Raise if `input` has no dimensions."""
    if not input.ndim:
        hint = "unsqueeze(0) makes a tensor with one element along a dimension"
        raise ShapeError(explain(op, "expects at least a 1-dimensional tensor", hint=hint))


@derived(on="torch Tensor", view=True, grad_name="SliceBackward0")
def narrow(input: Tensor, dim: int, start: int, length: int) -> Node:
    """The `length` elements of `input` from `start` along `dim`.

    >>> torch.narrow(torch.tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    with_dims(input, "narrow")
    if isinstance(start, bool):
        raise ShapeError(explain("narrow", "start must be an integer, or a 0-dim integral Tensor"))
    k = axis(dim, input.ndim, "narrow")
    n = input.shape[k]
    if length < 0:
        raise ShapeError(explain("narrow", "length must be non-negative"))
    if not -n <= start <= n:
        problem = f"start out of range (expected to be in range of [{-n}, {n}], but got {start})"
        raise DimError(explain("narrow", problem))
    first = start + n if start < 0 else start
    if first + length > n:
        problem = f"start ({first}) + length ({length}) exceeds dimension size ({n})."
        raise ShapeError(explain("narrow", problem, {"input": input.spec}))
    return part(input, k, first, first + length)


@narrow.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 1, 1, 2
    yield floats(3, 4), 0, -2, 2
    yield floats(3, 4), 0, 3, 0


@derived(on="torch Tensor", view=True)
def select(input: Tensor, dim: int, index: int) -> Node:
    """`input` at place `index` of `dim`, which goes away.

    >>> torch.select(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    if not input.ndim:
        raise DimError(explain("select", "select() cannot be applied to a 0-dim tensor."))
    k = axis(dim, input.ndim, "select")
    n = input.shape[k]
    if not -n <= index < n:
        problem = f"index {index} out of range for tensor of size {list(input.shape)} at dimension "
        raise DimError(explain("select", problem + str(k)))
    return element(input, k, index % n)


@select.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 1, -1
    yield floats(3), 0, 1


@derived(on="torch Tensor", view=True)
def unbind(input: Tensor, dim: int = 0) -> tuple[Node, ...]:
    """The parts of `input` at each place of `dim`, which goes away.

    >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    if not input.ndim:
        raise DimError(explain("unbind", "Dimension specified as 0 but tensor has no dimensions"))
    k = axis(dim, input.ndim, "unbind")
    return tuple([element(input, k, i) for i in range(input.shape[k])])


@unbind.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3),)
    yield floats(2, 3), -1


# -- splitting ---------------------------------------------------------------------------------


def cut(input: Node, k: int, ends: Sequence[int]) -> tuple[Node, ...]:
    """The parts of `input` along axis `k` that end at each of `ends`."""
    n = input.shape[k]
    starts = [0, *ends[:-1]]
    return tuple(
        [part(input, k, min(a, n), max(min(a, n), b)) for a, b in zip(starts, ends, strict=True)]
    )


def ends_of(sizes: Sequence[int]) -> list[int]:
    """Where parts of these sizes end."""
    ends, end = [], 0
    for n in sizes:
        end += n
        ends.append(end)
    return ends


@derived(on="torch Tensor", view=True, aliases=("unsafe_split_with_sizes",))
def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Node, ...]:
    """The parts of `input` along `dim` that have these sizes.

    >>> torch.split_with_sizes(torch.tensor([1, 2, 3]), [1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    with_dims(input, "split")
    k = axis(dim, input.ndim, "split")
    sizes = tuple(split_sizes)
    if sum(sizes) != input.shape[k] or any(n < 0 for n in sizes):
        problem = (
            f"split_with_sizes expects split_sizes to sum exactly to {input.shape[k]} (input "
            f"tensor's size at dimension {k}), but got split_sizes={list(sizes)}"
        )
        raise ShapeError(explain("split", problem))
    return cut(input, k, ends_of(sizes))


@split_with_sizes.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), (1, 3), 1


def split_name(out: Node, form: Any) -> str:
    """Parts of one size, or of given sizes."""
    return "SplitBackward0" if isinstance(form[1], int) else "SplitWithSizesBackward0"


# The method has another name for its argument.
@derived(on="torch", view=True, grad_name=split_name)
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Node, ...]:
    """The parts of `tensor` along `dim` that have this size (the last may be smaller), or sizes.

    >>> torch.split(torch.tensor([1, 2, 3]), 2)
    (tensor([1, 2]), tensor([3]))
    """
    size = split_size_or_sections
    if not isinstance(size, int):
        return split_with_sizes(tensor, size, dim)
    with_dims(tensor, "split")
    k = axis(dim, tensor.ndim, "split")
    n = tensor.shape[k]
    if size < 0 or (size == 0 and n):
        problem = f"split expects split_size be non-negative, but got split_size={size}"
        if size == 0:
            problem = f"split_size can only be 0 if dimension size is 0, but got size of {n}"
        raise ShapeError(explain("split", problem))
    count = max(1, -(-n // size)) if size else 1
    return cut(tensor, k, [min((i + 1) * size, n) for i in range(count)])


@split.samples
def _() -> Iterator[Any]:
    yield floats(5, 2), 2
    yield floats(2, 4), [1, 3], -1


@derived(on="torch Tensor", view=True, grad_name="SplitBackward0")
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Node, ...]:
    """At most `chunks` parts of `input` along `dim`, of equal sizes except for the last.

    >>> torch.chunk(torch.tensor([1, 2, 3]), 2)
    (tensor([1, 2]), tensor([3]))
    """
    with_dims(input, "chunk")
    if chunks <= 0:
        problem = f"chunk expects `chunks` to be greater than 0, got: {chunks}"
        raise ShapeError(explain("chunk", problem))
    k = axis(dim, input.ndim, "chunk")
    n = input.shape[k]
    size = -(-n // chunks)
    if not size:
        return cut(input, k, [0] * chunks)
    return split(input, size, dim)


@chunk.samples
def _() -> Iterator[Any]:
    yield floats(5, 2), 2
    yield floats(2, 5), 4, 1


@derived(on="torch Tensor", view=True, grad_name="SliceBackward0")
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Node, ...]:
    """The parts of `input` along `dim`: so many, as equal as may be, or cut at these places.

    >>> torch.tensor_split(torch.tensor([1, 2, 3]), 2)
    (tensor([1, 2]), tensor([3]))
    >>> torch.tensor_split(torch.tensor([1, 2, 3]), (1,))
    (tensor([1]), tensor([2, 3]))
    """
    with_dims(input, "tensor_split")
    k = axis(dim, input.ndim, "tensor_split")
    n = input.shape[k]
    if not isinstance(indices_or_sections, int):
        cuts = [max(i + n, 0) if i < 0 else min(i, n) for i in indices_or_sections]
        return cut(input, k, [*cuts, n])
    count = indices_or_sections
    if count <= 0:
        problem = f"number of sections must be larger than 0, got {count}"
        raise ShapeError(explain("tensor_split", problem))
    small, more = divmod(n, count)
    return cut(input, k, ends_of([small + (i < more) for i in range(count)]))


@tensor_split.samples
def _() -> Iterator[Any]:
    yield floats(5, 2), 3
    yield floats(2, 5), (1, 3), 1
    yield floats(5), (-2,)
    yield floats(4), (3, 1)


def split_along(input: Node, where: Any, k: int, op: str) -> tuple[Node, ...]:
    """`tensor_split`, which for a number of parts must give equal ones."""
    if input.ndim < max(k, 1) + (k == 2):
        problem = (
            f"{op} requires a tensor with at least {max(k, 1) + (k == 2)} dimension, but got a "
            f"tensor with {input.ndim} dimensions!"
        )
        raise ShapeError(explain(op, problem))
    if isinstance(where, int) and (where <= 0 or input.shape[k] % where):
        problem = (
            f"{op} attempted to split along dimension {k}, but the size of the dimension "
            f"{input.shape[k]} is not divisible by the split_size {where}!"
        )
        raise ShapeError(explain(op, problem))
    return tensor_split(input, where, k)


@derived(on="torch Tensor", view=True, grad_name="SliceBackward0")
def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Node, ...]:
    """The parts of `input` side by side: cut along dimension 1, or 0 if it has only one.

    >>> torch.hsplit(torch.tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1],
            [3]]), tensor([[2],
            [4]]))
    """
    return split_along(input, indices_or_sections, 0 if input.ndim == 1 else 1, "hsplit")


@derived(on="torch Tensor", view=True, grad_name="SliceBackward0")
def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Node, ...]:
    """The parts of `input` one below the other: cut along dimension 0.

    >>> torch.vsplit(torch.tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    if input.ndim < 2:
        problem = f"vsplit requires a tensor with at least 2 dimension, but got {input.ndim}"
        raise ShapeError(explain("vsplit", problem))
    return split_along(input, indices_or_sections, 0, "vsplit")


@derived(on="torch Tensor", view=True, grad_name="SliceBackward0")
def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Node, ...]:
    """The parts of `input` in depth: cut along dimension 2.

    >>> torch.dsplit(torch.ones(1, 2, 4), 2)[0].shape
    torch.Size([1, 2, 2])
    """
    return split_along(input, indices_or_sections, 2, "dsplit")


@hsplit.samples
def _() -> Iterator[Any]:
    yield floats(4), 2
    yield floats(2, 4), (1,)


@vsplit.samples
def _() -> Iterator[Any]:
    yield floats(4, 2), 2


@dsplit.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 4), 2
