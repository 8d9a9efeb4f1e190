"""Datasets: something with samples, by number (`Dataset`) or one after another (`IterableDataset`).

The others are made of these: tensors side by side, several datasets in a row or in parallel, a part
of a dataset, and the parts of a random split.
"""

from __future__ import annotations

import bisect
import math
import operator
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

from ..errors import ArgumentError, ChoiceError, DimError, explain
from ..generator import Generator, default_generator
from ..random import randperm
from ..runtime.entry import Handle

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Samples that can be asked for by number: a subclass has `__getitem__`, and mostly `__len__`.

    A `__getitems__(indices)` that returns a list of samples is used for whole batches if there is
    one. `+` puts datasets in a row.

    >>> class Squares(torch.utils.data.Dataset):
    ...     def __len__(self):
    ...         return 5
    ...     def __getitem__(self, index):
    ...         return index * index
    >>> len(Squares() + Squares())
    10
    """

    def __getitem__(self, index: Any) -> T_co:
        problem = "Subclasses of Dataset should implement __getitem__."
        raise NotImplementedError(explain(type(self).__name__, problem))

    def __add__(self, other: Dataset[T_co]) -> ConcatDataset[T_co]:
        return ConcatDataset([self, other])

    # No default `__len__`: whoever asks for it shall get Python's own TypeError.


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Samples that come one after another: a subclass has `__iter__`.

    In a worker, `get_worker_info()` says which part of the stream is its to deliver; without that
    every worker delivers all of it.

    >>> class Count(torch.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(3))
    >>> list(Count() + Count())
    [0, 1, 2, 0, 1, 2]
    """

    def __add__(self, other: Dataset[T_co]) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Tensors side by side: sample `i` is the tuple of what each has at `i` of its first dimension.

    Raises AssertionError unless they agree about the size of the first dimension.

    >>> data = torch.utils.data.TensorDataset(torch.arange(3), torch.arange(6).reshape(3, 2))
    >>> data[1]
    (tensor(1), tensor([2, 3]))
    """

    def __init__(self, *tensors: Any) -> None:
        for k, tensor in enumerate(tensors):
            if not isinstance(tensor, Handle):
                problem = f"argument {k} must be Tensor, not {type(tensor).__name__}"
                hint = "torch.as_tensor(x) makes a tensor of an array or of lists"
                raise ArgumentError(explain("TensorDataset", problem, hint=hint))
            if not tensor._value.shape:
                problem = f"argument {k} has no dimension to take samples from"
                raise DimError(explain("TensorDataset", problem, {"it": tensor._value.spec}))
        if len({t._value.shape[0] for t in tensors}) > 1:
            got = {f"tensor {k}": t._value.spec for k, t in enumerate(tensors)}
            hint = "the first dimension counts the samples, and must be the same for all"
            problem = "Size mismatch between tensors"
            raise AssertionError(explain("TensorDataset", problem, got, hint))
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        first = self.tensors[0]
        return int(first._value.shape[0])


class StackDataset(Dataset[Any]):
    """Datasets in parallel: a sample is a tuple of one from each, or a dict if they are named.

    Raises ValueError if there is none, or if their lengths differ.

    >>> data = torch.utils.data.StackDataset(name="ab", number=[1, 2])
    >>> data[1]
    {'name': 'b', 'number': 2}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            problem = "datasets are given both by position and by name"
            hint = "give all by position for tuples, or all by name for dicts"
            raise ChoiceError(explain("StackDataset", problem, hint=hint))
        if not args and not kwargs:
            raise ChoiceError(explain("StackDataset", "At least one dataset should be passed"))
        self.datasets: Any = args or kwargs
        lengths = [len(d) for d in self.each()]
        if len(set(lengths)) > 1:
            problem = f"Size mismatch between datasets, of lengths {lengths}"
            raise ChoiceError(explain("StackDataset", problem))
        self._length = lengths[0]

    def each(self) -> list[Any]:
        """The datasets, without their names."""
        return list(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)

    def together(self, parts: Sequence[Any]) -> Any:
        """A sample made of one part from each dataset."""
        if isinstance(self.datasets, dict):
            return dict(zip(self.datasets, parts, strict=True))
        return tuple(parts)

    def __getitem__(self, index: Any) -> Any:
        return self.together([dataset[index] for dataset in self.each()])

    def __getitems__(self, indices: Sequence[Any]) -> list[Any]:
        """The samples at `indices`, asking each dataset for all of its part at once if it can."""
        columns = []
        for dataset in self.each():
            column = samples_of(dataset, indices)
            if len(column) != len(indices):
                problem = (
                    "Nested dataset's output size mismatch. "
                    f"Expected {len(indices)}, got {len(column)}"
                )
                raise ChoiceError(explain("StackDataset", problem))
            columns.append(column)
        return [self.together(parts) for parts in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T_co]):
    """Datasets in a row, as one.

    Raises AssertionError if there is none, or if one of them has no numbered samples.

    >>> data = torch.utils.data.ConcatDataset([range(3), range(2)])
    >>> data.cumulative_sizes, data[3], data[-3]
    ([3, 5], 0, 2)
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            problem = "datasets should not be an empty iterable"
            raise AssertionError(explain("ConcatDataset", problem))
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            problem = "ConcatDataset does not support IterableDataset"
            raise AssertionError(explain("ConcatDataset", problem, hint="use ChainDataset"))
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        """The number of samples up to and including each dataset."""
        return list(accumulate([len(d) for d in sequence]))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> T_co:
        length = len(self)
        if idx < -length:
            problem = "absolute value of index should not exceed dataset length"
            raise ChoiceError(explain("ConcatDataset", f"{problem}: {idx} of {length}"))
        if idx >= length:
            problem = f"index {idx} is out of range for {length} samples"
            raise DimError(explain("ConcatDataset", problem))
        place = idx % length
        which = bisect.bisect_right(self.cumulative_sizes, place)
        before = self.cumulative_sizes[which - 1] if which else 0
        sample: T_co = self.datasets[which][place - before]
        return sample

    @property
    def cummulative_sizes(self) -> list[int]:
        """An old misspelling of `cumulative_sizes`."""
        text = "`cummulative_sizes` attribute is renamed to `cumulative_sizes`"
        warnings.warn(text, FutureWarning, stacklevel=2)
        return self.cumulative_sizes


class ChainDataset(IterableDataset[Any]):
    """Iterable datasets one after another, as one.

    >>> class Count(torch.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(2))
    >>> list(torch.utils.data.ChainDataset([Count(), Count()]))
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        super().__init__()
        self.datasets = datasets

    def each(self) -> Iterator[Any]:
        """The datasets; raises AssertionError at one that is no IterableDataset."""
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                kind = type(dataset).__name__
                problem = f"ChainDataset only supports IterableDataset, not {kind}"
                raise AssertionError(explain("ChainDataset", problem, hint="use ConcatDataset"))
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.each():
            yield from dataset

    def __len__(self) -> int:
        return sum([len(d) for d in self.each()])


