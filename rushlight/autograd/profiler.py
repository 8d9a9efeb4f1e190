"""`torch.autograd.profiler`: the old names of `torch.profiler`."""

from ..profiler.profile import old_profile as profile
from ..profiler.profile import record_function

__all__ = ["profile", "record_function"]
