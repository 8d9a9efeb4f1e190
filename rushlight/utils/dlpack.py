"""`torch.utils.dlpack`: tensors to and from other libraries, without a copy."""

from __future__ import annotations

from typing import Any

from .. import create

__all__ = ["from_dlpack", "to_dlpack"]


class Capsule:
    """A DLPack capsule with the method that takes it out, which is what NumPy asks for."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU


def from_dlpack(ext_tensor: Any) -> Any:
    """A tensor on the memory of a DLPack capsule, or of another library's tensor."""
    plain = not hasattr(ext_tensor, "__dlpack__")
    return create.from_dlpack(Capsule(ext_tensor) if plain else ext_tensor)


def to_dlpack(tensor: Any) -> Any:
    """A DLPack capsule of the memory of `tensor`."""
    return tensor.__dlpack__()
