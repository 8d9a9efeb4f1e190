"""`torch.profiler`: how long ops and modules take.

>>> with torch.profiler.profile(record_shapes=True) as prof:
...     y = torch.nn.Linear(4, 2)(torch.ones(3, 4))
>>> {event.key for event in prof.key_averages()} >= {"nn.Module: Linear", "aten::linear"}
True
"""

from .profile import profile, record_function
from .schedules import (
    ProfilerAction,
    ProfilerActivity,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]
