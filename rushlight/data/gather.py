"""Batches of a dataset that lies in memory as arrays: one gather for all samples of a batch.

`Table` has the arrays behind a dataset and takes a batch from them; `ArrayEpoch` joins a table, an
order of indices and a batch size. Both are used only where nobody can tell the difference from
asking for sample after sample and stacking them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..graph import Fresh
from ..runtime.entry import types
from ..runtime.record import leaf_for, realise
from ..tensor import Tensor
from .collate import collate_arrays, collate_scalars, collate_tensors, default_collate_fn_map
from .dataset import Subset, TensorDataset
from .distributed import DistributedSampler
from .sampler import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    index_array,
)

ORDERS = (
    SequentialSampler,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    DistributedSampler,
)
"""Samplers that give their indices in arrays. (A subclass may have an order of its own.)"""

PLAIN = {int, np.int64}
"""Types of indices that mean the same to an array and to its rows."""


class Table:
    """The arrays behind an in-memory dataset.

    `tensors` are its tensors or arrays, whose first dimension counts the samples. `single` says
    that a sample is a row of the only one, not a tuple of a row from each. `rows`, if not None,
    maps the indices of the dataset to rows: it is the part of the tensors that a Subset leaves.
    """

    def __init__(self, tensors: tuple[Any, ...], single: bool, rows: Any, intact: Any) -> None:
        self.tensors = tensors
        self.single = single
        self.rows = rows
        self.intact: list[tuple[Any, ...]] = intact
        self.values = [t._value if isinstance(t, Tensor) else None for t in tensors]
        self.leaves: dict[int, list[Fresh]] = {}  # of batches, by their length

    def arrays(self) -> list[Any]:
        """The arrays as they are now: the dataset may have been changed since the last batch."""
        arrays = []
        for tensor, value in zip(self.tensors, self.values, strict=True):
            if value is None:
                arrays.append(tensor)
            else:
                arrays.append(tensor._array if tensor._value is value else realise(tensor))
        return arrays

    def batch(self, index: Any) -> Any:
        """The batch at an array of indices, or None if it must be made in another way."""
        for owner, name, found, count in self.intact:
            if getattr(owner, name) is not found or len(found) != count:
                return None
        try:
            if self.rows is not None:
                index = self.rows.take(index)
            parts = [array.take(index, 0) for array in self.arrays()]
        except IndexError:
            return None
        leaves = self.leaves.get(len(index))
        if leaves is None:
            leaves = self.leaves[len(index)] = [leaf_for(part) for part in parts]
        made = []
        for part, leaf in zip(parts, leaves, strict=True):
            tensor = types.new()
            tensor._array = part
            tensor._value = leaf
            made.append(tensor)
        return made[0] if self.single else made

    def batch_of(self, indices: Any) -> Any:
        """As `batch`, of a list of indices, as any sampler may give."""
        if type(indices) is not list or not indices or not PLAIN.issuperset(map(type, indices)):
            return None
        return self.batch(np.array(indices))


def table_of(dataset: Any) -> Table | None:
    """The arrays behind `dataset`, if nothing but them decides what a sample is."""
    rows = None
    intact: list[tuple[Any, ...]] = []
    while is_plain_subset(dataset):
        indices = index_array(dataset.indices)
        if indices is None:
            return None
        count = len(indices)
        if rows is not None and rows.size and not -count <= rows.min() <= rows.max() < count:
            return None  # an error, if that sample is ever asked for
        rows = indices if rows is None else indices[rows]
        intact.append((dataset, "indices", dataset.indices, count))
        dataset = dataset.dataset
    single = not isinstance(dataset, TensorDataset)
    if single:
        tensors = (dataset,)
    elif type(dataset).__getitem__ is TensorDataset.__getitem__ and not has_batches(dataset):
        tensors = dataset.tensors
        intact.append((dataset, "tensors", tensors, len(tensors)))
    else:
        return None
    if type(tensors) is not tuple or not tensors or not collates_as_usual():
        return None
    if not all(is_plain_rows(t) for t in tensors):
        return None
    return Table(tensors, single, rows, intact)


def has_batches(dataset: Any) -> bool:
    """Whether the dataset makes whole batches itself."""
    return getattr(dataset, "__getitems__", None) is not None


def is_plain_subset(dataset: Any) -> bool:
    """Whether this is a Subset that behaves like one."""
    kind = type(dataset)
    return (
        isinstance(dataset, Subset)
        and kind.__getitem__ is Subset.__getitem__
        and kind.__getitems__ is Subset.__getitems__
        and "__getitems__" not in vars(dataset)
    )


def is_plain_rows(rows: Any) -> bool:
    """Whether this is a tensor or an array whose rows are stacked as they are."""
    if type(rows) is Tensor:
        if rows._value.requires_grad or not rows._value.shape:
            return False
        realise(rows)
        return True
    if type(rows) is not np.ndarray or not rows.ndim:
        return False
    # PyTorch refuses byte orders and negative strides: then the ordinary way says what is wrong.
    return rows.dtype.isnative and rows.dtype.kind in "biufc" and min(rows.strides) >= 0


def collates_as_usual() -> bool:
    """Whether nobody has changed how tensors and arrays become batches."""
    found = default_collate_fn_map
    numbers = (np.bool_, np.number, np.object_)
    return (
        found.get(Tensor) is collate_tensors
        and found.get(np.ndarray) is collate_arrays
        and found.get(numbers) is collate_scalars
        and not any(isinstance(k, type) and issubclass(k, np.generic) for k in found)
    )


def index_batches(sampler: Any) -> Iterator[Any] | None:
    """The batches of a BatchSampler as arrays of indices, or None if they do not come in arrays."""
    if type(sampler) is not BatchSampler or type(sampler.sampler) not in ORDERS:
        return None
    arrays = sampler.sampler.index_arrays()  # type: ignore[attr-defined]
    return None if arrays is None else cut(arrays, sampler.batch_size, sampler.drop_last)


def cut(arrays: Iterator[Any], size: int, drop_last: bool) -> Iterator[Any]:
    """Arrays of `size` indices from arrays of any size; a new one is only asked for when needed."""
    rest = np.empty(0, np.int64)
    for array in arrays:
        joined = np.concatenate((rest, array)) if rest.size else array
        whole = len(joined) - len(joined) % size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        rest = joined[whole:]
    if rest.size and not drop_last:
        yield rest


class ArrayEpoch:
    """One pass over an in-memory dataset.

    `table` has the arrays, `indices` the order (an array of indices for each batch, of at most
    `batch_size`, drawn when it is needed) and `length` the number of batches: all that an engine
    needs which shuffles and gathers in one go. `otherwise` makes a batch of a list of indices where
    the table cannot, and words the errors.
    """

    def __init__(
        self, table: Table, sampler: Any, indices: Iterator[Any], otherwise: Callable[[Any], Any]
    ) -> None:
        self.table = table
        self.sampler = sampler
        self.batch_size: int = sampler.batch_size
        self.indices = indices
        self.otherwise = otherwise

    def __iter__(self) -> ArrayEpoch:
        return self

    def __len__(self) -> int:
        return len(self.sampler)

    def __next__(self) -> Any:
        index = next(self.indices)
        made = self.table.batch(index)
        return self.otherwise(index.tolist()) if made is None else made
