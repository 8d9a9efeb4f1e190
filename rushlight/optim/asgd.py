"""ASGD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes, ops
from ..graph import Node
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer
from .state import ParamState


class ASGD(Optimizer):
    """Gradient steps that grow smaller, and beside the parameters (`ax`) the mean of their path.

    eta(t) = lr / (1 + lambd * lr * t) ** alpha; the mean is taken from step `t0` on. Polyak &
    Juditsky, "Acceleration of stochastic approximation by averaging" (1992).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.ASGD([w], lr=0.01)
    """

    proportional = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        at_least_zero(learning_rate=lr, weight_decay_value=weight_decay)
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The next step size, the next share of the mean, and the mean."""
        return ("eta", "mu", "ax")

    def make_slot(self, state: ParamState, name: str, p: Any, group: dict[str, Any]) -> Any:
        """As usual; but step size and share are one number each."""
        if name == "ax":
            return super().make_slot(state, name, p, group)
        return self.make_number(state, name, float(group["lr"]) if name == "eta" else 1.0)

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        return (group["weight_decay"] != 0, group["maximize"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The factors, and the step size and the share of the next step."""
        lr, lambd = float(group["lr"]), float(group["lambd"])
        eta = lr / (1 + lambd * lr * step) ** group["alpha"]
        mu = 1 / max(1, step - group["t0"])
        return (lambd, float(group["weight_decay"]), eta, mu)

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        lambd, weight_decay, next_eta, next_mu = numbers
        decays, maximize = flags
        eta, mu = [ops.to_dtype(s, p.dtype) for s in slots[:2]]
        g = -g if maximize else g
        if decays:
            g = g + weight_decay * p
        new = p * (1 - lambd * eta) - eta * g
        mean = ops.where(ops.eq(mu, 1), new, slots[2] + (new - slots[2]) * mu)
        # PyTorch keeps both in the default dtype, until a state dict is loaded.
        after = [ops.cast(n, dtype=dtypes.default()) for n in (next_eta, next_mu)]
        return new, *[ops.to_dtype(n, s.dtype) for n, s in zip(after, slots, strict=False)], mean
