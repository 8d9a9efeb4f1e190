"""`torch.autograd`: backward passes, grad modes, custom functions, and a check of gradients."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from .. import function
from ..backward import backward, grad
from ..function import Function
from ..gradcheck import GradcheckError, gradcheck, gradgradcheck
from ..missing import missing
from ..modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..public import PUBLIC
from ..stepwise import detect_anomaly, set_detect_anomaly
from . import anomaly_mode, grad_mode
from .variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
]


sys.modules[f"{__name__}.function"] = function  # so that it can be imported from


def __getattr__(name: str) -> Any:
    if name in ("forward_ad", "functional", "graph", "profiler"):  # which few programs need
        return importlib.import_module(f".{name}", __name__)
    found = PUBLIC["autograd"].get(name)
    if found is None:
        raise missing("torch.autograd", name, [*__all__, *PUBLIC["autograd"]])
    return found
