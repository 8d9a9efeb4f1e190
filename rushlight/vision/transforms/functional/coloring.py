"""Grey, brightness, contrast, saturation, hue and gamma; blurring and erasing.

Pictures are worked on as Pillow does it, byte for byte (`vision.colors`), tensors as torchvision
does it, in floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import dtypes
from ....errors import ArgumentError, ChoiceError, explain
from ....runtime.entry import Handle
from ....runtime.record import realise, wrap
from ... import colors
from ...image import Image
from ..kinds import (
    beside,
    check_channels,
    is_tensor,
    on_picture,
    tensor_of,
    values,
    values_only,
)
from .conversion import convert_image_dtype, greatest, to_pil_image, to_tensor
from .cropping import bordered, pair

RED, GREEN, BLUE = 0.2989, 0.587, 0.114
"""Weights of the colours in the grey of a tensor."""


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The picture or tensor in grey, of 1 channel or of 3 alike; raises ValueError for others.

    >>> x = torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1)
    >>> torchvision.transforms.functional.rgb_to_grayscale(x)
    tensor([[[0.2989]]])
    """
    if num_output_channels not in (1, 3):
        raise ChoiceError(
            explain("rgb_to_grayscale", "num_output_channels should be either 1 or 3")
        )
    if not is_tensor(img):
        change = "L" if num_output_channels == 1 else "RGB"
        return on_picture(img, "rgb_to_grayscale", lambda p: p.convert("L").convert(change))
    if img._value.ndim < 3:
        problem = "Input image tensor should have at least 3 dimensions"
        raise ArgumentError(explain("rgb_to_grayscale", problem, {"img": img._value.spec}))
    channels = check_channels(img, "rgb_to_grayscale")
    x = values(img)
    grey = grey_of(x, img) if channels == 3 else x
    if num_output_channels == 3:
        rows = np.zeros(3, np.int64)  # the same channel three times
        return tensor_of(grey[..., beside(rows, x), :, :])
    return tensor_of(grey.copy() if isinstance(grey, np.ndarray) else grey.clone())


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """As `rgb_to_grayscale`."""
    return rgb_to_grayscale(img, num_output_channels)


def grey_of(x: Any, img: Any) -> Any:
    """`x` (..., 3, height, width) in grey (..., 1, height, width), of the same dtype."""
    whole = not img._value.dtype.is_floating_point
    y = as_floats(x, img)
    grey = y[..., 0:1, :, :] * RED + y[..., 1:2, :, :] * GREEN + y[..., 2:3, :, :] * BLUE
    return grey.astype(x.dtype) if whole else grey


def as_floats(x: Any, img: Any) -> Any:
    """Integers as float32; floats as they are."""
    if img._value.dtype.is_floating_point:
        return x
    array = x if isinstance(x, np.ndarray) else realise(img)
    return array.astype(np.float32)


def blended(x: Any, other: Any, ratio: float, img: Any) -> Any:
    """`ratio * x + (1 - ratio) * other`, cut to the range of the dtype of `img`."""
    found = img._value.dtype
    mixed = as_floats(x, img) * float(ratio) + other * (1.0 - float(ratio))
    cut = mixed.clip(0, greatest(found))
    return tensor_of(cut if found.is_floating_point else cut.astype(found.numpy))


