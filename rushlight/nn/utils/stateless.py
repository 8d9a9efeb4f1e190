"""`torch.nn.utils.stateless`: the older name of `torch.func.functional_call`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from ...func.modules import functional_call as call

__all__ = ["functional_call"]


def functional_call(
    module: Any,
    parameters_and_buffers: Mapping[str, Any],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What `module` makes of `args` if its parameters and buffers are those of a dictionary."""
    text = "`torch.nn.utils.stateless.functional_call` is now `torch.func.functional_call`"
    warnings.warn(text, FutureWarning, stacklevel=2)
    return call(
        module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict
    )
