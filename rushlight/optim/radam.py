"""RAdam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph import Node
from .checks import at_least_zero, betas_below_one
from .optimizer import Numbers, Optimizer


class RAdam(Optimizer):
    """Adam that does not scale its first steps, whose mean squares are not worth much yet.

    Liu et al., "On the variance of the adaptive learning rate and beyond" (2020).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.RAdam([w], lr=0.01)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least_zero(learning_rate=lr, epsilon_value=eps, weight_decay_value=weight_decay)
        betas_below_one(betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """Both running means."""
        return ("exp_avg", "exp_avg_sq")

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        decay = group["weight_decay"] != 0 and (
            "with p" if group["decoupled_weight_decay"] else "in g"
        )
        return (decay, group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The factors, the step size, and what of it is scaled and what is not."""
        beta1, beta2 = group["betas"]
        lr, decay = float(group["lr"]), float(group["weight_decay"])
        power = beta2**step
        most = 2 / (1 - beta2) - 1
        length = most - 2 * step * power / (1 - power)  # of the mean of squares
        scaled, plain = 0.0, 1.0
        if length > 5.0:
            worth = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)
            scaled, plain = worth**0.5 * (1 - power) ** 0.5, 0.0
        if group["decoupled_weight_decay"]:
            decay = 1 - lr * decay
        size = -lr / (1 - beta1**step)
        eps = float(group["eps"])
        return (1 - beta1, float(beta2), 1 - beta2, size, scaled, plain, eps, decay)

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        rest1, beta2, rest2, minus_size, scaled, plain, eps, decay = numbers
        decays, maximize = flags
        g = -g if maximize else g
        if decays == "with p":
            p = p * decay
        elif decays:
            g = g + decay * p
        m = slots[0] + rest1 * (g - slots[0])
        v = slots[1] * beta2 + rest2 * g * g
        return p + minus_size * m * (scaled / (ops.sqrt(v) + eps) + plain), m, v
