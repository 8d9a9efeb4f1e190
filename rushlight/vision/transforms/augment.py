"""Several small changes to pictures, drawn at random.

E. Cubuk and others: "RandAugment" (2019); S. Müller and F. Hutter: "TrivialAugment" (2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...nn.module import Module
from . import draw
from . import functional as F
from .kinds import InterpolationMode

Change = Callable[[Any, float, InterpolationMode, Any], Any]


def sheared(img: Any, lean: list[float], mode: InterpolationMode, fill: Any) -> Any:
    """`img` sheared about its upper left corner, by slopes along x and y."""
    degrees = [math.degrees(math.atan(slope)) for slope in lean]
    return F.affine(img, 0.0, [0, 0], 1.0, degrees, mode, fill, [0, 0])


def moved(img: Any, by: list[int], mode: InterpolationMode, fill: Any) -> Any:
    """`img` shifted by so many pixels along x and y."""
    return F.affine(img, 0.0, by, 1.0, [0.0, 0.0], mode, fill)


CHANGES: dict[str, Change] = {
    "Identity": lambda img, much, mode, fill: img,
    "ShearX": lambda img, much, mode, fill: sheared(img, [much, 0.0], mode, fill),
    "ShearY": lambda img, much, mode, fill: sheared(img, [0.0, much], mode, fill),
    "TranslateX": lambda img, much, mode, fill: moved(img, [int(much), 0], mode, fill),
    "TranslateY": lambda img, much, mode, fill: moved(img, [0, int(much)], mode, fill),
    "Rotate": lambda img, much, mode, fill: F.rotate(img, much, mode, fill=fill),
    "Brightness": lambda img, much, mode, fill: F.adjust_brightness(img, 1.0 + much),
    "Color": lambda img, much, mode, fill: F.adjust_saturation(img, 1.0 + much),
    "Contrast": lambda img, much, mode, fill: F.adjust_contrast(img, 1.0 + much),
    "Sharpness": lambda img, much, mode, fill: F.adjust_sharpness(img, 1.0 + much),
    "Posterize": lambda img, much, mode, fill: F.posterize(img, int(much)),
    "Solarize": lambda img, much, mode, fill: F.solarize(img, much),
    "AutoContrast": lambda img, much, mode, fill: F.autocontrast(img),
    "Equalize": lambda img, much, mode, fill: F.equalize(img),
}
"""What may be done to a picture, in this order, and how much of it."""

BY_LEVEL = ("Posterize", "Solarize")
"""Changes whose amount has no sign, and is their own."""


def spaced(low: float, high: float, bins: int) -> Any:
    """`bins` numbers from `low` to `high`, in single precision, as PyTorch's linspace has them."""
    step = (np.float32(high) - np.float32(low)) / np.float32(bins - 1)
    k = np.arange(bins)
    up = np.float32(low) + step * k.astype(np.float32)
    down = np.float32(high) - step * (bins - 1 - k).astype(np.float32)
    return np.where(k < bins // 2, up, down).astype(np.float32)


class _Augment(Module):
    """What the two have in common; `most` says how far each change goes."""

    def __init__(self, bins: int, interpolation: InterpolationMode, fill: Any) -> None:
        super().__init__()
        self.num_magnitude_bins = bins
        self.interpolation = interpolation
        self.fill = fill

    def most(self, height: int, width: int) -> dict[str, float]:
        """The greatest amount of each change that has a sign."""
        raise NotImplementedError

    lost_bits = 4
    """How many bits `Posterize` leaves out at most."""

    def amounts(self, name: str, height: int, width: int) -> Any:
        """The amounts to choose from, None if a change has none."""
        bins = self.num_magnitude_bins
        if name == "Posterize":
            lost = np.arange(bins, dtype=np.float32) / np.float32((bins - 1) / self.lost_bits)
            return 8 - np.rint(lost).astype(int)
        if name == "Solarize":
            return spaced(255.0, 0.0, bins)
        most = self.most(height, width).get(name)
        return None if most is None else spaced(0.0, most, bins)

    def chosen(self, amounts: Any) -> float:
        """One of the amounts."""
        raise NotImplementedError

    def once(self, img: Any) -> Any:
        """`img` after one change."""
        channels, height, width = F.get_dimensions(img)
        fill = draw.fill_for(img, self.fill, channels)
        name = list(CHANGES)[draw.integer(len(CHANGES))]
        amounts = self.amounts(name, height, width)
        much = 0.0 if amounts is None else self.chosen(amounts)
        if amounts is not None and name not in BY_LEVEL and draw.integer(2):
            much = -much
        return CHANGES[name](img, much, self.interpolation, fill)


class RandAugment(_Augment):
    """`num_ops` changes of a picture, or a tensor of bytes, each as strong as `magnitude` says.

    >>> torch.manual_seed(0)  # doctest: +ELLIPSIS
    <...>
    >>> x = torch.zeros(3, 8, 8, dtype=torch.uint8)
    >>> torchvision.transforms.RandAugment()(x).shape
    torch.Size([3, 8, 8])
    """

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(num_magnitude_bins, interpolation, fill)
        self.num_ops = num_ops
        self.magnitude = magnitude

    def most(self, height: int, width: int) -> dict[str, float]:
        """The greatest amount of each change that has a sign."""
        shifts = {"TranslateX": 150.0 / 331.0 * width, "TranslateY": 150.0 / 331.0 * height}
        shears = {"ShearX": 0.3, "ShearY": 0.3, "Rotate": 30.0}
        colors = dict.fromkeys(("Brightness", "Color", "Contrast", "Sharpness"), 0.9)
        return shifts | shears | colors

    def chosen(self, amounts: Any) -> float:
        """The amount at `magnitude`."""
        return float(amounts[self.magnitude])

    def forward(self, img: Any) -> Any:
        """`img` after all changes."""
        for _ in range(self.num_ops):
            img = self.once(img)
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(num_ops={self.num_ops}, magnitude={self.magnitude}, "
            f"num_magnitude_bins={self.num_magnitude_bins}, interpolation={self.interpolation}, "
            f"fill={self.fill})"
        )


class TrivialAugmentWide(_Augment):
    """One change of a picture, or a tensor of bytes, of a strength drawn at random.

    >>> torchvision.transforms.TrivialAugmentWide()(torch.zeros(3, 8, 8, dtype=torch.uint8)).shape
    torch.Size([3, 8, 8])
    """

    lost_bits = 6

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(num_magnitude_bins, interpolation, fill)

    def most(self, height: int, width: int) -> dict[str, float]:
        """The greatest amount of each change that has a sign."""
        names = ("ShearX", "ShearY", "Brightness", "Color", "Contrast", "Sharpness")
        shifts = {"TranslateX": 32.0, "TranslateY": 32.0, "Rotate": 135.0}
        return dict.fromkeys(names, 0.99) | shifts

    def chosen(self, amounts: Any) -> float:
        """One of the amounts, drawn at random."""
        return float(amounts[draw.integer(len(amounts))])

    def forward(self, img: Any) -> Any:
        """`img` after the change."""
        return self.once(img)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(num_magnitude_bins={self.num_magnitude_bins}, "
            f"interpolation={self.interpolation}, fill={self.fill})"
        )
