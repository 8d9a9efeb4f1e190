"""rushlight: a small torch that lights quickly.

PyTorch's programming model on a recorded core: `import rushlight as torch` runs PyTorch programs.
Names are made when they are first asked for, so importing this costs little.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import (
    autograd,
    create,
    devices,
    dtypes,
    methods,
    modes,
    observe,
    overwrite,
    printing,
    random,
)
from .calls import function
from .config import VERSION as __version__
from .create import tensor
from .errors import MissingError, explain, show_user_frames_only
from .ops import OPS
from .size import Size
from .tensor import Tensor

Tensor.__module__ = "torch"
show_user_frames_only()

MODULES = ("nn", "optim", "data", "io", "vision", "lessons", "cli", "utils", "linalg", "special", "func", "fft")
FROM = (create, random, observe, modes, dtypes, printing)


def __getattr__(name: str) -> Any:
    found = lookup(name)
    globals()[name] = found
    return found


def lookup(name: str) -> Any:
    """What `rushlight.<name>` is."""
    op = OPS.get(name)
    if op is not None and "torch" in op.on:
        return function(op)
    if name in MODULES:
        return importlib.import_module(f".{name}", __name__)
    for module in FROM:
        if name in module.__dict__ and not name.startswith("_"):
            return getattr(module, name)
    raise MissingError(explain("rushlight", f"has no attribute {name!r}"))


_ = (autograd, methods, devices, overwrite, Size, __version__, tensor)
