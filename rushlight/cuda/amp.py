"""`torch.cuda.amp`: old names of `torch.amp`. There is no CUDA, so nothing is cast or scaled."""

from __future__ import annotations

import warnings
from typing import Any

from .. import amp
from ..amp.custom import custom_bwd as new_custom_bwd
from ..amp.custom import custom_fwd as new_custom_fwd
from ..dtypes import DType, float16

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def old(name: str) -> None:
    """Warn of an old name, on the line of the program."""
    words = (
        f"`torch.cuda.amp.{name}(args...)` is deprecated. "
        f"Please use `torch.amp.{name}('cuda', args...)` instead."
    )
    warnings.warn(words, FutureWarning, stacklevel=3)


class autocast(amp.autocast):
    """`torch.amp.autocast("cuda")`."""

    def __init__(
        self, enabled: bool = True, dtype: DType = float16, cache_enabled: bool = True
    ) -> None:
        old("autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`torch.amp.GradScaler("cuda")`."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        old("GradScaler")
        super().__init__(
            "cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled
        )


def custom_fwd(fwd: Any = None, *, cast_inputs: DType | None = None) -> Any:
    """`torch.amp.custom_fwd` for CUDA."""
    old("custom_fwd")
    return new_custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def custom_bwd(bwd: Any = None) -> Any:
    """`torch.amp.custom_bwd` for CUDA."""
    old("custom_bwd")
    return new_custom_bwd(bwd, device_type="cuda")
