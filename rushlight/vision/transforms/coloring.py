"""Grey, other colours, blur, and erased rectangles."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...create import tensor
from ...errors import ArgumentError, ChoiceError, explain
from ...nn.module import Module
from ...random import randn, randperm
from ...runtime.entry import Handle
from ...runtime.record import realise
from . import draw
from . import functional as F
from .cropping import size_of


class Grayscale(Module):
    """The picture or tensor in grey, of 1 channel or of 3 alike.

    >>> torchvision.transforms.Grayscale()(torch.rand(3, 8, 8)).shape
    torch.Size([1, 8, 8])
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """`img` in grey."""
        return F.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class RandomGrayscale(Module):
    """The picture or tensor in grey, of as many channels, with probability `p`.

    >>> torchvision.transforms.RandomGrayscale(p=1)(torch.rand(3, 8, 8)).shape
    torch.Size([3, 8, 8])
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """`img`, perhaps in grey."""
        channels = F.get_image_num_channels(img)
        return F.rgb_to_grayscale(img, channels) if draw.coin(self.p) else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class ColorJitter(Module):
    """The picture or tensor with other brightness, contrast, saturation and hue, in random order.

    Each is a number x, for factors between max(0, 1 - x) and 1 + x (for the hue, turns between -x
    and x), or a range of factors. Raises ValueError or TypeError for others.

    >>> torchvision.transforms.ColorJitter(brightness=0.5, hue=0.1)
    ColorJitter(brightness=(0.5, 1.5), contrast=None, saturation=None, hue=(-0.1, 0.1))
    """

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        super().__init__()
        self.brightness = factors(brightness, "brightness", 1, (0, math.inf))
        self.contrast = factors(contrast, "contrast", 1, (0, math.inf))
        self.saturation = factors(saturation, "saturation", 1, (0, math.inf))
        self.hue = factors(hue, "hue", 0, (-0.5, 0.5))

    @staticmethod
    def get_params(brightness: Any, contrast: Any, saturation: Any, hue: Any) -> tuple[Any, ...]:
        """The order of the four, and the factor of each or None."""
        order = randperm(4)
        ranges = (brightness, contrast, saturation, hue)
        return (order, *[None if r is None else draw.uniform(r[0], r[1]) for r in ranges])

    def forward(self, img: Any) -> Any:
        """`img` in other colours."""
        ranges = (self.brightness, self.contrast, self.saturation, self.hue)
        order, *amounts = self.get_params(*ranges)
        ways = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for k in realise(order).tolist():
            if amounts[k] is not None:
                img = ways[k](img, amounts[k])
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


def factors(value: Any, name: str, center: float, bound: tuple[float, float]) -> Any:
    """The range of factors that an argument tells, or None if it leaves all as it is."""
    if isinstance(value, int | float):
        if value < 0:
            problem = f"If {name} is a single number, it must be non negative."
            raise ChoiceError(explain("ColorJitter", problem, {name: value}))
        low, high = center - float(value), center + float(value)
        if name != "hue":
            low = max(low, 0.0)
    elif isinstance(value, list | tuple) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        problem = f"{name} should be a single number or a list/tuple with length 2."
        raise ArgumentError(explain("ColorJitter", problem, {name: repr(value)}))
    if not bound[0] <= low <= high <= bound[1]:
        problem = f"{name} values should be between {bound}, but got {[low, high]}."
        raise ChoiceError(explain("ColorJitter", problem))
    return None if low == high == center else (low, high)


class RandomErasing(Module):
    """A tensor with a rectangle erased at random, with probability `p`.

    `scale` is the range of its part of the area, `ratio` that of its height by its width, `value`
    what is put there: a number, one for each channel, or "random". Raises TypeError or ValueError
    if they are of another kind. (Z. Zhong and others: "Random Erasing Data Augmentation", 2017.)

    >>> torchvision.transforms.RandomErasing(p=1)(torch.ones(1, 8, 8)).min()
    tensor(0.)
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Any = (0.02, 0.33),
        ratio: Any = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        check_erasing(p, scale, ratio, value)
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(img: Any, scale: Any, ratio: Any, value: Any = None) -> tuple[Any, ...]:
        """Top, left, height and width of the rectangle, and what is put there."""
        channels, tall, wide = img.shape[-3:]
        area = tall * wide
        for _ in range(10):
            erased = area * draw.uniform(scale[0], scale[1])
            shape = draw.exp_uniform(ratio[0], ratio[1])
            h, w = round(math.sqrt(erased * shape)), round(math.sqrt(erased / shape))
            if not (h < tall and w < wide):
                continue
            v = randn(channels, h, w) if value is None else tensor(value)[:, None, None]
            return draw.integer(tall - h + 1), draw.integer(wide - w + 1), h, w, v
        return 0, 0, tall, wide, img

    def forward(self, img: Any) -> Any:
        """`img`, perhaps with a rectangle erased."""
        if not isinstance(img, Handle):
            problem = f"img should be Tensor Image. Got {type(img)}"
            hint = "put transforms.ToTensor() before it"
            raise ArgumentError(explain("RandomErasing", problem, hint=hint))
        if not draw.coin(self.p):
            return img
        value = None if isinstance(self.value, str) else self.value
        if value is not None:
            value = [float(value)] if isinstance(value, int | float) else [float(v) for v in value]
            if len(value) not in (1, img.shape[-3]):
                problem = (
                    "If value is a sequence, it should have either a single value or "
                    f"{img.shape[-3]} (number of input channels)"
                )
                raise ChoiceError(explain("RandomErasing", problem, {"value": self.value}))
        return F.erase(img, *self.get_params(img, self.scale, self.ratio, value), self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
            f"value={self.value}, inplace={self.inplace})"
        )


