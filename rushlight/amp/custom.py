"""Functions with a backward pass of one's own, under autocast."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autocasting import autocast, check_kind, get_autocast_dtype, is_autocast_enabled
from ..dtypes import DType, float64
from ..runtime.entry import Handle


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` knows such devices; raises RuntimeError for no kind of device.

    >>> torch.amp.is_autocast_available("cpu")
    True
    """
    check_kind(device_type)
    return device_type != "meta"


def custom_fwd(
    fwd: Callable[..., Any] | None = None,
    *,
    device_type: str,
    cast_inputs: DType | None = None,
) -> Any:
    """A decorator for `forward(ctx, ...)` of an `autograd.Function`.

    With `cast_inputs`, floats among its inputs are cast to that dtype under autocast, and it runs
    without. `custom_bwd` runs the backward pass in the same state.
    """
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)
    check_kind(device_type)

    @functools.wraps(fwd)
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx._dtype = get_autocast_dtype(device_type) if device_type == "cpu" else None
        on = is_autocast_enabled(device_type)
        ctx._fwd_used_autocast = on and cast_inputs is None
        if cast_inputs is None or not on:
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *cast(args, cast_inputs), **cast(kwargs, cast_inputs))

    return forward


def cast(value: Any, dtype: DType) -> Any:
    """`value` with the floats among its tensors in `dtype`, those of float64 aside."""
    if isinstance(value, Handle):
        kind = value._value.dtype
        return value.to(dtype) if kind.is_floating_point and kind is not float64 else value  # type: ignore[attr-defined]
    if isinstance(value, dict):
        return {cast(k, dtype): cast(v, dtype) for k, v in value.items()}
    return type(value)([cast(v, dtype) for v in value]) if type(value) in (list, tuple) else value


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Any:
    """A decorator for `backward(ctx, ...)`: it runs in the state of autocast that `forward` had."""
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)
    check_kind(device_type)

    @functools.wraps(bwd)
    def backward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(ctx, *args, **kwargs)

    return backward
