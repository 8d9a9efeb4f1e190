"""`torch.func`: derivatives and vectorisation of functions, which can be nested in any way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..missing import refusing
from .forward import jvp, linearize
from .jacobians import hessian, jacfwd, jacrev
from .mapping import vmap
from .modules import functional_call, replace_all_batch_norm_modules_, stack_module_state
from .reverse import grad, grad_and_value, vjp

__all__ = [
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """`func` itself: what is recorded of it changes nothing in place anyway.

    >>> torch.func.functionalize(torch.sin)(torch.zeros(1))
    tensor([0.])
    """
    return func


__getattr__ = refusing("torch.func", __all__)
