"""Colours of 8-bit pictures, with Pillow's arithmetic: grey, HSV, and blends of two pictures.

An array of pixels is (height, width) for grey and (height, width, channels) for colours, of uint8.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LUMA = np.array([19595, 38470, 7471], np.uint32)
"""Weights of red, green and blue in grey, in 1/65536: 0.299, 0.587 and 0.114 (ITU-R 601-2)."""


def to_grey(rgb: Any) -> Any:
    """The brightness of each pixel: (height, width)."""
    return ((rgb[..., :3].astype(np.uint32) @ LUMA + 0x8000) >> 16).astype(np.uint8)


def to_hsv(rgb: Any) -> Any:
    """Hue, saturation and value, each from 0 to 255 (A. R. Smith's hexcone, 1978)."""
    colors = rgb.astype(np.float32)
    red, green, blue = np.moveaxis(colors, -1, 0)
    top, bottom = colors.max(-1), colors.min(-1)
    grey = top == bottom
    spread = np.where(grey, np.float32(1), top - bottom)
    saturation = spread / np.where(grey, np.float32(1), top)
    # Pillow keeps these in single precision but adds the 2 and the 4 in double.
    from_red, from_green, from_blue = (
        ((top - c) / spread).astype(np.float64) for c in (red, green, blue)
    )
    hue = np.where(
        red == top,
        from_blue - from_green,
        np.where(green == top, 2.0 + from_red - from_blue, 4.0 + from_green - from_red),
    )
    hue = np.fmod(hue.astype(np.float32).astype(np.float64) / 6.0 + 1.0, 1.0).astype(np.float32)
    hue = np.where(grey, 0, (hue.astype(np.float64) * 255.0).astype(np.int64))
    saturation = np.where(grey, 0, (saturation.astype(np.float64) * 255.0).astype(np.int64))
    return np.stack([hue, saturation, rgb.max(-1)], -1).astype(np.uint8)


def from_hsv(hsv: Any) -> Any:
    """Red, green and blue of hue, saturation and value, each from 0 to 255."""
    hue, saturation, value = np.moveaxis(hsv.astype(np.float64), -1, 0)
    sixths = hue * 6.0 / 255.0
    side = np.floor(sixths)
    part = (sixths - side).astype(np.float32).astype(np.float64)
    saturation = (saturation / 255.0).astype(np.float32).astype(np.float64)
    p = rounded(value * (1.0 - saturation))
    q = rounded(value * (1.0 - saturation * part))
    t = rounded(value * (1.0 - saturation * (1.0 - part)))
    v = hsv[..., 2]
    ways = [(v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q)]
    on = [side % 6 == k for k in range(6)]
    channels = [np.select(on, [way[c] for way in ways]) for c in range(3)]
    return np.stack(channels, -1).astype(np.uint8)


def rounded(x: Any) -> Any:
    """`x`, not negative, to the nearest integer, halves up, as bytes."""
    return np.clip(np.floor(x + 0.5), 0, 255).astype(np.uint8)


def blend(first: Any, second: Any, ratio: float) -> Any:
    """`first + ratio * (second - first)`, cut to bytes: outside [0, 1] it goes beyond the two."""
    ratio = np.float32(ratio)
    mixed = first.astype(np.float32) + ratio * (
        second.astype(np.float32) - first.astype(np.float32)
    )
    return np.clip(mixed, 0, 255).astype(np.uint8)


def brighter(pixels: Any, factor: float) -> Any:
    """`pixels` blended with black: 0 gives black, 1 the same."""
    return blend(np.zeros_like(pixels), pixels, factor)


def with_contrast(pixels: Any, factor: float) -> Any:
    """`pixels` blended with their mean brightness."""
    grey = pixels if pixels.ndim == 2 else to_grey(pixels)
    mean = math.floor(grey.mean(dtype=np.float64) + 0.5)
    return blend(np.full_like(pixels, mean), pixels, factor)


def with_saturation(pixels: Any, factor: float) -> Any:
    """Colours blended with their own brightness."""
    return blend(np.broadcast_to(to_grey(pixels)[..., None], pixels.shape), pixels, factor)


def with_hue(pixels: Any, factor: float) -> Any:
    """Colours turned by `factor` of a whole turn of the hue circle."""
    hsv = to_hsv(pixels)
    hsv[..., 0] += np.uint8(int(factor * 255) % 256)
    return from_hsv(hsv)
