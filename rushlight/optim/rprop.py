"""Rprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..errors import ChoiceError, explain
from ..graph import Node
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer


class Rprop(Optimizer):
    """Steps whose size grows while the gradient keeps its sign, and shrinks when that changes.

    Only the sign of the gradient counts. Riedmiller & Braun, "A direct adaptive method for faster
    backpropagation learning: the RPROP algorithm" (1993).

    >>> w = torch.ones(2, requires_grad=True)
    >>> optimizer = torch.optim.Rprop([w], lr=0.01)
    """

    proportional = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least_zero(learning_rate=lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ChoiceError(explain("optimizer", f"invalid eta values: {etas[0]}, {etas[1]}"))
        defaults = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The gradient before, and the size of each step."""
        return ("prev", "step_size")

    def initial(self, name: str, group: dict[str, Any]) -> float:
        """What steps begin with."""
        return float(group["lr"]) if name == "step_size" else 0.0

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are."""
        return (group["maximize"],)

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The factors and the bounds of step sizes."""
        return tuple([float(n) for n in (*group["etas"], *group["step_sizes"])])

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        less, more, least, most = numbers
        g = -g if flags[0] else g
        turn = ops.sign(g * slots[0])
        turned = ops.lt(turn, 0)
        factor = ops.where(ops.gt(turn, 0), more, ops.where(turned, less, ops.constant(1, p.dtype)))
        size = ops.clamp(slots[1] * factor, min=least, max=most)
        g = ops.where(turned, 0, g)
        return p - ops.sign(g) * size, g, size
