"""What the transforms are tested with: pictures, and transforms as text for any library of them."""

import numpy as np

TALL, WIDE = 6, 7


def colors():
    """The pixels of a small picture (height, width, 3): smooth in parts, with an edge."""
    y, x = np.mgrid[:TALL, :WIDE]
    planes = [x * 37 + y * 11, 255 - y * 40, (x * y * 23) % 256]
    pixels = np.stack(planes, -1).clip(0, 255).astype(np.uint8)
    pixels[2:4, 3:] = [250, 20, 90]
    return pixels


def inputs(to_tensor, picture):
    """All that a transform is given, by name; `picture` makes a library's picture of pixels."""
    planes = np.ascontiguousarray(colors().transpose(2, 0, 1))
    return {
        "rgb": picture(colors()),
        "grey": picture(np.ascontiguousarray(colors()[..., 0])),
        "float": to_tensor(planes.astype(np.float32) / np.float32(255)),
        "bytes": to_tensor(planes),
        "batch": to_tensor(np.stack([planes, planes[:, ::-1]]).astype(np.float64) / 255),
    }


PICTURES = ("rgb", "grey")
TENSORS = ("float", "bytes", "batch")
EVERY = PICTURES + TENSORS
MODES = "T.InterpolationMode."

CASES = [
    ("T.ToTensor()", PICTURES),
    ("T.PILToTensor()", PICTURES),
    ("T.ToPILImage()", ("float", "bytes")),
    ("T.ConvertImageDtype(torch.float64)", TENSORS),
    ("T.ConvertImageDtype(torch.uint8)", TENSORS),
    ("T.ConvertImageDtype(torch.int32)", ("bytes", "batch")),
    ("T.Normalize((0.5, 0.4, 0.3), (0.2, 0.25, 0.5))", ("float", "batch")),
    ("T.Normalize(0.1307, 0.3081)", ("float",)),
    ("T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,))])", PICTURES),
    ("T.Compose([T.RandomCrop(5, padding=2), T.RandomHorizontalFlip(), T.ToTensor()])", ("rgb",)),
    ("T.CenterCrop(4)", EVERY),
    ("T.CenterCrop((3, 10))", EVERY),
    ("T.Pad(2)", EVERY),
    ("T.Pad((1, 2, 3, 0), fill=7)", ("rgb", "grey", "bytes")),
    ("T.Pad(2, padding_mode='edge')", EVERY),
    ("T.Pad((2, 1), padding_mode='reflect')", EVERY),
    ("T.Pad(3, padding_mode='symmetric')", EVERY),
    ("T.RandomCrop(4)", EVERY),
    ("T.RandomCrop((5, 6), padding=1, padding_mode='reflect')", EVERY),
    ("T.RandomCrop(9, pad_if_needed=True)", EVERY),
    ("T.RandomHorizontalFlip(0.5)", EVERY),
    ("T.RandomVerticalFlip(0.7)", EVERY),
    ("T.RandomResizedCrop(5)", EVERY),
    ("T.RandomResizedCrop((4, 6), scale=(0.3, 0.9), ratio=(0.5, 2.0))", EVERY),
    ("T.Resize(4)", EVERY),
    ("T.Resize((9, 5))", EVERY),
    ("T.Resize(12, max_size=13)", EVERY),
    (f"T.Resize((11, 4), {MODES}NEAREST)", EVERY),
    (f"T.Resize((11, 4), {MODES}BICUBIC)", EVERY),
    (f"T.Resize((3, 10), {MODES}BICUBIC, antialias=False)", TENSORS),
    (f"T.Resize((3, 4), {MODES}BILINEAR, antialias=False)", TENSORS),
    (f"T.Resize((4, 5), {MODES}LANCZOS)", PICTURES),
    (f"T.Resize((4, 5), {MODES}BOX)", PICTURES),
    (f"T.Resize((4, 5), {MODES}HAMMING)", PICTURES),
    (f"T.Resize((4, 5), {MODES}NEAREST_EXACT)", TENSORS),
    ("lambda x: list(T.FiveCrop(3)(x))", EVERY),
    ("lambda x: list(T.TenCrop((2, 3), vertical_flip=True)(x))", ("rgb", "float")),
    ("T.Grayscale()", EVERY),
    ("T.Grayscale(3)", EVERY),
    ("T.RandomGrayscale(0.6)", EVERY),
    ("T.ColorJitter(0.5, 0.5, 0.5)", EVERY),
    ("T.ColorJitter(brightness=(0.2, 2.0), hue=0.3)", EVERY),
    ("T.GaussianBlur(3)", EVERY),
    ("T.GaussianBlur((5, 3), sigma=1.5)", EVERY),
    ("T.RandomErasing(0.9)", TENSORS),
    ("T.RandomErasing(1.0, value='random')", ("float",)),
    ("T.RandomErasing(1.0, value=(0.1, 0.2, 0.3), scale=(0.2, 0.4))", ("float",)),
    ("T.RandomRotation(40)", EVERY),
    ("T.RandomRotation((10, 80), expand=True, fill=50)", ("rgb", "grey", "bytes")),
    (f"T.RandomRotation(40, {MODES}BILINEAR)", EVERY),
    ("T.RandomRotation(60, center=(1, 2))", EVERY),
    ("T.RandomAffine(20, translate=(0.2, 0.1), scale=(0.7, 1.4), shear=10)", EVERY),
    (f"T.RandomAffine((5, 6), shear=(-9, 9, -5, 5), interpolation={MODES}BILINEAR)", EVERY),
    ("T.RandomApply([T.Grayscale(3), T.CenterCrop(5)], p=0.5)", EVERY),
    ("lambda x: F.adjust_brightness(x, 1.6)", EVERY),
    ("lambda x: F.adjust_contrast(x, 0.4)", EVERY),
    ("lambda x: F.adjust_saturation(x, 1.8)", EVERY),
    ("lambda x: F.adjust_hue(x, -0.35)", EVERY),
    ("lambda x: F.adjust_gamma(x, 2.2, 0.9)", EVERY),
    ("lambda x: F.invert(x)", EVERY),
    ("lambda x: F.crop(x, -1, 2, 5, 9)", EVERY),
    ("lambda x: F.resized_crop(x, 1, 1, 4, 5, (6, 3))", EVERY),
    # Not of "batch": a quarter turn of 6x7 pixels looks exactly between pixels, where the last
    # digit of double precision decides.
    ("lambda x: F.rotate(x, 90)", ("rgb", "grey", "float", "bytes")),
    ("lambda x: F.affine(x, 30, (1, -2), 1.2, (8, 3))", EVERY),
    ("lambda x: F.erase(x, 1, 2, 3, 4, torch.tensor(0.5))", ("float", "batch")),
    ("lambda x: F.hflip(F.vflip(x))", EVERY),
    ("lambda x: F.posterize(x, 3)", ("rgb", "grey", "bytes")),
    ("lambda x: F.solarize(x, 100)", ("rgb", "grey", "bytes")),
    ("lambda x: F.solarize(x, 0.4)", ("float", "batch")),
    ("lambda x: F.autocontrast(x)", EVERY),
    ("lambda x: F.equalize(x)", ("rgb", "grey", "bytes")),
    ("lambda x: F.equalize(F.resize(x, [40, 40]))", ("rgb", "grey", "bytes")),
    ("lambda x: F.adjust_sharpness(x, 0.3)", EVERY),
    ("lambda x: F.adjust_sharpness(x, 2.0)", EVERY),
    ("T.RandomPerspective(0.6, 0.9)", EVERY),
    (f"T.RandomPerspective(0.4, 1.0, {MODES}NEAREST, fill=9)", ("rgb", "grey", "bytes")),
    ("T.RandomInvert()", EVERY),
    ("T.RandomAutocontrast()", ("rgb", "float")),
    ("T.RandomAdjustSharpness(1.5)", ("rgb", "float")),
    ("T.LinearTransformation(torch.eye(126).flip(0), torch.arange(126) / 126)", ("float",)),
    ("T.RandAugment()", ("rgb", "bytes")),
    ("T.RandAugment(3, 20, fill=50)", ("rgb", "bytes")),
    ("T.TrivialAugmentWide()", ("rgb", "bytes")),
    (f"T.TrivialAugmentWide(interpolation={MODES}BILINEAR)", ("rgb", "bytes")),
]
"""Expressions of a transform, and the names of what it is given."""

SEEDS = (0, 1, 2)
"""Random transforms are tried from each of these; others give the same three times."""

ODD_ONES = "Random", "Jitter", "GaussianBlur(3)", "Augment"
"""What is in the text of transforms that draw random numbers."""


def seeds_of(text):
    """The seeds that a transform is tried with."""
    return SEEDS if any([word in text for word in ODD_ONES]) else SEEDS[:1]


def described(result):
    """A result as plain data: a list of several, else its mode or dtype, its shape and numbers."""
    if isinstance(result, list | tuple):
        return [described(part) for part in result]
    kind = str(result.dtype) if hasattr(result, "dtype") else result.mode
    array = np.asarray(result)
    return [kind, list(array.shape), array.ravel().tolist()]