def check_factor(factor: float, name: str) -> None:
    """Raise ValueError if a factor is negative."""
    if factor < 0:
        problem = f"{name}_factor ({factor}) is not non-negative."
        raise ChoiceError(explain(f"adjust_{name}", problem))


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """The picture or tensor times `brightness_factor`: 0 gives black, 1 the same, 2 twice as much.

    >>> torchvision.transforms.functional.adjust_brightness(torch.tensor([[[0.25, 0.75]]]), 2)
    tensor([[[0.5000, 1.0000]]])
    """
    check_factor(brightness_factor, "brightness")
    if not is_tensor(img):
        return changed(img, "adjust_brightness", lambda p: colors.brighter(p, brightness_factor))
    check_channels(img, "adjust_brightness")
    return blended(values(img), 0, brightness_factor, img)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """The picture or tensor drawn away from its mean grey: 0 gives that, 1 the same.

    >>> torchvision.transforms.functional.adjust_contrast(torch.tensor([[[0.25, 0.75]]]), 0)
    tensor([[[0.5000, 0.5000]]])
    """
    check_factor(contrast_factor, "contrast")
    if not is_tensor(img):
        return changed(img, "adjust_contrast", lambda p: colors.with_contrast(p, contrast_factor))
    channels = check_channels(img, "adjust_contrast")
    x = values(img)
    grey = grey_of(x, img) if channels == 3 else x
    axes = (-3, -2, -1)[-img._value.ndim :]
    floats = as_floats(grey, img)
    # An array calls it keepdims, a tensor keepdim.
    mean = floats.mean(axes, **{"keepdims" if isinstance(floats, np.ndarray) else "keepdim": True})
    return blended(x, mean, contrast_factor, img)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Colours drawn away from their grey: 0 gives that, 1 the same, 2 twice as much colour."""
    check_factor(saturation_factor, "saturation")
    if not is_tensor(img):
        return changed(img, "adjust_saturation", lambda p: saturated(p, saturation_factor))
    if check_channels(img, "adjust_saturation") == 1:
        return img
    x = values(img)
    grey = grey_of(x, img)
    return blended(x, as_floats(grey, img), saturation_factor, img)


def saturated(pixels: Any, factor: float) -> Any:
    """Pixels of a picture with more colour or less; grey stays grey."""
    return pixels if pixels.ndim == 2 else colors.with_saturation(pixels, factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Colours turned by `hue_factor` of the whole circle of hues, from -0.5 to 0.5 of it.

    Raises ValueError for more, RuntimeError for a tensor that requires a gradient.
    """
    if not -0.5 <= hue_factor <= 0.5:
        problem = f"hue_factor ({hue_factor}) is not in [-0.5, 0.5]."
        raise ChoiceError(explain("adjust_hue", problem))
    if not is_tensor(img):
        return changed(
            img, "adjust_hue", lambda p: p if p.ndim == 2 else colors.with_hue(p, hue_factor)
        )
    if check_channels(img, "adjust_hue") == 1:
        return img
    values_only(img, "adjust_hue")
    planes = realise(convert_image_dtype(img, dtypes.float32))
    return convert_image_dtype(wrap(turned_hue(planes, hue_factor)), img._value.dtype)


def turned_hue(planes: Any, turn: float) -> Any:
    """Planes (..., 3, height, width) of colours, their hue turned (A. R. Smith's hexcone)."""
    red, green, blue = (planes[..., k, :, :] for k in range(3))
    top, bottom = planes.max(-3), planes.min(-3)
    one = np.float32(1)
    grey = top == bottom
    spread = np.where(grey, one, top - bottom)
    saturation = (top - bottom) / np.where(grey, one, top)
    from_red, from_green, from_blue = ((top - c) / spread for c in (red, green, blue))
    hue = np.where(
        top == red,
        from_blue - from_green,
        np.where(top == green, 2 + from_red - from_blue, 4 + from_green - from_red),
    )
    hue = np.mod(np.fmod(hue / 6 + 1, one) + np.float32(turn), one)
    side = np.floor(hue * 6)
    part = hue * 6 - side
    low = np.clip(top * (1 - saturation), 0, 1)
    falling = np.clip(top * (1 - saturation * part), 0, 1)
    rising = np.clip(top * (1 - saturation * (1 - part)), 0, 1)
    ways = [
        (top, rising, low), (falling, top, low), (low, top, rising),
        (low, falling, top), (rising, low, top), (top, low, falling),
    ]  # fmt: skip
    on = [side % 6 == k for k in range(6)]
    return np.stack([np.select(on, [way[c] for way in ways]) for c in range(3)], -3)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """`gain` times the picture or tensor, as fractions of its range, to the power `gamma`."""
    if gamma < 0:
        raise ChoiceError(explain("adjust_gamma", "Gamma should be a non-negative real number"))
    if not is_tensor(img):
        table = [(255 + 1 - 1e-3) * gain * pow(k / 255.0, gamma) for k in range(256)]
        lookup = np.clip(np.array(table), 0, 255).astype(np.uint8)
        return changed(img, "adjust_gamma", lambda p: lookup[p])
    found = img._value.dtype
    fractions = img if found.is_floating_point else convert_image_dtype(img, dtypes.float32)
    return convert_image_dtype((gain * fractions**gamma).clamp(0, 1), found)


