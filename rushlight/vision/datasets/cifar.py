"""CIFAR-10 and CIFAR-100: small pictures of things."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, explain
from ...whole_file import whole_file
from ..image import Image
from ..transforms.together import together
from . import pickled, sources
from .dataset import Transform, VisionDataset
from .download import SMALL_SET, fetch, is_intact, unwritable


class CIFAR10(VisionDataset):
    """60,000 colour pictures of 32x32 pixels in 10 classes: 50,000 to train with, 10,000 to test.

    A sample is a picture (mode "RGB") and an int, each after its transform. `data` is a uint8 array
    (samples, 32, 32, 3) and `targets` a list. The files are in `<root>/cifar-10-batches-py`;
    `download=True` gets them if they are missing. They are pickles, and are read without running
    what is in them (see pickled.py). Raises RuntimeError if files are missing, cannot be had, or
    are damaged. (A. Krizhevsky: "Learning Multiple Layers of Features from Tiny Images", 2009.)

    >>> train = torchvision.datasets.CIFAR10("data", download=True)  # doctest: +SKIP
    >>> train[0]  # doctest: +SKIP
    (<Image mode=RGB size=32x32>, 6)
    """

    base_folder = "cifar-10-batches-py"
    mirrors = sources.CIFAR10_MIRRORS
    archive = sources.CIFAR10_ARCHIVE
    train_list = sources.CIFAR10_TRAIN
    test_list = sources.CIFAR10_TEST
    meta = sources.CIFAR10_META
    classes_key = b"label_names"
    labels_key = b"labels"

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
        parts = self.train_list if train else self.test_list
        batches = [self.batch(*part) for part in parts]
        planes = np.vstack([batch[b"data"] for batch in batches]).reshape(-1, 3, 32, 32)
        self.data = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
        self.targets = [int(k) for batch in batches for k in batch[self.labels_key]]
        self.check()
        names = self.batch(*self.meta)[self.classes_key]
        self.classes = [name.decode() if isinstance(name, bytes) else name for name in names]
        self.class_to_idx = {name: k for k, name in enumerate(self.classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        target: Any = self.targets[index]
        picture: Any = Image(self.data[index], "RGB")
        if self.transform is not None:
            picture = self.transform(picture)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return picture, target

    def _arrays_at(self, index: Any) -> Any:
        """What a DataLoader makes of the samples at `index`, or None: see `data/gather.py`."""
        data, targets = self.data, self.targets
        if self.target_transform is not None or type(data) is not np.ndarray or data.ndim != 4:
            return None
        labels = [targets[k] for k in index.tolist()] if type(targets) is list else [None]
        if data.dtype != np.uint8 or set(map(type, labels)) != {int}:
            return None
        pictures = together(self.transform, data.take(index, 0))
        return None if pictures is None else (pictures, np.array(labels, np.int64))

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which of the two parts it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"

    # -- files ---------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The folder of the files."""
        return Path(self.root, self.base_folder)

    def batch(self, filename: str, md5: str) -> Any:
        """What is in one of the files; raises RuntimeError if it is missing or damaged."""
        path = self.folder / filename
        if not is_intact(path, md5):
            problem = "Dataset not found or corrupted. You can use download=True to download it"
            state = "damaged: its MD5 checksum is wrong" if path.is_file() else "missing"
            raise DataError(explain(type(self).__name__, problem, {str(path): state}, SMALL_SET))
        found = pickled.load(path.read_bytes(), str(path))
        if not isinstance(found, dict):
            raise DataError(explain(type(self).__name__, f"{path} holds no table"))
        return found

    def check(self) -> None:
        """Raise RuntimeError unless there is a label for each picture."""
        if self.data.dtype != np.uint8 or len(self.targets) != len(self.data):
            got = {"the pictures": f"{self.data.dtype}{list(self.data.shape)}"}
            got["the labels"] = f"{len(self.targets)}"
            problem = f"the files in {self.folder} do not belong together"
            raise DataError(explain(type(self).__name__, problem, got))

    def download(self) -> None:
        """Get the files unless all are there and intact."""
        wanted = dict([*self.train_list, *self.test_list, self.meta])
        if all([is_intact(self.folder / name, md5) for name, md5 in wanted.items()]):
            return
        filename, md5 = self.archive
        path = Path(self.root, filename)
        name = type(self).__name__
        if not is_intact(path, md5):
            fetch(name, sources.addresses(name, self.mirrors, filename), path, md5)
        self.unpack(path, wanted)

    def unpack(self, archive: Path, wanted: dict[str, str]) -> None:
        """Take the wanted files, and no others, out of the archive."""
        name = type(self).__name__
        try:
            with tarfile.open(archive, "r:gz") as tar:
                for filename, md5 in wanted.items():
                    self.unpack_one(tar, filename, md5)
        except (tarfile.TarError, EOFError, zlib.error, KeyError) as error:
            problem = f"{archive} is damaged: {error}"
            hint = "delete it and load the dataset again with download=True"
            raise DataError(explain(name, problem, hint=hint)) from None
        except OSError as error:
            raise unwritable(name, self.folder, error) from None

    def unpack_one(self, tar: tarfile.TarFile, filename: str, md5: str) -> None:
        """Take one file out of the archive, if its checksum is right."""
        member = tar.extractfile(f"{self.base_folder}/{filename}")
        content = b"" if member is None else member.read()
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
            raise tarfile.TarError(f"{filename} in it has a wrong MD5 checksum")
        self.folder.mkdir(parents=True, exist_ok=True)
        with whole_file(self.folder / filename) as file:
            file.write(content)


class CIFAR100(CIFAR10):
    """60,000 colour pictures of 32x32 pixels in 100 classes, in every way like CIFAR10.

    >>> train = torchvision.datasets.CIFAR100("data", download=True)  # doctest: +SKIP
    """

    base_folder = "cifar-100-python"
    mirrors = sources.CIFAR100_MIRRORS
    archive = sources.CIFAR100_ARCHIVE
    train_list = sources.CIFAR100_TRAIN
    test_list = sources.CIFAR100_TEST
    meta = sources.CIFAR100_META
    classes_key = b"fine_label_names"
    labels_key = b"fine_labels"
