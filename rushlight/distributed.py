"""`torch.distributed`: training on several machines is not there, and programs that ask are told.

>>> torch.distributed.is_available()
False
"""

from __future__ import annotations

from typing import Any

from .errors import ChoiceError, explain
from .missing import missing

__all__ = ["get_rank", "get_world_size", "is_available", "is_initialized"]


def is_available() -> bool:
    """False."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def get_rank(group: Any = None) -> int:
    """Raises ValueError: there is no group of processes."""
    raise ChoiceError(explain("get_rank", NO_GROUP, hint=ALONE))


def get_world_size(group: Any = None) -> int:
    """Raises ValueError: there is no group of processes."""
    raise ChoiceError(explain("get_world_size", NO_GROUP, hint=ALONE))


NO_GROUP = "Default process group has not been initialized"
ALONE = "ask torch.distributed.is_available() first: this is one process alone"


def __getattr__(name: str) -> Any:
    raise missing("torch.distributed", name, __all__)
