"""The transforms as functions of a picture or tensor and of what they need to know, never random.

Names, arguments and results are those of `torchvision.transforms.functional`.
"""

from ..kinds import InterpolationMode
from .bending import perspective
from .coloring import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    erase,
    gaussian_blur,
    invert,
    rgb_to_grayscale,
    to_grayscale,
)
from .conversion import (
    convert_image_dtype,
    get_dimensions,
    get_image_num_channels,
    get_image_size,
    normalize,
    pil_to_tensor,
    to_pil_image,
    to_tensor,
)
from .cropping import center_crop, crop, five_crop, hflip, pad, ten_crop, vflip
from .leveling import adjust_sharpness, autocontrast, equalize, posterize, solarize
from .resizing import resize, resized_crop
from .turning import affine, rotate

__all__ = [
    "InterpolationMode",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "adjust_sharpness",
    "affine",
    "autocontrast",
    "center_crop",
    "convert_image_dtype",
    "crop",
    "equalize",
    "erase",
    "five_crop",
    "gaussian_blur",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "hflip",
    "invert",
    "normalize",
    "pad",
    "perspective",
    "pil_to_tensor",
    "posterize",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "solarize",
    "ten_crop",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]
