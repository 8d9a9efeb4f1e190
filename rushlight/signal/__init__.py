"""`torch.signal`: only windows."""

from . import windows

__all__ = ["windows"]
