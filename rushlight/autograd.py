"""`torch.autograd`: backward passes, grad modes, custom functions, and a check of gradients."""

from __future__ import annotations

from typing import Any

from . import function, gradcheck
from .backward import backward, grad
from .function import Function
from .missing import missing
from .modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from .public import PUBLIC

__all__ = [
    "Function",
    "backward",
    "enable_grad",
    "function",
    "grad",
    "gradcheck",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]


def __getattr__(name: str) -> Any:
    try:
        return PUBLIC["autograd"][name]
    except KeyError:
        raise missing("torch.autograd", name, {*PUBLIC["autograd"], *__all__}) from None
