"""Pictures: datasets, transforms, and grids of pictures, used as torchvision is.

>>> from rushlight.vision import datasets, transforms
>>> train = datasets.Digits(train=True, transform=transforms.ToTensor())
>>> train[0][0].shape
torch.Size([1, 28, 28])
"""

from typing import Any

from ..missing import missing
from . import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]


def __getattr__(name: str) -> Any:
    raise missing("torchvision", name, __all__)
