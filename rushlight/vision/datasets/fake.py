"""A dataset of noise, to try a program with."""

from __future__ import annotations

from typing import Any

from ... import random
from ...dtypes import int64
from ...errors import DimError, explain
from ...generator import Generator
from ...patterns import empty
from ..transforms.functional import to_pil_image
from .dataset import Transform, VisionDataset


class FakeData(VisionDataset):
    """`size` pictures of noise, each of `image_size` (channels, height, width) and of some class.

    They are torchvision's: the seed of each is its index plus `random_offset`.

    >>> data = torchvision.datasets.FakeData(3, (3, 4, 5))
    >>> data[0]
    (<Image mode=RGB size=5x4>, 9)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, ...] = (3, 224, 224),
        num_classes: int = 10,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__("", transform=transform, target_transform=target_transform)
        self.size, self.image_size, self.num_classes = size, image_size, num_classes
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            problem = f"{type(self).__name__} index out of range"
            raise DimError(explain(type(self).__name__, problem, {"index": index}))
        generator = Generator().manual_seed(index + self.random_offset)
        noise = empty(*self.image_size).normal_(generator=generator)
        label = random.randint(0, self.num_classes, (1,), dtype=int64, generator=generator)
        picture, target = to_pil_image(noise), label[0]
        if self.transform is not None:
            picture = self.transform(picture)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return picture, int(target)

    def __len__(self) -> int:
        return self.size

    def place(self) -> list[str]:
        """Nothing: it has no folder."""
        return []
