"""Losses that want the right classes ahead of the others by a margin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import (
    ChoiceError,
    ShapeError,
    explain,
)
from ..graph import Node
from .classify import IGNORED, check_classes, class_weights, pick_class, put_class
from .loss import Flag, chosen, reduced_by
from .samples import floats
from .table import Tensor, derived


@derived(on="F")
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of how far the other classes' scores come within `margin` of the right one's.

    >>> F.multi_margin_loss(torch.tensor([[0.1, 0.2, 0.9]]), torch.tensor([2]))
    tensor(0.1667)
    """
    reduction = chosen(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ChoiceError(explain("multi_margin_loss", "only p == 1 and p == 2 supported"))
    if weight is not None and weight.ndim != 1:
        raise ChoiceError(explain("multi_margin_loss", "weight must be one-dimensional"))
    if input.ndim < 2 and target.size == 1:  # one row of scores, or one score
        input, target = ops.reshape(input, (-1,)), ops.reshape(target, ())
    axis = check_classes("multi_margin_loss", input, target, weight)
    n = input.shape[axis]
    right = ops.unsqueeze(pick_class(input, target, axis=axis, ignore=IGNORED), axis)
    close = ops.clamp_min(input - right + margin, 0)
    if p == 2:
        close = ops.square(close)
    ones = ops.expand_view(ops.constant(1, input.dtype), shape=target.shape)
    others = 1 - put_class(ones, target, axis=axis, n=n, ignore=IGNORED)
    loss = ops.reduce_sum(close * others, axes=(axis,), keepdim=False) / n
    if weight is not None:
        over = class_weights(weight, input.shape, axis)
        loss = loss * pick_class(over, target, axis=axis, ignore=IGNORED)
    return reduced_by(reduction, loss)


@multi_margin_loss.samples
def _() -> Iterator[Any]:
    x, target = floats(3, 4), np.array([0, 3, 1])
    yield x, target
    yield (x, target), {"p": 2, "margin": 0.5, "weight": floats(4, low=0.5), "reduction": "sum"}
    yield (x, target), {"reduction": "none"}
    yield floats(4), np.array(2)


@derived(on="F")
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of how far the wrong classes' scores come within 1 of each right one's.

    Each row of `target` lists the right classes; the list ends at the first -1.

    >>> F.multilabel_margin_loss(torch.tensor([[0.1, 0.9]]), torch.tensor([[1, -1]]))
    tensor(0.1000)
    """
    reduction = chosen(size_average, reduce, reduction)
    if not input.ndim and target.size == 1:
        input, target = ops.reshape(input, (1,)), ops.reshape(target, (1,))
    if input.shape != target.shape or input.ndim not in (1, 2):
        got = {"input": input.spec, "target": target.spec}
        raise ShapeError(explain("multilabel_margin_loss", "inconsistent target size", got))
    axis = input.ndim - 1
    n = input.shape[axis]
    ended = ops.cumsum(ops.cast(ops.lt(target, 0), dtype=dtypes.int64), axis)
    listed = ops.eq(ended, 0)
    classes = ops.where(listed, target, 0)
    right = ops.cast(listed, dtype=input.dtype)
    zeros = ops.expand_view(ops.constant(0, input.dtype), shape=input.shape)
    wrong = ops.cast(ops.eq(ops.scatter_add(zeros, axis, classes, right), 0), dtype=input.dtype)
    scores = ops.gather(input, axis, classes)
    # (.., right class, wrong class)
    gap = 1 - ops.unsqueeze(scores, -1) + ops.unsqueeze(input, -2)
    each = ops.clamp_min(gap, 0) * ops.unsqueeze(right, -1) * ops.unsqueeze(wrong, -2)
    loss = ops.reduce_sum(each, axes=(axis, axis + 1), keepdim=False) / n
    return reduced_by(reduction, loss)


@multilabel_margin_loss.samples
def _() -> Iterator[Any]:
    target = np.array([[3, 0, -1, 1], [-1, 0, 0, 0], [1, 2, 0, 3]])
    yield floats(3, 4), target
    yield (floats(3, 4), target), {"reduction": "none"}
    yield floats(4), np.array([2, 1, -1, 0])


@derived(on="F", grad_name="MeanBackward0")
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of the binary cross entropies of `sigmoid(input)`, one for each class.

    >>> F.multilabel_soft_margin_loss(torch.zeros(1, 2), torch.tensor([[0.0, 1.0]]))
    tensor(0.6931)
    """
    reduction = chosen(size_average, reduce, reduction)
    loss = -(target * ops.logsigmoid(input) + (1 - target) * ops.logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    axis = loss.ndim - 1
    return reduced_by(reduction, ops.reduce_sum(loss, axes=(axis,), keepdim=False) / loss.shape[-1])


@multilabel_soft_margin_loss.samples
def _() -> Iterator[Any]:
    x, y = floats(3, 4), floats(3, 4, low=0, high=1, seed=1)
    yield x, y
    yield (x, y), {"weight": floats(4, low=0.5, seed=2), "reduction": "none"}
