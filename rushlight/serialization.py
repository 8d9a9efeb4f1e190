"""`torch.serialization`: where PyTorch keeps `load` and `save`."""

from .io import load, save

__all__ = ["load", "save"]
