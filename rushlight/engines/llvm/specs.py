"""What the arguments of a native program must be, and words for what is wrong with one."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...errors import ArgumentError, ChoiceError, explain

NUMBERS = {"double": float, "i64": int, "i1": bool}
"""The Python types of numbers, by their kinds in the table."""


class Array(NamedTuple):
    """An array argument: what it must be. Without `strides` (in bytes) it is C-contiguous."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None
    written: bool = False

    def extent(self) -> tuple[int, int]:
        """Where its memory begins and ends, in bytes from the address of its first element."""
        if 0 in self.shape:
            return 0, 0
        size = self.dtype.itemsize
        if self.strides is None:
            return 0, math.prod(self.shape) * size
        last = [(n - 1) * s for n, s in zip(self.shape, self.strides, strict=True)]
        return sum([s for s in last if s < 0]), sum([s for s in last if s > 0]) + size

    def __str__(self) -> str:
        order = "" if self.strides is None else f" with strides {self.strides}"
        return f"{'writeable ' * self.written}{self.dtype}{list(self.shape)}{order}"


class Number(NamedTuple):
    """A Python number argument: a float ("double"; an int is converted), int ("i64") or bool."""

    name: str
    kind: str

    def __str__(self) -> str:
        return NUMBERS[self.kind].__name__


Spec = Array | Number


def complaint(name: str, specs: tuple[Spec, ...]) -> Any:
    """A function of a program's arguments that raises what is wrong with them."""

    def complain(*given: Any) -> None:
        if len(given) != len(specs) + 2:
            problem = f"takes {len(specs) + 2} arguments, {len(given)} were given"
            raise ArgumentError(explain(name, problem))
        for spec, value in zip(specs, given[2:], strict=True):
            complain_of_one(name, spec, value)
        raise ArgumentError(explain(name, "an argument changed while it was checked"))

    return complain


def complain_of_one(name: str, spec: Spec, value: Any) -> None:
    """Raise what is wrong with an argument, if anything is."""
    if isinstance(spec, Number):
        if type(value) is not NUMBERS[spec.kind] and not (
            spec.kind == "double" and type(value) is int
        ):
            got = {spec.name: f"{value!r} ({type(value).__name__})"}
            raise ArgumentError(explain(name, f"{spec.name} must be a {spec}", got))
        return
    if type(value) is not np.ndarray:
        got = {spec.name: f"of type {type(value).__name__}"}
        raise ArgumentError(explain(name, f"{spec.name} must be a NumPy array", got))
    if spec.dtype != value.dtype:  # NumPy's equality is that of kind, byte order and size
        problem = f"{spec.name} must be of dtype {spec.dtype}"
        raise ArgumentError(explain(name, problem, {spec.name: str(value.dtype)}))
    fine = value.shape == spec.shape and value.flags.aligned
    fine = fine and (value.flags.writeable or not spec.written)
    if spec.strides is None:
        fine = fine and value.flags.c_contiguous
    elif fine:
        pairs = zip(spec.shape, spec.strides, value.strides, strict=True)
        fine = all([n <= 1 or a == b for n, a, b in pairs])
    if not fine:
        flags = "" if value.flags.writeable else "read-only "
        flags += "" if value.flags.aligned else "unaligned "
        got = {spec.name: f"{flags}{value.dtype}{list(value.shape)}, strides {value.strides}"}
        raise ChoiceError(explain(name, f"{spec.name} must be {spec}", got))
