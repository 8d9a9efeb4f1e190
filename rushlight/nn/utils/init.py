"""Modules made without setting their parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from ...errors import ArgumentError, explain

M = TypeVar("M")


def skip_init(module_cls: Callable[..., M], *args: Any, **kwargs: Any) -> M:
    """The module `module_cls(*args, **kwargs)`, whose parameters are as memory happens to be.

    They are to be set afterwards. The program's stream of random numbers does not move.

    >>> torch.nn.utils.skip_init(torch.nn.Linear, 2, 3).weight.shape
    torch.Size([3, 2])
    """
    if not inspect.isclass(module_cls):
        raise ArgumentError(explain("skip_init", f"Expected a Module; got {module_cls}"))
    if "device" not in inspect.signature(module_cls).parameters:
        problem = "the module must take a `device` argument"
        raise ArgumentError(explain("skip_init", problem))
    device = kwargs.pop("device", "cpu")
    made: Any = module_cls(*args, **kwargs, device="meta")
    return made.to_empty(device=device)  # type: ignore[no-any-return]
