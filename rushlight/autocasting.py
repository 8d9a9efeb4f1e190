"""Automatic mixed precision: contexts in which some ops compute in a smaller dtype.

Which ops they are stands in `runtime/casting.py`. Casts are recorded with the op that wants them,
so gradients come back in the dtype of the parameters.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

from . import dtypes
from .devices import KINDS, Device
from .dtypes import DType
from .errors import ChoiceError, explain
from .public import public
from .runtime.casting import cast_in, mode_of
from .runtime.recorder import local

SMALL = (dtypes.bfloat16, dtypes.float16)
"""The dtypes into which the CPU may cast, the usual one first."""

NO_CUDA = "CUDA is not available or torch_xla is imported. Disabling autocast."

NOT_SUPPORTED = (
    "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
    "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently."
)


class Chosen(threading.local):
    """The dtype of each kind of device in this thread, where one was set."""

    def __init__(self) -> None:
        self.dtypes: dict[str, DType] = {}


chosen = Chosen()


@public()
class autocast:
    """A context, and a decorator, in which matrix products and the like are of `dtype`.

    Losses and the like are of float32 there, and what else there is of the dtype of its inputs.
    There is only the CPU: for another `device_type` nothing is cast. Raises ValueError if
    `device_type` is no text, RuntimeError if there is no such kind.

    >>> x = torch.ones(2, 2)
    >>> with torch.autocast("cpu"):
    ...     y = x @ x
    >>> y.dtype, (x @ x).dtype
    (torch.bfloat16, torch.float32)
    """

    def __init__(
        self,
        device_type: str,
        dtype: DType | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        check_kind(device_type)
        self.device = device_type
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        self._cache_enabled = True if cache_enabled is None else cache_enabled
        if enabled and device_type == "cuda":
            warnings.warn(NO_CUDA, stacklevel=2)
            enabled = False
        if enabled and device_type == "cpu" and self.fast_dtype not in SMALL:
            warnings.warn(NOT_SUPPORTED, stacklevel=2)
            enabled = False
        self._enabled = bool(enabled)
        self.before: list[Any] = []

    def __enter__(self) -> autocast:
        recorder = local.recorder
        self.before.append((cast_in(recorder.grad), chosen.dtypes.get(self.device)))
        if self.device == "cpu":
            recorder.grad = mode_of(recorder.grad, self.fast_dtype if self._enabled else None)
        chosen.dtypes[self.device] = self.fast_dtype
        return self

    def __exit__(self, *error: Any) -> None:
        cast, dtype = self.before.pop()
        recorder = local.recorder
        recorder.grad = mode_of(recorder.grad, cast)
        if dtype is None:
            chosen.dtypes.pop(self.device, None)
        else:
            chosen.dtypes[self.device] = dtype

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """`func`, run in this context."""

        @functools.wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return wrapped


def check_kind(device_type: Any) -> None:
    """Raise unless `device_type` is the name of a kind of device."""
    if not isinstance(device_type, str):
        problem = f"Expected `device_type` of type `str`, got: `{type(device_type)}`"
        raise ChoiceError(explain("autocast", problem, hint="use x.device.type"))
    if device_type not in KINDS:
        Device(device_type)


@public()
def get_autocast_dtype(device_type: str) -> DType:
    """The dtype into which `autocast` casts on such a device unless it is told another.

    >>> torch.get_autocast_dtype("cuda")
    torch.float16
    """
    check_kind(device_type)
    found = chosen.dtypes.get(device_type)
    if found is not None:
        return found
    return dtypes.float16 if device_type in ("cuda", "mps") else dtypes.bfloat16


@public()
def set_autocast_dtype(device_type: str, dtype: DType) -> None:
    """Make `dtype` that into which `autocast` casts on such a device."""
    check_kind(device_type)
    chosen.dtypes[device_type] = dtype


@public()
def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether this is inside `autocast` for such a device.

    >>> torch.is_autocast_enabled("cpu")
    False
    """
    check_kind(device_type)
    return device_type == "cpu" and cast_in(local.recorder.grad) is not None


@public()
def set_autocast_enabled(device_type: str, enabled: bool) -> None:
    """Turn autocast on or off for such a device, until this is called again."""
    check_kind(device_type)
    if device_type == "cpu":
        recorder = local.recorder
        cast = get_autocast_dtype("cpu") if enabled else None
        recorder.grad = mode_of(recorder.grad, cast)


@public()
def is_autocast_cache_enabled() -> bool:
    """True: a cast that is done twice costs nothing, whoever asks."""
    return True


@public()
def set_autocast_cache_enabled(enabled: bool) -> None:
    """Accepted: there is no cache to turn off."""


@public()
def clear_autocast_cache() -> None:
    """Accepted: there is no cache to clear."""


@public()
def is_autocast_cpu_enabled() -> bool:
    """An old name of `is_autocast_enabled("cpu")`."""
    return is_autocast_enabled("cpu")


@public()
def get_autocast_cpu_dtype() -> DType:
    """An old name of `get_autocast_dtype("cpu")`."""
    return get_autocast_dtype("cpu")


@public()
def get_autocast_gpu_dtype() -> DType:
    """An old name of `get_autocast_dtype("cuda")`."""
    return get_autocast_dtype("cuda")
