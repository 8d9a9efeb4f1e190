"""Levels of brightness: fewer of them, turned about, spread out; and sharper edges.

Pictures are worked on as Pillow does it, byte for byte, tensors as torchvision does it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....dtypes import uint8
from ....errors import ArgumentError, explain
from ....runtime.record import realise, wrap
from ... import colors
from ..kinds import beside, check_channels, is_tensor, tensor_of, values
from .coloring import as_floats, changed
from .conversion import greatest


def check_bytes(img: Any, op: str) -> None:
    """Raise TypeError unless a tensor is of bytes, grey or in colour."""
    if img._value.dtype is not uint8:
        problem = f"Only torch.uint8 image tensors are supported, but found {img._value.dtype}"
        hint = "use transforms.ConvertImageDtype(torch.uint8) first"
        raise ArgumentError(explain(op, problem, hint=hint))
    check_channels(img, op)


def posterize(img: Any, bits: int) -> Any:
    """The picture, or tensor of bytes, with the first `bits` of each byte, the others 0.

    >>> x = torch.tensor([[[3, 130, 255]]], dtype=torch.uint8)
    >>> torchvision.transforms.functional.posterize(x, 1)
    tensor([[[  0, 128, 128]]], dtype=torch.uint8)
    """
    if not 0 <= bits <= 8:
        problem = f"The number if bits should be between 0 and 8. Got {bits}"
        raise ArgumentError(explain("posterize", problem))
    mask = np.uint8(256 - (1 << (8 - bits)) if bits else 0)
    if not is_tensor(img):
        return changed(img, "posterize", lambda p: p & mask)
    check_bytes(img, "posterize")
    return wrap(realise(img) & mask)


def solarize(img: Any, threshold: float) -> Any:
    """The picture or tensor, in which whatever is not below `threshold` is turned about.

    Raises TypeError if that is beyond the range of a tensor.

    >>> torchvision.transforms.functional.solarize(torch.tensor([[[0.25, 0.75, 1.0]]]), 0.5)
    tensor([[[0.2500, 0.2500, 0.0000]]])
    """
    if not is_tensor(img):
        return changed(img, "solarize", lambda p: np.where(p < threshold, p, 255 - p))
    check_channels(img, "solarize")
    most = greatest(img._value.dtype)
    if threshold > most:
        problem = "Threshold should be less than bound of img."
        raise ArgumentError(explain("solarize", problem, {"threshold": threshold, "bound": most}))
    x = realise(img)
    turned = (most if img._value.dtype.is_floating_point else int(most)) - x
    return wrap(np.where(x >= threshold, turned, x).astype(x.dtype))


def autocontrast(img: Any) -> Any:
    """The picture or tensor, each channel of which is stretched over the whole range.

    >>> torchvision.transforms.functional.autocontrast(torch.tensor([[[0.25, 0.5]]]))
    tensor([[[0., 1.]]])
    """
    if not is_tensor(img):
        return changed(img, "autocontrast", lambda p: by_channel(p, stretched))
    check_channels(img, "autocontrast")
    most = greatest(img._value.dtype)
    x = as_floats(values(img), img)
    axes = {"axis": (-2, -1), "keepdims": True}
    array = x if isinstance(x, np.ndarray) else realise(img)
    low, high = array.min(**axes), array.max(**axes)
    flat = low == high
    with np.errstate(divide="ignore"):
        scale = np.where(flat, 1, most / (high - low)).astype(array.dtype)
    low = np.where(flat, 0, low).astype(array.dtype)
    out = ((x - beside(low, x)) * beside(scale, x)).clip(0, most)
    found = img._value.dtype
    return tensor_of(out if found.is_floating_point else out.astype(found.numpy))


def by_channel(pixels: Any, change: Any) -> Any:
    """Pixels with each channel changed by itself."""
    if pixels.ndim == 2:
        return change(pixels)
    return np.stack([change(pixels[..., k]) for k in range(pixels.shape[2])], -1)


def stretched(plane: Any) -> Any:
    """A channel of bytes stretched over the whole range."""
    low, high = int(plane.min()), int(plane.max())
    if high <= low:
        return plane
    scale = 255.0 / (high - low)
    levels = np.arange(256) * scale + -low * scale
    return np.clip(levels.astype(np.int64), 0, 255).astype(np.uint8)[plane]


def equalize(img: Any) -> Any:
    """The picture, or tensor of bytes, with as many pixels of each level as of any, about.

    >>> x = torch.tensor([[[0, 0, 1, 2]]], dtype=torch.uint8).repeat(1, 300, 1)
    >>> torchvision.transforms.functional.equalize(x)[0, 0]
    tensor([  0,   0, 200, 255], dtype=torch.uint8)
    """
    if not is_tensor(img):
        return changed(img, "equalize", lambda p: by_channel(p, evened))
    check_bytes(img, "equalize")
    x = realise(img)
    planes = x.reshape(-1, *x.shape[-2:])
    return wrap(np.stack([evened(plane) for plane in planes]).reshape(x.shape))


def evened(plane: Any) -> Any:
    """A channel of bytes with as many pixels of each level as of any, about."""
    counts = np.bincount(plane.ravel(), minlength=256)
    there = counts[counts != 0]
    step = int(there[:-1].sum()) // 255
    if step == 0:
        return plane
    before = np.concatenate([[0], counts.cumsum()[:-1]])
    return np.clip((before + step // 2) // step, 0, 255).astype(np.uint8)[plane]


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """The picture or tensor drawn away from a blurred one: 0 gives that, 1 the same.

    >>> x = torch.tensor([[[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]])
    >>> torchvision.transforms.functional.adjust_sharpness(x, 0)[0, 1]
    tensor([0.0000, 0.3846, 0.0000])
    """
    if sharpness_factor < 0:
        problem = f"sharpness_factor ({sharpness_factor}) is not non-negative."
        raise ArgumentError(explain("adjust_sharpness", problem))
    if not is_tensor(img):
        return changed(
            img, "adjust_sharpness",
            lambda p: colors.blend(smoothed_bytes(p), p, sharpness_factor),
        )  # fmt: skip
    check_channels(img, "adjust_sharpness")
    found = img._value.dtype
    x = realise(img)
    if min(x.shape[-2:]) <= 2:
        return img
    kind = x.dtype if found.is_floating_point else np.dtype(np.float32)
    blurred = smoothed(x.astype(kind))
    if not found.is_floating_point:
        blurred = np.rint(blurred)
    ratio = float(sharpness_factor)
    mixed = ratio * x.astype(kind) + (1.0 - ratio) * blurred
    return wrap(mixed.clip(0, greatest(found)).astype(x.dtype))


def smoothed(planes: Any) -> Any:
    """Planes (..., height, width), each pixel inside a mean of those around it and itself."""
    weight = planes.dtype.type(1 / 13)
    height, width = planes.shape[-2:]
    whole = sum(
        [
            planes[..., i : height - 2 + i, j : width - 2 + j]
            * (planes.dtype.type(5 / 13) if i == j == 1 else weight)
            for i in range(3)
            for j in range(3)
        ]
    )
    out = planes.copy()
    out[..., 1:-1, 1:-1] = whole
    return out


def smoothed_bytes(pixels: Any) -> Any:
    """The pixels of a picture, smoothed: their edge stays as it is."""
    if min(pixels.shape[:2]) <= 2:
        return pixels
    planes = np.moveaxis(pixels if pixels.ndim == 3 else pixels[..., None], -1, 0)
    found = np.moveaxis(colors.rounded(smoothed(planes.astype(np.float32))), 0, -1)
    return found if pixels.ndim == 3 else found[..., 0]
