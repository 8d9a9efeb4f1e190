"""`torch.autograd.anomaly_mode`: its contexts under PyTorch's other name for their module."""

from ..stepwise import detect_anomaly, set_detect_anomaly

__all__ = ["detect_anomaly", "set_detect_anomaly"]
