"""`torch.backends`: flags that programs set, accepted and without effect.

Every one is a module of Python: `import torch.backends.cudnn as cudnn`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any


class Backend(ModuleType):
    """One back end: `available` or not; any flag may be set on it."""

    def __init__(self, name: str, available: bool = False, **flags: Any) -> None:
        super().__init__(f"{__name__}.{name}", "Flags that are accepted and without effect.")
        self._available = available
        self.__dict__.update(flags)
        sys.modules[self.__name__] = self

    def is_available(self) -> bool:
        """Whether there is such a thing here."""
        return self._available

    is_built = is_available

    def version(self) -> int | None:
        """None."""

    @contextlib.contextmanager
    def flags(self, **given: Any) -> Iterator[None]:
        """A context in which the flags have other values."""
        before = {name: getattr(self, name, None) for name in given}
        self.__dict__.update(given)
        try:
            yield
        finally:
            self.__dict__.update(before)


class Attention(Backend):
    """`torch.backends.cuda`, which also says how attention is computed: in the one way there is."""

    def math_sdp_enabled(self) -> bool:
        """True."""
        return True

    def flash_sdp_enabled(self) -> bool:
        """False."""
        return False

    mem_efficient_sdp_enabled = cudnn_sdp_enabled = flash_sdp_enabled

    def enable_flash_sdp(self, enabled: bool) -> None:
        """Accepted."""

    enable_math_sdp = enable_mem_efficient_sdp = enable_cudnn_sdp = enable_flash_sdp

    @contextlib.contextmanager
    def sdp_kernel(self, *args: Any, **kwargs: Any) -> Iterator[None]:
        """A context that changes nothing."""
        yield


class Processor(Backend):
    """`torch.backends.cpu`."""

    def get_cpu_capability(self) -> str:
        """The name of no special instructions: what is compiled fits the processor anyway."""
        return "DEFAULT"


cudnn = Backend(
    "cudnn", enabled=True, benchmark=False, deterministic=False, allow_tf32=True,
    benchmark_limit=10,
)  # fmt: skip
cuda = Attention("cuda", matmul=Backend("cuda.matmul", allow_tf32=False))
cpu = Processor("cpu", True)
mps = Backend("mps")
mkl = Backend("mkl")
mkldnn = Backend("mkldnn", enabled=False)
openmp = Backend("openmp")
opt_einsum = Backend("opt_einsum", enabled=False, strategy=None)
mha = Backend("mha")
nnpack = Backend("nnpack")
quantized = Backend("quantized", engine="none", supported_engines=["none"])

__all__ = [
    "cpu",
    "cuda",
    "cudnn",
    "mha",
    "mkl",
    "mkldnn",
    "mps",
    "nnpack",
    "openmp",
    "opt_einsum",
    "quantized",
]
