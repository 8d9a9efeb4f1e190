"""A sampler that deals a dataset out to several processes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import ChoiceError, explain
from ..generator import Generator
from ..random import randperm
from ..runtime.record import realise
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """The part of `dataset` that process `rank` of `num_replicas` visits: every n-th sample.

    All processes shuffle with the same seed, `seed` plus the number given to `set_epoch`, so their
    parts do not overlap. So that they are of equal length, a few samples are visited twice, or, if
    `drop_last`, left out. Raises ValueError if `rank` is not below `num_replicas`.

    >>> sampler = torch.utils.data.DistributedSampler(range(5), 2, 1, shuffle=False)
    >>> list(sampler)
    [1, 3, 0]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            problem = "Default process group has not been initialized"
            hint = "say how many processes there are, and which one this is: num_replicas=, rank="
            raise ChoiceError(explain("DistributedSampler", problem, hint=hint))
        if not 0 <= rank < num_replicas:
            problem = f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            raise ChoiceError(explain("DistributedSampler", problem))
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        count = len(dataset)
        if drop_last:
            self.num_samples = count // num_replicas
        else:
            self.num_samples = math.ceil(count / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def order(self) -> Any:
        """The indices, as an array."""
        count = len(self.dataset)
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            order = realise(randperm(count, generator=generator))
        else:
            order = np.arange(count)
        # `resize` begins again with the first samples where there are too few.
        whole = np.resize(order, self.total_size) if count else order
        return whole[self.rank : self.total_size : self.num_replicas]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def index_arrays(self) -> Iterator[Any]:
        """The indices in arrays."""
        yield self.order()

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """None; the next iteration is shuffled as that of number `epoch`."""
        self.epoch = epoch
