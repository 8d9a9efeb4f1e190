"""Losses that compare numbers with numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from .. import ops
from ..errors import ChoiceError, ShapeError, explain
from ..graph import Node
from .samples import doubles, floats
from .table import Tensor, derived

Flag = bool | None


def chosen(size_average: Flag, reduce: Flag, reduction: str) -> str:
    """`reduction`, unless it was given in the old way."""
    if reduction != "batchmean":  # which only kl_div takes
        check_reduction(reduction)
    if size_average is None and reduce is None:
        return reduction
    average = True if size_average is None else size_average
    whole = True if reduce is None else reduce
    found = ("mean" if average else "sum") if whole else "none"
    text = (
        f"size_average and reduce args will be deprecated, please use reduction='{found}' instead."
    )
    warnings.warn(text, UserWarning, stacklevel=2)
    return found


def check_reduction(reduction: str) -> None:
    """Raise unless `reduction` is a word for what is made of the losses."""
    if reduction not in ("none", "mean", "sum"):
        problem = f"{reduction} is not a valid value for reduction"
        raise ChoiceError(explain("loss", problem, hint="use 'none', 'mean' or 'sum'"))


def reduced_by(reduction: str, loss: Node) -> Node:
    """`loss` as it is, or its mean or its sum."""
    check_reduction(reduction)
    if reduction == "mean":
        return ops.mean(loss)
    return ops.sum(loss) if reduction == "sum" else loss


def size_text(shape: Any) -> str:
    """A shape as PyTorch prints it."""
    return f"torch.Size({list(shape)})"


def fit(a: Any, b: Any) -> bool:
    """Whether two shapes broadcast together."""
    return all([m == n or 1 in (m, n) for m, n in zip(reversed(a), reversed(b), strict=False)])


def warn_if_sizes_differ(input: Node, target: Node) -> None:
    """Warn, as PyTorch does, that broadcasting in a loss is most often a mistake.

    Raises ShapeError if the sizes do not even broadcast.
    """
    if input.shape != target.shape:
        if not fit(input.shape, target.shape):
            got = {"input": input.spec, "target": target.spec}
            problem = "the sizes of input and target do not fit together"
            hint = "they should be the same: look at what the model returns, and at the dataset"
            raise ShapeError(explain("loss", problem, got, hint))
        text = (
            f"Using a target size ({size_text(target.shape)}) that is different to the input size "
            f"({size_text(input.shape)}). This will likely lead to incorrect results due to "
            "broadcasting. Please ensure they have the same size."
        )
        warnings.warn(text, UserWarning, stacklevel=2)


def weighted_mean(loss: Node, weight: Node, input: Node, reduction: str, by_weight: bool) -> Node:
    """`loss` times `weight`, reduced; the mean is over the weights if `by_weight`."""
    if weight.shape != input.shape:
        got = {"weight": weight.spec, "input": input.spec}
        problem = "Weights and input must have the same size."
        raise ChoiceError(explain("loss", problem, got))
    weighted = loss * weight
    if reduction == "mean" and by_weight:
        return ops.sum(weighted) / ops.sum(weight)
    return reduced_by(reduction, weighted)


def predictions(**kwargs: Any) -> Iterator[Any]:
    """Samples of predictions and targets."""
    x, y = floats(3, 4), floats(3, 4, seed=1)
    for reduction in ("mean", "sum", "none"):
        yield (x, y), {"reduction": reduction, **kwargs}


# -- distances ---------------------------------------------------------------------------------


@derived(on="F")
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Node:
    """Mean of the squares of `input - target`.

    >>> F.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    warn_if_sizes_differ(input, target)
    reduction = chosen(size_average, reduce, reduction)
    loss = ops.square(input - target)
    if weight is not None:
        return weighted_mean(loss, weight, input, reduction, True)
    return reduced_by(reduction, loss)


@derived(on="F", grad_name="MeanBackward0")
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Node:
    """Mean of the magnitudes of `input - target`.

    >>> F.l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(1.)
    """
    warn_if_sizes_differ(input, target)
    reduction = chosen(size_average, reduce, reduction)
    loss = ops.abs(input - target)
    if weight is not None:
        return weighted_mean(loss, weight, input, reduction, True)
    return reduced_by(reduction, loss)


@mse_loss.samples
@l1_loss.samples
def _() -> Iterator[Any]:
    yield from predictions()
    yield (floats(3, 4), floats(3, 4, seed=1)), {"weight": floats(3, 4, low=0.5, seed=2)}
    yield floats(3), doubles(3, seed=1)


@derived(on="F", grad_name="SmoothL1LossBackward0")
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Node:
    """Mean of `0.5 * d ** 2 / beta` for differences d below `beta`, of `d - 0.5 * beta` above.

    >>> F.smooth_l1_loss(torch.tensor([0.0, 0.0]), torch.tensor([0.5, 3.0]), reduction="none")
    tensor([0.1250, 2.5000])
    """
    warn_if_sizes_differ(input, target)
    reduction = chosen(size_average, reduce, reduction)
    if beta < 0:
        problem = "smooth_l1_loss does not support negative values for beta."
        raise ShapeError(explain("smooth_l1_loss", problem))
    error = input - target
    size = ops.abs(error)
    if beta == 0:
        return reduced_by(reduction, size)
    curve = ops.square(error) * (0.5 / beta)
    return reduced_by(reduction, ops.where(ops.lt(size, beta), curve, size - 0.5 * beta))


@derived(on="F")
def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Node:
    """Mean of `0.5 * d ** 2` for differences d up to `delta`, of `delta * (d - 0.5 * delta)` above.

    >>> F.huber_loss(torch.tensor([0.0, 0.0]), torch.tensor([0.5, 3.0]), reduction="none")
    tensor([0.1250, 2.5000])
    """
    warn_if_sizes_differ(input, target)
    if delta <= 0:
        problem = "huber_loss does not support non-positive values for delta."
        raise ShapeError(explain("huber_loss", problem))
    error = input - target
    size = ops.abs(error)
    line = (size - 0.5 * delta) * delta
    loss = ops.where(ops.le(size, delta), ops.square(error) * 0.5, line)
    if weight is not None:
        return weighted_mean(loss, weight, input, reduction, False)
    return reduced_by(reduction, loss)


@smooth_l1_loss.samples
def _() -> Iterator[Any]:
    yield from predictions()
    yield from predictions(beta=0.3)
    yield from predictions(beta=0.0)


@huber_loss.samples
def _() -> Iterator[Any]:
    yield from predictions()
    yield from predictions(delta=0.3)
    yield (floats(3, 4), floats(3, 4, seed=1)), {"weight": floats(3, 4, low=0.5, seed=2)}
