"""The largest of many numbers, in the order in which PyTorch's topk finds them.

As long as no two numbers are equal there is only one order. Among equal ones the C++ standard
library decides, whose selecting and sorting is not stable but is deterministic; so its algorithms
are followed step by step here, on the rare occasion (rng spec §12): heap selection, quick selection
and quicksort with the median of three, each switching to insertion or to a heap when it should.

All functions work on one list of indexes, in place; `before(i, j)` says whether number i comes
before number j.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Before: TypeAlias = Callable[[int, int], bool]

_SORTED_BY_INSERTION = 16  # quicksort leaves stretches this short
_SELECTED_BY_INSERTION = 3


def largest(values: NDArray[Any], k: int) -> NDArray[np.int64]:
    """The indexes of the k largest values, largest first; NaN counts as largest.

    >>> largest(np.array([0.1, 0.7, 0.3]), 2)
    array([1, 2])
    """
    order = np.argsort(-values)[: k + 1]
    top = values[order]
    if np.all(top[:-1] > top[1:]) and not np.isnan(values).any():
        return order[:k]
    return np.array(_as_topk(values.tolist(), k), np.int64)


def _as_topk(values: list[float], k: int) -> list[int]:
    """The indexes of the k largest values, ties as PyTorch leaves them."""
    n = len(values)
    items = list(range(n))

    def before(i: int, j: int) -> bool:
        x, y = values[i], values[j]
        return x > y or (x != x and y == y)

    if k * 64 <= n:
        _select_by_heap(items, 0, k, n, before)
        _sort_heap(items, 0, k, before)
    else:
        _select(items, 0, k - 1, n, before)
        _sort(items, 0, k - 1, before)
    return items[:k]


def _depth(n: int) -> int:
    """How often halves may be taken before a heap takes over."""
    return 2 * (n.bit_length() - 1)


# Quick selection and quicksort


def _select(items: list[int], start: int, nth: int, stop: int, before: Before) -> None:
    """None; item nth becomes that of a sorted list, and none after it belongs before it."""
    depth = _depth(stop - start)
    while stop - start > _SELECTED_BY_INSERTION:
        if depth == 0:
            _select_by_heap(items, start, nth + 1, stop, before)
            items[start], items[nth] = items[nth], items[start]
            return
        depth -= 1
        cut = _partition(items, start, stop, before)
        if cut <= nth:
            start = cut
        else:
            stop = cut
    _insert_all(items, start, stop, before)


def _sort(items: list[int], start: int, stop: int, before: Before) -> None:
    """None; the items from start to stop become sorted."""
    if stop <= start:
        return
    _sort_roughly(items, start, stop, _depth(stop - start), before)
    sorted_until = min(start + _SORTED_BY_INSERTION, stop)
    _insert_all(items, start, sorted_until, before)
    for i in range(sorted_until, stop):
        _insert(items, i, before)


def _sort_roughly(items: list[int], start: int, stop: int, depth: int, before: Before) -> None:
    """None; quicksort down to short stretches, which are left unsorted."""
    while stop - start > _SORTED_BY_INSERTION:
        if depth == 0:
            _select_by_heap(items, start, stop, stop, before)
            _sort_heap(items, start, stop, before)
            return
        depth -= 1
        cut = _partition(items, start, stop, before)
        _sort_roughly(items, cut, stop, depth, before)
        stop = cut


def _partition(items: list[int], start: int, stop: int, before: Before) -> int:
    """Where the second part begins, none of which belongs before any of the first."""
    middle = _median(items, start + 1, start + (stop - start) // 2, stop - 1, before)
    items[start], items[middle] = items[middle], items[start]
    pivot = items[start]
    left, right = start + 1, stop
    while True:
        while before(items[left], pivot):
            left += 1
        right -= 1
        while before(pivot, items[right]):
            right -= 1
        if left >= right:
            return left
        items[left], items[right] = items[right], items[left]
        left += 1


def _median(items: list[int], a: int, b: int, c: int, before: Before) -> int:
    """The place, of these three, whose item is the middle one."""
    x, y, z = items[a], items[b], items[c]
    if before(x, y):
        if before(y, z):
            return b
        return c if before(x, z) else a
    if before(x, z):
        return a
    return c if before(y, z) else b


# Insertion


def _insert_all(items: list[int], start: int, stop: int, before: Before) -> None:
    """None; the items from start to stop become sorted, by insertion."""
    for i in range(start + 1, stop):
        if before(items[i], items[start]):
            items.insert(start, items.pop(i))
        else:
            _insert(items, i, before)


def _insert(items: list[int], i: int, before: Before) -> None:
    """None; item i moves down to its place; some item below must not come after it."""
    item = items[i]
    while before(item, items[i - 1]):
        items[i] = items[i - 1]
        i -= 1
    items[i] = item


# Heaps, whose first item is the one that belongs last


def _select_by_heap(items: list[int], start: int, middle: int, stop: int, before: Before) -> None:
    """None; the items that belong first move before `middle`, where they form a heap."""
    size = middle - start
    for hole in range(size // 2 - 1, -1, -1):
        _sink(items, start, hole, size, items[start + hole], before)
    for i in range(middle, stop):
        if before(items[i], items[start]):
            item, items[i] = items[i], items[start]
            _sink(items, start, 0, size, item, before)


def _sort_heap(items: list[int], start: int, stop: int, before: Before) -> None:
    """None; a heap becomes a sorted stretch."""
    for last in range(stop - 1, start, -1):
        item, items[last] = items[last], items[start]
        _sink(items, start, 0, last - start, item, before)


def _sink(items: list[int], start: int, hole: int, size: int, item: int, before: Before) -> None:
    """None; the hole sinks to the bottom of the heap, and the item rises from there."""
    top = hole
    while (child := 2 * hole + 2) < size:
        if before(items[start + child], items[start + child - 1]):
            child -= 1
        items[start + hole] = items[start + child]
        hole = child
    if child == size:  # a last child without a sibling
        items[start + hole] = items[start + child - 1]
        hole = child - 1
    while hole > top and before(items[start + (hole - 1) // 2], item):
        items[start + hole] = items[start + (hole - 1) // 2]
        hole = (hole - 1) // 2
    items[start + hole] = item
