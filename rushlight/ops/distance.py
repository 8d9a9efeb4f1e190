"""How far apart vectors are, and how alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node
from .arithmetic import common_shape
from .dims import axis
from .samples import at_kink, floats
from .table import Tensor, derived
from .views import expand_view


@derived(on="torch F", grad_name="NormBackward1")
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Node:
    """The `p`-norms of `x1 - x2 + eps` along the last dimension.

    >>> F.pairwise_distance(torch.tensor([[0.0, 3.0]]), torch.tensor([[4.0, 0.0]]))
    tensor([5.])
    """
    return ops.vector_norm(x1 - x2 + eps, p, -1, keepdim)


@pairwise_distance.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield (floats(3, 4), floats(4, seed=1)), {"p": 1, "keepdim": True}
    yield floats(4), floats(4, seed=1), math.inf


@derived(on="torch F", grad_name="SumBackward1")
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Node:
    """Cosine of the angle between `x1` and `x2` along `dim`; lengths count as `eps` at least.

    >>> F.cosine_similarity(torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0]), dim=0)
    tensor(0.7071)
    """
    ndim = max(x1.ndim, x2.ndim)
    k = axis(dim, ndim, "cosine_similarity") - ndim
    if ndim and (min(x1.ndim, x2.ndim) < -k or x1.shape[k] != x2.shape[k]):
        shape = common_shape("cosine_similarity", [x1, x2])
        x1, x2 = expand_view(x1, shape=shape), expand_view(x2, shape=shape)
    return ops.sum(direction_of(x1, k, eps) * direction_of(x2, k, eps), k)


def direction_of(x: Node, k: int, eps: float) -> Node:
    """`x` over its length along axis `k`, which counts as `eps` at least."""
    length = ops.vector_norm(x, 2, k if -k <= x.ndim else None, keepdim=True)
    # What is cut off still gets the gradient it would have had.
    return x / ops.with_data(length, ops.maximum(length, eps))


@cosine_similarity.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield floats(3, 4), floats(4, seed=1), -1
    yield floats(4), floats(4, seed=1), 0
    yield floats(2, 3, 2), floats(2, 3, 2, seed=1)
    yield floats(1, 3), floats(2, 3, seed=1), 0
    yield floats(3), floats(2, 3, seed=1), 0


@derived(on="torch")
def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Node:
    """The `p`-norm of the difference of each row of `x1` and each row of `x2`.

    >>> torch.cdist(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            problem = f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D"
            raise ShapeError(explain("cdist", problem))
    if x1.shape[-1] != x2.shape[-1]:
        problem = (
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
        raise ShapeError(explain("cdist", problem))
    if p < 0:
        raise ShapeError(explain("cdist", "only supports non-negative p values"))
    difference = ops.unsqueeze(x1, -2) - ops.unsqueeze(x2, -3)  # (.., rows of x1, of x2, columns)
    return ops.vector_norm(difference, p, -1)


@cdist.samples
def _() -> Iterator[Any]:
    yield floats(3, 2), floats(4, 2, seed=1)
    yield floats(2, 3, 2), floats(2, 2, seed=1), 1.0
    yield floats(3, 2), floats(4, 2, seed=1), 3.0
    yield floats(3, 2), floats(4, 2, seed=1), math.inf
    yield at_kink(np.zeros((2, 2), np.float32), np.array([[0, 0], [3, 4]], np.float32))
