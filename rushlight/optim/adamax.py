"""Adamax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph import Node
from .checks import at_least_zero, betas_below_one
from .optimizer import Numbers, Optimizer


class Adamax(Optimizer):
    """Adam with the largest gradient so far, which fades, in the place of the root mean square.

    u <- max(beta2 * u, abs(g) + eps) and p <- p - lr / (1 - beta1**t) * m / u at step t. Kingma &
    Ba, "Adam: a method for stochastic optimization" (2015), section 7.

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.Adamax([w], lr=0.01)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        at_least_zero(learning_rate=lr, epsilon_value=eps, weight_decay_value=weight_decay)
        betas_below_one(betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The running mean, and the fading maximum."""
        return ("exp_avg", "exp_inf")

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        return (group["weight_decay"] != 0, group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The factors, and the step size."""
        beta1, beta2 = group["betas"]
        size = float(group["lr"]) / (1 - beta1**step)
        return (1 - beta1, float(beta2), -size, float(group["eps"]), float(group["weight_decay"]))

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        rest1, beta2, minus_size, eps, weight_decay = numbers
        decays, maximize = flags
        g = -g if maximize else g
        if decays:
            g = g + weight_decay * p
        m = slots[0] + rest1 * (g - slots[0])
        u = ops.maximum(slots[1] * beta2, ops.abs(g) + eps)
        return p + minus_size * m / u, m, u
