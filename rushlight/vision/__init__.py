"""Pictures: datasets, transforms, ready-made networks, used as torchvision is.

>>> from rushlight.vision import datasets, transforms
>>> train = datasets.Digits(train=True, transform=transforms.ToTensor())
>>> train[0][0].shape
torch.Size([1, 28, 28])
"""

import importlib
from typing import Any

from ..errors import ChoiceError, explain
from ..missing import missing
from . import datasets, transforms, utils

__version__ = "0.28.0"  # of torchvision, whose names these are

LATER = ("io", "models", "ops")
"""Modules that are loaded when they are first asked for."""

__all__ = ["datasets", "transforms", "utils", *LATER]


def get_image_backend() -> str:
    """What reads pictures: Pillow.

    >>> torchvision.get_image_backend()
    'PIL'
    """
    return "PIL"


def set_image_backend(backend: str) -> None:
    """Accept "PIL"; raise ValueError for others."""
    if backend != "PIL":
        problem = f"Invalid backend '{backend}'"
        raise ChoiceError(explain("set_image_backend", problem, hint="only 'PIL' is there"))


def __getattr__(name: str) -> Any:
    if name in LATER:
        return importlib.import_module(f".{name}", __name__)
    raise missing("torchvision", name, __all__)
