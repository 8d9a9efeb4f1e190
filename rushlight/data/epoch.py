"""Iterating in the main thread: every batch is fetched when it is asked for."""

from __future__ import annotations

import warnings
from typing import Any

from .array_epoch import ArrayEpoch, index_blocks
from .dataset import IterableDataset
from .fetch import ENDED, MapFetch, Recipe


class Tally:
    """Counts what comes out, and warns if that is more than the length of the dataset allows."""

    def __init__(self, loader: Any) -> None:
        self.dataset = loader.dataset
        self.promised: int | None = loader._reported_length
        self.threaded = loader.num_workers > 0
        self.count = 0

    def add(self) -> None:
        """Count one more."""
        if self.promised is None:
            return
        self.count += 1
        if self.count > self.promised:
            text = (
                f"Length of IterableDataset {self.dataset} was reported to be {self.promised}"
                f"(when accessing len(dataloader)), but {self.count} samples have been fetched. "
            )
            if self.threaded:
                text += (
                    "Each worker delivers the whole stream, unless the dataset asks "
                    "get_worker_info() which part is its own."
                )
            warnings.warn(text, UserWarning, stacklevel=3)


class Epoch:
    """One pass over a dataset, without workers."""

    def __init__(self, loader: Any, recipe: Recipe) -> None:
        self.sampler = loader._index_sampler
        self.indices = iter(self.sampler)
        self.fetch = recipe.fetcher()
        self.tally = Tally(loader)

    def __iter__(self) -> Epoch:
        return self

    def __len__(self) -> int:
        return len(self.sampler)

    def __next__(self) -> Any:
        batch = self.fetch(next(self.indices))
        if batch is ENDED:
            raise StopIteration
        self.tally.add()
        return batch


def epoch_of(loader: Any, recipe: Recipe) -> Epoch | ArrayEpoch:
    """A pass over the dataset of `loader`: a gather for each batch where that comes to the same.

    The loader keeps the table for its next pass.
    """
    if not isinstance(recipe.dataset, IterableDataset) and recipe.batched:
        fetch = MapFetch(recipe)
        if fetch.table is not None:
            sampler = loader.batch_sampler
            blocks = index_blocks(sampler)
            if blocks is not None:
                known = loader._table
                if known is None or not known.is_like(fetch.table):
                    loader._table = known = fetch.table
                return ArrayEpoch(known, sampler, blocks, fetch.each)
    return Epoch(loader, recipe)
