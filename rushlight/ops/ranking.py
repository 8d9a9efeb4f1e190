"""Losses that compare inputs with one another: which is larger, nearer, more alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ChoiceError, ShapeError, explain
from ..graph import Node
from .loss import Flag, chosen, reduced_by, size_text
from .samples import Array, floats
from .table import Tensor, derived


def signs_like(*shape: int) -> Array:
    """Targets of 1 and -1."""
    return np.asarray(np.sign(floats(*shape, seed=3)), np.int64)


@derived(on="F", grad_name="MeanBackward0")
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `input` where `target` is 1, of `max(0, margin - input)` where it is -1.

    >>> F.hinge_embedding_loss(torch.tensor([0.5, 0.2]), torch.tensor([1.0, -1.0]))
    tensor(0.6500)
    """
    reduction = chosen(size_average, reduce, reduction)
    apart = ops.where(ops.ne(target, 1), ops.clamp_min(margin - input, 0), 0)
    close = ops.where(ops.ne(target, -1), input, 0)
    return reduced_by(reduction, apart + close)


@hinge_embedding_loss.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), signs_like(3, 4)
    yield (floats(3, 4), signs_like(3, 4), 0.3), {"reduction": "none"}


@derived(on="F", grad_name="MeanBackward0")
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `max(0, -target * (input1 - input2) + margin)`.

    `target` is 1 where `input1` should be larger, -1 where `input2` should.

    >>> F.margin_ranking_loss(torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([1.0]))
    tensor(2.)
    """
    reduction = chosen(size_average, reduce, reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        problem = (
            "All input tensors should have same dimension but got sizes: "
            f"input1: {size_text(input1.shape)}, input2: {size_text(input2.shape)}, "
            f"target: {size_text(target.shape)}"
        )
        raise ShapeError(explain("margin_ranking_loss", problem))
    return reduced_by(reduction, ops.clamp_min(-target * (input1 - input2) + margin, 0))


@margin_ranking_loss.samples
def _() -> Iterator[Any]:
    y = np.sign(floats(3, 4, seed=3))
    yield floats(3, 4), floats(3, 4, seed=1), y
    yield (floats(4), floats(4, seed=1), y[0], 0.5), {"reduction": "sum"}


@derived(on="F")
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `log(1 + exp(-target * input))`, for targets of 1 and -1.

    >>> F.soft_margin_loss(torch.tensor([0.0]), torch.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = chosen(size_average, reduce, reduction)
    return reduced_by(reduction, -ops.logsigmoid(target * input))


@soft_margin_loss.samples
def _() -> Iterator[Any]:
    y = np.sign(floats(3, 4, seed=3))
    yield floats(3, 4), y
    yield (floats(3, 4), y), {"reduction": "none"}


@derived(on="F", grad_name="MeanBackward0")
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `1 - cos` where `target` is 1, of `max(0, cos - margin)` where it is -1.

    cos is the cosine of the angle between the vectors that `input1` and `input2` hold.

    >>> x, y = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    >>> F.cosine_embedding_loss(x, y, torch.tensor([1]))
    tensor(1.)
    """
    reduction = chosen(size_average, reduce, reduction)
    if target.ndim > 1 or target.ndim + 1 != input1.ndim or input1.ndim != input2.ndim:
        problem = f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors"
        got = {"input1": input1.spec, "input2": input2.spec, "target": target.spec}
        if target.ndim > 1:
            problem = "0D or 1D target tensor expected, multi-target not supported"
        raise ShapeError(explain("cosine_embedding_loss", problem, got))
    tiny = 1e-12
    lengths = [ops.sum(ops.square(x), -1) + tiny for x in (input1, input2)]
    cosine = ops.sum(input1 * input2, -1) / ops.sqrt(lengths[0] * lengths[1])
    alike = ops.where(ops.eq(target, 1), 1 - cosine, 0)
    apart = ops.where(ops.eq(target, -1), ops.clamp_min(cosine - margin, 0), 0)
    return reduced_by(reduction, alike + apart)


@cosine_embedding_loss.samples
def _() -> Iterator[Any]:
    yield floats(4, 3), floats(4, 3, seed=1), signs_like(4)
    yield (floats(4, 3), floats(4, 3, seed=1), signs_like(4), 0.2), {"reduction": "none"}
    yield floats(3), floats(3, seed=1), np.asarray(1)


@derived(on="F", grad_name="MeanBackward0")
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `max(0, d(anchor, positive) - d(anchor, negative) + margin)`.

    With `swap`, the negative counts as near as it is to the anchor or to the positive.

    >>> F.triplet_margin_loss(torch.zeros(1, 1), torch.ones(1, 1), torch.full((1, 1), 3.0))
    tensor(0.)
    """
    reduction = chosen(size_average, reduce, reduction)
    if margin <= 0:
        problem = f"margin must be greater than 0, got {margin}"
        raise ChoiceError(explain("triplet_margin_loss", problem))
    near = ops.pairwise_distance(anchor, positive, p, eps)
    far = ops.pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = ops.minimum(far, ops.pairwise_distance(positive, negative, p, eps))
    return reduced_by(reduction, ops.clamp_min(near - far + margin, 0))


@triplet_margin_loss.samples
def _() -> Iterator[Any]:
    inputs = floats(3, 4), floats(3, 4, seed=1), floats(3, 4, seed=2)
    yield inputs
    yield inputs, {"swap": True, "p": 1, "margin": 2.0, "reduction": "none"}
