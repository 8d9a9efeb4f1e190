"""Many pictures transformed at once, where that gives the same numbers as one after another.

`ToTensor` alone, or followed by `Normalize`, works on each number by itself: what a DataLoader
would put together of such samples can be computed as a whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import dtypes
from ...nn.hooks import hooks_of
from .compose import Compose
from .conversion import Normalize, ToTensor
from .functional.conversion import numbers_of, per_channel


def together(transform: Any, pixels: Any) -> Any:
    """What `transform` makes of each of the pictures (samples, height, width[, channels]) of bytes.

    None where it is not known to be the same as for one after another.

    >>> from rushlight.vision.transforms.together import together
    >>> together(torchvision.transforms.ToTensor(), np.full((3, 2, 2), 51, np.uint8)).shape
    (3, 1, 2, 2)
    """
    steps = transform.transforms if type(transform) is Compose else [transform]
    first, *others = steps if type(steps) in (list, tuple) and steps else [None]
    dtype = dtypes.default().numpy
    if type(first) is not ToTensor or dtype not in (np.float32, np.float64):
        return None
    if not all([is_plain_normalize(step) for step in others]):
        return None
    planes = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
    found = planes.astype(dtype, order="C")
    found /= dtype.type(255)
    for step in others:
        center = per_channel(numbers_of(step.mean), dtype)
        spread = per_channel(numbers_of(step.std), dtype)
        if not spread.all() or not {len(center), len(spread)} <= {1, found.shape[1]}:
            return None  # an error, or grey pictures that get colours
        found -= center
        found /= spread
    return found


def is_plain_normalize(step: Any) -> bool:
    """Whether this is a Normalize that nobody has tampered with."""
    if type(step) is not Normalize or "forward" in vars(step):
        return False
    return not any([hooks_of(step, f"_forward_{kind}hooks") for kind in ("", "pre_")])
