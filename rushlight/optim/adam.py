"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, log2, sqrt
from typing import Any

from .. import ops
from ..graph import Node
from .checks import at_least_zero, betas_below_one
from .optimizer import Numbers, Optimizer


class Adam(Optimizer):
    """Steps along the running mean of gradients, each scaled by their running root mean square.

    m <- m + (1 - beta1) * (g - m) and v <- beta2 * v + (1 - beta2) * g * g, then
    p <- p - lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps) at step t. Kingma & Ba,
    "Adam: a method for stochastic optimization" (2015); `amsgrad` keeps the largest v so far
    (Reddi et al., 2018).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.Adam([w], lr=0.01)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        at_least_zero(learning_rate=lr, epsilon_value=eps, weight_decay_value=weight_decay)
        betas_below_one(betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """Both running means, and the largest of the second."""
        means = ("exp_avg", "exp_avg_sq")
        return (*means, "max_exp_avg_sq") if group["amsgrad"] else means

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        decay = group["weight_decay"] != 0 and (
            "with p" if group["decoupled_weight_decay"] else "in g"
        )
        return (decay, group["amsgrad"], group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """Factors of both means, the step size and the correction of its scale, and the decay."""
        return self.schedule(group)(step)

    def schedule(self, group: dict[str, Any]) -> Callable[[int], Numbers]:
        """Those numbers as a function of the step."""
        beta1, beta2 = group["betas"]
        lr, eps = float(group["lr"]), float(group["eps"])
        decay = float(group["weight_decay"])
        if group["decoupled_weight_decay"]:
            decay = 1 - lr * decay
        rest1, rest2, twice = 1.0 - beta1, 1.0 - beta2, float(beta2)
        corrected = steps_until_nothing(beta1)

        def at(step: int) -> Numbers:
            size = lr if step > corrected else lr / (1 - beta1**step)
            return (rest1, twice, rest2, -size, sqrt(1 - beta2**step), eps, decay)

        return at

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        rest1, beta2, rest2, minus_size, root, eps, decay = numbers
        decays, amsgrad, maximize = flags
        g = -g if maximize else g
        if decays == "with p":
            p = p * decay
        elif decays:
            g = g + decay * p
        m = slots[0] + rest1 * (g - slots[0])
        v = slots[1] * beta2 + rest2 * g * g
        largest = (ops.maximum(slots[2], v),) if amsgrad else ()
        scale = ops.sqrt(largest[0] if amsgrad else v) / root + eps
        return p + minus_size * m / scale, m, v, *largest


def steps_until_nothing(beta: float) -> float:
    """After how many steps 1 - beta**step is 1, as far as a float can tell."""
    if not 0 < beta < 1:
        return 1 if beta == 0 else inf
    return -54 / log2(beta) + 1


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters themselves: p <- (1 - lr * weight_decay) * p.

    Loshchilov & Hutter, "Decoupled weight decay regularization" (2019).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.AdamW([w], lr=0.01)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
            capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=True,
        )  # fmt: skip
