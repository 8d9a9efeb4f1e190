"""What a transform may be given: a tensor, a picture of ours, or a picture of Pillow's.

Pillow's come back as Pillow's. Tensors are (..., channels, height, width). A tensor that is
concrete and has no gradient is worked on as an array, at once: recording would
gain a loader nothing.
Others are worked on by tensor operations, so that gradients flow and nothing runs early; the code
that does the work is the same, as arrays and tensors have the operators and slices in common.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import ArgumentError, ChoiceError, GradError, explain
from ...runtime.entry import Handle
from ...runtime.record import realise, wrap
from .. import resample
from ..image import MODES, Image


class InterpolationMode(enum.Enum):
    """How pixels are found between those there are.

    >>> torchvision.transforms.InterpolationMode.BILINEAR.value
    'bilinear'
    """

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


FILTERS = {
    InterpolationMode.NEAREST: resample.NEAREST,
    InterpolationMode.NEAREST_EXACT: resample.NEAREST,
    InterpolationMode.BILINEAR: resample.BILINEAR,
    InterpolationMode.BICUBIC: resample.BICUBIC,
    InterpolationMode.BOX: resample.BOX,
    InterpolationMode.HAMMING: resample.HAMMING,
    InterpolationMode.LANCZOS: resample.LANCZOS,
}
"""Pillow's number for each mode."""


def interpolation_of(mode: Any, op: str) -> InterpolationMode:
    """The mode, which may be given as Pillow's number; raises TypeError if it is none."""
    if isinstance(mode, InterpolationMode):
        return mode
    if isinstance(mode, int):
        for found, number in FILTERS.items():
            if number == mode and found is not InterpolationMode.NEAREST_EXACT:
                return found
    problem = "interpolation must be an InterpolationMode or one of Pillow's integers"
    raise ArgumentError(explain(op, problem, {"interpolation": repr(mode)}))


def is_tensor(img: Any) -> bool:
    """Whether it is a tensor."""
    return isinstance(img, Handle)


def is_pillows(img: Any) -> bool:
    """Whether it is a picture of Pillow's: none is, as long as nobody has imported Pillow."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(img, module.Image)


def is_picture(img: Any) -> bool:
    """Whether it is a picture, of ours or of Pillow's."""
    return isinstance(img, Image) or is_pillows(img)


def picture_of(img: Any, op: str) -> Image:
    """`img` as a picture of ours; raises TypeError if it is neither picture nor tensor."""
    if isinstance(img, Image):
        return img
    if is_pillows(img):
        if img.mode in MODES:
            return Image(np.asarray(img), img.mode)
        hint = "use img.convert('RGB') first"
        problem = f"cannot work on pictures of mode {img.mode!r}"
        raise ChoiceError(explain(op, problem, hint=hint))
    problem = f"img should be PIL Image or Tensor. Got {type(img)}"
    hint = "use transforms.ToTensor() or rushlight.vision.image.Image(array) first"
    raise ArgumentError(explain(op, problem, hint=hint))


def handed_back(picture: Image, given: Any) -> Any:
    """`picture` as one of Pillow's, if `given` was one."""
    if isinstance(given, Image):
        return picture
    module = sys.modules["PIL.Image"]
    pixels = np.ascontiguousarray(picture.pixels)
    if picture.mode == "HSV":  # an array does not tell it from RGB
        return module.frombytes("HSV", picture.size, pixels.tobytes())
    return module.fromarray(pixels)


def on_picture(img: Any, op: str, change: Callable[[Image], Image]) -> Any:
    """What `change` makes of a picture, handed back as it was given."""
    return handed_back(change(picture_of(img, op)), img)


def check_tensor_image(img: Any, op: str) -> None:
    """Raise TypeError unless a tensor can be a picture."""
    if img._value.ndim < 2:
        problem = "Tensor is not a torch image: it needs (..., height, width)"
        raise ArgumentError(explain(op, problem, {"img": img._value.spec}))


def check_channels(img: Any, op: str) -> int:
    """The channels of a tensor; raises TypeError unless they are 1 (grey) or 3 (colours)."""
    shape = img._value.shape
    count: int = 1 if len(shape) == 2 else shape[-3]
    if count not in (1, 3):
        problem = f"Input image tensor permitted channel values are [1, 3], but found {count}"
        raise ArgumentError(explain(op, problem, {"img": img._value.spec}))
    return count


def values(tensor: Any) -> Any:
    """The array of a tensor that can be worked on at once, else the tensor itself."""
    value = tensor._value
    return tensor if value.requires_grad or not value.leaf else realise(tensor)


def values_only(tensor: Any, op: str) -> Any:
    """The array of a tensor; raises RuntimeError if it requires a gradient."""
    if tensor._value.requires_grad:
        problem = "has no derivative here"
        raise GradError(explain(op, problem, {"img": tensor._value.spec}, "use img.detach()"))
    return realise(tensor)


def tensor_of(result: Any) -> Any:
    """A tensor of what became of `values`: an array of its own memory, or a tensor already."""
    return wrap(result) if isinstance(result, np.ndarray) else result


def beside(array: Any, like: Any) -> Any:
    """`array` as whatever `like` is, an array or a tensor, to be combined with it."""
    return array if isinstance(like, np.ndarray) else wrap(np.ascontiguousarray(array))
