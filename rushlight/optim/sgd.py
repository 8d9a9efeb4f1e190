"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..errors import ChoiceError, explain
from ..graph import Node
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer


class SGD(Optimizer):
    """p <- p - lr * d, where d is the gradient, or with momentum a running sum of gradients.

    With g the gradient (plus `weight_decay` * p), b <- momentum * b + (1 - dampening) * g, and d is
    b, or g + momentum * b with `nesterov`; on the first step b is g itself. Sutskever et al., "On
    the importance of initialization and momentum in deep learning" (2013), in PyTorch's form.

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
    """

    counts_steps = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        at_least_zero(learning_rate=lr, momentum_value=momentum, weight_decay_value=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            problem = "Nesterov momentum requires a momentum and zero dampening"
            raise ChoiceError(explain("optimizer", problem))
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """A running sum of gradients, with momentum."""
        return ("momentum_buffer",) if group["momentum"] != 0 else ()

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        decays = group["weight_decay"] != 0
        return (decays, group["momentum"] != 0, group["nesterov"], group["maximize"], fresh)

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The learning rate and the other factors."""
        momentum = float(group["momentum"])
        dampening = 1 - float(group["dampening"])
        return (float(group["lr"]), float(group["weight_decay"]), momentum, dampening)

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        lr, weight_decay, momentum, undamped = numbers
        decays, has_momentum, nesterov, maximize, fresh = flags
        g = -g if maximize else g
        if decays:
            g = g + weight_decay * p
        if not has_momentum:
            return (p - lr * g,)
        buffer = ops.clone(g) if fresh else momentum * slots[0] + undamped * g
        d = g + momentum * buffer if nesterov else buffer
        return p - lr * d, buffer
