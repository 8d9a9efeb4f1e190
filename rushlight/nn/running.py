"""Normalisation by running statistics: functions of `nn.functional` that change their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..calls import function
from ..errors import ShapeError, explain
from ..graph import Node
from ..ops import OPS
from ..overwrite import copy_
from ..runtime.record import give_cell, realise
from ..runtime.recorder import local
from .replace import Replacement, replace

plain_batch_norm = function(OPS["batch_norm"])
plain_instance_norm = function(OPS["instance_norm"])
step = function(OPS["batch_norm_step"])
STEP = Replacement("batch_norm", "NativeBatchNormBackward0")


def moving_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any,
    bias: Any,
    momentum: float,
    eps: float,
) -> Any:
    """The normalised batch, after the running mean and variance have moved towards its own."""
    if not local.recorder.mapping:
        identify(running_mean)
        identify(running_var)
    viewed = running_mean._value.viewed or running_var._value.viewed  # their views move along
    if viewed or local.recorder.mapping:
        out, mean, var = step(input, running_mean, running_var, weight, bias, momentum, eps)
        copy_(running_mean, mean)
        copy_(running_var, var)
        return out
    scales = [s for s in (weight, bias) if s is not None]

    def rule(nodes: Sequence[Node], scalars: Sequence[Node]) -> Any:
        mean, var, batch, *rest = nodes
        given = iter(rest)
        w, b = [None if s is None else next(given) for s in (weight, bias)]
        out, *moved = ops.batch_norm_step(batch, mean, var, w, b, scalars[0], eps)
        return moved, [out]

    static = (weight is None, bias is None, eps)
    tensors = (running_mean, running_var, input, *scales)
    return replace(STEP, tensors, 2, (momentum,), static, rule)[0]


def identify(buffer: Any) -> None:
    """Give a buffer that is both read and changed in each step an identity in what is recorded."""
    if buffer._cell is None:
        realise(buffer)
        give_cell(buffer, buffer.requires_grad)


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """`input`, (batch, channels, *), with mean 0 and variance 1 in each channel, scaled and moved.

    If `training` these are the mean and variance of the batch, and the running ones, if any, move
    towards them by the share `momentum`; else they are the running ones.

    Ioffe and Szegedy, "Batch normalization" (2015).

    >>> F.batch_norm(torch.tensor([[1.0], [3.0]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    if not training or running_mean is None or running_var is None:
        return plain_batch_norm(
            input, running_mean, running_var, weight, bias, training, momentum, eps
        )
    return moving_norm(input, running_mean, running_var, weight, bias, momentum, eps)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """`input`, (batch, channels, *), with mean 0 and variance 1 in each channel of each sample.

    The running mean and variance, if any, move towards the averages over the batch by the share
    `momentum`; they take the place of the input's own unless `use_input_stats`.

    Ulyanov et al., "Instance normalization: the missing ingredient for fast stylization" (2016).
    """
    if not use_input_stats and (running_mean is None or running_var is None):
        problem = (
            "Expected running_mean and running_var to be defined when use_input_stats is false"
        )
        raise ShapeError(explain("instance_norm", problem))
    if use_input_stats and running_mean is not None and running_var is not None:
        return with_averages(input, running_mean, running_var, weight, bias, momentum, eps)
    return plain_instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def with_averages(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any,
    bias: Any,
    momentum: float,
    eps: float,
) -> Any:
    """As `instance_norm`: each channel of each sample is one channel of a batch of one."""
    n, c = input.shape[:2]
    rows = input.reshape(1, n * c, *input.shape[2:])
    old = running_mean.repeat(n), running_var.repeat(n)
    scales = [None if s is None else s.repeat(n) for s in (weight, bias)]
    out, mean, var = step(rows, *old, *scales, momentum, eps)
    copy_(running_mean, mean.reshape(n, c).mean(0))
    copy_(running_var, var.reshape(n, c).mean(0))
    return out.reshape(input.shape)
