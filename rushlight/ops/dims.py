"""Dimensions as users give them (`dim=-1`, lists, None) in the strict form that primitives take."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..errors import ArgumentError, DimError, RushlightError, explain
from ..graph import Node, Shape

Dim = int | Sequence[int] | None


def axis(dim: int, ndim: int, op: str) -> int:
    """`dim` as a number from 0; raises DimError if there is no such dimension.

    A 0-d tensor is taken to have one dimension, as PyTorch does.
    """
    if not isinstance(dim, int):
        raise ArgumentError(explain(op, f"dim must be an integer, not {dim!r}"))
    limit = max(ndim, 1)
    if not -limit <= dim < limit:
        raise DimError(
            explain(
                op,
                f"dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
                f"but got {dim})",
            )
        )
    return dim % limit


def axes(dim: Dim, input: Node, op: str) -> Shape:
    """The dimensions `dim` names, sorted and non-negative; all of them for None or ()."""
    if dim is None or (not isinstance(dim, int) and len(dim) == 0):
        return tuple(range(input.ndim))
    if isinstance(dim, int):
        found = axis(dim, input.ndim, op)
        return (found,) if input.ndim else ()
    numbers = sorted([axis(d, input.ndim, op) for d in dim])
    for first, second in pairwise(numbers):
        if first == second:
            problem = f"dim {first} appears multiple times in the list of dims"
            raise DuplicateDimError(explain(op, problem))
    return tuple(numbers) if input.ndim else ()


class DuplicateDimError(RushlightError, RuntimeError):
    """A dimension that was named twice."""
