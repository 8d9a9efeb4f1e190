"""Random numbers inside `vmap`: none, the same for all examples, or others for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import RushlightError, explain
from .patterns import room_like
from .runtime.recorder import local

Shape = tuple[int, ...]


class ChanceError(RushlightError, RuntimeError):
    """Random numbers where it was not said how examples shall differ."""


def for_each(op: str, shape: Shape, draw: Callable[[Shape], Any]) -> Any:
    """The tensor of `shape` that `draw` makes; inside vmap, one example of one for all."""
    levels = local.recorder.mapping
    if not levels:
        return draw(shape)
    if any([level.randomness == "error" for level in levels]):
        problem = "called a random operation while in randomness error mode"
        hint = "vmap(f, randomness='different') draws for each example, 'same' once for all"
        raise ChanceError(explain(f"vmap: {op}", problem, hint=hint))
    levels = [level for level in levels if level.randomness == "different"]
    tensor = draw((*[level.size for level in levels], *shape))
    for level in levels:
        tensor = level.example(tensor, 0)
    return tensor


def room_for(like: Any, shape: Shape, dtype: Any = None) -> Any:
    """A new array of `shape`; if that is the shape of the tensor `like`, laid out as it is."""
    if like._value.shape == shape:
        return room_like(like, dtype)
    return np.empty(shape, (dtype or like._value.dtype).numpy)
