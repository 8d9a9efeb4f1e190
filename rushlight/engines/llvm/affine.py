"""Affine functions of loop variables: where in an array the element lies that a loop is at.

An `Affine` is a constant and a whole-number multiple of each variable. Variables are named: `p0`,
`p1`, ... run over the elements of a result, `r0`, ... over what is folded away, and `LANE` counts
the elements of a vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

LANE = "lane"


class Affine(NamedTuple):
    """`constant` plus, for each (variable, factor) of `terms`, the product of the two."""

    constant: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    def factor(self, variable: str) -> int:
        """What `variable` is multiplied with; 0 if it does not occur."""
        for name, factor in self.terms:
            if name == variable:
                return factor
        return 0

    def without(self, variable: str) -> Affine:
        """The same without the term of `variable`."""
        return Affine(self.constant, tuple([t for t in self.terms if t[0] != variable]))


ZERO = Affine()


def variable(name: str, factor: int = 1, constant: int = 0) -> Affine:
    """`constant + factor * name`.

    >>> variable("p0", 3, 1)
    Affine(constant=1, terms=(('p0', 3),))
    """
    return Affine(constant, ((name, factor),)) if factor else Affine(constant)


def combined(parts: Iterable[tuple[Affine, int]], constant: int = 0) -> Affine:
    """`constant` plus the sum of the products (affine function, factor)."""
    found: dict[str, int] = {}
    for affine, times in parts:
        if not times:
            continue
        constant += affine.constant * times
        for name, factor in affine.terms:
            found[name] = found.get(name, 0) + factor * times
    return Affine(constant, tuple(sorted([(v, k) for v, k in found.items() if k])))


def substituted(affine: Affine, values: Mapping[str, Affine]) -> Affine:
    """`affine` with variables replaced by affine functions."""
    if not any([name in values for name, _ in affine.terms]):
        return affine
    parts = [(values.get(name) or variable(name), factor) for name, factor in affine.terms]
    return combined(parts, affine.constant)


def row_major(shape: Iterable[int]) -> tuple[int, ...]:
    """Strides in elements of a dense array; 0 along dimensions of size 1.

    >>> row_major((2, 1, 3))
    (3, 0, 1)
    """
    strides: list[int] = []
    step = 1
    for n in reversed(tuple(shape)):
        strides.append(step if n > 1 else 0)
        step *= n
    return tuple(reversed(strides))
