"""`torch.backends`: flags that programs set, accepted and without effect."""

from __future__ import annotations

from typing import Any


class Backend:
    """One back end: not available; any flag may be set on it."""

    def __init__(self, **flags: Any) -> None:
        self.__dict__.update(flags)

    def is_available(self) -> bool:
        """False."""
        return False

    def is_built(self) -> bool:
        """False."""
        return False


cudnn = Backend(enabled=False, benchmark=False, deterministic=True, allow_tf32=False)
cuda = Backend(matmul=Backend(allow_tf32=False))
mps = Backend()
mkl = Backend()
mkldnn = Backend(enabled=False)
openmp = Backend()