def check_erasing(p: float, scale: Any, ratio: Any, value: Any) -> None:
    """Raise TypeError or ValueError unless the arguments of RandomErasing make sense."""
    if not isinstance(value, int | float | str | tuple | list):
        problem = "Argument value should be either a number or str or a sequence"
        raise ArgumentError(explain("RandomErasing", problem))
    if isinstance(value, str) and value != "random":
        raise ChoiceError(explain("RandomErasing", "If value is str, it should be 'random'"))
    for name, pair in (("Scale", scale), ("Ratio", ratio)):
        if not isinstance(pair, tuple | list):
            raise ArgumentError(explain("RandomErasing", f"{name} should be a sequence"))
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", UserWarning, stacklevel=3)
    if scale[0] < 0 or scale[1] > 1:
        raise ChoiceError(
            explain("RandomErasing", "Scale should be between 0 and 1", {"scale": scale})
        )
    if p < 0 or p > 1:
        problem = "Random erasing probability should be between 0 and 1"
        raise ChoiceError(explain("RandomErasing", problem, {"p": p}))


class GaussianBlur(Module):
    """The picture or tensor blurred, by a standard deviation drawn from the range `sigma`.

    `kernel_size` is (width, height) of the surroundings, odd numbers. Raises ValueError for others.

    >>> torchvision.transforms.GaussianBlur(3)(torch.rand(3, 8, 8)).shape
    torch.Size([3, 8, 8])
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = size_of(kernel_size, "GaussianBlur")
        if any([n <= 0 or n % 2 == 0 for n in self.kernel_size]):
            problem = "Kernel size value should be an odd and positive number."
            raise ChoiceError(explain("GaussianBlur", problem, {"kernel_size": kernel_size}))
        self.sigma = (sigma, sigma) if isinstance(sigma, int | float) else tuple(sigma)
        if len(self.sigma) != 2 or not 0.0 < self.sigma[0] <= self.sigma[1]:
            problem = "sigma values should be positive and of the form (min, max)."
            raise ChoiceError(explain("GaussianBlur", problem, {"sigma": sigma}))

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """The standard deviation."""
        return draw.uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        """`img` blurred."""
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"
