"""Optimizers and schedules of their learning rates.

Names are loaded when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..later import found_in, homes
from ..missing import refusing

HOME = homes(
    {
        "adadelta": "Adadelta",
        "adafactor": "Adafactor",
        "adagrad": "Adagrad",
        "adam": "Adam AdamW",
        "adamax": "Adamax",
        "asgd": "ASGD",
        "lbfgs": "LBFGS",
        "muon": "Muon",
        "nadam": "NAdam",
        "optimizer": "Optimizer",
        "radam": "RAdam",
        "rmsprop": "RMSprop",
        "rprop": "Rprop",
        "sgd": "SGD",
    }
)
"""The file in which each name is defined."""

FILES = ("lr_scheduler", "swa_utils")
"""Names under `torch.optim` that are modules of Python; the latter needs all of `nn`."""

__all__ = [*HOME, "lr_scheduler"]

refuse = refusing("torch.optim", __all__)


def __getattr__(name: str) -> Any:
    if name in FILES or name in HOME.values():  # such as `torch.optim.optimizer`
        return importlib.import_module(f".{name}", __name__)
    if name not in HOME:
        return refuse(name)
    found = found_in(__name__, HOME[name], name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
