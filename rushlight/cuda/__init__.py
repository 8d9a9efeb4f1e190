"""`torch.cuda`: there is none, and programs that ask first are told so.

Questions about memory are answered with 0, seeds are taken, and whatever needs a device raises
`DeviceError`, which is the AssertionError that PyTorch raises without CUDA.
"""

from __future__ import annotations

from typing import Any

from ..errors import DeviceError, explain
from ..missing import missing
from . import amp


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


ZERO = words(
    """
    memory_allocated max_memory_allocated memory_reserved max_memory_reserved memory_cached
    max_memory_cached
    """
)
ACCEPTED = words(
    """
    reset_peak_memory_stats reset_max_memory_allocated reset_max_memory_cached
    reset_accumulated_memory_stats manual_seed manual_seed_all seed seed_all empty_cache
    synchronize ipc_collect set_per_process_memory_fraction set_rng_state_all
    """
)
NEEDING = words(
    """
    init current_device get_device_name get_device_capability get_device_properties set_device
    current_stream default_stream set_stream initial_seed get_rng_state set_rng_state
    mem_get_info memory_summary can_device_access_peer cudart Event Stream CUDAGraph graph
    device
    """
)


def is_available() -> bool:
    """False.

    >>> torch.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False."""
    return False


def is_tf32_supported() -> bool:
    """False."""
    return False


def get_arch_list() -> list[str]:
    """An empty list."""
    return []


def get_rng_state_all() -> list[Any]:
    """An empty list."""
    return []


def memory_stats(device: Any = None) -> dict[str, Any]:
    """An empty dictionary."""
    return {}


def answer(name: str, value: Any, doc: str) -> Any:
    """A function that gives `value` whatever it is asked."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return value

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def refusal(name: str) -> Any:
    """A function that needs a device."""

    def function(*args: Any, **kwargs: Any) -> Any:
        problem = "there is no CUDA device here"
        hint = "use device='cpu', or ask torch.cuda.is_available() first"
        raise DeviceError(explain(f"cuda.{name}", problem, hint=hint))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises DeviceError: there is no CUDA device."
    return function


globals().update({name: answer(name, 0, "0: there is no such memory.") for name in ZERO})
globals().update({name: answer(name, None, "Accepted: nothing to do.") for name in ACCEPTED})
globals().update({name: refusal(name) for name in NEEDING})


class stream:
    """A context that does nothing: there are no streams."""

    def __init__(self, stream: Any = None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        """None."""

    def __exit__(self, *error: Any) -> None:
        """None."""


__all__ = [
    "amp",
    "device_count",
    "get_arch_list",
    "get_rng_state_all",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "is_tf32_supported",
    "memory_stats",
    "stream",
    *ZERO,
    *ACCEPTED,
    *NEEDING,
]


def __getattr__(name: str) -> Any:
    raise missing("torch.cuda", name, __all__)
