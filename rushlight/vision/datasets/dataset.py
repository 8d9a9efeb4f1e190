"""What all datasets of pictures have in common: a folder, transforms, and how they print."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ...data.dataset import Dataset
from ...errors import ChoiceError, explain
from . import cache

Transform = Callable[[Any], Any]


class VisionDataset(Dataset[Any]):
    """The base class of datasets of pictures: subclass it, write `__getitem__` and `__len__`.

    `root` is the folder of the data, by default one of this user (`cache.datasets`). `transform`
    takes a picture and `target_transform` a target; or `transforms` takes both and returns both.
    Raises ValueError if both ways are given.

    >>> class Greys(torchvision.datasets.VisionDataset):
    ...     def __len__(self):
    ...         return 3
    >>> Greys("data")
    Dataset Greys
        Number of datapoints: 3
        Root location: data
    """

    def __init__(
        self,
        root: Any = None,
        transforms: Callable[..., Any] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        self.root = os.path.expanduser(cache.datasets() if root is None else root)
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            problem = "Only transforms or transform/target_transform can be passed as argument"
            raise ChoiceError(explain(type(self).__name__, problem))
        self.transform = transform
        self.target_transform = target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def __getitem__(self, index: int) -> Any:
        """The sample at `index`: every subclass says it."""
        raise NotImplementedError

    def __len__(self) -> int:
        """The number of samples: every subclass says it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        lines = [
            f"Number of datapoints: {len(self)}",
            *self.place(),
            *self.extra_repr().splitlines(),
        ]
        if self.transforms is not None:
            lines.append(repr(self.transforms))
        return "\n".join([f"Dataset {type(self).__name__}"] + ["    " + line for line in lines])

    def place(self) -> list[str]:
        """The line of the printed text that says where the data are."""
        return [f"Root location: {self.root}"]

    def extra_repr(self) -> str:
        """More lines for the printed text."""
        return ""


class StandardTransform:
    """Two transforms, of the picture and of the target, as one of both.

    >>> both = torchvision.datasets.dataset.StandardTransform(target_transform=str)
    >>> both(1, 2)
    (1, '2')
    """

    def __init__(
        self, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        """The sample, transformed."""
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        lines = ["StandardTransform"]
        if self.transform is not None:
            lines += indented("Transform: ", self.transform)
        if self.target_transform is not None:
            lines += indented("Target transform: ", self.target_transform)
        return "\n".join(lines)


def indented(head: str, transform: Transform) -> list[str]:
    """The printed text of `transform` after `head`, its further lines below its first."""
    first, *rest = repr(transform).splitlines()
    return [head + first] + [" " * len(head) + line for line in rest]
