"""`torch.__config__`: how this was built, as text."""

from __future__ import annotations

import numpy as np

from . import cores
from .settings import API_VERSION

__all__ = ["parallel_info", "show"]


def show() -> str:
    """The versions of what computes here.

    >>> torch.__config__.show().splitlines()[0]
    'rushlight built with:'
    """
    lines = ["rushlight built with:", f"  - interface of PyTorch {API_VERSION}"]
    return "\n".join([*lines, f"  - NumPy {np.__version__}", ""])


def parallel_info() -> str:
    """How many threads compute."""
    return f"rushlight parallel info:\n\tat::get_num_threads() : {cores.threads()}\n"
