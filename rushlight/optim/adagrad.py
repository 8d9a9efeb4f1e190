"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph import Node
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer


class Adagrad(Optimizer):
    """Gradient steps scaled by the root of the sum of all squared gradients so far.

    s <- s + g * g and p <- p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps) at step t.
    Duchi, Hazan & Singer, "Adaptive subgradient methods" (2011).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.Adagrad([w], lr=0.1)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        at_least_zero(
            learning_rate=lr, lr_decay_value=lr_decay, weight_decay_value=weight_decay,
            initial_accumulator_value=initial_accumulator_value, epsilon_value=eps,
        )  # fmt: skip
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        for group in self.param_groups:  # its state is there from the start
            for p in group["params"]:
                self.state[p].put("step", None)
                self.make_slot(self.state[p], "sum", p, group)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The sum of squared gradients."""
        return ("sum",)

    def initial(self, name: str, group: dict[str, Any]) -> float:
        """What the sum starts from."""
        return float(group["initial_accumulator_value"])

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        return (group["weight_decay"] != 0, group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The decayed learning rate and the other factors."""
        lr = float(group["lr"]) / (1 + (step - 1) * group["lr_decay"])
        return (-lr, float(group["eps"]), float(group["weight_decay"]))

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        minus_lr, eps, weight_decay = numbers
        decays, maximize = flags
        g = -g if maximize else g
        if decays:
            g = g + weight_decay * p
        total = slots[0] + g * g
        return p + minus_lr * g / (ops.sqrt(total) + eps), total
