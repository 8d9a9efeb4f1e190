"""Norms of vectors, and distances."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..dtypes import DType
from ..errors import DtypeError, explain
from ..graph import Node, Shape, Spec
from .dims import Dim, axes
from .reduce import converted, reduced, restored
from .samples import at_kink, floats
from .table import Kind, Tensor, derived, primitive
from .totals import total


def power_sum_root(x: Any, *, p: float, axes: Shape, keepdim: bool) -> Any:
    """NumPy: the p-th root of the sum of p-th powers of magnitudes."""
    powers = np.power(np.absolute(x), p)
    return np.power(total(powers, axes, keepdim), 1 / p)


@primitive(Kind.REDUCE, numpy=power_sum_root, grad_name="LinalgVectorNormBackward0")
def reduce_norm(input: Tensor, *, p: float, axes: Shape, keepdim: bool) -> Spec:
    """The p-norm over `axes`, for powers other than 0, 1, 2 and infinity.

    Derived from powers, its gradient would be nan wherever an element or the norm is 0.
    """
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_norm.vjp
def _(g: Node, out: Node, input: Node, *, p: float, axes: Shape, keepdim: bool) -> tuple[Node]:
    out = restored(out, input, axes, keepdim)
    g = restored(g, input, axes, keepdim)
    powers = ops.sgn(input) * ops.pow(ops.abs(input), p - 1)
    if p < 2:
        powers = ops.where(ops.eq(input, 0), 0, powers)
    share = g / ops.pow(out, p - 1)
    return (powers * ops.where(ops.eq(out, 0), 0, share),)


@reduce_norm.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"p": 3.0, "axes": (1,), "keepdim": False}
    yield (floats(3, 4),), {"p": 1.5, "axes": (0, 1), "keepdim": True}


def folded_norm(input: Node, p: float, over: Shape, keepdim: bool) -> Node:
    """The p-norm of `input` over the axes `over`."""
    if p == 2:
        squares = ops.square(ops.abs(input) if input.dtype.is_complex else input)
        return ops.length_root(ops.reduce_sum(squares, axes=over, keepdim=keepdim))
    if p == 0:
        return ops.reduce_sum(ops.sign_of(ops.abs(input)), axes=over, keepdim=keepdim)
    size = ops.abs(input)
    if p == 1:
        return ops.reduce_sum(size, axes=over, keepdim=keepdim)
    if p == math.inf:
        return ops.reduce_max(size, axes=over, keepdim=keepdim)
    if p == -math.inf:
        return ops.reduce_min(size, axes=over, keepdim=keepdim)
    return reduce_norm(size, p=float(p), axes=over, keepdim=keepdim)


@derived(on="linalg", grad_name="LinalgVectorNormBackward0")
def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Node:
    """The norm of `x` taken as a vector, or of the vectors along `dim`.

    `sum(|x|**ord) ** (1/ord)`; the largest magnitude for infinity, the smallest for minus infinity,
    and the number of elements that are not zero for 0.

    >>> torch.linalg.vector_norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    x = converted(x, dtype)
    if not x.dtype.differentiable:
        problem = "expected a floating point or complex tensor as input"
        raise DtypeError(explain("vector_norm", problem, {"x": x.spec}, "convert it with .float()"))
    return folded_norm(x, ord, axes(dim, x, "vector_norm"), keepdim)


def orders() -> Iterator[Any]:
    """Samples for norms."""
    yield (floats(3, 4),)
    for p in (0, 0.5, 1, 1.5, 2, 3, math.inf, -math.inf, -1):
        yield floats(3, 4), p
    yield floats(2, 3, 4).transpose(2, 0, 1), 2, 1
    yield floats(2, 3, 4), 3, (0, -1), True
    yield (floats(3, 4),), {"dtype": dtypes.float64}
    for p in (0, 0.5, 1, 1.5, 2, 3, math.inf):
        yield at_kink(np.array([[0.0, 2.0, -2.0], [0.0, 0.0, 0.0]]), p, 1)
    yield at_kink(np.array([0.0, 2.0, -2.0]), -math.inf)
    yield floats(), 2, 0


vector_norm.samples(orders)


@derived(on="torch Tensor", grad_name="LinalgVectorNormBackward0")
def norm(
    input: Tensor,
    p: float | str | None = "fro",
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Node:
    """The `p`-norm of `input` taken as a vector, or of the vectors along `dim`.

    >>> torch.norm(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    >>> torch.norm(torch.tensor([[3.0, -4.0]]), p=1, dim=1)
    tensor([7.])
    """
    if p == "nuc":
        pair = (-2, -1) if dim is None else dim
        return ops.matrix_norm(input, "nuc", pair, keepdim, dtype=dtype)
    order = 2 if p is None or isinstance(p, str) else p
    return vector_norm(input, order, dim, keepdim, dtype=dtype)


@norm.samples
def _() -> Iterator[Any]:
    yield from orders()
    yield floats(3, 4), "fro", 1
    yield floats(3, 4), "fro", (0, 1)


@derived(on="torch", grad_name="NormBackward1")
def frobenius_norm(input: Tensor, dim: Dim, keepdim: bool = False) -> Node:
    """The square root of the sum of squares along `dim`.

    >>> torch.frobenius_norm(torch.tensor([[3.0, 4.0]]), 1)
    tensor([5.])
    """
    return vector_norm(input, 2, dim or None, keepdim)


def nuclear_name(out: Node, form: Any) -> str:
    """Where dimensions are kept, PyTorch puts them back into their places."""
    return "PermuteBackward0" if form[2] or form[1] is True else "SumBackward1"


@derived(on="torch", grad_name=nuclear_name)
def nuclear_norm(input: Tensor, dim: Any = None, keepdim: bool = False) -> Node:
    """The sum of the singular values of a matrix, or of the matrices that two dimensions span.

    >>> torch.nuclear_norm(torch.eye(3))
    tensor(3.)
    """
    if isinstance(dim, bool):  # PyTorch takes (input, keepdim) as well
        dim, keepdim = None, dim
    return ops.matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim)


@frobenius_norm.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), (0, 1)
    yield floats(3, 4), 1, True


@nuclear_norm.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 4), True
    yield floats(2, 3, 4), (1, 2), True


@derived(on="torch Tensor")
def dist(input: Tensor, other: Tensor, p: float = 2) -> Node:
    """The `p`-norm of `input - other`.

    >>> torch.dist(torch.tensor([1.0, 2.0]), torch.tensor([4.0, 6.0]))
    tensor(5.)
    """
    apart = input - other
    return folded_norm(apart, p, tuple(range(apart.ndim)), False)


@dist.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield floats(3, 4), floats(4, seed=1), 3
    yield at_kink(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
