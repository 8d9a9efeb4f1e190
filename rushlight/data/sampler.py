"""Samplers: in which order the samples of a dataset are visited.

The random orders are PyTorch's, bit for bit, and drawn at the same moments (rng spec 16). Each of
the samplers here can give its indices in arrays too (`index_arrays`), for whoever wants many at
once: the same numbers, drawn when the first of an array is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

from .. import dtypes, rng
from ..create import as_tensor
from ..errors import ArgumentError, ChoiceError, explain
from ..generator import LOCK, Generator, twister_of
from ..random import multinomial, randint, randperm
from ..runtime.entry import Handle
from ..runtime.record import realise

T_co = TypeVar("T_co", covariant=True)

TOGETHER = 32
"""How many indices are drawn at a time with replacement."""


def draw_seed(generator: Generator | None) -> int:
    """A seed of 63 bits, drawn from `generator` or from the default one."""
    with LOCK:
        return int(rng.random_full(twister_of(generator), 1)[0])


def check_count(where: str, name: str, count: Any) -> None:
    """Raise ValueError unless `count` is a positive integer."""
    if not isinstance(count, int) or isinstance(count, bool) or count <= 0:
        problem = f"{name} should be a positive integer value, but got {name}={count}"
        raise ChoiceError(explain(where, problem))


def check_flag(where: str, name: str, flag: Any, kind: type[Exception] = ChoiceError) -> None:
    """Raise an error of this `kind` unless `flag` is True or False."""
    if not isinstance(flag, bool):
        raise kind(explain(where, f"{name} should be a boolean value, but got {name}={flag}"))


def index_array(indices: Any) -> Any:
    """Integers as one int64 array, or None if `indices` is anything but a sequence of integers."""
    if isinstance(indices, Handle):
        if indices._value.dtype is not dtypes.int64 or indices._value.requires_grad:
            return None
        array = np.array(realise(indices))
    elif type(indices) in (list, tuple, range, np.ndarray):
        try:
            array = np.array(indices)
        except (ValueError, OverflowError):
            return None
        if type(indices) in (list, tuple) and bool in set(map(type, indices)):
            return None  # True picks a sample as a number does, but an array by mask
    else:
        return None
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        return None
    return array.astype(np.int64, copy=False)


class Sampler(Generic[T_co]):
    """An order of samples: a subclass has `__iter__`, and mostly `__len__`.

    >>> class Backwards(torch.utils.data.Sampler):
    ...     def __init__(self, data):
    ...         self.data = data
    ...     def __iter__(self):
    ...         return iter(range(len(self.data) - 1, -1, -1))
    >>> list(Backwards("abc"))
    [2, 1, 0]
    """

    def __iter__(self) -> Iterator[T_co]:
        problem = "a subclass of Sampler should implement __iter__"
        raise NotImplementedError(explain(type(self).__name__, problem))


class SequentialSampler(Sampler[int]):
    """All samples of `data_source` in order.

    >>> list(torch.utils.data.SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def index_arrays(self) -> Iterator[Any]:
        """The indices in arrays."""
        yield np.arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Samples of `data_source` in random order: all of them once, or `num_samples` of them.

    With `replacement` each is drawn from all; without it they come in permutations, as many as it
    takes. The draws come from `generator`; without one, a seed from the default generator starts a
    new one whenever an iteration begins. Raises ValueError if there is nothing to sample.

    >>> g = torch.Generator().manual_seed(0)
    >>> list(torch.utils.data.RandomSampler(range(5), generator=g))
    [4, 0, 1, 3, 2]
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        check_flag("RandomSampler", "replacement", replacement, ArgumentError)
        count = self.num_samples
        if not isinstance(count, int) or count <= 0:
            problem = f"num_samples should be a positive integer value, but got num_samples={count}"
            hint = "the dataset is empty" if num_samples is None else ""
            raise ChoiceError(explain("RandomSampler", problem, hint=hint))

    @property
    def num_samples(self) -> int:
        """How many samples one iteration gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        for array in self.index_arrays():
            yield from array.tolist()

    def index_arrays(self) -> Iterator[Any]:
        """The indices in arrays."""
        n = len(self.data_source)
        if n == 0:
            raise ChoiceError(explain("RandomSampler", "there is nothing to draw samples from"))
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed(None))
        full, rest = divmod(self.num_samples, TOGETHER if self.replacement else n)
        if self.replacement:
            for count in [TOGETHER] * full + [rest]:
                yield realise(randint(n, (count,), generator=generator))
            return
        for _ in range(full):
            yield realise(randperm(n, generator=generator))
        # PyTorch draws one more permutation for the rest, even if there is no rest.
        if rest or self.generator is not None:
            yield realise(randperm(n, generator=generator))[:rest]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The items of `indices` in random order.

    >>> g = torch.Generator().manual_seed(0)
    >>> list(torch.utils.data.SubsetRandomSampler([10, 20, 30], generator=g))
    [30, 10, 20]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for k in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[k]

    def index_arrays(self) -> Iterator[Any] | None:
        """The indices in arrays, or None if `indices` are not plain integers."""
        chosen = index_array(self.indices)
        return None if chosen is None else self.shuffled(chosen)

    def shuffled(self, chosen: Any) -> Iterator[Any]:
        """The indices in one array, drawn when it is asked for."""
        yield chosen[realise(randperm(len(chosen), generator=self.generator))]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` of the numbers below `len(weights)`, each as often as its weight says.

    Raises ValueError if `num_samples` is no positive integer or the weights have not one dimension.

    >>> g = torch.Generator().manual_seed(0)
    >>> list(torch.utils.data.WeightedRandomSampler([1.0, 2.0, 0.0], 6, generator=g))
    [1, 1, 1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        check_count("WeightedRandomSampler", "num_samples", num_samples)
        check_flag("WeightedRandomSampler", "replacement", replacement)
        self.weights = as_tensor(weights, dtype=dtypes.float64)
        shape = self.weights._value.shape
        if len(shape) != 1:
            problem = f"weights should be a 1d sequence but given weights have shape {shape}"
            raise ChoiceError(explain("WeightedRandomSampler", problem))
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for array in self.index_arrays():
            yield from array.tolist()

    def index_arrays(self) -> Iterator[Any]:
        """The indices in arrays."""
        count, again = self.num_samples, self.replacement
        yield realise(multinomial(self.weights, count, again, generator=self.generator))

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of `sampler` in lists of `batch_size`; a shorter last one unless `drop_last`.

    >>> list(torch.utils.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        check_count("BatchSampler", "batch_size", batch_size)
        check_flag("BatchSampler", "drop_last", drop_last)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        smallest = self.batch_size if self.drop_last else 1
        while len(batch := list(islice(indices, self.batch_size))) >= smallest:
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        spare = 0 if self.drop_last else self.batch_size - 1
        return (count + spare) // self.batch_size


class EndlessSampler(Sampler[None]):
    """None, for ever: the sampler of a DataLoader whose dataset chooses its own order."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None
