"""Fetching a batch: asking the dataset for its samples and collating them.

An error keeps its type and gains a note that names the sample it came from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .collate import default_collate
from .dataset import IterableDataset
from .gather import table_of

ENDED = object()
"""What is fetched when an iterable dataset is exhausted."""


class Abandoned(Exception):
    """The batch is not wanted any more."""


class Recipe(NamedTuple):
    """What a batch is made from, and how.

    Not `batched`: each index is a batch of its own, as the dataset returns it.
    """

    dataset: Any
    collate: Callable[[Any], Any]
    batched: bool
    drop_last: bool

    @property
    def iterable(self) -> bool:
        """Whether the dataset chooses the order itself."""
        return isinstance(self.dataset, IterableDataset)

    def fetcher(self, unwanted: Callable[[], bool] | None = None) -> Callable[[Any], Any]:
        """A function that makes a batch of indices (or ENDED, of None where there are none)."""
        if self.iterable:
            return StreamFetch(self, unwanted)
        return MapFetch(self, unwanted)


PLACE = "    raised by "
"""How the note begins that says where an error comes from."""


def add_place(error: BaseException, place: str) -> None:
    """Note where an error comes from."""
    notes: list[str] = getattr(error, "__notes__", [])
    for note in [n for n in notes if n.startswith(PLACE)]:
        notes.remove(note)  # the same exception object, raised before
    error.add_note(PLACE + place)


class MapFetch:
    """Batches of a dataset whose samples have numbers: from its table, or of `each` sample."""

    def __init__(self, recipe: Recipe, unwanted: Callable[[], bool] | None = None) -> None:
        self.each = SampleFetch(recipe, unwanted)
        usual = recipe.batched and recipe.collate is default_collate
        self.table = table_of(recipe.dataset) if usual else None

    def __call__(self, indices: Any) -> Any:
        """The batch of samples at `indices`."""
        made = None if self.table is None else self.table.batch_of(indices)
        return self.each(indices) if made is None else made


class SampleFetch:
    """Batches of samples that are asked for one by one."""

    def __init__(self, recipe: Recipe, unwanted: Callable[[], bool] | None) -> None:
        self.dataset = recipe.dataset
        self.collate = recipe.collate
        self.batched = recipe.batched
        self.unwanted = unwanted

    def __call__(self, indices: Any) -> Any:
        """The batch of samples at `indices`."""
        if not self.batched:
            try:
                sample = self.dataset[indices]
            except Exception as error:
                add_place(error, f"dataset[{indices!r}]")
                raise
            return self.collate(sample)
        samples = self.samples(indices)
        try:
            return self.collate(samples)
        except Exception as error:
            add_place(error, f"collating the samples {shortened(indices)}")
            raise

    def samples(self, indices: Any) -> Any:
        """The samples at `indices`."""
        together = getattr(self.dataset, "__getitems__", None)
        if together:
            try:
                return together(indices)
            except Exception as error:
                add_place(error, f"dataset.__getitems__({shortened(indices)})")
                raise
        dataset, unwanted = self.dataset, self.unwanted
        samples = []
        for index in indices:
            if unwanted is not None and unwanted():
                raise Abandoned
            try:
                samples.append(dataset[index])
            except Exception as error:
                add_place(error, f"dataset[{index!r}]")
                raise
        return samples


class StreamFetch:
    """Batches of an iterable dataset."""

    def __init__(self, recipe: Recipe, unwanted: Callable[[], bool] | None = None) -> None:
        self.samples = iter(recipe.dataset)
        self.recipe = recipe
        self.unwanted = unwanted
        self.count = 0
        self.ended = False

    def __call__(self, indices: Any) -> Any:
        """The next batch, of as many samples as there are `indices`; ENDED after the last."""
        recipe = self.recipe
        if not recipe.batched:
            sample = self.next_sample()
            return ENDED if self.ended else recipe.collate(sample)
        samples: list[Any] = []
        while len(samples) < len(indices):
            sample = self.next_sample()
            if self.ended:
                break
            samples.append(sample)
        if not samples or (recipe.drop_last and len(samples) < len(indices)):
            self.ended = True
            return ENDED
        try:
            return recipe.collate(samples)
        except Exception as error:
            first = self.count - len(samples)
            add_place(error, f"collating the samples {first} to {self.count - 1} of the stream")
            raise

    def next_sample(self) -> Any:
        """The next sample of the stream, unless it has ended."""
        if self.unwanted is not None and self.unwanted():
            raise Abandoned
        if self.ended:
            return None
        try:
            sample = next(self.samples)
        except StopIteration:
            self.ended = True
            return None
        except Exception as error:
            add_place(error, f"the dataset's iterator at sample {self.count}")
            raise
        self.count += 1
        return sample


def shortened(indices: Any) -> str:
    """The indices of a batch, not too long to read."""
    items = [str(i) for i in indices]
    return ", ".join(items if len(items) <= 12 else [*items[:10], "...", items[-1]])
