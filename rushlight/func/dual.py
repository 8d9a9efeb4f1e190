"""Dual tensors: `torch.autograd.forward_ad`, forward mode one tensor at a time."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, NamedTuple

from ..backward import grad
from ..errors import GradError, explain
from ..function import pushing
from ..modes import enable_grad
from ..patterns import zeros_like
from ..runtime.entry import Handle
from ..runtime.recorder import local
from .forward import tangents_of
from .tracking import Derivative, released, tracked


class UnpackedDualTensor(NamedTuple):
    """A tensor, and the derivative that goes with it, or None."""

    primal: Any
    tangent: Any


class Levels(threading.local):
    """The dual levels that a thread has entered: at most one."""

    now: dual_level | None = None


levels = Levels()


class dual_level:
    """A context in which tensors can have tangents, which everything made of them has too.

    >>> with torch.autograd.forward_ad.dual_level():
    ...     x = torch.autograd.forward_ad.make_dual(torch.tensor(3.0), torch.tensor(1.0))
    ...     torch.autograd.forward_ad.unpack_dual(x * x).tangent
    tensor(6.)
    """

    def __init__(self) -> None:
        self.derivative = Derivative()
        self.duals: list[tuple[Any, Any]] = []

    def __enter__(self) -> dual_level:
        if levels.now is not None:
            problem = "Nested forward mode AD is not supported at the moment"
            raise GradError(explain("forward_ad", problem, hint="torch.func.jvp can be nested"))
        self.derivative.__enter__()
        local.recorder.duals = True
        levels.now = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        levels.now = None
        local.recorder.duals = False
        self.duals.clear()
        self.derivative.__exit__()


def enter_dual_level() -> int:
    """Enter a dual level; its number, which is 0."""
    dual_level().__enter__()
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Leave the dual level: tangents are forgotten."""
    if levels.now is None:
        raise GradError(explain("forward_ad", "there is no dual level to leave"))
    levels.now.__exit__(None, None, None)


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """A tensor of the same value that has a tangent: the direction of the derivative."""
    if levels.now is None:
        problem = "Trying to create a dual Tensor for forward AD but no level exists"
        hint = "make it inside `with torch.autograd.forward_ad.dual_level():`"
        raise GradError(explain("make_dual", problem, hint=hint))
    tangents_of([tensor], [tangent], "make_dual")
    made = tracked(tensor, levels.now.derivative.depth)
    levels.now.duals.append((made, tangent))
    return made


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """The value of a tensor and its tangent, None if nothing it was made of has one."""
    now = levels.now
    if now is None or not isinstance(tensor, Handle) or not tensor._value.requires_grad:
        return UnpackedDualTensor(tensor, None)
    depth = now.derivative.depth
    tangent = None
    with enable_grad():
        weight = tracked(zeros_like(tensor), depth)
        with pushing:
            back = grad(
                [tensor], [d for d, _ in now.duals], [weight], retain_graph=True,
                create_graph=True, allow_unused=True,
            )  # fmt: skip
        pairs = [(g, t) for g, (_, t) in zip(back, now.duals, strict=True) if g is not None]
        if pairs:
            found = grad(
                [g for g, _ in pairs], [weight], [t for _, t in pairs], create_graph=True,
                allow_unused=True,
            )[0]  # fmt: skip
            tangent = zeros_like(tensor) if found is None else found
    primal, tangent = released((tensor, tangent), depth)
    return UnpackedDualTensor(primal, tangent)
