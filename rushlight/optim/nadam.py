"""NAdam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph import Node
from .checks import at_least_zero, betas_below_one
from .optimizer import Numbers, Optimizer
from .state import ParamState


class NAdam(Optimizer):
    """Adam that looks ahead along its momentum, as Nesterov's method does.

    The momentum of step t is mu(t) = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)). Dozat,
    "Incorporating Nesterov momentum into Adam" (2016).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.NAdam([w], lr=0.01)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least_zero(
            learning_rate=lr, epsilon_value=eps, weight_decay_value=weight_decay,
            momentum_decay_value=momentum_decay,
        )  # fmt: skip
        betas_below_one(betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The product of all momenta so far, and both running means."""
        return ("mu_product", "exp_avg", "exp_avg_sq")

    def make_slot(self, state: ParamState, name: str, p: Any, group: dict[str, Any]) -> Any:
        """As usual; but the product of momenta is one number."""
        if name == "mu_product":
            return self.make_number(state, name, 1.0)
        return super().make_slot(state, name, p, group)

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        decay = group["weight_decay"] != 0 and (
            "with p" if group["decoupled_weight_decay"] else "in g"
        )
        return (decay, group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """Factors of the means, the momenta of this step and the next, the rate and the decay."""
        beta1, beta2 = group["betas"]
        lr, decay = float(group["lr"]), float(group["weight_decay"])
        now, following = [
            beta1 * (1.0 - 0.5 * 0.96 ** (t * group["momentum_decay"])) for t in (step, step + 1)
        ]
        if group["decoupled_weight_decay"]:
            decay = 1 - lr * decay
        root = 1 - beta2**step
        rates = (now, following, -lr * (1 - now), -lr * following)
        return (1 - beta1, float(beta2), 1 - beta2, root, float(group["eps"]), decay, *rates)

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        rest1, beta2, rest2, root, eps, decay, now, following, to_g, to_m = numbers
        decays, maximize = flags
        g = -g if maximize else g
        if decays == "with p":
            p = p * decay
        elif decays:
            g = g + decay * p
        product = slots[0] * now
        so_far = ops.to_dtype(product, p.dtype)
        m = slots[1] + rest1 * (g - slots[1])
        v = slots[2] * beta2 + rest2 * g * g
        scale = ops.sqrt(v / root) + eps
        new = p + to_g / (1 - so_far) * (g / scale) + to_m / (1 - so_far * following) * (m / scale)
        return new, product, m, v
