"""Datasets of pictures, used as torchvision's are, and `Digits`, which ships with the package."""

from .cifar import CIFAR10, CIFAR100
from .dataset import VisionDataset
from .mnist import KMNIST, MNIST, Digits, FashionMNIST

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "KMNIST",
    "MNIST",
    "Digits",
    "FashionMNIST",
    "VisionDataset",
]
