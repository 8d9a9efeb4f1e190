"""The loss of connectionist temporal classification, whose lengths are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..calls import function
from ..errors import ShapeError, explain
from ..ops import OPS
from ..runtime.entry import Handle
from ..runtime.record import realise, wrap

loss = function(OPS["ctc"])


def numbers(lengths: Any) -> Any:
    """Lengths, a tensor or a sequence, as an array of integers."""
    array = realise(lengths) if isinstance(lengths, Handle) else np.asarray(lengths)
    return np.ascontiguousarray(array.reshape(-1), np.int64)


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """Minus the log-probability of each target, summed over all alignments with its input.

    log_probs: (time, batch, classes), or (time, classes), as log_softmax makes them.
    targets: (batch, longest), or all of them in one row.
    zero_infinity: whether a target that is too long for its input costs 0, not infinity.

    Graves et al., "Connectionist temporal classification" (2006).

    >>> scores = torch.zeros(2, 1, 3).log_softmax(2)
    >>> F.ctc_loss(scores, torch.tensor([[1]]), (2,), (1,))
    tensor(1.0986)
    """
    batched = log_probs._value.ndim == 3
    scores = log_probs if batched else log_probs.unsqueeze(1)
    times, batch = scores.shape[:2]
    inputs, lengths = numbers(input_lengths), numbers(target_lengths)
    if len(inputs) != batch or len(lengths) != batch:
        problem = f"input_lengths and target_lengths must be of size batch_size {batch}"
        raise ShapeError(explain("ctc_loss", problem))
    if inputs.max(initial=0) > times or lengths.min(initial=0) < 0:
        problem = f"Expected input_lengths to have value at most {times}, and no negative length"
        raise ShapeError(explain("ctc_loss", problem, {"input_lengths": inputs.tolist()}))
    rows = in_rows(realise(targets), lengths)
    found = loss(scores, wrap(rows), wrap(inputs), wrap(lengths), blank, reduction, zero_infinity)
    return found if batched or reduction != "none" else found.squeeze(0)


def in_rows(targets: Any, lengths: Any) -> Any:
    """The targets, a row for each, as long as the longest."""
    longest = max(int(lengths.max(initial=0)), 1)
    if targets.ndim == 2:
        if targets.shape[1] < lengths.max(initial=0):
            problem = f"Expected targets to have size at least {longest} at dimension 1"
            raise ShapeError(explain("ctc_loss", problem, {"targets": targets.shape}))
        rows = np.zeros((len(lengths), longest), np.int64)
        width = min(longest, targets.shape[1])
        rows[:, :width] = targets[:, :width]
        return rows
    if targets.size < lengths.sum():
        problem = f"targets have {targets.size} elements, but target_lengths add up to "
        raise ShapeError(explain("ctc_loss", f"{problem}{lengths.sum()}"))
    rows = np.zeros((len(lengths), longest), np.int64)
    start = 0
    for row, n in zip(rows, lengths, strict=True):
        row[:n] = targets[start : start + n]
        start += n
    return rows
