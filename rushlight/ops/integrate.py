"""Numbers given at points: integrals, slopes, covariances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ShapeError, explain
from ..graph import Node
from .dims import axis
from .samples import floats
from .slicing import part
from .table import Tensor, Tensors, derived
from .views import reshape_view


def heights(op: str, y: Node, x: Node | None, dx: float, dim: int) -> tuple[Node, Node, int]:
    """The means of neighbours, how far apart they are, and the axis."""
    k = axis(dim, y.ndim, op)
    n = y.shape[k]
    pairs = part(y, k, 0, max(n - 1, 0)) + part(y, k, min(1, n), n)
    if x is None:
        return pairs, ops.constant(dx, ops.true_divide(pairs, 2).dtype), k
    if x.ndim == 1:
        if x.shape[0] != n:
            problem = "There must be one `x` value for each sample point"
            raise ShapeError(explain(op, problem, {"y": y.spec, "x": x.spec}))
        gaps = ops.diff(x)
        shape = [1] * y.ndim
        shape[k] = gaps.shape[0]
        return pairs, ops.reshape(gaps, tuple(shape)), k
    at = k - y.ndim + x.ndim
    return pairs, ops.diff(x, 1, at), k


@derived(on="torch", aliases=("trapz",), grad_name="DivBackward0")
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1, dim: int = -1) -> Node:
    """The area under straight lines between the points.

    >>> torch.trapezoid(torch.tensor([1.0, 2.0, 3.0]))
    tensor(4.)
    """
    pairs, gaps, k = heights("trapezoid", y, x, dx, dim)
    return ops.true_divide(ops.sum(pairs * gaps, k), 2.0)


@derived(on="torch", grad_name="DivBackward0")
def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float = 1, dim: int = -1
) -> Node:
    """The area under straight lines between the points, up to each of them.

    >>> torch.cumulative_trapezoid(torch.tensor([1.0, 2.0, 3.0]))
    tensor([1.5000, 4.0000])
    """
    pairs, gaps, k = heights("cumulative_trapezoid", y, x, dx, dim)
    return ops.true_divide(ops.cumsum(pairs * gaps, k), 2.0)


@trapezoid.samples
@cumulative_trapezoid.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4),), {"dx": 0.5, "dim": 0}
    yield floats(3, 4), floats(4, seed=1)


@derived(on="torch", grad_name="CatBackward0")
def gradient(
    input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1
) -> tuple[Node, ...]:
    """The slopes along each dimension, from the neighbours on both sides.

    >>> torch.gradient(torch.tensor([1.0, 4.0, 9.0]))
    (tensor([3., 4., 5.]),)
    """
    dims: Sequence[int] = (
        range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    )
    steps = spacing if isinstance(spacing, list | tuple) else [spacing] * len(dims)
    check_dims(input, dims, len(steps))
    if edge_order not in (1, 2):
        raise ShapeError(explain("gradient", f"edge_order must be 1 or 2, not {edge_order}"))
    x = input if input.dtype.category >= dtypes.FLOAT else ops.to_dtype(input, dtypes.default())
    return tuple(
        [
            slope(x, axis(d, x.ndim, "gradient"), float(s), edge_order)
            for d, s in zip(dims, steps, strict=True)
        ]
    )


def check_dims(input: Node, dims: Sequence[int], count: int) -> None:
    """Raise unless each dimension is named once and has one of `count` spacings."""
    if len(dims) != count:
        problem = f"expected a spacing for each of {len(dims)} dimensions, but got {count}"
        raise ShapeError(explain("gradient", problem))
    if len({axis(d, input.ndim, "gradient") for d in dims}) < count:
        problem = f"a dimension appears multiple times in the list of dims: {list(dims)}"
        raise ShapeError(explain("gradient", problem))


def slope(x: Node, k: int, step: float, order: int) -> Node:
    """The slopes along the axis `k`."""
    n = x.shape[k]
    if n < order + 1:
        problem = f"each dimension size must be at least {order + 1}"
        raise ShapeError(explain("gradient", problem, {"input": x.spec}))

    def at(i: int) -> Node:
        return part(x, k, i % n, i % n + 1)

    inner = (part(x, k, 2, n) - part(x, k, 0, n - 2)) / (2 * step)
    if order == 1:
        first, last = (at(1) - at(0)) / step, (at(-1) - at(-2)) / step
    else:
        first = (at(0) * -1.5 + at(1) * 2 - at(2) * 0.5) / step
        last = (at(-1) * 1.5 - at(-2) * 2 + at(-3) * 0.5) / step
    return ops.cat([first, inner, last], k)


@derived(grad_name="CatBackward0")
def gradient_at(
    input: Tensor, coordinates: Tensors, dims: Any, edge_order: int = 1
) -> tuple[Node, ...]:
    """The slopes along each of `dims`, whose elements are at these coordinates."""
    check_dims(input, dims, len(coordinates))
    found = []
    for d, x in zip(dims, coordinates, strict=True):
        k = axis(d, input.ndim, "gradient")
        n = input.shape[k]
        if n < edge_order + 1 or x.shape != (n,):
            problem = f"expected one coordinate for each of the {n} elements along dimension {d}"
            raise ShapeError(explain("gradient", problem, {"coordinates": x.spec}))
        found.append(uneven_slope(input, x, k, edge_order))
    return tuple(found)


def uneven_slope(y: Node, x: Node, k: int, order: int) -> Node:
    """The slopes along the axis `k` of `y`, from parabolas through three neighbours each."""
    n = y.shape[k]
    ranks = tuple([n - 1 if j == k else 1 for j in range(y.ndim)])
    gaps = reshape_view(part(x, 0, 1, n) - part(x, 0, 0, n - 1), shape=ranks)
    rises = (part(y, k, 1, n) - part(y, k, 0, n - 1)) / gaps  # of the lines between neighbours
    if order == 1:
        first, last = part(rises, k, 0, 1), part(rises, k, n - 2, n - 1)
    else:
        first = beyond(rises, gaps, k, 0, 1)
        last = beyond(rises, gaps, k, n - 2, n - 3)
    before, after = part(gaps, k, 0, n - 2), part(gaps, k, 1, n - 1)
    weighed = part(rises, k, 0, n - 2) * after + part(rises, k, 1, n - 1) * before
    return ops.cat([first, weighed / (before + after), last], k)


def beyond(rises: Node, gaps: Node, k: int, i: int, j: int) -> Node:
    """The slope at the outer end of line `i`, of the parabola that it makes with line `j`."""
    near, far = part(rises, k, i, i + 1), part(rises, k, j, j + 1)
    width, next_width = part(gaps, k, i, i + 1), part(gaps, k, j, j + 1)
    return near + (near - far) * (width / (width + next_width))


@gradient_at.samples
def _() -> Iterator[Any]:
    x = np.array([0.0, 0.5, 2.0, 3.0], np.float32)
    yield floats(4, 3), [x], (0,)
    yield floats(4, 4), [x, x * 2], (0, 1), 2


@gradient.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(4, 5),), {"dim": 1, "spacing": 0.5, "edge_order": 2}


def check_weights(name: str, weights: Node | None, n: int, whole: bool) -> None:
    """Raise unless there is a weight for each of `n` observations, a whole number or a fraction."""
    if weights is None:
        return
    problem = ""
    if weights.ndim > 1:
        problem = f"expected {name} to have one or fewer dimensions"
    elif whole is weights.dtype.differentiable:
        problem = f"expected {name} to have {'integral' if whole else 'floating point'} dtype"
    elif weights.size != n:
        problem = f"expected {name} to have the same numel as there are observations: {n}"
    if problem:
        raise ShapeError(explain("cov", problem, {name: weights.spec}))


@derived(on="torch Tensor", grad_name="SqueezeBackward0")
def cov(
    input: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Node:
    """The covariance of each two variables, which are rows; observations are columns.

    >>> torch.cov(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        raise ShapeError(
            explain("cov", f"expected input to have two or fewer dimensions but got {input.ndim}")
        )
    x = ops.reshape(input, (1, -1)) if input.ndim < 2 else input
    check_weights("fweights", fweights, x.shape[1], whole=True)
    check_weights("aweights", aweights, x.shape[1], whole=False)
    weight = None
    if fweights is not None:
        weight = fweights
    if aweights is not None:
        weight = aweights if weight is None else weight * aweights
    n = x.shape[1]
    if weight is None:
        total: Any = n
        mean = ops.mean(x, 1, True)
        lost: Any = n - correction
    else:
        total = ops.sum(weight)
        mean = ops.sum(x * weight, 1, True) / total
        if aweights is None or correction == 0:
            lost = total - correction
        else:
            lost = total - correction * ops.sum(weight * aweights) / total
    apart = x - mean
    weighted = apart if weight is None else apart * weight
    product = ops.matmul(apart, ops.conj(ops.mT(weighted)))
    norm = max(lost, 0) if isinstance(lost, int) else ops.clamp_min(lost, 0)
    return ops.squeeze(ops.true_divide(product, norm))


@derived(on="torch Tensor", grad_name="ClampBackward1")
def corrcoef(input: Tensor) -> Node:
    """The correlation of each two variables, which are rows; observations are columns.

    >>> torch.corrcoef(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    found = cov(input)
    if not found.ndim:
        return found / found
    spread = ops.sqrt(ops.diagonal(ops.real(found)))
    found = found / ops.unsqueeze(spread, 1) / ops.unsqueeze(spread, 0)
    return found if found.dtype.is_complex else ops.clamp(found, min=-1, max=1)


@cov.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (floats(3, 4),), {"correction": 0, "aweights": floats(4, low=0.2, seed=1)}
    yield (floats(5),)


@corrcoef.samples
def _() -> Iterator[Any]:
    yield (floats(3, 5),)


@derived(on="torch Tensor Tensor_")
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Node:
    """`input` with each part along `dim` shrunk to a p-norm of `maxnorm` at most.

    >>> torch.renorm(torch.tensor([[3.0, 4.0]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000]])
    """
    if input.ndim < 2:
        problem = f"input needs at least 2 dimensions, got {input.ndim} dimensions"
        raise ShapeError(explain("renorm", problem))
    k = axis(dim, input.ndim, "renorm")
    others = tuple([j for j in range(input.ndim) if j != k])
    norms = ops.vector_norm(input, p, others, True)
    factor = ops.where(
        ops.gt(norms, maxnorm), maxnorm / (norms + 1e-7), ops.constant(1, norms.dtype)
    )
    return input * ops.to_dtype(factor, input.dtype)


@renorm.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 2, 0, 1.5
    yield floats(2, 3, 2), 1.0, 1, 0.5


@derived(on="F torch", grad_name="PdistBackward0")
def pdist(input: Tensor, p: float = 2.0) -> Node:
    """The p-norm of the difference of each two rows.

    >>> F.pdist(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    tensor([5.])
    """
    if input.ndim != 2:
        raise ShapeError(explain("pdist", f"pdist only supports 2D tensors, got: {input.ndim}D"))
    n = input.shape[0]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    first, second = [ops.listed(values=tuple([pair[k] for pair in pairs])) for k in (0, 1)]
    apart = ops.index_select(input, 0, first) - ops.index_select(input, 0, second)
    return ops.vector_norm(apart, p, 1)


@pdist.samples
def _() -> Iterator[Any]:
    yield (floats(4, 3),)
    yield floats(3, 2), 1.0
