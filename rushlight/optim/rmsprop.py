"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph import Node
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer


class RMSprop(Optimizer):
    """Gradient steps scaled by the running root mean square of the gradients.

    v <- alpha * v + (1 - alpha) * g * g and p <- p - lr * g / (sqrt(v) + eps); `centered` takes the
    variance instead of the mean square. Hinton's lecture 6e of "Neural networks for machine
    learning" (2012), the centred version from Graves (2013).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.RMSprop([w], lr=0.01)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least_zero(
            learning_rate=lr, epsilon_value=eps, momentum_value=momentum,
            weight_decay_value=weight_decay, alpha_value=alpha,
        )  # fmt: skip
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The running mean square, and what the options add."""
        momentum = ("momentum_buffer",) if group["momentum"] > 0 else ()
        return ("square_avg", *momentum, *(("grad_avg",) if group["centered"] else ()))

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        decays = group["weight_decay"] != 0
        return (decays, group["momentum"] > 0, group["centered"], group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The factors."""
        alpha = float(group["alpha"])
        rest = (float(group["eps"]), float(group["weight_decay"]), float(group["momentum"]))
        return (-float(group["lr"]), alpha, 1 - alpha, *rest)

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        minus_lr, alpha, rest, eps, weight_decay, momentum = numbers
        decays, has_momentum, centered, maximize = flags
        g = -g if maximize else g
        if decays:
            g = g + weight_decay * p
        v = slots[0] * alpha + rest * g * g
        after = [v]
        spread = v
        if centered:
            mean = slots[-1] + rest * (g - slots[-1])
            spread = v - mean * mean
        scale = ops.sqrt(spread) + eps
        if has_momentum:
            buffer = slots[1] * momentum + g / scale
            after.append(buffer)
            new = p + minus_lr * buffer
        else:
            new = p + minus_lr * g / scale
        return (new, *after, mean) if centered else (new, *after)
