"""What random transforms draw, from the default generator, as torchvision draws it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, ChoiceError, explain
from ...random import LOCK, draw_uniform, rand, randint, twister_of
from ...runtime.entry import Handle
from ...runtime.record import realise


def coin(p: float) -> bool:
    """True with probability `p`: one number of `rand`, compared in its own precision."""
    return bool(realise(rand(1))[0] < p)


def coin_exceeds(p: float) -> bool:
    """True with probability 1 - `p`, of the same number as `coin`."""
    return bool(p < realise(rand(1))[0])


def uniform(low: float, high: float) -> float:
    """A number from [low, high): one of `torch.empty(1).uniform_(low, high)`."""
    with LOCK:
        drawn = draw_uniform(low, high)(twister_of(None), (1,), np.dtype(np.float32), True)
    return float(drawn[0])


def exp_uniform(low: float, high: float) -> float:
    """A number from [low, high) whose logarithm is uniform, in single precision throughout."""
    drawn = uniform(float(np.log(np.float32(low))), float(np.log(np.float32(high))))
    return float(np.exp(np.float32(drawn)))


def integer(count: int) -> int:
    """One of 0, ..., count - 1: one number of `randint(0, count, size=(1,))`."""
    return int(realise(randint(0, count, (1,)))[0])


# -- arguments of random transforms ------------------------------------------------------------


def range_of(number: Any, op: str, name: str, lengths: tuple[int, ...] = (2,)) -> list[float]:
    """The range that an argument tells: -number to number, or the ends of one range or two.

    Raises ValueError if a lone number is negative or the sequence of another length, TypeError if
    it is neither number nor sequence.
    """
    if isinstance(number, int | float):
        if number < 0:
            problem = f"If {name} is a single number, it must be positive."
            raise ChoiceError(explain(op, problem, {name: number}))
        return [-float(number), float(number)]
    check_length(number, op, name, lengths)
    return [float(n) for n in number]


def check_length(numbers: Any, op: str, name: str, lengths: tuple[int, ...]) -> None:
    """Raise TypeError or ValueError unless `numbers` is a sequence of one of `lengths`."""
    wanted = " or ".join([str(n) for n in lengths])
    if not isinstance(numbers, list | tuple):
        problem = f"{name} should be a sequence of length {wanted}."
        raise ArgumentError(explain(op, problem, {name: repr(numbers)}))
    if len(numbers) not in lengths:
        problem = f"{name} should be a sequence of length {wanted}."
        raise ChoiceError(explain(op, problem, {name: numbers}))


def check_fill(fill: Any, op: str) -> Any:
    """`fill`, 0 for None; raises TypeError unless it is a number or a sequence of some."""
    if fill is None:
        return 0
    if not isinstance(fill, int | float | list | tuple):
        problem = "Fill should be either a sequence or a number."
        raise ArgumentError(explain(op, problem, {"fill": repr(fill)}))
    return fill


def fill_for(img: Any, fill: Any, channels: int) -> Any:
    """`fill` for the channels of a tensor; as it is for a picture, or where there is none."""
    if fill is None or not isinstance(img, Handle):
        return fill
    if isinstance(fill, int | float):
        return [float(fill)] * channels
    return [float(f) for f in fill]
