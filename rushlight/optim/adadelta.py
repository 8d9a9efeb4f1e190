"""Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..errors import ChoiceError, explain
from ..graph import Node
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer


class Adadelta(Optimizer):
    """Steps as large, relative to the gradient, as earlier ones were to theirs.

    v <- rho * v + (1 - rho) * g * g, d = sqrt(u + eps) / sqrt(v + eps) * g, u likewise the running
    mean of d * d, and p <- p - lr * d. Zeiler, "ADADELTA: an adaptive learning rate method" (2012).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.Adadelta([w], rho=0.95)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least_zero(learning_rate=lr, epsilon_value=eps, weight_decay_value=weight_decay)
        if not 0.0 <= rho <= 1.0:
            raise ChoiceError(explain("optimizer", f"invalid rho value: {rho}"))
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The running mean squares of gradients and of steps."""
        return ("square_avg", "acc_delta")

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        return (group["weight_decay"] != 0, group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The factors."""
        rho = float(group["rho"])
        rest = (float(group["eps"]), float(group["weight_decay"]))
        return (-float(group["lr"]), rho, 1 - rho, *rest)

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        minus_lr, rho, rest, eps, weight_decay = numbers
        decays, maximize = flags
        g = -g if maximize else g
        if decays:
            g = g + weight_decay * p
        v = slots[0] * rho + rest * g * g
        d = ops.sqrt(slots[1] + eps) / ops.sqrt(v + eps) * g
        u = slots[1] * rho + rest * d * d
        return p + minus_lr * d, v, u
