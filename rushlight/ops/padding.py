"""Padding: more elements at the ends of dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .. import ops
from ..errors import ChoiceError, MissingError, ShapeError, explain
from ..graph import Node
from .rearrange import reverse
from .samples import floats, ints
from .slicing import part
from .table import Number, Tensor, derived
from .views import basic_index, expand_view
from .writing import unview, write_view

Ends = list[tuple[int, int]]


def ends_for(input: Node, pad: Any) -> Ends:
    """How much to add before and after each dimension; `pad` begins with the last."""
    if len(pad) % 2:
        raise ShapeError(explain("pad", "Padding length must be divisible by 2"))
    if len(pad) > 2 * input.ndim:
        problem = (
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {input.ndim}"
        )
        raise ShapeError(explain("pad", problem))
    given = [(pad[k], pad[k + 1]) for k in range(0, len(pad), 2)]
    return [(0, 0)] * (input.ndim - len(given)) + given[::-1]


def with_constant(input: Node, ends: Ends, value: Any) -> Node:
    """`input` with `value` around it; negative ends cut off."""
    shape, source, target = [], [], []
    for k, (n, (before, after)) in enumerate(zip(input.shape, ends, strict=True)):
        size = n + before + after
        if size < 0:
            problem = (
                f"The input size {n}, plus negative padding {before} and {after}, resulted in a "
                f"negative output size, which is invalid. Check dimension {k} of your input."
            )
            raise ShapeError(explain("pad", problem))
        shape.append(size)
        source.append((max(-before, 0), n - max(-after, 0), 1))
        target.append((max(before, 0), size - max(after, 0), 1))
    if any(before < 0 or after < 0 for before, after in ends):
        input = basic_index(input, index=tuple(source))
    attrs = (("index", tuple(target)),)
    if not isinstance(value, Node) and not value and math.copysign(1, value) > 0:
        return unview(input, shape=tuple(shape), view=basic_index, attrs=attrs, overlaps=False)
    base = expand_view(ops.cast(value, dtype=input.dtype), shape=tuple(shape))
    return write_view(base, input, view=basic_index, attrs=attrs)


def reflected(input: Node, k: int, before: int, after: int) -> list[Node]:
    """`input` between its mirror images at both ends of axis `k`."""
    n = input.shape[k]
    if before >= n or after >= n:
        problem = (
            "Padding size should be less than the corresponding input dimension, but got: padding "
            f"({before}, {after}) at dimension {k} of input {list(input.shape)}"
        )
        raise ShapeError(explain("pad", problem))
    first = reverse(part(input, k, 1, before + 1), axes=(k,))
    last = reverse(part(input, k, n - 1 - after, n - 1), axes=(k,))
    return [first, input, last]


def replicated(input: Node, k: int, before: int, after: int) -> list[Node]:
    """`input` between copies of its first and of its last slice along axis `k`."""
    n = input.shape[k]

    def copies(slab: Node, count: int) -> Node:
        shape = tuple([count if j == k else m for j, m in enumerate(slab.shape)])
        return expand_view(slab, shape=shape)

    return [copies(part(input, k, 0, 1), before), input, copies(part(input, k, n - 1, n), after)]


def wrapped(input: Node, k: int, before: int, after: int) -> list[Node]:
    """`input` between its own end and its own beginning along axis `k`."""
    n = input.shape[k]
    if before > n or after > n:
        raise ShapeError(explain("pad", "Padding value causes wrapping around more than once."))
    return [part(input, k, n - before, n), input, part(input, k, 0, after)]


def trimmed(x: Node, k: int, before: int, after: int) -> Node:
    """`x` without as many elements at the ends of axis `k` as negative numbers say."""
    if before >= 0 and after >= 0:
        return x
    return part(x, k, max(-before, 0), x.shape[k] - max(-after, 0))


AROUND = {"reflect": reflected, "replicate": replicated, "circular": wrapped}


@derived(on="F", grad_name="ConstantPadNdBackward0")
def pad(input: Tensor, pad: Any, mode: str = "constant", value: Number | None = None) -> Node:
    """`input` with elements added at both ends of dimensions, as `pad` says, from the last on.

    The new elements are `value` (or 0), or by `mode` taken from `input`: reflect mirrors it,
    replicate repeats its edge, circular goes round.

    >>> F.pad(torch.tensor([1, 2]), (1, 2))
    tensor([0, 1, 2, 0, 0])
    """
    ends = ends_for(input, pad)
    if mode == "constant":
        return with_constant(input, ends, 0 if value is None else value)
    if mode not in AROUND:
        raise MissingError(explain("pad", f"Unrecognised padding mode {mode}"))
    if value is not None and not isinstance(value, Node) and value != 0:
        problem = f'Padding mode "{mode}" doesn\'t take in value argument'
        raise ChoiceError(explain("pad", problem))
    if not 1 <= len(pad) // 2 < input.ndim <= len(pad) // 2 + 2:
        problem = f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor."
        hint = (
            "these modes pad the last dimension of 2D or 3D tensors, the last two of 3D or 4D, .."
        )
        raise MissingError(explain("pad", problem, {"input": input.spec}, hint))
    out = input
    for k, (before, after) in enumerate(ends):
        if mode != "replicate":  # which copies an edge even if it is cut off
            out = trimmed(out, k, before, after)
        if before > 0 or after > 0:
            pieces = AROUND[mode](out, k, max(before, 0), max(after, 0))
            out = ops.join(*[x for x in pieces if x.shape[k]], axis=k)
        if mode == "replicate":
            out = trimmed(out, k, before, after)
    cut = mode == "replicate" and any([before < 0 or after < 0 for before, after in ends])
    return ops.clone(out) if out is input or cut else out  # PyTorch's result has no gaps


@pad.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), (1, 2)
    yield floats(2, 3), (1, 0, 2, 1)
    yield floats(2, 3), (-1, 1)
    yield (floats(2, 3), (1, 1)), {"value": 2.5}
    yield ints(3), (1, 1), "constant", 7
    for mode in ("reflect", "replicate", "circular"):
        yield floats(1, 2, 3), (2, 1), mode
        yield floats(1, 3, 3), (1, 2, 2, 0)[:2], mode
        yield floats(1, 1, 3, 3), (1, 2, 2, 0), mode
