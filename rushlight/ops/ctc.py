"""Connectionist temporal classification: all ways to align a sequence with a shorter one.

Graves et al., "Connectionist temporal classification: labelling unsegmented sequence data with
recurrent neural networks" (2006).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node
from .loss import reduced_by
from .samples import Array, at_kink, floats
from .slicing import element, part
from .table import Tensor, derived
from .views import expand_view, reshape_view

NEVER = -1e30
"""The logarithm of what cannot be: finite, so that differences of two such are not nan."""


def log_of_sum(parts: list[Node]) -> Node:
    """The logarithm of the sum of the exponentials of `parts`."""
    top = parts[0]
    for x in parts[1:]:
        top = ops.maximum(top, x)
    top = ops.detach(top)
    total = ops.exp(parts[0] - top)
    for x in parts[1:]:
        total = total + ops.exp(x - top)
    return ops.log(total) + top


def with_blanks(targets: Node, blank: int) -> Node:
    """The labels of each target with a blank before, between and after them."""
    n, s = targets.shape
    blanks = expand_view(ops.constant(blank, targets.dtype), shape=(n, s, 1))
    pairs = ops.cat([blanks, reshape_view(targets, shape=(n, s, 1))], 2)
    last = expand_view(ops.constant(blank, targets.dtype), shape=(n, 1))
    return ops.cat([ops.reshape(pairs, (n, 2 * s)), last], 1)


def counted(n: int) -> Node:
    """The numbers from 0 to n - 1."""
    return ops.listed(values=tuple(range(n)))


def later(x: Node, by: int) -> Node:
    """`x` later right by `by` columns; what comes in is NEVER."""
    gap = expand_view(ops.constant(NEVER, x.dtype), shape=(x.shape[0], min(by, x.shape[1])))
    return ops.cat([gap, part(x, 1, 0, max(x.shape[1] - by, 0))], 1)


def likelihoods(scores: Node, labels: Node, blank: int, lengths: Node) -> Node:
    """For each place in `labels` the log-probability of having come there when a sequence ends."""
    width = labels.shape[1]
    columns = counted(width)
    never = ops.constant(NEVER, scores.dtype)
    # A label may follow the one before the last place only if a blank between would change nothing.
    back = ops.cat([labels, labels], 1)
    before = part(back, 1, width - 2, 2 * width - 2) if width > 2 else labels
    jumps = ops.logical_and(ops.ne(labels, blank), ops.ne(labels, before))
    jumps = ops.logical_and(jumps, ops.ge(columns, 2))
    at = ops.where(ops.lt(columns, 2), element(scores, 0, 0), never)
    for t in range(1, scores.shape[0]):
        ways = [at, later(at, 1), ops.where(jumps, later(at, 2), never)]
        now = ops.clamp_min(element(scores, 0, t) + log_of_sum(ways), NEVER)
        at = ops.where(ops.gt(lengths, t), now, at)
    return at


@derived(grad_name="MeanBackward0")
def ctc(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Node:
    """Minus the log-probability of each target, summed over all alignments with its input.

    `log_probs` is (time, batch, classes), `targets` (batch, longest target).
    """
    if not 0 <= blank < log_probs.shape[2]:
        raise ShapeError(explain("ctc_loss", "blank must be in label range"))
    times, n = log_probs.shape[:2]
    lengths = ops.unsqueeze(target_lengths, 1)
    inside = ops.lt(counted(targets.shape[1]), lengths)
    labels = with_blanks(ops.where(inside, targets, blank), blank)
    places = expand_view(ops.unsqueeze(labels, 0), shape=(times, n, labels.shape[1]))
    scores = ops.clamp_min(ops.gather(log_probs, 2, places), NEVER)
    at = likelihoods(scores, labels, blank, ops.unsqueeze(input_lengths, 1))
    last = ops.gather(at, 1, lengths * 2)
    other = ops.gather(at, 1, ops.clamp_min(lengths * 2 - 1, 0))
    other = ops.where(ops.gt(lengths, 0), other, NEVER)
    loss = -ops.squeeze(log_of_sum([last, other]), 1)
    loss = loss + normaliser(log_probs, input_lengths)
    impossible = ops.gt(loss, -NEVER / 10)
    if zero_infinity:
        loss = ops.where(impossible, 0, loss)
    else:
        loss = loss * ops.where(impossible, float("inf"), ops.constant(1, loss.dtype))
    if reduction == "mean":
        loss = loss / ops.to_dtype(ops.clamp_min(target_lengths, 1), loss.dtype)
    return reduced_by(reduction, loss)


def normaliser(log_probs: Node, lengths: Node) -> Node:
    """Zero, with the gradient that PyTorch gives to scores beyond that of the likelihood.

    It takes them for a log_softmax, whose own gradient takes this away again.
    """
    steps = ops.unsqueeze(counted(log_probs.shape[0]), 1)
    total = ops.sum(ops.exp(log_probs), 2)
    total = ops.sum(ops.where(ops.lt(steps, lengths), total, 0), 0)
    return total - ops.detach(total)


@ctc.samples
def _() -> Iterator[Any]:
    x = normalised(floats(6, 3, 4))
    lengths = np.array([6, 5, 4]), np.array([3, 2, 0])
    targets = np.array([[1, 2, 2], [3, 1, 0], [1, 1, 1]])
    for reduction in ("mean", "none"):
        yield at_kink(x, targets, *lengths, 0, reduction)
    yield at_kink(x, targets, np.array([3, 5, 4]), lengths[1], 0, "sum", True)


def normalised(x: Any) -> Array:
    """NumPy: scores as log-probabilities."""
    found: Array = x - np.log(np.exp(x).sum(-1, keepdims=True))
    return found
