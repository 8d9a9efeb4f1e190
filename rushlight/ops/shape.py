"""Ops that show the same elements in another shape: views wherever PyTorch gives views."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from .. import ops
from ..errors import ArgumentError, ShapeError, explain
from ..graph import Node, Shape
from .dims import axes, axis
from .samples import floats
from .table import Tensor, derived
from .views import expand_view, reshape_view, strides_as


def infer(input: Node, shape: Sequence[int], op: str) -> Shape:
    """`shape` with its -1, if any, worked out from the size of `input`."""
    sizes = tuple(shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape)
    wrong = f"shape '{list(sizes)}' is invalid for input of size {input.size}"
    if not all([isinstance(n, int) for n in sizes]):
        hint = "give integers: x.reshape(2, 3); divide with //"
        raise ArgumentError(explain(op, f"sizes must be integers, not {list(sizes)}", hint=hint))
    if any(n < -1 for n in sizes):
        raise ShapeError(explain(op, f"invalid shape dimension {min(sizes)}"))
    if sizes.count(-1) > 1:
        raise ShapeError(explain(op, "only one dimension can be inferred"))
    known = math.prod([n for n in sizes if n != -1])
    if -1 in sizes:
        if known == 0 and input.size == 0:
            problem = (
                f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the "
                "unspecified dimension size -1 can be any value and is ambiguous"
            )
            raise ShapeError(explain(op, problem))
        if known == 0 or input.size % known:
            raise ShapeError(explain(op, wrong, {"input": input.spec}))
        return tuple([input.size // known if n == -1 else n for n in sizes])
    if known != input.size:
        raise ShapeError(explain(op, wrong, {"input": input.spec}))
    return sizes


def reshape_name(out: Node, form: Any) -> str:
    """A view's, or that of a copy which the shape needed."""
    source = out.inputs[0]
    copied = not source.leaf and source.op is ops.make_contiguous and source is not out.home.a
    return "UnsafeViewBackward0" if copied else "ViewBackward0"


@derived(on="torch Tensor", view=True, grad_name=reshape_name)
def reshape(input: Tensor, *shape: Any) -> Node:
    """The elements of `input` in another shape: a view if that is possible, else a copy.

    One size may be -1: it is worked out from the others.

    >>> torch.reshape(torch.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    sizes = infer(input, shape, "reshape")
    if strides_as(input.shape, input.strides, sizes) is None:
        input = ops.make_contiguous(input)
    return reshape_view(input, shape=sizes)


@reshape.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), (2, -1)
    yield floats(3, 4), (4, 3)
    yield floats(3, 4).T, (12,)
    yield floats(1), ()
    yield floats(0, 3), (3, 0)


@derived(on="Tensor", view=True)
def view(input: Tensor, *size: Any) -> Node:
    """`input` seen in another shape; raises if its memory does not allow it.

    >>> torch.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    sizes = infer(input, size, "view")
    if strides_as(input.shape, input.strides, sizes) is None:
        problem = (
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces)"
        )
        hint = "use .reshape(...) instead, which copies when it must"
        got = {"input": f"{input.spec} with strides {input.strides}", "size": list(sizes)}
        raise ShapeError(explain("view", problem, got, hint))
    return reshape_view(input, shape=sizes)


@view.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 2, -1
    yield floats(3, 4).T, 4, 3, 1
    yield floats(2, 3, 4).transpose(1, 0, 2), 3, 2, 2, 2


