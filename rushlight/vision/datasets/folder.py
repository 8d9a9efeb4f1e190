"""Datasets of files in folders: each folder is a class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from ...errors import ChoiceError, explain
from ..reading import open_picture
from .dataset import Transform, VisionDataset

IMG_EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp",
)  # fmt: skip


class NoFilesError(ChoiceError, FileNotFoundError):
    """A folder without what was looked for."""

    def __str__(self) -> str:
        return str(self.args[0])


def has_file_allowed_extension(filename: str, extensions: Any) -> bool:
    """Whether the name ends in one of `extensions`, in letters of whatever size."""
    return filename.lower().endswith(extensions if isinstance(extensions, str) else (*extensions,))


def is_image_file(filename: str) -> bool:
    """Whether the name is one of a picture.

    >>> from rushlight.vision.datasets.folder import is_image_file
    >>> is_image_file("cat.JPG"), is_image_file("cat.txt")
    (True, False)
    """
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: Any) -> tuple[list[str], dict[str, int]]:
    """The names of the folders in `directory`, in order, and the number of each.

    Raises FileNotFoundError if there is none.
    """
    classes = sorted([entry.name for entry in os.scandir(directory) if entry.is_dir()])
    if not classes:
        problem = f"Couldn't find any class folder in {directory}."
        hint = "the files of each class are in a folder of its name"
        raise NoFilesError(explain("find_classes", problem, hint=hint))
    return classes, {name: k for k, name in enumerate(classes)}


def make_dataset(
    directory: Any,
    class_to_idx: dict[str, int] | None = None,
    extensions: Any = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[tuple[str, int]]:
    """The path and class of each file below `directory` that `is_valid_file` or `extensions` take.

    Exactly one of the two must be given, else ValueError; FileNotFoundError if a class has no file,
    unless `allow_empty`.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    elif not class_to_idx:
        problem = "'class_to_index' must have at least one entry to collect any samples."
        raise ChoiceError(explain("make_dataset", problem))
    if (extensions is None) == (is_valid_file is None):
        problem = "Both extensions and is_valid_file cannot be None or not None at the same time"
        raise ChoiceError(explain("make_dataset", problem))
    fits = is_valid_file or (lambda path: has_file_allowed_extension(path, extensions))
    samples, empty = [], []
    for name in sorted(class_to_idx):
        found = [p for p in files_below(os.path.join(directory, name)) if fits(p)]
        samples += [(path, class_to_idx[name]) for path in found]
        if not found:
            empty.append(name)
    if empty and not allow_empty:
        problem = f"Found no valid file for the classes {', '.join(empty)}."
        kinds = extensions if extensions is None or isinstance(extensions, str) else [*extensions]
        hint = f"Supported extensions are: {kinds}" if kinds else "is_valid_file takes none"
        raise NoFilesError(explain("make_dataset", problem, {"the folder": directory}, hint))
    return samples


def files_below(folder: str) -> Iterable[str]:
    """The paths of all files in `folder` and the folders in it, in order."""
    for root, _, names in sorted(os.walk(folder, followlinks=True)):
        for name in sorted(names):
            yield os.path.join(root, name)


def default_loader(path: str) -> Any:
    """The picture in a file, in colour."""
    return open_picture(path)


pil_loader = default_loader


class DatasetFolder(VisionDataset):
    """The files below `root`, each with the number of the folder that it is in.

    `loader` makes a sample of a path; `extensions` or `is_valid_file` say which files count.
    `classes`, `class_to_idx`, `samples` and `targets` tell what was found.

    >>> data = torchvision.datasets.DatasetFolder("words", open, (".txt",))  # doctest: +SKIP
    """

    def __init__(
        self,
        root: Any,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(
            self.root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.loader, self.extensions = loader, extensions
        self.targets = [k for _, k in self.samples]

    make_dataset = staticmethod(make_dataset)

    def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
        """The classes and their numbers: what a subclass may find in another way."""
        return find_classes(directory)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        sample = self.loader(path)
        if self.transform is not None:
            sample = self.transform(sample)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return sample, target

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """The pictures below `root`: `root/cat/1.png`, `root/dog/2.jpg`, ... Pillow reads them.

    >>> data = torchvision.datasets.ImageFolder("pets")  # doctest: +SKIP
    >>> data.classes  # doctest: +SKIP
    ['cat', 'dog']
    """

    def __init__(
        self,
        root: Any,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        kinds = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(
            root, loader, kinds, transform, target_transform, is_valid_file, allow_empty
        )
        self.imgs = self.samples
