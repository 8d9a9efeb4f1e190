"""Rows of a table, added up or averaged in bags: a function that looks at the numbers given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ChoiceError, ShapeError, explain
from ..grad_fn import made_as
from ..runtime.record import realise, wrap
from .lookups import embedding

MADE_BY = "EmbeddingBagBackward0"


def places_of(input: Any, offsets: Any, last: bool) -> tuple[Any, Any]:
    """For each bag the places of its numbers in `input`, padded with 0, and which of them count."""
    if input.ndim == 2:
        if offsets is not None:
            problem = "if input is 2D, then offsets has to be None"
            raise ChoiceError(explain("embedding_bag", problem))
        places = np.arange(input.size).reshape(input.shape)
        return places, np.ones(places.shape, bool)
    if input.ndim != 1 or offsets is None or offsets.ndim != 1:
        problem = "expected a 2D input, or a 1D input with 1D offsets"
        raise ChoiceError(explain("embedding_bag", problem))
    begins = offsets[:-1] if last else offsets
    ends = np.append(offsets[1:], [] if last else [input.size]).astype(np.int64)
    if begins.size and (begins[0] != 0 or ends.max() > input.size or (ends < begins).any()):
        problem = "offsets must begin with 0, must not decrease, nor exceed the length of the input"
        raise ShapeError(explain("embedding_bag", problem, {"offsets": offsets.tolist()}))
    counts = ends - begins
    longest = max(int(counts.max(initial=0)), 1)
    kept = np.arange(longest) < counts[:, None]
    return np.where(kept, begins[:, None] + np.arange(longest), 0), kept


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """The sum, mean or maximum over each bag of the rows of `weight` whose numbers are in it.

    A bag is a row of `input`, or, where that has one dimension, what lies between two `offsets`.

    >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> F.embedding_bag(torch.tensor([0, 1, 2]), table, torch.tensor([0, 2]), mode="sum")
    tensor([[4., 6.],
            [5., 6.]])
    """
    if mode not in ("sum", "mean", "max"):
        problem = f"mode has to be one of sum, mean or max, not {mode!r}"
        raise ChoiceError(explain("embedding_bag", problem))
    if per_sample_weights is not None and mode != "sum":
        problem = f"per_sample_weights is not supported for mode={mode!r}"
        raise NotImplementedError(explain("embedding_bag", problem, hint="use mode='sum'"))
    numbers = realise(input)
    starts = None if offsets is None else realise(offsets)
    places, kept = places_of(numbers, starts, include_last_offset)
    flat = numbers.reshape(-1)
    rows = flat[places] if flat.size else np.zeros(places.shape, np.int64)
    if padding_idx is not None:
        kept = kept & (rows != padding_idx % weight.shape[0])
    if max_norm is not None:
        embedding(wrap(np.unique(flat)), weight, max_norm=max_norm, norm_type=norm_type)
    found = embedding(wrap(rows), weight, scale_grad_by_freq=scale_grad_by_freq)
    mask = wrap(kept[..., None])
    if mode == "max":
        best = found.masked_fill(mask.logical_not(), -math.inf).amax(1)
        return made_as(best.masked_fill(wrap(~kept.any(1)[:, None]), 0.0), MADE_BY)
    share = kept / np.maximum(kept.sum(1), 1)[:, None] if mode == "mean" else kept
    factors = wrap(weight._value.dtype.array(share[..., None]))
    if per_sample_weights is not None:
        given = per_sample_weights.reshape(-1)
        factors = factors * given[wrap(places)].unsqueeze(-1)
    return made_as((found * factors).sum(1), MADE_BY)
