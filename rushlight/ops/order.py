"""Ops that put the dimensions of a tensor in another order: views all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node
from .dims import axis
from .samples import floats
from .table import Tensor, derived
from .views import permute_view


@derived(on="torch Tensor", view=True)
def permute(input: Tensor, *dims: Any) -> Node:
    """`input` with its dimensions in the order of `dims`.

    >>> torch.permute(torch.ones(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    order = dims[0] if len(dims) == 1 and isinstance(dims[0], tuple | list) else dims
    if len(order) != input.ndim:
        problem = (
            "number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to "
            f"len(dims) = {len(order)}"
        )
        raise ShapeError(explain("permute", problem, {"input": input.spec, "dims": list(order)}))
    found = tuple([axis(d, input.ndim, "permute") for d in order])
    if len(set(found)) < len(found):
        problem = "duplicate dims are not allowed"
        raise ShapeError(explain("permute", problem, {"dims": list(order)}))
    return permute_view(input, dims=found)


@permute.samples
def _() -> Iterator[Any]:
    yield floats(2, 3, 4), (2, 0, 1)
    yield floats(2, 3, 4), (-1, 1, 0)
    yield floats(), ()


def swapped(input: Node, first: int, second: int, op: str) -> Node:
    """`input` with two dimensions exchanged."""
    order = list(range(input.ndim))
    i, j = axis(first, input.ndim, op), axis(second, input.ndim, op)
    if order:
        order[i], order[j] = j, i
    return permute_view(input, dims=tuple(order))


@derived(on="torch Tensor", view=True)
def transpose(input: Tensor, dim0: int, dim1: int) -> Node:
    """`input` with the dimensions `dim0` and `dim1` exchanged.

    >>> torch.transpose(torch.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    return swapped(input, dim0, dim1, "transpose")


@derived(on="torch Tensor", view=True, grad_name="TransposeBackward0")
def swapdims(input: Tensor, dim0: int, dim1: int) -> Node:
    """`input` with the dimensions `dim0` and `dim1` exchanged.

    >>> torch.swapdims(torch.ones(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return swapped(input, dim0, dim1, "swapdims")


@derived(on="torch Tensor", view=True, grad_name="TransposeBackward0")
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Node:
    """`input` with the dimensions `axis0` and `axis1` exchanged.

    >>> torch.swapaxes(torch.ones(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return swapped(input, axis0, axis1, "swapaxes")


@transpose.samples
@swapdims.samples
@swapaxes.samples
def _() -> Iterator[Any]:
    yield floats(2, 3, 4), 0, -1
    yield floats(), 0, -1


@derived(on="torch Tensor", view=True, aliases=("moveaxis",), grad_name="PermuteBackward0")
def movedim(input: Tensor, source: Any, destination: Any) -> Node:
    """`input` with the dimensions `source` moved to `destination`; the others keep their order.

    >>> torch.movedim(torch.ones(2, 3, 4), 0, 2).shape
    torch.Size([3, 4, 2])
    """
    froms = (source,) if isinstance(source, int) else tuple(source)
    tos = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(froms) != len(tos):
        problem = (
            "Invalid source or destination dims: source should contain the same number of dims as "
            f"destination ({len(froms)} and {len(tos)})"
        )
        raise ShapeError(explain("movedim", problem))
    froms = tuple([axis(d, input.ndim, "movedim") for d in froms])
    tos = tuple([axis(d, input.ndim, "movedim") for d in tos])
    if len(set(froms)) < len(froms) or len(set(tos)) < len(tos):
        raise ShapeError(explain("movedim", "repeated dim in source or destination"))
    if not input.ndim:
        return permute_view(input, dims=())
    place = dict(zip(tos, froms, strict=True))
    rest = iter([k for k in range(input.ndim) if k not in froms])
    order = [place[k] if k in place else next(rest) for k in range(input.ndim)]
    return permute_view(input, dims=tuple(order))


@movedim.samples
def _() -> Iterator[Any]:
    yield floats(2, 3, 4), 0, -1
    yield floats(2, 3, 4), (0, 1), (1, 2)


@derived(on="torch Tensor", view=True)
def t(input: Tensor) -> Node:
    """The transpose of a matrix; a vector stays as it is.

    >>> torch.t(torch.tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    if input.ndim > 2:
        problem = f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D"
        raise ShapeError(explain("t", problem, {"input": input.spec}, "use transpose or mT"))
    return permute_view(input, dims=tuple(reversed(range(input.ndim))))


@t.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3),)
    yield (floats(3),)


# -- attributes of a tensor --------------------------------------------------------------------


@derived(on="property", view=True, grad_name="PermuteBackward0")
def T(input: Tensor) -> Node:
    """`input` with its dimensions in reverse order.

    >>> torch.ones(2, 3).T.shape
    torch.Size([3, 2])
    """
    return permute_view(input, dims=tuple(reversed(range(input.ndim))))


@T.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3),)
    yield (floats(3),)


def transposed_matrices(input: Node, op: str) -> Node:
    """`input` with its last two dimensions exchanged."""
    if input.ndim < 2:
        problem = (
            f"tensor.{op} is only supported on matrices or batches of matrices. "
            f"Got {input.ndim}-D tensor."
        )
        raise ShapeError(explain(op, problem, {"input": input.spec}))
    return swapped(input, -2, -1, op)


@derived(on="property", view=True, grad_name="TransposeBackward0")
def mT(input: Tensor) -> Node:
    """`input` with its last two dimensions exchanged.

    >>> torch.ones(2, 3, 4).mT.shape
    torch.Size([2, 4, 3])
    """
    return transposed_matrices(input, "mT")


@derived(on="torch Tensor", view=True, grad_name="TransposeBackward0")
def adjoint(input: Tensor) -> Node:
    """`input`, conjugated, with its last two dimensions exchanged.

    >>> torch.ones(2, 3).adjoint().shape
    torch.Size([3, 2])
    """
    return ops.conj(transposed_matrices(input, "adjoint"))


@derived(on="property", view=True, grad_name="TransposeBackward0")
def mH(input: Tensor) -> Node:
    """`input`, conjugated, with its last two dimensions exchanged.

    >>> torch.ones(2, 3, 4).mH.shape
    torch.Size([2, 4, 3])
    """
    return ops.conj(transposed_matrices(input, "mH"))


@derived(on="property", view=True, grad_name="TransposeBackward0")
def H(input: Tensor) -> Node:
    """The conjugate transpose of a matrix.

    >>> torch.ones(2, 3).H.shape
    torch.Size([3, 2])
    """
    if input.ndim not in (0, 2):
        problem = (
            "tensor.H is only supported on matrices (2-D tensors). "
            f"Got {input.ndim}-D tensor. For batches of matrices, consider using tensor.mH"
        )
        raise ShapeError(explain("H", problem, {"input": input.spec}))
    return ops.conj(swapped(input, 0, -1, "H"))


@mT.samples
@adjoint.samples
@mH.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3, 4),)


@H.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3),)
