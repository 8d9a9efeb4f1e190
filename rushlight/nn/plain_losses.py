"""Losses as functions of `torch` itself, which take a number for what is done with many losses."""

from __future__ import annotations

from typing import Any

from ..errors import ChoiceError, explain
from ..public import public
from . import functional as F
from .ctc import ctc_loss as loss_of_alignments

REDUCTIONS = ("none", "mean", "sum")
"""What the numbers 0, 1 and 2 stand for."""


def word(reduction: Any) -> str:
    """The reduction that a number stands for."""
    if reduction not in (0, 1, 2):
        problem = f"{reduction!r} is not a valid value for reduction"
        hint = "functions of torch take 0, 1 or 2 for 'none', 'mean' or 'sum': see nn.functional"
        raise ChoiceError(explain("loss", problem, hint=hint))
    return REDUCTIONS[reduction]


@public()
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 1
) -> Any:
    """How unlikely `target` is, if the sigmoid of `input` is the probability of 1.

    >>> torch.binary_cross_entropy_with_logits(torch.zeros(2), torch.ones(2))
    tensor(0.6931)
    """
    return F.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight=pos_weight, reduction=word(reduction)
    )


@public()
def kl_div(input: Any, target: Any, reduction: int = 1, *, log_target: bool = False) -> Any:
    """`target * (log(target) - input)`: how far from `target` the log-probabilities are."""
    if reduction != 1:
        return F.kl_div(input, target, reduction=word(reduction), log_target=log_target)
    return F.kl_div(input, target, reduction="none", log_target=log_target).mean()


@public()
def poisson_nll_loss(
    input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int
) -> Any:
    """How unlikely a Poisson distribution of rate exp(`input`), or `input`, finds `target`."""
    options = {"eps": eps, "reduction": word(reduction)}
    return F.poisson_nll_loss(input, target, log_input, full, **options)


@public()
def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: int = 1) -> Any:
    """`input` where `target` is 1; where it is -1, how far `input` is below `margin`."""
    return F.hinge_embedding_loss(input, target, margin, reduction=word(reduction))


@public()
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 1
) -> Any:
    """How far pairs are from being alike where `target` is 1, or unlike where it is -1."""
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=word(reduction))


@public()
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 1
) -> Any:
    """How far `input1` is from being larger than `input2` (`target` 1), or smaller (-1)."""
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=word(reduction))


@public()
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 1,
) -> Any:
    """How far the positive is, plus `margin`, beyond the distance of the negative."""
    layout = (margin, p, eps, swap)
    return F.triplet_margin_loss(anchor, positive, negative, *layout, reduction=word(reduction))


@public()
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 1,
    zero_infinity: bool = False,
) -> Any:
    """Minus the log-probability of each target over all alignments, as in `nn.functional`."""
    lengths = (input_lengths, target_lengths)
    return loss_of_alignments(log_probs, targets, *lengths, blank, word(reduction), zero_infinity)
