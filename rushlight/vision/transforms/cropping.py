"""Parts of pictures, borders, mirror images, and other sizes."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...errors import ArgumentError, ChoiceError, explain
from ...nn.module import Module
from . import draw
from . import functional as F
from .functional.cropping import border_of, check_border
from .kinds import InterpolationMode, interpolation_of


def size_of(size: Any, op: str) -> tuple[int, int]:
    """Height and width that an argument tells, in one number or two."""
    if isinstance(size, int | float):
        return int(size), int(size)
    if not isinstance(size, list | tuple):
        problem = "size must be a number or a sequence (h, w)"
        raise ArgumentError(explain(op, problem, {"size": repr(size)}))
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        problem = "Please provide only two dimensions (h, w) for size."
        raise ChoiceError(explain(op, problem, {"size": size}))
    return tuple(size)


class Resize(Module):
    """The picture or tensor at another size: (height, width), or of the shorter side.

    >>> torchvision.transforms.Resize((2, 4))(torch.rand(3, 8, 8)).shape
    torch.Size([3, 2, 4])
    """

    def __init__(
        self,
        size: Any,
        interpolation: Any = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if not isinstance(size, int | list | tuple):
            problem = f"Size should be int or sequence. Got {type(size)}"
            raise ArgumentError(explain("Resize", problem))
        if isinstance(size, list | tuple) and len(size) not in (1, 2):
            problem = "If size is a sequence, it should have 1 or 2 values"
            raise ChoiceError(explain("Resize", problem, {"size": size}))
        self.size = size
        self.max_size = max_size
        self.interpolation = interpolation_of(interpolation, "Resize")
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        """`img` at the size."""
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class CenterCrop(Module):
    """The middle of the picture or tensor, of `size`.

    >>> torchvision.transforms.CenterCrop(2)(torch.rand(3, 8, 8)).shape
    torch.Size([3, 2, 2])
    """

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = size_of(size, "CenterCrop")

    def forward(self, img: Any) -> Any:
        """The middle of `img`."""
        return F.center_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class Pad(Module):
    """The picture or tensor with a border.

    >>> torchvision.transforms.Pad(1)(torch.rand(3, 8, 8)).shape
    torch.Size([3, 10, 10])
    """

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        border_of(padding)
        check_border(fill, padding_mode)
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        """`img` with the border."""
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, "
            f"padding_mode={self.padding_mode})"
        )


class RandomCrop(Module):
    """A part of `size` of the picture or tensor, at random, after `padding` if that is given.

    Raises ValueError if there is no such part, unless `pad_if_needed`.

    >>> torchvision.transforms.RandomCrop(28, padding=4)(torch.rand(1, 28, 28)).shape
    torch.Size([1, 28, 28])
    """

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = size_of(size, "RandomCrop")
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Top, left, height and width of the part."""
        _, h, w = F.get_dimensions(img)
        th, tw = output_size
        if h < th or w < tw:
            problem = f"Required crop size {(th, tw)} is larger than input image size {(h, w)}"
            hint = "use padding=..., or pad_if_needed=True"
            raise ChoiceError(explain("RandomCrop", problem, hint=hint))
        if w == tw and h == th:
            return 0, 0, h, w
        return draw.integer(h - th + 1), draw.integer(w - tw + 1), th, tw

    def forward(self, img: Any) -> Any:
        """A part of `img`."""
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            _, height, width = F.get_dimensions(img)
            if width < self.size[1]:
                img = F.pad(img, [self.size[1] - width, 0], self.fill, self.padding_mode)
            if height < self.size[0]:
                img = F.pad(img, [0, self.size[0] - height], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(Module):
    """A part of random size and proportions of the picture or tensor, resized to `size`.

    Its area is between the two parts of the whole in `scale`; width by height is between the two
    numbers in `ratio`.

    >>> torchvision.transforms.RandomResizedCrop(4)(torch.rand(3, 8, 8)).shape
    torch.Size([3, 4, 4])
    """

    def __init__(
        self,
        size: Any,
        scale: Any = (0.08, 1.0),
        ratio: Any = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = size_of(size, "RandomResizedCrop")
        for name, pair in (("Scale", scale), ("Ratio", ratio)):
            if not isinstance(pair, list | tuple):
                raise ArgumentError(explain("RandomResizedCrop", f"{name} should be a sequence"))
        if scale[0] > scale[1] or ratio[0] > ratio[1]:
            warnings.warn("Scale and ratio should be of kind (min, max)", UserWarning, stacklevel=2)
        self.interpolation = interpolation_of(interpolation, "RandomResizedCrop")
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img: Any, scale: Any, ratio: Any) -> tuple[int, int, int, int]:
        """Top, left, height and width of the part."""
        _, height, width = F.get_dimensions(img)
        for _ in range(10):
            area = height * width * draw.uniform(scale[0], scale[1])
            shape = draw.exp_uniform(ratio[0], ratio[1])
            w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if 0 < w <= width and 0 < h <= height:
                return draw.integer(height - h + 1), draw.integer(width - w + 1), h, w
        # No luck: the largest part in the middle whose proportions are allowed.
        w, h = width, height
        if width / height < min(ratio):
            h = round(w / min(ratio))
        elif width / height > max(ratio):
            w = round(h * max(ratio))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        """A part of `img`, resized."""
        part = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *part, self.size, self.interpolation, self.antialias)

    def __repr__(self) -> str:
        scale, ratio = (tuple([round(n, 4) for n in pair]) for pair in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomHorizontalFlip(Module):
    """The picture or tensor with left and right exchanged, with probability `p`.

    >>> torchvision.transforms.RandomHorizontalFlip(p=1)(torch.tensor([[[1, 2]]]))
    tensor([[[2, 1]]])
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """`img`, perhaps mirrored."""
        return F.hflip(img) if draw.coin(self.p) else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomVerticalFlip(Module):
    """The picture or tensor with top and bottom exchanged, with probability `p`.

    >>> torchvision.transforms.RandomVerticalFlip(p=0)(torch.tensor([[[1, 2]]]))
    tensor([[[1, 2]]])
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """`img`, perhaps mirrored."""
        return F.vflip(img) if draw.coin(self.p) else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class FiveCrop(Module):
    """The four corners of the picture or tensor, and its middle: a tuple of five.

    >>> [c.item() for c in torchvision.transforms.FiveCrop(1)(torch.arange(9).view(1, 3, 3))]
    [0, 2, 6, 8, 4]
    """

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = size_of(size, "FiveCrop")

    def forward(self, img: Any) -> Any:
        """Five parts of `img`."""
        return F.five_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class TenCrop(Module):
    """The four corners of the picture or tensor, its middle, and those of its mirror image.

    >>> len(torchvision.transforms.TenCrop(1)(torch.rand(3, 8, 8)))
    10
    """

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__()
        self.size = size_of(size, "TenCrop")
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> Any:
        """Ten parts of `img`."""
        return F.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"
