"""Datasets of pictures, used as torchvision's are, and `Digits`, which ships with the package."""

import sys

from . import dataset as _dataset
from .cifar import CIFAR10, CIFAR100
from .dataset import VisionDataset
from .fake import FakeData
from .folder import DatasetFolder, ImageFolder
from .mnist import KMNIST, MNIST, Digits, FashionMNIST

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "Digits",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "VisionDataset",
]

sys.modules[f"{__name__}.vision"] = _dataset  # torchvision's name of that file
