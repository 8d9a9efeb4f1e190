"""Muon: steps along matrices whose singular values are made alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes, ops
from ..errors import ChoiceError, explain
from ..graph import Node
from .checks import at_least_zero
from .optimizer import Numbers, Optimizer

SPLIT = 2.0**16 + 1
"""A factor by which a float32 is split into eight leading bits and the rest: Veltkamp (1968)."""


class Muon(Optimizer):
    """Running means of gradients, made nearly orthogonal: for the matrices of hidden layers alone.

    A few steps of a polynomial iteration (`ns_steps`, with `ns_coefficients`) bring the singular
    values near 1, in eight bits, as PyTorch does. Jordan et al., "Muon: an optimizer for hidden
    layers in neural networks" (2024).

    >>> w = torch.eye(2, requires_grad=True)
    >>> optimizer = torch.optim.Muon([w], lr=0.02)
    """

    counts_steps = False
    proportional = False

    complex_too = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        at_least_zero(learning_rate=lr, momentum=momentum, weight_decay=weight_decay)
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            problem = f"adjust_lr_fn {adjust_lr_fn!r} is not supported"
            hint = "it is 'original' or 'match_rms_adamw'"
            raise ChoiceError(explain("Muon", problem, hint=hint))
        if len(ns_coefficients) != 3 or not 0 <= ns_steps < 100:
            problem = "there must be three ns_coefficients, and less than 100 ns_steps"
            raise ChoiceError(explain("Muon", problem))
        defaults = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def add_param_group(self, group: dict[str, Any]) -> None:
        """As for other optimizers, but of matrices only."""
        super().add_param_group(group)
        for p in self.param_groups[-1]["params"]:
            if p._value.ndim != 2:
                self.param_groups.pop()
                problem = f"Muon only supports 2D parameters, not one of size {list(p.shape)}"
                hint = "give biases, embeddings and convolutions to AdamW"
                raise ChoiceError(explain("Muon", problem, hint=hint))

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The running mean of gradients."""
        return ("momentum_buffer",)

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """How a matrix is made orthogonal, and how large a step is."""
        curve = (tuple(group["ns_coefficients"]), group["ns_steps"], group["eps"])
        return (group["nesterov"], group["adjust_lr_fn"], curve)

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The learning rate, the decay and the share of a new gradient."""
        lr = float(group["lr"])
        return (lr, 1 - lr * float(group["weight_decay"]), 1 - float(group["momentum"]))

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """See the class."""
        lr, decay, share = numbers
        nesterov, adjust, curve = flags
        mean = slots[0] + share * (g - slots[0])
        update = mean + share * (g - mean) if nesterov else mean
        rows, columns = p.shape
        if adjust == "match_rms_adamw":
            size = 0.2 * max(rows, columns) ** 0.5
        else:
            size = max(1.0, rows / columns) ** 0.5
        step = ops.to_dtype(orthogonal(update, *curve), p.dtype)
        return p * decay - lr * size * step, mean


def short(x: Node) -> Node:
    """`x`, a float32, rounded to eight leading bits: what a bfloat16 holds."""
    far = x * SPLIT
    return far - (far - x)


def orthogonal(g: Node, curve: tuple[float, float, float], steps: int, eps: float) -> Node:
    """A matrix with the singular vectors of `g` and singular values near 1."""
    a, b, c = curve
    x = short(ops.to_dtype(g, dtypes.float32))
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = ops.mT(x)
    x = short(x / ops.clamp_min(short(ops.vector_norm(x)), eps))
    for _ in range(steps):
        gram = short(ops.matmul(x, ops.mT(x)))
        inner = short(b * gram + c * ops.matmul(gram, gram))
        x = short(a * x + ops.matmul(inner, x))
    return ops.mT(x) if tall else x
