"""One pass over a dataset in memory: arrays of indices, and what makes batches of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from .distributed import DistributedSampler
from .gather import Table
from .sampler import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

ORDERS = (
    SequentialSampler,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    DistributedSampler,
)
"""Samplers that give their indices in arrays. (A subclass may have an order of its own.)"""

STRETCH = 32
"""So many batches are made by Python before it is looked again whether there is machine code."""

WORTH = 512
"""So many samples must be left for machine code to be worth its table."""


def index_blocks(sampler: Any) -> Iterator[Any] | None:
    """The batches of a BatchSampler as arrays of indices, or None if they do not come in arrays.

    They come in blocks: the rows of a block are batches.
    """
    if type(sampler) is not BatchSampler or type(sampler.sampler) not in ORDERS:
        return None
    arrays = sampler.sampler.index_arrays()  # type: ignore[attr-defined]
    return None if arrays is None else blocks(arrays, sampler.batch_size, sampler.drop_last)


def blocks(arrays: Iterator[Any], size: int, drop_last: bool) -> Iterator[Any]:
    """Blocks of batches of `size` indices, from arrays of any size.

    A new array is only asked for when it is needed.
    """
    rest = np.empty(0, np.int64)
    for array in arrays:
        joined = np.concatenate((rest, array)) if rest.size else array
        whole = len(joined) - len(joined) % size
        if whole:
            yield joined[:whole].reshape(-1, size)
        rest = joined[whole:]
    if rest.size and not drop_last:
        yield rest[np.newaxis]


class ArrayEpoch(chain):  # type: ignore[type-arg]
    """One pass over an in-memory dataset.

    `table` has the arrays, `blocks` the order (see `index_blocks`; a block is drawn when it is
    needed). `otherwise` makes a batch of a list of indices where the table cannot, and words the
    errors. (It is a `chain` so that no Python code of its own stands between the loop and the
    batch.)
    """

    sampler: Any

    def __new__(
        cls, table: Table, sampler: Any, blocks: Iterator[Any], otherwise: Callable[[Any], Any]
    ) -> ArrayEpoch:
        """A new pass."""
        epoch: ArrayEpoch = cls.from_iterable(stretches(table, blocks, otherwise))
        epoch.sampler = sampler
        return epoch

    def __len__(self) -> int:
        return len(self.sampler)


def stretches(
    table: Table, blocks: Iterator[Any], otherwise: Callable[[Any], Any]
) -> Iterator[Iterator[Any]]:
    """Iterators that together give the batches of `blocks`."""
    if table.whole is None:
        table.whole = table.maker(otherwise)
    batch, native = table.whole, None
    for block in blocks:
        first = 0
        while first < len(block):
            if native is None and block[first:].size >= WORTH:
                native = table.native_maker(block.shape[1], batch)
            last = first + STRETCH if native is None else len(block)
            yield map(native or batch, block[first:last])
            first = last
