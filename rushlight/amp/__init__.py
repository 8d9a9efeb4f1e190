"""`torch.amp`: automatic mixed precision.

>>> model, x = torch.nn.Linear(2, 2), torch.ones(3, 2)
>>> with torch.amp.autocast("cpu"):
...     y = model(x)
>>> y.dtype
torch.bfloat16
"""

from ..autocasting import autocast
from .custom import custom_bwd, custom_fwd, is_autocast_available
from .grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