@derived(on="Tensor", view=True, grad_name="ViewBackward0")
def view_as(input: Tensor, other: Tensor) -> Node:
    """`input` seen in the shape of `other`.

    >>> torch.arange(4).view_as(torch.ones(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return view(input, *other.shape)


@derived(on="Tensor", view=True, grad_name="ViewBackward0")
def reshape_as(input: Tensor, other: Tensor) -> Node:
    """`input` in the shape of `other`.

    >>> torch.arange(4).reshape_as(torch.ones(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return reshape(input, *other.shape)


@view_as.samples
@reshape_as.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(2, 6)


@derived(on="torch Tensor", view=True, grad_name="ViewBackward0")
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Node:
    """`input` with the dimensions from `start_dim` to `end_dim` made one.

    >>> torch.flatten(torch.ones(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    first, last = axis(start_dim, input.ndim, "flatten"), axis(end_dim, input.ndim, "flatten")
    if first > last:
        problem = "flatten() has invalid args: start_dim cannot come after end_dim"
        raise ShapeError(explain("flatten", problem))
    if input.ndim and first == last:
        return input
    shape = input.shape
    return reshape(input, *shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])


@flatten.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3, 2),)
    yield floats(2, 3, 2), 1
    yield floats(2, 3, 2), 0, 1
    yield (floats(),)


@derived(on="torch Tensor", view=True, grad_name="ViewBackward0")
def unflatten(input: Tensor, dim: int, sizes: Any) -> Node:
    """`input` with the dimension `dim` made several, of `sizes` (one of which may be -1).

    >>> torch.unflatten(torch.ones(2, 12), 1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    k = axis(dim, input.ndim, "unflatten")
    parts = tuple(sizes)
    if not parts:
        raise ShapeError(explain("unflatten", "sizes must be non-empty"))
    n = input.shape[k]
    known = math.prod([m for m in parts if m != -1])
    if parts.count(-1) == 1 and known:
        parts = tuple([n // known if m == -1 else m for m in parts])
    if math.prod(parts) != n:
        problem = f"provided sizes {list(sizes)} don't multiply up to the size of dim {k} ({n})"
        raise ShapeError(explain("unflatten", problem, {"input": input.spec}))
    return view(input, *input.shape[:k], *parts, *input.shape[k + 1 :])


@unflatten.samples
def _() -> Iterator[Any]:
    yield floats(2, 12), -1, (3, -1)
    yield floats(6, 2), 0, [2, 3]


@derived(on="torch Tensor", view=True, grad_name="ViewBackward0")
def ravel(input: Tensor) -> Node:
    """`input` in one dimension: a view if that is possible, else a copy.

    >>> torch.ravel(torch.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    return reshape(input, input.size)


@ravel.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4).T,)


# -- dimensions of size 1 ----------------------------------------------------------------------


def squeeze_name(out: Node, form: Any) -> str:
    """All dimensions, one or several."""
    return f"SqueezeBackward{0 if form[1] is None else 1 if isinstance(form[1], int) else 2}"


@derived(on="torch Tensor", view=True, grad_name=squeeze_name)
def squeeze(input: Tensor, dim: Any = None) -> Node:
    """`input` without its dimensions of size 1, or without those among `dim`.

    >>> torch.squeeze(torch.ones(1, 3, 1)).shape
    torch.Size([3])
    >>> torch.squeeze(torch.ones(1, 3, 1), 0).shape
    torch.Size([3, 1])
    """
    chosen = () if dim in ((), []) else axes(dim, input, "squeeze")
    shape = [n for k, n in enumerate(input.shape) if n != 1 or k not in chosen]
    return reshape_view(input, shape=tuple(shape))


@squeeze.samples
def _() -> Iterator[Any]:
    yield (floats(1, 3, 1),)
    yield floats(1, 3, 1), 0
    yield floats(1, 3, 1), -2
    yield floats(1, 3, 1), (0, 2)
    yield (floats(),)


@derived(on="torch Tensor", view=True)
def unsqueeze(input: Tensor, dim: int) -> Node:
    """`input` with a dimension of size 1 put in at `dim`.

    >>> torch.unsqueeze(torch.tensor([1, 2]), 1)
    tensor([[1],
            [2]])
    """
    k = axis(dim, input.ndim + 1, "unsqueeze")
    return reshape_view(input, shape=(*input.shape[:k], 1, *input.shape[k:]))


@unsqueeze.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0
    yield floats(3, 4), -1
    yield floats(3, 4).T, 1
    yield floats(), 0


@derived(on="torch", view=True, grad_name="ViewBackward0")
def atleast_1d(input: Tensor) -> Node:
    """`input`, or a view of it with one dimension if it has none.

    >>> torch.atleast_1d(torch.tensor(1.0))
    tensor([1.])
    """
    return input if input.ndim else reshape(input, 1)


@derived(on="torch", view=True, grad_name="ViewBackward0")
def atleast_2d(input: Tensor) -> Node:
    """`input`, or a view of it with two dimensions if it has fewer.

    >>> torch.atleast_2d(torch.tensor([1.0, 2.0]))
    tensor([[1., 2.]])
    """
    return input if input.ndim >= 2 else reshape(input, 1, input.size)


@derived(on="torch", view=True, grad_name="ViewBackward0")
def atleast_3d(input: Tensor) -> Node:
    """`input`, or a view of it with three dimensions if it has fewer.

    >>> torch.atleast_3d(torch.tensor([1.0, 2.0])).shape
    torch.Size([1, 2, 1])
    """
    if input.ndim >= 3:
        return input
    return unsqueeze(input, -1) if input.ndim == 2 else reshape(input, 1, input.size, 1)


@atleast_1d.samples
@atleast_2d.samples
@atleast_3d.samples
def _() -> Iterator[Any]:
    yield (floats(),)
    yield (floats(3),)
    yield (floats(2, 3),)


# -- repetition without copying ----------------------------------------------------------------


def expanded(input: Node, sizes: Sequence[int], op: str) -> Node:
    """`input` over `sizes`, in which -1 means a size that stays as it is."""
    extra = len(sizes) - input.ndim
    if extra < 0:
        problem = (
            f"the number of sizes provided ({len(sizes)}) must be greater or equal to the number "
            f"of dimensions in the tensor ({input.ndim})"
        )
        raise ShapeError(explain(op, problem, {"input": input.spec, "sizes": list(sizes)}))
    shape = []
    for k, n in enumerate(sizes):
        old = input.shape[k - extra] if k >= extra else None
        if n == -1 and old is not None:
            n = old
        if n < 0 or old not in (None, 1, n):
            problem = (
                f"The expanded size of the tensor ({n}) must match the existing size ({old}) at "
                f"non-singleton dimension {k}.  Target sizes: {list(sizes)}.  "
                f"Tensor sizes: {list(input.shape)}"
            )
            raise ShapeError(explain(op, problem))
        shape.append(n)
    return expand_view(input, shape=tuple(shape))


@derived(on="Tensor", view=True)
def expand(input: Tensor, *size: Any) -> Node:
    """`input` repeated, without copying, along dimensions of size 1 and new ones on the left.

    >>> torch.tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    sizes = size[0] if len(size) == 1 and isinstance(size[0], tuple | list) else size
    return expanded(input, sizes, "expand")


@expand.samples
def _() -> Iterator[Any]:
    yield floats(3, 1), 3, 4
    yield floats(3, 1), (2, -1, 4)
    yield floats(), 2, 3
    yield floats(3).reshape(3, 1).T, -1, 3


@derived(on="Tensor", view=True, grad_name="ExpandBackward0")
def expand_as(input: Tensor, other: Tensor) -> Node:
    """`input` expanded to the shape of `other`.

    >>> torch.tensor([[1], [2]]).expand_as(torch.ones(2, 2))
    tensor([[1, 1],
            [2, 2]])
    """
    return expanded(input, other.shape, "expand_as")


@expand_as.samples
def _() -> Iterator[Any]:
    yield floats(3, 1), floats(2, 3, 4)


@derived(on="torch Tensor", view=True, grad_name="ExpandBackward0")
def broadcast_to(input: Tensor, size: Any) -> Node:
    """`input` expanded to `size`.

    >>> torch.broadcast_to(torch.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expanded(input, tuple(size), "broadcast_to")


@broadcast_to.samples
def _() -> Iterator[Any]:
    yield floats(3, 1), (3, 4)
