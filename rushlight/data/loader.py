"""The DataLoader: what is read, in which order, by whom, and how it becomes batches."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

from ..errors import ArgumentError, ChoiceError, explain
from ..generator import Generator
from .ahead import WorkerEpoch
from .array_epoch import ArrayEpoch
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .epoch import Epoch, epoch_of
from .fetch import Recipe
from .gather import Table
from .sampler import BatchSampler, EndlessSampler, RandomSampler, SequentialSampler, draw_seed

T_co = TypeVar("T_co", covariant=True)

FIXED = frozenset(
    ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
)
"""What cannot be set any more once a loader is made: other things were derived from it."""


class DataLoader(Generic[T_co]):
    """The batches of a dataset, as often as one iterates over it.

    Indices come from `batch_sampler`; or from `sampler`, in lists of `batch_size` (a shorter last
    one unless `drop_last`); or, with `batch_size=None`, from `sampler` one by one. The default is
    the order of the dataset, or with `shuffle` a new random one each time, from `generator` or the
    default generator. `collate_fn` makes a batch of a list of samples. An IterableDataset has no
    indices, and chooses its own order.

    With `num_workers`, that many threads fetch batches ahead, `prefetch_factor` (2) each; they come
    out in order unless `in_order` is False. `worker_init_fn(k)` is run in each first; a batch that
    takes longer than `timeout` seconds raises RuntimeError; `persistent_workers` live on from one
    iteration to the next. With `multiprocessing_context` ("spawn", "fork", "forkserver" or a
    context) they are processes. `pin_memory` is accepted and does nothing: there is no accelerator.

    Raises ValueError for arguments that do not go together. An error in a dataset is raised again
    where the batch would have come out, naming the sample.

    >>> data = torch.utils.data.TensorDataset(torch.arange(5))
    >>> [batch for (batch,) in torch.utils.data.DataLoader(data, batch_size=2)]
    [tensor([0, 1]), tensor([2, 3]), tensor([4])]
    """

    _table: Table | None = None

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        if num_workers > 0 and prefetch_factor is None:
            self.prefetch_factor = 2
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator
        self.persistent_workers = persistent_workers
        check_order(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        if sampler is None:
            sampler = default_sampler(dataset, shuffle, generator)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self._reported_length: int | None = None
        self._iterator: WorkerEpoch | None = None
        self._made = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FIXED and "_made" in self.__dict__:
            problem = f"{name} attribute should not be set after DataLoader is initialized"
            raise refused(problem, "make another DataLoader")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> Any:
        """How processes are started that are to be the workers; None for threads."""
        return self.__dict__["multiprocessing_context"]

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            context = checked_context(context, self.num_workers)
        self.__dict__["multiprocessing_context"] = context

    @property
    def _auto_collation(self) -> bool:
        """Whether samples are put together in batches here."""
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        """What the indices of a batch come from."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if not self.persistent_workers or self.num_workers == 0:
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()  # type: ignore[assignment]
        else:
            self._iterator.begin(self)
        return self._iterator  # type: ignore[return-value]

    def _get_iterator(self) -> Epoch | ArrayEpoch | WorkerEpoch:
        """An iterator over the batches; draws the seed of the workers, needed or not."""
        warn_of_pinning(self.pin_memory)
        base_seed = draw_seed(self.generator)
        recipe = Recipe(self.dataset, self.collate_fn, self._auto_collation, self.drop_last)
        if self.num_workers > 0:
            self.check_worker_number_rationality()
            return WorkerEpoch(self, recipe, base_seed)
        if self.timeout:
            raise refused("timeout needs num_workers > 0", kind=AssertionError)
        return epoch_of(self, recipe)

    def __len__(self) -> int:
        """Number of batches; of an IterableDataset with a length, as many as that should give."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = self._reported_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        spare = 0 if self.drop_last else self.batch_size - 1
        return (length + spare) // self.batch_size

    def check_worker_number_rationality(self) -> None:
        """None; warns if there are to be more processes than the machine has processors.

        Threads mostly wait, and cost next to nothing: of those there may be more.
        """
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        if self.multiprocessing_context is None or cores is None or self.num_workers <= cores:
            return
        warnings.warn(
            f"This DataLoader will create {self.num_workers} worker processes in total. Our "
            f"suggested max number of worker in current system is {cores}, which is smaller than "
            "what this DataLoader is going to create.",
            UserWarning,
            stacklevel=4,
        )


# -- arguments that do not go together -----------------------------------------------------------


def refused(problem: str, hint: str = "", kind: type[Exception] = ChoiceError) -> Exception:
    """The error for them."""
    return kind(explain("DataLoader", problem, hint=hint))


def check_workers(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool
) -> None:
    """Raise ValueError unless what is said about workers goes together."""
    if num_workers < 0:
        hint = "use num_workers=0 to load in the main thread"
        raise refused("num_workers option should be non-negative", hint)
    if timeout < 0:
        raise refused("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise refused("prefetch_factor option needs num_workers > 0", "or leave it out")
    if prefetch_factor is not None and prefetch_factor < 0:
        raise refused("prefetch_factor option should be non-negative")
    if persistent and num_workers == 0:
        raise refused("persistent_workers option needs num_workers > 0")


def check_order(
    dataset: Any,
    batch_size: int | None,
    shuffle: bool | None,
    sampler: Any,
    batch_sampler: Any,
    drop_last: bool,
) -> None:
    """Raise ValueError unless what is said about order and batches goes together."""
    if isinstance(dataset, IterableDataset):
        given = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
        for name, value in given.items():
            if value is not None:
                problem = f"expected unspecified {name} option, but got {name}={value}"
                hint = "an IterableDataset chooses its own order"
                raise refused(f"with IterableDataset: {problem}", hint)
    if sampler is not None and shuffle:
        raise refused("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None:
        if batch_size != 1 or shuffle or sampler is not None or drop_last:
            problem = "batch_sampler option is mutually exclusive with batch_size, shuffle, "
            raise refused(f"{problem}sampler, and drop_last")
    elif batch_size is None and drop_last:
        problem = "batch_size=None option disables auto-batching and is mutually exclusive"
        raise refused(f"{problem} with drop_last")


def default_sampler(dataset: Any, shuffle: bool | None, generator: Generator | None) -> Any:
    """The order in which the samples come if no sampler is given."""
    if isinstance(dataset, IterableDataset):
        return EndlessSampler()
    if shuffle:
        return RandomSampler(dataset, generator=generator)
    return SequentialSampler(dataset)


def checked_context(context: Any, num_workers: int) -> BaseContext:
    """A context of `multiprocessing`, given as such or by the name of its start method."""
    if num_workers == 0:
        problem = "multiprocessing_context can only be used with multi-process loading"
        raise refused(f"{problem} (num_workers > 0), but got num_workers=0")
    if isinstance(context, str):
        known = multiprocessing.get_all_start_methods()
        if context not in known:
            problem = "multiprocessing_context option should specify a valid start method"
            raise refused(f"{problem} in {known}, but got {context!r}")
        return multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        problem = "multiprocessing_context option should be a valid context object or a string"
        kind = ArgumentError
        raise refused(f"{problem} specifying the start method, but got {context!r}", kind=kind)
    return context


def warn_of_pinning(pin_memory: bool) -> None:
    """Warn that nothing is pinned."""
    if pin_memory:
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, "
            "then device pinned memory won't be used.",
            UserWarning,
            stacklevel=4,
        )