def invert(img: Any) -> Any:
    """The negative of the picture or tensor."""
    if not is_tensor(img):
        return changed(img, "invert", lambda p: 255 - p)
    x = values(img)
    most = greatest(img._value.dtype)
    return tensor_of((most if img._value.dtype.is_floating_point else int(most)) - x)


def changed(img: Any, op: str, change: Any) -> Any:
    """A picture with its pixels changed; raises ValueError if they are no bytes."""

    def redrawn(picture: Image) -> Image:
        if picture.mode not in ("L", "RGB"):
            hint = "use img.convert('RGB') first"
            raise ChoiceError(
                explain(op, f"cannot work on pictures of mode {picture.mode!r}", hint=hint)
            )
        return Image(change(picture.pixels), picture.mode)

    return on_picture(img, op, redrawn)


# -- blurring and erasing ----------------------------------------------------------------------


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """The picture or tensor, each pixel the mean of those around it under a normal distribution.

    `kernel_size` is (width, height) of the surroundings, odd numbers; `sigma` the standard
    deviations, by default 0.3 ((size - 1) / 2 - 1) + 0.8. Raises ValueError for other sizes.
    """
    sizes = list(pair(kernel_size))
    if any([n % 2 == 0 or n < 0 for n in sizes]):
        problem = "kernel_size should have odd and positive integers"
        raise ChoiceError(explain("gaussian_blur", problem, {"kernel_size": kernel_size}))
    if sigma is None:
        sigma = [n * 0.15 + 0.35 for n in sizes]
    spreads = [float(sigma)] * 2 if isinstance(sigma, int | float) else [float(s) for s in sigma]
    spreads = spreads * (2 // len(spreads))
    if any([s <= 0.0 for s in spreads]):
        raise ChoiceError(
            explain("gaussian_blur", "sigma should have positive values", {"sigma": sigma})
        )
    if not is_tensor(img):
        return on_picture(img, "gaussian_blur", lambda p: blurred_picture(p, sizes, spreads))
    found = img._value.dtype
    x = as_floats(values(img), img)
    out = blurred(x, sizes, spreads)
    return tensor_of(out if found.is_floating_point else np.rint(out).astype(found.numpy))


def blurred(x: Any, sizes: list[int], spreads: list[float]) -> Any:
    """`x` (..., height, width) blurred along the rows, then along the columns."""
    across, down = (n // 2 for n in sizes)
    tall, wide = x.shape[-2:]
    x = bordered(x, [across, down, across, down], 0, "reflect")
    weights = bell(sizes[0], spreads[0])
    x = sum([x[..., k : k + wide] * weight for k, weight in enumerate(weights)])
    weights = bell(sizes[1], spreads[1])
    return sum([x[..., k : k + tall, :] * weight for k, weight in enumerate(weights)])


def bell(count: int, spread: float) -> list[float]:
    """`count` weights of a normal distribution, which sum to 1."""
    places = np.arange(count) - (count - 1) * 0.5
    heights = np.exp(-0.5 * (places / spread) ** 2)
    found: list[float] = (heights / heights.sum()).tolist()
    return found


def blurred_picture(picture: Image, sizes: list[int], spreads: list[float]) -> Image:
    """A picture, blurred in bytes."""
    planes = realise(to_tensor(picture)) * np.float32(255)
    out = np.rint(blurred(planes, sizes, spreads)).astype(np.uint8)
    return to_pil_image(wrap(out), picture.mode)


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """A tensor with `v` in `h` rows from `i` on and `w` columns from `j` on.

    Raises TypeError if `img` is no tensor.

    >>> x = torch.ones(1, 2, 2)
    >>> torchvision.transforms.functional.erase(x, 0, 0, 1, 2, torch.tensor(0.0))
    tensor([[[0., 0.],
             [1., 1.]]])
    """
    if not isinstance(img, Handle):
        problem = f"img should be Tensor Image. Got {type(img)}"
        raise ArgumentError(explain("erase", problem, hint="use transforms.ToTensor() first"))
    x = values(img)
    if inplace or not isinstance(x, np.ndarray):
        out: Any = img if inplace else img.clone()  # type: ignore[attr-defined]
        out[..., i : i + h, j : j + w] = v
        return out
    x = x.copy()
    x[..., i : i + h, j : j + w] = realise(v) if isinstance(v, Handle) else v
    return wrap(x)
