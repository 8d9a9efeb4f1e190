"""Views that step through an array in any direction, and the parts of complex numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..errors import (
    ShapeError,
    explain,
)
from ..graph import Node, Shape, Spec, contiguous_strides
from .samples import Array, floats
from .table import Kind, Tensor, primitive


def walk(x: Any, *, shape: Shape, start: Shape, moves: tuple[Shape, ...]) -> Array:
    """NumPy: element i of the result is element `start + i @ moves` of `x`."""
    steps = [sum([m * s for m, s in zip(move, x.strides, strict=True)]) for move in moves]
    corner = x[tuple([slice(k, None) for k in start])]
    return np.lib.stride_tricks.as_strided(corner, shape, steps)


def walked_strides(node: Node) -> Shape:
    """The layout of an affine view."""
    strides = node.inputs[0].strides
    moves = node.attrs["moves"]
    return tuple([sum([m * s for m, s in zip(move, strides, strict=True)]) for move in moves])


@primitive(Kind.VIEW, numpy=walk, layout=walked_strides, grad_name="AsStridedBackward0")
def affine_view(input: Tensor, *, shape: Shape, start: Shape, moves: tuple[Shape, ...]) -> Spec:
    """The elements of `input` at `start + i @ moves`, for every index i within `shape`.

    `moves` holds, for each dimension of the result, how far a step along it goes in each dimension
    of `input`. Diagonals, sliding windows and flips are of this form.
    """
    for k, n in enumerate(input.shape):
        if 0 in shape:
            break
        reach = [(m - 1) * move[k] for m, move in zip(shape, moves, strict=True)]
        low = start[k] + sum([r for r in reach if r < 0])
        high = start[k] + sum([r for r in reach if r > 0])
        if low < 0 or high >= n:
            problem = f"elements {low} to {high} of dimension {k} were asked for, it has {n}"
            raise ShapeError(explain("view", problem, {"input": input.spec}))
    return Spec(shape, input.dtype)


affine_view.vmap_attrs = lambda size, shape, start, moves: {
    "shape": (size, *shape),
    "start": (0, *start),
    "moves": ((1, *[0] * len(start)), *[(0, *move) for move in moves]),
}


def overlapping(shape: Shape, steps: Sequence[int]) -> bool:
    """Whether some element may be shown twice by a view of `shape` with these strides."""
    reach = 0
    for step, n in sorted([(abs(s), n) for s, n in zip(steps, shape, strict=True) if n > 1]):
        if step <= reach:
            return True
        reach += step * (n - 1)
    return False


@affine_view.vjp
def _(
    g: Node, out: Node, input: Node, *, shape: Shape, start: Shape, moves: tuple[Shape, ...]
) -> tuple[Node]:
    attrs = (("shape", shape), ("start", start), ("moves", moves))
    home = contiguous_strides(input.shape)
    steps = [sum([m * s for m, s in zip(move, home, strict=True)]) for move in moves]
    overlaps = overlapping(shape, steps)
    return (ops.unview(g, shape=input.shape, view=affine_view, attrs=attrs, overlaps=overlaps),)


@affine_view.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"shape": (3,), "start": (0, 1), "moves": ((1, 1),)}  # a diagonal
    yield (floats(6),), {"shape": (4, 3), "start": (0,), "moves": ((1,), (1,))}  # windows
    yield (floats(6),), {"shape": (3,), "start": (5,), "moves": ((-2,),)}


# -- the parts of complex numbers --------------------------------------------------------------


@primitive(
    Kind.VIEW,
    numpy=lambda x, *, imaginary: x.imag if imaginary else x.real,
    layout=lambda node: tuple([2 * s for s in node.inputs[0].strides]),
    grad_name="SelectBackward0",
)
def part_view(input: Tensor, *, imaginary: bool) -> Spec:
    """The real or the imaginary parts of complex numbers."""
    return Spec(input.shape, input.dtype.to_real())


part_view.vmap_attrs = lambda size, **attrs: attrs


@part_view.vjp
def _(g: Node, out: Node, input: Node, *, imaginary: bool) -> tuple[Node]:
    whole = ops.cast(g, dtype=input.dtype)
    return (whole * 1j if imaginary else whole,)


@part_view.samples
def _() -> Iterator[Any]:
    values = np.asarray(floats(3) + 1j * floats(3, seed=1), np.complex64)
    yield (values,), {"imaginary": True}
    yield (values,), {"imaginary": False}
