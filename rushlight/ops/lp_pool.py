"""Pooling by norm: the p-norm of each window."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .. import ops
from ..graph import Node
from .convolution import Sizes, each
from .pool import avg_pool
from .samples import floats
from .table import Tensor, derived


def lp_pool(
    op: str, n: int, input: Node, p: float, kernel: Any, stride: Any, ceil_mode: bool
) -> Node:
    """The p-norm of each window."""
    sizes = each(kernel, n, "kernel_size", op)
    mean = avg_pool(op, n, ops.pow(input, p), sizes, stride, 0, ceil_mode, True)
    total = ops.sign(mean) * ops.relu(ops.abs(mean)) * math.prod(sizes)
    return ops.pow(total, 1 / p)


@derived(on="F", grad_name="PowBackward0")
def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Node:
    """The norm of each window of a signal (batch, channels, length).

    >>> F.lp_pool1d(torch.tensor([[[3.0, 4.0]]]), 2, 2)
    tensor([[[5.]]])
    """
    return lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


@derived(on="F", grad_name="PowBackward0")
def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Node:
    """The norm of each window of images (batch, channels, height, width).

    >>> F.lp_pool2d(torch.tensor([[[3.0, 4.0]]]), 2, (1, 2))
    tensor([[[5.]]])
    """
    return lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


@lp_pool1d.samples
def _() -> Iterator[Any]:
    yield floats(2, 2, 6), 2, 3
    yield floats(2, 6, low=0.5), 3.0, 2, 1


@lp_pool2d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 4, 4), 2, 2
    yield floats(1, 4, 4, low=0.5), 1.5, (2, 1)


@derived(on="F", grad_name="PowBackward0")
def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Node:
    """The norm of each window of volumes (batch, channels, depth, height, width).

    >>> F.lp_pool3d(torch.tensor([[[[3.0, 4.0]]]]), 2, (1, 1, 2))
    tensor([[[[5.]]]])
    """
    return lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


@lp_pool3d.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 2, 4, 2), 2, 2
    yield floats(1, 2, 3, 4, low=0.5), 1.5, (2, 1, 2)
