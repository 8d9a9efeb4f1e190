"""Functions of `nn.functional` that draw random numbers: the dropouts, and rrelu.

The numbers are drawn at once, as PyTorch draws them; what is done with them is recorded.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import bfloat, ops, random, rng
from ..calls import function
from ..chance import for_each
from ..errors import ChoiceError, ShapeError, explain
from ..generator import LOCK, twister_of
from ..graph import Node, contiguous_strides
from ..ops import OPS
from ..ops.samples import floats
from ..ops.table import Tensor, derived
from ..patterns import room_like
from ..runtime.mutate import apply_inplace
from ..runtime.record import apply, elements, wrap
from ..runtime.recorder import local

ALPHA = 1.7580993408473766
"""scale * alpha of selu: what alpha dropout puts in the place of a value is -ALPHA."""


# -- what is recorded --------------------------------------------------------------------------


@derived(grad_name="MulBackward0")
def keep_scaled(input: Tensor, mask: Tensor, scale: float) -> Node:
    """`input` times `scale` where `mask` is true, 0 elsewhere."""
    return input * (ops.cast(mask, dtype=input.dtype) * scale)


@keep_scaled.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1) > 0, 2.0
    yield floats(2, 3, 4), floats(2, 3, 1, seed=1) > 0, 1.25


@derived(grad_name="AddBackward0")
def keep_or_saturate(input: Tensor, mask: Tensor, p: float) -> Node:
    """`input` where `mask` is true, else -ALPHA, moved and scaled to keep mean and variance."""
    scale = 1.0 / math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p))
    noise = ops.cast(mask, dtype=input.dtype)
    shift = (noise + -1) * (ALPHA * scale) + ALPHA * scale * p
    return input * (noise * scale) + shift


@keep_or_saturate.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1) > 0, 0.5


@derived(grad_name="RreluWithNoiseBackward0")
def times_slopes(input: Tensor, slopes: Tensor) -> Node:
    """`input * slopes`."""
    return input * slopes


@times_slopes.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)


times = function(OPS["mul"])


# -- dropout -----------------------------------------------------------------------------------


def check_probability(p: float) -> None:
    """Raise ChoiceError unless `p` is a probability."""
    if p < 0.0 or p > 1.0:
        problem = f"dropout probability has to be between 0 and 1, but got {p}"
        raise ChoiceError(explain("dropout", problem))


def reciprocal(input: Any, p: float) -> float:
    """1 / (1 - p), computed in the dtype of `input`."""
    dtype = input._value.dtype
    kind = dtype.carrier.type
    return float(bfloat.values(dtype.array(kind(1) / kind(1 - p))))


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`input` with each element 0 with probability `p`, else scaled by 1 / (1 - p).

    Nothing happens unless `training`.

    >>> bool((F.dropout(torch.ones(9), 0.5).unique() != 1).all())
    True
    """
    check_probability(p)
    if not training or p == 0 or input._value.size == 0:
        return input
    if p == 1:
        return all_dropped(input, inplace)
    args = (input, element_mask(input, p), reciprocal(input, p))
    return apply_inplace(keep_scaled, args, {}) if inplace else keep(*args)


keep = function(keep_scaled)


def element_mask(input: Any, p: float) -> Any:
    """A mask with a decision for each element."""
    value = input._value
    if value.strides != row_major(value.shape) or local.recorder.mapping:
        return random.dropout_mask(input, p)
    with LOCK:
        return wrap(rng.dropout_keep(twister_of(None), value.shape, p))


row_major = functools.lru_cache(contiguous_strides)


def all_dropped(input: Any, inplace: bool) -> Any:
    """Zeros, by which no gradient flows."""
    return apply_inplace(OPS["mul"], (input, 0.0), {}) if inplace else times(input, 0.0)


def feature_mask(input: Any, p: float) -> Any:
    """A mask with one decision for each channel of each sample."""
    shape = input._value.shape
    if len(shape) < 2:
        problem = "Feature dropout requires at least 2 dimensions in the input"
        raise ShapeError(explain("dropout", problem, {"input": input._value.spec}))

    def make(shape: tuple[int, ...]) -> Any:
        room = np.empty(shape, np.bool_)
        return wrap(
            random.filled(room, None, lambda t, shape, *rest: rng.dropout_keep(t, shape, p))
        )

    return for_each("dropout", (*shape[:2], *[1] * (len(shape) - 2)), make)


