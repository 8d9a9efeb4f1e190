"""MNIST and the datasets published in its format."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, explain
from ...runtime.entry import Handle
from ...runtime.record import realise, wrap
from ...tensor import Tensor
from ..image import Image
from ..transforms.together import together
from . import idx, sources
from .dataset import Transform, VisionDataset
from .download import SMALL_SET, fetch, is_intact


class MNIST(VisionDataset):
    """70,000 handwritten digits of 28x28 pixels: 60,000 to train with and 10,000 to test with.

    A sample is a picture (mode "L") and an int, each after its transform. `data` is a uint8 tensor
    (samples, 28, 28) and `targets` an int64 tensor. The files are in `<root>/MNIST/raw`, compressed
    or not; `download=True` gets those that are missing. Raises RuntimeError if files are missing,
    cannot be had, or are damaged. (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: "Gradient-Based
    Learning Applied to Document Recognition", 1998.)

    >>> train = torchvision.datasets.MNIST("data", download=True)  # doctest: +SKIP
    >>> train[0]  # doctest: +SKIP
    (<Image mode=L size=28x28>, 5)
    """

    mirrors = sources.MNIST_MIRRORS
    resources = sources.MNIST_FILES
    classes = [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four",
        "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
    ]  # fmt: skip

    def __init__(
        self,
        root: Any = None,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        pictures, labels = self.load()
        self.data = wrap(pictures)
        self.targets = wrap(labels.astype(np.int64))

    @property
    def raw_folder(self) -> str:
        """The folder of the files."""
        return str(Path(self.root, type(self).__name__, "raw"))

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The target of each class, by its name."""
        return {name: k for k, name in enumerate(self.classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        data, targets = self.data, self.targets
        pixels = (realise(data) if isinstance(data, Handle) else np.asarray(data))[index]
        target: Any = int(
            targets[index] if not isinstance(targets, Handle) else realise(targets)[index]
        )
        picture: Any = Image(pixels, "L")
        if self.transform is not None:
            picture = self.transform(picture)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return picture, target

    def _arrays_at(self, index: Any) -> Any:
        """What a DataLoader makes of the samples at `index`, or None: see `data/gather.py`."""
        data, targets = self.data, self.targets
        if self.target_transform is not None or {type(data), type(targets)} != {Tensor}:
            return None
        pixels, labels = realise(data), realise(targets)
        if pixels.ndim != 3 or pixels.dtype != np.uint8 or labels.dtype != np.int64:
            return None
        pictures = together(self.transform, pixels.take(index, 0))
        return None if pictures is None else (pictures, labels.take(index))

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which of the two parts it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"

    # -- files ---------------------------------------------------------------------------------

    def download(self) -> None:
        """Get the files that are missing or damaged; what is there and intact stays."""
        name = type(self).__name__
        for filename, md5 in self.resources:
            path = Path(self.raw_folder, filename)
            if not path.with_suffix("").is_file() and not is_intact(path, md5):
                fetch(name, sources.addresses(name, self.mirrors, filename), path, md5)

    def load(self) -> tuple[Any, Any]:
        """The pictures and the labels, as arrays."""
        part = "train" if self.train else "t10k"
        pictures = idx.read(self.file(f"{part}-images-idx3-ubyte"))
        labels = idx.read(self.file(f"{part}-labels-idx1-ubyte"))
        if pictures.ndim != 3 or labels.shape != pictures.shape[:1] or pictures.dtype != np.uint8:
            got = {
                "the pictures": f"{pictures.dtype}{list(pictures.shape)}",
                "the labels": f"{labels.dtype}{list(labels.shape)}",
            }
            problem = f"the files in {self.raw_folder} do not belong together"
            hint = "delete them and load the dataset again with download=True"
            raise DataError(explain(type(self).__name__, problem, got, hint))
        return pictures, labels

    def file(self, stem: str) -> Path:
        """The file called `stem`, compressed or not; raises RuntimeError if there is none."""
        for filename in (stem, f"{stem}.gz"):
            path = Path(self.raw_folder, filename)
            if path.is_file():
                return path
        problem = "Dataset not found. You can use download=True to download it"
        got = {"the missing file": f"{stem}.gz in {self.raw_folder}"}
        raise DataError(explain(type(self).__name__, problem, got, SMALL_SET))

    # -- old names -----------------------------------------------------------------------------

    @property
    def train_data(self) -> Any:
        """An old name of `data`."""
        warnings.warn("train_data has been renamed data", UserWarning, stacklevel=2)
        return self.data

    @property
    def test_data(self) -> Any:
        """An old name of `data`."""
        warnings.warn("test_data has been renamed data", UserWarning, stacklevel=2)
        return self.data

    @property
    def train_labels(self) -> Any:
        """An old name of `targets`."""
        warnings.warn("train_labels has been renamed targets", UserWarning, stacklevel=2)
        return self.targets

    @property
    def test_labels(self) -> Any:
        """An old name of `targets`."""
        warnings.warn("test_labels has been renamed targets", UserWarning, stacklevel=2)
        return self.targets


class FashionMNIST(MNIST):
    """70,000 pictures of clothes of 28x28 pixels, in every way like MNIST.

    (H. Xiao, K. Rasul, R. Vollgraf: "Fashion-MNIST", 2017.)

    >>> torchvision.datasets.FashionMNIST.classes[9]
    'Ankle boot'
    """

    mirrors = sources.FASHION_MNIST_MIRRORS
    resources = sources.FASHION_MNIST_FILES
    classes = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip


class KMNIST(MNIST):
    """70,000 cursive Japanese characters of 28x28 pixels, in every way like MNIST.

    (T. Clanuwat and others: "Deep Learning for Classical Japanese Literature", 2018.)

    >>> torchvision.datasets.KMNIST.classes[0]
    'o'
    """

    mirrors = sources.KMNIST_MIRRORS
    resources = sources.KMNIST_FILES
    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


class Digits(MNIST):
    """5,000 digits of MNIST that ship with the package: 4,000 to train with and 1,000 to test with.

    It is used like MNIST and needs neither a network nor a folder: `root` and `download` are taken
    so that one may stand for the other, and ignored. Each part has as many of each digit.

    >>> train = torchvision.datasets.Digits(train=True)
    >>> train[0]
    (<Image mode=L size=28x28>, 8)
    >>> train.data.shape, train.targets.bincount()
    (torch.Size([4000, 28, 28]), tensor([400, 400, 400, 400, 400, 400, 400, 400, 400, 400]))
    """

    mirrors: list[str] = []
    resources: list[tuple[str, str]] = []

    @property
    def raw_folder(self) -> str:
        """The folder of the files: in the package."""
        return str(Path(__file__).parent.parent / "digits")

    def place(self) -> list[str]:
        """Nothing: it has no folder."""
        return []
