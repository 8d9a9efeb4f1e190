"""First weights that several of the networks have in common."""

from __future__ import annotations

from typing import Any

from ...nn import init
from ...nn.batchnorm import BatchNorm2d
from ...nn.conv import Conv2d
from ...nn.layernorm import GroupNorm
from ...nn.linear import Linear


def first_weights(network: Any, deviation: float | None = None) -> None:
    """Set the weights of the layers in `network` in their order.

    Convolutions get normal numbers that keep the variance of gradients (He and others, 2015), norms
    ones, and linear layers normal numbers of that `deviation`, or stay as they are; biases are 0.
    """
    for layer in network.modules():
        if isinstance(layer, Conv2d):
            init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, BatchNorm2d | GroupNorm):
            init.ones_(layer.weight)
        elif isinstance(layer, Linear) and deviation is not None:
            init.normal_(layer.weight, 0, deviation)
        else:
            continue
        if layer.bias is not None:
            init.zeros_(layer.bias)
