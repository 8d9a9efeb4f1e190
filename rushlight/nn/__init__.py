"""Neural networks: modules, their parameters, layers, losses, and ways to initialise them.

Names are loaded when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

HOME = {
    name: module
    for module, names in {
        "parameter": "Parameter Buffer",
        "module": "Module",
        "containers": "Sequential ModuleList ModuleDict",
        "parameter_lists": "ParameterList ParameterDict",
        "linear": "Identity Linear Bilinear NonDynamicallyQuantizableLinear",
    }.items()
    for name in names.split()
}
"""The file in which each name is defined."""

FILES = ("functional", "init", "modules", "parameter", "utils")
"""What can be reached as `torch.nn.<name>` and is a module of Python."""


def __getattr__(name: str) -> Any:
    if name in FILES:
        return importlib.import_module(f".{name}", __name__)
    if name not in HOME:
        raise MissingError(explain("nn", f"torch.nn has no attribute {name!r}", hint=hint_for(name)))
    found = getattr(importlib.import_module(f".{HOME[name]}", __name__), name)
    globals()[name] = found
    return found
