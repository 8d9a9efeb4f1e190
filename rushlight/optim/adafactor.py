"""Adafactor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..errors import ChoiceError, explain
from ..graph import Node
from ..runtime.record import realise
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer
from .state import ParamState


class Adafactor(Optimizer):
    """Steps scaled by running mean squares, which for matrices are kept by row and by column only.

    Steps are relative to the size of the parameter, and their root mean square is `d` at most.
    Shazeer & Stern, "Adafactor: adaptive learning rates with sublinear memory cost" (2018).

    >>> w = torch.ones(2, 3, requires_grad=True)
    >>> optimizer = torch.optim.Adafactor([w], lr=0.01)
    """

    proportional = False

    complex_too = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        at_least_zero(
            learning_rate=lr, epsilon1=eps[0] or 0, epsilon2=eps[1], weight_decay=weight_decay
        )
        if beta2_decay > 0:
            problem = f"beta2_decay should be <= 0 but is: {beta2_decay}"
            raise ChoiceError(explain("optimizer", problem))
        if d < 1:
            problem = f"clipping threshold d should be >= 1 but is: {d}"
            raise ChoiceError(explain("optimizer", problem))
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots_of(self, p: Any, group: dict[str, Any]) -> Sequence[str]:
        """The mean squares: of rows and of columns, or of the elements of a vector."""
        return ("row_var", "col_var") if p._value.ndim > 1 else ("variance",)

    def make_slot(self, state: ParamState, name: str, p: Any, group: dict[str, Any]) -> Any:
        """As usual; but one number for each row, or for each column."""
        if name == "variance" or state.slot(name) is not None:
            return super().make_slot(state, name, p, group)
        shape = list(p._value.shape)
        shape[-1 if name == "row_var" else -2] = 1
        return self.keep(state, name, np.zeros(shape, realise(p).dtype))

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """Which parts of the formula there are, and its limits."""
        return (group["weight_decay"] != 0, group["maximize"], tuple(group["eps"]), group["d"])

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The share of the new squares, the relative step size and the decay."""
        lr = float(group["lr"])
        share = float(step) ** group["beta2_decay"]
        return (share, min(lr, 1 / step**0.5), 1 - lr * float(group["weight_decay"]))

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        share, size, decay = numbers
        decays, maximize, (eps1, eps2), limit = flags
        eps1 = p.dtype.eps if eps1 is None else eps1
        g = -g if maximize else g
        root = p.size**0.5
        alpha = ops.clamp_min(ops.vector_norm(p) / root, eps2) * size
        if decays:
            p = p * decay
        if p.ndim > 1:
            row, column = [
                s + share * (ops.mean(ops.square(g), k, True) - s)
                for s, k in zip(slots, (-1, -2), strict=True)
            ]
            after = [row, column]
            mean = ops.clamp_min(ops.mean(row, -2, True), eps1)
            squares = ops.matmul(row, column) / mean
        else:
            squares = slots[0] + share * (g * g - slots[0])
            after = [squares]
        update = ops.rsqrt(ops.clamp_min(squares, eps1 * eps1)) * g
        length = ops.clamp_min(ops.vector_norm(update) / (root * limit), 1.0)
        return p - alpha / length * update, *after