class Subset(Dataset[T_co]):
    """The samples of `dataset` at `indices`.

    >>> data = torch.utils.data.Subset("abcde", [4, 0])
    >>> len(data), data[0]
    (2, 'e')
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, idx: Any) -> T_co:
        if isinstance(idx, list):
            several: T_co = self.dataset[[self.indices[i] for i in idx]]
            return several
        sample: T_co = self.dataset[self.indices[idx]]
        return sample

    def __getitems__(self, indices: Sequence[int]) -> list[T_co]:
        """The samples at `indices` of the subset."""
        return samples_of(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def samples_of(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    """The samples at `indices`, by `__getitems__` if the dataset has one."""
    together = getattr(dataset, "__getitems__", None)
    if callable(together):
        found: list[Any] = together(indices)
        return found
    return [dataset[i] for i in indices]


def random_split(
    dataset: Any, lengths: Sequence[Any], generator: Generator | None = default_generator
) -> list[Subset[Any]]:
    """Parts of `dataset`, at random: of these `lengths`, or of these fractions if they sum to 1.

    One permutation is drawn and cut in order. What rounding fractions down leaves over goes one by
    one to the parts from the first on. Raises ValueError if the lengths do not sum to the number of
    samples, TypeError if one of them is no integer.

    >>> g = torch.Generator().manual_seed(0)
    >>> parts = torch.utils.data.random_split(range(10), [0.7, 0.3], generator=g)
    >>> [len(p) for p in parts]
    [7, 3]
    """
    total = sum(lengths)
    if math.isclose(total, 1) and total <= 1:
        lengths = lengths_of(lengths, len(dataset))
    if sum(lengths) != len(dataset):
        problem = "Sum of input lengths does not equal the length of the input dataset!"
        got = {"the sum": sum(lengths), "the length": len(dataset)}
        hint = "give integers that sum to len(dataset), or fractions that sum to 1"
        raise ChoiceError(explain("random_split", problem, got, hint))
    try:
        counts = [operator.index(n) for n in lengths]
    except TypeError:
        problem = f"lengths must be integers, or fractions that sum to 1, not {list(lengths)}"
        raise ArgumentError(explain("random_split", problem)) from None
    if min(counts, default=0) < 0:
        raise ChoiceError(explain("random_split", f"lengths must not be negative: {counts}"))
    order = randperm(sum(counts), generator=generator).tolist()
    ends = list(accumulate(counts))
    return [Subset(dataset, order[e - n : e]) for e, n in zip(ends, counts, strict=True)]


def lengths_of(fractions: Sequence[float], count: int) -> list[int]:
    """How many of `count` samples each fraction gets."""
    for k, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            problem = f"Fraction at index {k} is not between 0 and 1"
            raise ChoiceError(explain("random_split", problem, {"it": fraction}))
    lengths = [math.floor(count * fraction) for fraction in fractions]
    for k in range(count - sum(lengths)):
        lengths[k % len(lengths)] += 1
    for k, length in enumerate(lengths):
        if length == 0:
            text = f"Length of split at index {k} is 0. This might result in an empty dataset."
            warnings.warn(text, UserWarning, stacklevel=3)
    return lengths
