"""`torch._dynamo.config`: any setting may be made; `recompile_limit` is ours too."""

from __future__ import annotations

import sys
from types import ModuleType

from .. import config

LIMITS = ("recompile_limit", "cache_size_limit")
"""What PyTorch calls the number of programs for one place, now and formerly."""


class Settings(ModuleType):
    """The module itself: the limit is kept where the runtime finds it."""

    def __getattr__(self, name: str) -> object:
        if name in LIMITS:
            return config.recompile_limit
        raise AttributeError(f"torch._dynamo.config has no setting {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        if name in LIMITS and isinstance(value, int):
            config.recompile_limit = value
        else:
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = Settings
