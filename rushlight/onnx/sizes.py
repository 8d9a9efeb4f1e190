"""Sizes that may differ from run to run, found by comparing what is recorded with other sizes.

A network is recorded once as it is and twice with each of its free sizes changed. A number that is
the same every time is a number; any other must be a product of free sizes, or grow evenly with one.
Two changes of each tell what grows evenly from what does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple


class Symbol(NamedTuple):
    """A free size: its name, its values (`base` at first, then `others`), where it is seen.

    That is in inputs, each given by its number and an axis.
    """

    name: str
    base: int
    others: tuple[int, int]
    places: tuple[tuple[int, int], ...] = ()


class Expression(NamedTuple):
    """`factor` times the sizes of `symbols`, plus `offset`."""

    factor: int
    symbols: tuple[Symbol, ...]
    offset: int

    def __str__(self) -> str:
        product = "*".join([s.name for s in self.symbols])
        product = product if self.factor == 1 else f"{self.factor}*{product}"
        return f"{product}{self.offset:+d}" if self.offset else product


def expression_of(values: Sequence[int], symbols: Sequence[Symbol]) -> int | Expression | None:
    """What `values`, one of each recording, are: a number, an expression, or None if neither.

    >>> from rushlight.onnx.sizes import Symbol, expression_of
    >>> n = Symbol("n", 2, (5, 7))
    >>> print(expression_of([7, 16, 22], [n]), expression_of([4, 25, 49], [n]))
    3*n+1 None
    """
    first, *others = values
    pairs = zip(symbols, others[::2], others[1::2], strict=True)
    varied = [(s, (v, u)) for s, v, u in pairs if (v, u) != (first, first)]
    if not varied:
        return first
    if len(varied) == 1:
        ((symbol, (value, last)),) = varied
        slope, rest = divmod(value - first, symbol.others[0] - symbol.base)
        even = last == first + slope * (symbol.others[1] - symbol.base)
        found = Expression(slope, (symbol,), first - slope * symbol.base)
        return found if even and not rest else None
    for symbol, values in varied:
        if any([v * symbol.base != first * n for v, n in zip(values, symbol.others, strict=True)]):
            return None
    factor, rest = divmod(first, math.prod([s.base for s, _ in varied]))
    return None if rest else Expression(factor, tuple([s for s, _ in varied]), 0)


class Varied(NamedTuple):
    """Values that differ from recording to recording, and are no sizes."""

    values: tuple[Any, ...]


def merged(values: Sequence[Any], symbols: Sequence[Symbol]) -> Any:
    """One value for the values of an attribute in all recordings, with expressions in it."""
    first = values[0]
    if all([type(v) is type(first) and v == first for v in values]):
        return first
    if all([type(v) is tuple and len(v) == len(first) for v in values]):
        return tuple([merged(parts, symbols) for parts in zip(*values, strict=True)])
    if all([type(v) is int for v in values]):
        found = expression_of(values, symbols)
        if found is not None:
            return found
    return Varied(tuple(values))


def is_free(value: Any) -> bool:
    """Whether there is an expression, or what could be none, anywhere in `value`."""
    if type(value) is tuple:
        return any([is_free(part) for part in value])
    return isinstance(value, Expression | Varied)
