"""`torch.xpu`: Intel's processors for graphics; there is none that could be used.

>>> torch.xpu.is_available()
False
"""

from .mps import device_count, empty_cache, is_available, manual_seed, synchronize

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "synchronize"]