def feature_dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Any:
    """`input`, (batch, channels, ...), with each channel 0 with probability `p`, else scaled."""
    check_probability(p)
    if not training or p == 0 or input._value.size == 0:
        return input
    if p == 1:
        return all_dropped(input, inplace)
    args = (input, feature_mask(input, p), reciprocal(input, p))
    return apply_inplace(keep_scaled, args, {}) if inplace else keep(*args)


def without_batch(input: Any, p: float, training: bool, inplace: bool) -> Any:
    """`feature_dropout` of an input that has no batch dimension."""
    out = feature_dropout(input.unsqueeze(0), p, training, inplace)
    return input if inplace else out.squeeze(0)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`input`, (batch, channels, length) or (channels, length), with whole channels dropped."""
    check_probability(p)
    ndim = input._value.ndim
    if ndim not in (2, 3):
        problem = f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. {purpose(1)}"
        raise ShapeError(explain("nn.functional", problem))
    run = feature_dropout if ndim == 3 else without_batch
    return run(input, p, training, inplace)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`input`, (batch, channels, height, width), with whole channels dropped."""
    check_probability(p)
    ndim = input._value.ndim
    if ndim not in (3, 4):
        warn_of_dims(2, ndim)
    if ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return feature_dropout(input, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`input`, (batch, channels, depth, height, width), with whole channels dropped."""
    check_probability(p)
    ndim = input._value.ndim
    if ndim not in (4, 5):
        warn_of_dims(3, ndim)
    run = without_batch if ndim == 4 else feature_dropout
    return run(input, p, training, inplace)


def purpose(n: int) -> str:
    """What the dropout of `n` spatial dimensions is for, as PyTorch says it."""
    return (
        f"Note that dropout{n}d exists to provide channel-wise dropout on inputs with {n} spatial "
        f"dimension{'s' if n > 1 else ''}, a channel dimension, and an optional batch dimension "
        f"(i.e. {n + 1}D or {n + 2}D inputs)."
    )


def warn_of_dims(n: int, ndim: int) -> None:
    """Warn that the input of a dropout has an unusual number of dimensions."""
    name = f"dropout{n}d"
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an "
        "error in a future release. To retain the behavior and silence this warning, please use "
        f"dropout instead. {purpose(n)}",
        stacklevel=3,
    )


# -- for selu ----------------------------------------------------------------------------------


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """`input` with elements dropped such that a mean of 0 and a variance of 1 are kept.

    Klambauer et al., "Self-normalizing neural networks" (2017).
    """
    return saturated(input, p, training, inplace, element_mask)


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    """As `alpha_dropout`, but of whole channels."""
    return saturated(input, p, training, inplace, feature_mask)


def saturated(input: Any, p: float, training: bool, inplace: bool, mask_of: Any) -> Any:
    """`input`, saturated where the mask that `mask_of` draws says so."""
    check_probability(p)
    if not training or p == 0 or input._value.size == 0:
        return input
    if p == 1:
        return all_dropped(input, inplace)
    args = (input, mask_of(input, p), p)
    if inplace:
        return apply_inplace(keep_or_saturate, args, {})
    return apply(keep_or_saturate, args, {})


# -- rrelu -------------------------------------------------------------------------------------


def rrelu(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Any:
    """`input` where it is positive, elsewhere times a slope.

    If `training`, slopes are drawn from [lower, upper); otherwise they are the mean of the two.

    >>> F.rrelu(torch.tensor([-1.0, 2.0]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    if lower > upper:
        problem = "lower bound should be less than or equal to the upper bound"
        raise ShapeError(explain("rrelu", problem, {"lower": lower, "upper": upper}))
    if not training:
        args: tuple[Any, ...] = (input, (lower + upper) / 2)
        op: Any = OPS["leaky_relu"]
    else:
        args = (input, slopes_of(input, lower, upper))
        op = times_slopes
    return apply_inplace(op, args, {}) if inplace else apply(op, args, {})


def slopes_of(input: Any, lower: float, upper: float) -> Any:
    """A slope for each element of `input`: 1 where that is positive, drawn anew elsewhere."""
    array = elements(input)
    slopes = room_like(input)
    bfloat.fill(slopes, 1)
    order = sorted(range(array.ndim), key=lambda k: (-slopes.strides[k], k))
    bent = array.transpose(order) <= 0
    count = int(np.count_nonzero(bent))
    with LOCK:
        drawn = rng.uniform(twister_of(None), (count,), 0.0, 1.0, np.dtype(np.float64))
    low, high = [float(array.dtype.type(bound)) for bound in (lower, upper)]
    slopes.transpose(order)[bent] = input._value.dtype.array(drawn * (high - low) + low)
    return wrap(slopes)
