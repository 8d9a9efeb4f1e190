"""Losses that ask how likely a prediction finds what happened."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import (
    ChoiceError,
    DtypeError,
    ShapeError,
    explain,
)
from ..graph import Node, Spec
from .loss import Flag, chosen, reduced_by, size_text
from .samples import at_kink, floats
from .table import Kind, Number, Tensor, derived, primitive

# -- probabilities of two outcomes -------------------------------------------------------------


def surprise(x: Any, target: Any) -> Any:
    """NumPy: -log of the probability of `target`, with logarithms of at least -100."""
    if x.size and not (np.minimum.reduce(x, None) >= 0 and np.maximum.reduce(x, None) <= 1):
        problem = "all elements of input should be between 0 and 1"
        hint = "apply sigmoid first, or use binary_cross_entropy_with_logits"
        if np.isnan(x).any():
            hint = "there are nan in it: a step too large? nan in the data? log or sqrt of 0?"
        raise ShapeError(explain("binary_cross_entropy", problem, hint=hint))
    against = np.maximum(np.log1p(-x), -100)
    return (target - 1) * against - target * np.maximum(np.log(x), -100)


@primitive(Kind.ELEMENTWISE, numpy=surprise, grad_name="BinaryCrossEntropyBackward0")
def binary_surprise(input: Tensor, target: Tensor) -> Spec:
    """`-target * log(input) - (1 - target) * log(1 - input)`, with logarithms of at least -100."""
    if input.dtype is not target.dtype:
        problem = f"Found dtype {target.dtype.name} but expected {input.dtype.name}"
        got = {"input": input.spec, "target": target.spec}
        hint = f"convert the target: target.to(torch.{input.dtype.name})"
        raise DtypeError(explain("binary_cross_entropy", problem, got, hint))
    return input.spec


@binary_surprise.vjp
def _(g: Node, out: Node, input: Node, target: Node) -> tuple[Node, Node]:
    spread = ops.maximum(input * (1 - input), 1e-12)
    return g * (input - target) / spread, g * (ops.log1p(-input) - ops.log(input))


@binary_surprise.samples
def _() -> Iterator[Any]:
    yield floats(3, 4, low=0.05, high=0.95), floats(3, 4, low=0, high=1, seed=1)
    edges = np.array([0.0, 1.0, 0.0, 1.0], np.float32)
    yield at_kink(edges, np.array([0.0, 1.0, 1.0, 0.0], np.float32))


@derived(on="F")
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `-target * log(input) - (1 - target) * log(1 - input)`.

    >>> F.binary_cross_entropy(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    reduction = chosen(size_average, reduce, reduction)
    if target.shape != input.shape:
        problem = (
            f"Using a target size ({size_text(target.shape)}) that is different to the input size "
            f"({size_text(input.shape)}) is deprecated. Please ensure they have the same size."
        )
        hint = "a (batch, 1) output goes with a (batch, 1) target: try target.unsqueeze(1)"
        raise ChoiceError(explain("binary_cross_entropy", problem, hint=hint))
    loss = binary_surprise(input, target)
    return reduced_by(reduction, loss if weight is None else loss * weight)


@binary_cross_entropy.samples
def _() -> Iterator[Any]:
    x, y = floats(3, 4, low=0.05, high=0.95), floats(3, 4, low=0, high=1, seed=1)
    yield x, y
    yield (x, y), {"weight": floats(4, low=0.5, seed=2), "reduction": "sum"}
    yield (x, y), {"reduction": "none"}


@derived(on="F")
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Node:
    """Binary cross entropy of `sigmoid(input)`, computed without overflow.

    >>> F.binary_cross_entropy_with_logits(torch.tensor([0.0, 0.0]), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    reduction = chosen(size_average, reduce, reduction)
    if target.shape != input.shape:
        problem = (
            f"Target size ({size_text(target.shape)}) must be the same as input size "
            f"({size_text(input.shape)})"
        )
        hint = "a (batch, 1) output goes with a (batch, 1) target: try target.unsqueeze(1)"
        raise ChoiceError(explain("binary_cross_entropy_with_logits", problem, hint=hint))
    if target.dtype.category < dtypes.FLOAT:
        got = {"input": input.spec, "target": target.spec}
        problem = (
            f"result type {input.dtype.name} can't be cast to the target's {target.dtype.name}"
        )
        hint = "convert the target: target.float()"
        raise DtypeError(explain("binary_cross_entropy_with_logits", problem, got, hint))
    score = ops.logsigmoid(input)
    if pos_weight is not None:
        score = score * ((pos_weight - 1) * target + 1)
    loss = (1 - target) * input - score
    return reduced_by(reduction, loss if weight is None else loss * weight)


@binary_cross_entropy_with_logits.samples
def _() -> Iterator[Any]:
    x, y = floats(3, 4, low=-4, high=4), floats(3, 4, low=0, high=1, seed=1)
    yield x, y
    weights = {"weight": floats(4, low=0.5, seed=2), "pos_weight": floats(4, low=0.5, seed=3)}
    yield (x, y), {"reduction": "sum", **weights}
    yield (x, y), {"reduction": "none"}
    yield np.array([100.0, -100.0], np.float32), np.array([1.0, 1.0], np.float32)


# -- likelihoods -------------------------------------------------------------------------------


def divergence_name(out: Node, form: Any) -> str:
    """By how the elements are brought together."""
    names = {"mean": "Mean", "sum": "Sum", "batchmean": "Div"}
    return f"{names.get(form[4]) or ('Mul' if form[5] else 'Sub')}Backward0"


@derived(on="F", grad_name=divergence_name)
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Node:
    """Mean of `target * (log(target) - input)`: how far from `target` the log-probabilities are.

    >>> F.kl_div(torch.tensor([-0.5, -1.0]), torch.tensor([0.5, 0.5]), reduction="sum")
    tensor(0.0569)
    """
    if reduction == "mean" and size_average is None and reduce is None:
        text = (
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next "
            "major release."
        )
        warnings.warn(text, UserWarning, stacklevel=2)
    reduction = chosen(size_average, reduce, reduction)
    if log_target:
        loss = ops.exp(target) * (target - input)
    else:
        loss = ops.xlogy(target, target) - target * input
    if reduction == "batchmean":
        total = ops.sum(loss)
        return total / input.shape[0] if input.ndim else total
    return reduced_by(reduction, loss)


@kl_div.samples
def _() -> Iterator[Any]:
    x, y = floats(3, 4, low=-3, high=-0.1), floats(3, 4, low=0.1, high=1, seed=1)
    yield (x, y), {"reduction": "batchmean"}
    yield (x, y), {"reduction": "sum"}
    yield (x, y), {"reduction": "none", "log_target": True}


@derived(on="F", grad_name="MeanBackward0")
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: Flag = None,
    eps: float = 1e-8,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `exp(input) - target * input`: how unlikely a Poisson distribution finds `target`.

    With `log_input=False`, `input` is the rate itself. `full` adds Stirling's term for the
    logarithm of the factorial of `target`.

    >>> F.poisson_nll_loss(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))
    tensor(0.8591)
    """
    reduction = chosen(size_average, reduce, reduction)
    if log_input:
        loss = ops.exp(input) - target * input
    else:
        loss = input - target * ops.log(input + eps)
    if full:
        stirling = target * ops.log(target) - target + 0.5 * ops.log(target * (2 * math.pi))
        loss = loss + ops.where(ops.le(target, 1), 0, stirling)
    return reduced_by(reduction, loss)


@poisson_nll_loss.samples
def _() -> Iterator[Any]:
    x, y = floats(3, 4), floats(3, 4, low=1.2, high=4, seed=1)
    yield x, y
    yield (x, y), {"full": True, "reduction": "sum"}
    yield (floats(3, low=0.5), floats(3, low=0.2)), {"log_input": False, "reduction": "none"}


@derived(on="F", grad_name="MeanBackward0")
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | Number,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Node:
    """Mean of `0.5 * (log(var) + (input - target) ** 2 / var)`, with `var` at least `eps`.

    >>> F.gaussian_nll_loss(torch.tensor([0.0]), torch.tensor([1.0]), torch.tensor([1.0]))
    tensor(0.5000)
    """
    if not isinstance(var, Node) or var.number:
        var = ops.expand_view(ops.cast(var, dtype=input.dtype), shape=input.shape)
    elif var.shape != input.shape:
        var = fitting_variance(var, input)
    # What is cut off still gets the gradient it would have had.
    var = ops.with_data(var, ops.maximum(var, eps))
    loss = 0.5 * (ops.log(var) + ops.square(input - target) / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced_by(reduction, loss)


def fitting_variance(var: Node, input: Node) -> Node:
    """`var` with a dimension added if it lacks the last, else as it is if it broadcasts."""
    if input.shape[:-1] == var.shape:
        return ops.unsqueeze(var, -1)
    unequal = [m for n, m in zip(input.shape, var.shape, strict=False) if n != m]
    if input.ndim != var.ndim or sum(unequal) != 1:
        got = {"var": var.spec, "input": input.spec}
        raise ChoiceError(explain("gaussian_nll_loss", "var is of incorrect size", got))
    return var


@gaussian_nll_loss.samples
def _() -> Iterator[Any]:
    x, y = floats(3, 4), floats(3, 4, seed=1)
    yield x, y, floats(3, 4, low=0.5, seed=2)
    yield (x, y, floats(3, low=0.5, seed=2)), {"full": True, "reduction": "sum"}
    yield (x, y, floats(3, 1, low=0.5, seed=2)), {"reduction": "none"}
    yield at_kink(x, y, np.zeros((3, 1), np.float32), eps=0.5)
