"""From pictures to tensors and back, between dtypes, and to a mean of 0 and a deviation of 1."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .... import dtypes
from ....errors import ArgumentError, ChoiceError, DtypeError, explain
from ....runtime.entry import Handle
from ....runtime.record import realise, wrap
from ...image import MODES, Image
from ..kinds import (
    beside,
    check_tensor_image,
    is_picture,
    is_tensor,
    picture_of,
    tensor_of,
    values,
)

KEPT = ("I;16", "I", "F")
"""Modes whose pixels become a tensor as they are: they do not go from 0 to 255."""


def get_dimensions(img: Any) -> list[int]:
    """Channels, height and width of a picture or tensor."""
    if is_tensor(img):
        check_tensor_image(img, "get_dimensions")
        shape = img._value.shape
        return [1 if len(shape) == 2 else shape[-3], shape[-2], shape[-1]]
    picture = picture_of(img, "get_dimensions")
    return [MODES[picture.mode][1], picture.height, picture.width]


def get_image_size(img: Any) -> list[int]:
    """Width and height of a picture or tensor."""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_image_num_channels(img: Any) -> int:
    """The channels of a picture or tensor."""
    return get_dimensions(img)[0]


@functools.lru_cache(maxsize=4)
def fractions(dtype: Any) -> Any:
    """K / 255 for each byte k."""
    return np.arange(256, dtype=dtype) / dtype.type(255)


def to_tensor(pic: Any) -> Any:
    """A picture, or an array (height, width, channels), as a tensor (channels, height, width).

    Bytes become fractions of 255 in the default dtype; pictures of modes "I", "I;16" and "F" and
    arrays of other dtypes keep their numbers. Raises TypeError for anything that is neither picture
    nor array, ValueError for an array that is not of 2 or 3 dimensions.

    >>> torchvision.transforms.functional.to_tensor(np.array([[0, 51, 255]], np.uint8))
    tensor([[[0.0000, 0.2000, 1.0000]]])
    """
    if type(pic) is Image:
        pixels = pic.pixels
    elif isinstance(pic, np.ndarray):
        pixels = pic
        if pic.ndim not in (2, 3):
            problem = f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions."
            raise ChoiceError(explain("to_tensor", problem))
    elif is_picture(pic):
        pixels = picture_of(pic, "to_tensor").pixels
    else:
        problem = f"pic should be PIL Image or ndarray. Got {type(pic)}"
        raise ArgumentError(explain("to_tensor", problem))
    planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    if pixels.dtype == np.uint8:
        return wrap(fractions(dtypes.default().numpy).take(planes))
    if pixels.dtype == np.uint16:  # torch.int16 in torchvision: there is no larger one it can use
        planes = planes.astype(np.int16)
    dtypes.of_numpy(planes.dtype, "to_tensor")
    return wrap(np.array(planes, order="C"))


def pil_to_tensor(pic: Any) -> Any:
    """A picture as a tensor (channels, height, width) of the same numbers.

    >>> from rushlight.vision.image import Image
    >>> torchvision.transforms.functional.pil_to_tensor(Image(np.array([[0, 255]], np.uint8)))
    tensor([[[  0, 255]]], dtype=torch.uint8)
    """
    if not is_picture(pic):
        raise ArgumentError(explain("pil_to_tensor", f"pic should be PIL Image. Got {type(pic)}"))
    pixels = picture_of(pic, "pil_to_tensor").pixels
    planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    if pixels.dtype == np.uint16:
        planes = planes.astype(np.int16)
    return wrap(np.array(planes, order="C"))


def to_pil_image(pic: Any, mode: str | None = None) -> Image:
    """A tensor (channels, height, width) or an array (height, width, channels) as a picture.

    Floats are taken as fractions of 255, unless `mode` is "F". The mode follows from the channels
    and the dtype; another with as many channels may be given. Raises TypeError for other things and
    dtypes, ValueError for a wrong number of dimensions or channels.

    >>> torchvision.transforms.functional.to_pil_image(torch.rand(3, 4, 5))
    <Image mode=RGB size=5x4>
    """
    pixels = pixels_of(pic, mode)
    channels = pixels.shape[2]
    flat = pixels[:, :, 0] if channels == 1 else pixels
    if flat.dtype == np.int16:
        flat = flat.view(np.uint16)
    fitting = [m for m, (dtype, n) in MODES.items() if n == channels and flat.dtype == dtype]
    if not fitting:
        raise ArgumentError(explain("to_pil_image", f"Input type {pixels.dtype} is not supported"))
    if mode is not None and mode not in fitting:
        problem = f"Incorrect mode ({mode}) supplied for input type {pixels.dtype}"
        hint = f"one of {', '.join(fitting)}"
        raise ChoiceError(explain("to_pil_image", problem, hint=hint))
    return Image(np.ascontiguousarray(flat), mode or fitting[0])


def pixels_of(pic: Any, mode: str | None) -> Any:
    """The pixels (height, width, channels) of a tensor or an array."""
    if not isinstance(pic, Handle | np.ndarray):
        raise ArgumentError(
            explain("to_pil_image", f"pic should be Tensor or ndarray. Got {type(pic)}.")
        )
    if pic.ndim not in (2, 3):
        problem = f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions."
        raise ChoiceError(explain("to_pil_image", problem))
    if isinstance(pic, Handle):
        array = realise(pic)
        array = array[None] if array.ndim == 2 else array
        if array.dtype.kind == "f" and mode != "F":
            array = (array * array.dtype.type(255)).astype(np.uint8)
        pixels = array.transpose(1, 2, 0)
    else:
        pixels = pic[:, :, None] if pic.ndim == 2 else pic
    if pixels.shape[2] > 4:
        problem = f"pic should not have > 4 channels. Got {pixels.shape[2]} channels."
        hint = "a tensor is (channels, height, width), an array (height, width, channels)"
        raise ChoiceError(explain("to_pil_image", problem, hint=hint))
    return pixels


# -- dtypes ------------------------------------------------------------------------------------


def convert_image_dtype(image: Any, dtype: Any = dtypes.float32) -> Any:
    """A tensor in another dtype, its numbers scaled to the range of that.

    The range of floats is 0 to 1, that of integers goes up to the greatest one. Raises RuntimeError
    where floats have too few digits for the integers, TypeError if `image` is no tensor.

    >>> to = torchvision.transforms.functional.convert_image_dtype
    >>> to(torch.tensor([0, 128, 255], dtype=torch.uint8))
    tensor([0.0000, 0.5020, 1.0000])
    >>> to(torch.tensor([0.0, 0.5, 1.0]), torch.uint8)
    tensor([  0, 127, 255], dtype=torch.uint8)
    """
    if not is_tensor(image):
        problem = f"Input img should be Tensor Image. Got {type(image)}"
        raise ArgumentError(explain("convert_image_dtype", problem))
    found = image._value.dtype
    if found is dtype:
        return image
    if found.is_floating_point:
        if dtype.is_floating_point:
            return image.to(dtype)
        check_digits(found, dtype)
        # A little less than the greatest plus 1, so that each integer gets an equal share.
        return image.mul(greatest(dtype) + 1.0 - 1e-3).to(dtype)
    most = greatest(found)
    if dtype.is_floating_point:
        x = values(image)
        if found is dtypes.uint8 and isinstance(x, np.ndarray):
            return wrap(fractions(dtype.numpy).take(x))
        return image.to(dtype) / most
    factor = int((max(most, greatest(dtype)) + 1) // (min(most, greatest(dtype)) + 1))
    if most > greatest(dtype):
        return image.div(factor, rounding_mode="floor").to(dtype)
    return image.to(dtype) * factor


def check_digits(found: Any, dtype: Any) -> None:
    """Raise RuntimeError if not all integers of `dtype` are among the floats of `found`."""
    digits = 24 if found is dtypes.float32 else 53
    if greatest(dtype) >= 2.0**digits:
        problem = f"The cast from {found} to {dtype} cannot be performed safely."
        raise DtypeError(explain("convert_image_dtype", problem))


def greatest(dtype: Any) -> float:
    """The upper end of the range of a dtype."""
    if dtype.is_floating_point or dtype is dtypes.bool_:
        return 1.0
    return float(np.iinfo(dtype.numpy).max)


# -- normalising -------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def per_channel(numbers: tuple[float, ...], dtype: Any) -> Any:
    """Numbers as an array (channels, 1, 1)."""
    return np.array(numbers, dtype).reshape(-1, 1, 1)


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """A float tensor (..., channels, height, width), less `mean` and divided by `std`.

    These have a number for each channel. Raises TypeError unless `tensor` is one of floats,
    ValueError if it has fewer than 3 dimensions or `std` has a zero.

    >>> x = torch.tensor([[[0.0, 0.5, 1.0]]])
    >>> torchvision.transforms.functional.normalize(x, [0.5], [0.5])
    tensor([[[-1.,  0.,  1.]]])
    """
    if not is_tensor(tensor):
        problem = f"img should be Tensor Image. Got {type(tensor)}"
        raise ArgumentError(explain("normalize", problem, hint="use transforms.ToTensor() first"))
    value = tensor._value
    if not value.dtype.is_floating_point:
        problem = f"Input tensor should be a float tensor. Got {value.dtype}."
        hint = "use transforms.ToTensor() or ConvertImageDtype(torch.float) first"
        raise ArgumentError(explain("normalize", problem, hint=hint))
    if value.ndim < 3:
        problem = "Expected tensor to be a tensor image of size (..., C, H, W)"
        raise ChoiceError(explain("normalize", problem, {"tensor": value.spec}))
    center = per_channel(numbers_of(mean), value.dtype.numpy)
    spread = per_channel(numbers_of(std), value.dtype.numpy)
    if not spread.all():
        problem = f"std evaluated to zero after conversion to {value.dtype}"
        raise ChoiceError(explain("normalize", problem, {"std": std}))
    if inplace:
        return tensor.sub_(wrap(center)).div_(wrap(spread))
    x = values(tensor)
    return tensor_of((x - beside(center, x)) / beside(spread, x))


def numbers_of(numbers: Any) -> tuple[float, ...]:
    """Numbers given as a sequence, an array, a tensor, or alone."""
    if type(numbers) is tuple:
        return numbers
    if hasattr(numbers, "tolist"):
        numbers = numbers.tolist()
    return tuple(numbers) if isinstance(numbers, list | tuple) else (float(numbers),)
