"""`torch.functional`: functions of `torch` under PyTorch's other name for their module."""

from __future__ import annotations

from typing import Any

from .lowrank import pca_lowrank, svd_lowrank
from .missing import missing
from .settings import lookup

__all__ = ["pca_lowrank", "svd_lowrank"]

NAMES = (
    *("atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes"),
    *("broadcast_tensors", "cartesian_prod", "cdist", "chain_matmul", "einsum", "lu", "meshgrid"),
    *("istft", "norm", "split", "stft", "tensordot", "unique"),
    *("unique_consecutive", "unravel_index"),
)
"""What PyTorch has in this module."""


def __getattr__(name: str) -> Any:
    found = lookup(name) if name in NAMES else None
    if found is None:
        raise missing("torch.functional", name, NAMES)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*NAMES, *__all__])
