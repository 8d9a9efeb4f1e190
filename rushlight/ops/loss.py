"""Losses (in the making)."""

from __future__ import annotations

from .. import ops
from ..graph import Node
from .table import Tensor, derived


@derived(on="F")
def mse_loss(input: Tensor, target: Tensor) -> Node:
    """Mean squared error."""
    return ops.mean(ops.square(ops.minus(input, target)))
