"""Layouts of results: strides in elements, as PyTorch would report them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..graph import Node, contiguous_strides


def row_major(node: Node) -> tuple[int, ...]:
    """A new array, contiguous."""
    return contiguous_strides(node.shape)


def all_contiguous(inputs: Sequence[Node]) -> bool:
    """Whether no input has strides worth noting."""
    return all([i.stride_memo is None for i in inputs])


def like_inputs(node: Node) -> tuple[int, ...]:
    """A new array whose dimensions lie in memory in the order in which those of the inputs do.

    Where inputs disagree the first of them decides, as in PyTorch's TensorIterator.
    """
    return in_order_of(node.inputs, node.shape)


def like_first(node: Node) -> tuple[int, ...]:
    """A new array whose dimensions lie in memory in the order in which those of the first input do.

    The other inputs may be of any shape.
    """
    return in_order_of(node.inputs[:1], node.shape)


def in_order_of(inputs: Sequence[Node], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a new array of `shape` that lies in memory as `inputs` do."""
    votes = [strides_over(shape, i) for i in inputs]
    order = list(range(len(shape)))[::-1]  # the dimension that varies fastest comes first
    for last in range(1, len(shape)):
        k = last
        for j in reversed(range(last)):
            verdict = comes_later(order[j], order[k], votes, shape)
            if verdict < 0:
                break
            if verdict > 0:
                order[j], order[k] = order[k], order[j]
                k = j
    strides = [0] * len(shape)
    step = 1
    for k in order:
        strides[k] = step
        step *= max(shape[k], 1)
    return tuple(strides)


def strides_over(shape: tuple[int, ...], input: Node) -> list[int]:
    """The strides of `input` broadcast to `shape`."""
    lead = len(shape) - len(input.shape)
    pairs = zip(input.shape, input.strides, shape[lead:], strict=True)
    return [0] * lead + [0 if n == 1 != size else stride for n, stride, size in pairs]


def comes_later(j: int, k: int, votes: list[list[int]], shape: tuple[int, ...]) -> int:
    """Whether dimension `j` should vary slower than `k` (1), faster (-1), or does not matter."""
    for strides in votes:
        if strides[j] and strides[k]:
            if strides[j] != strides[k]:
                return 1 if strides[j] > strides[k] else -1
            if shape[j] > shape[k]:
                return 1
    return 0


def dense(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether an array fills its memory without gaps or overlaps."""
    step = 1
    for stride, n in sorted(zip(strides, shape, strict=True)):
        if n == 1:
            continue
        if stride != step:
            return False
        step *= n
    return True


def of_view(node: Node) -> tuple[int, ...]:
    """What NumPy's own view of an array with the input's strides has."""
    source = node.inputs[0]
    item = source.dtype.itemsize
    if 0 in node.shape:
        return contiguous_strides(node.shape)
    array = np.lib.stride_tricks.as_strided(
        np.empty(1, source.dtype.numpy), source.shape, [s * item for s in source.strides]
    )  # only its strides are looked at
    return tuple([s // item for s in node.op.numpy(array, **node.attrs).strides])
