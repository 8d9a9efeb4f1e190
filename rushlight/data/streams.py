"""What a worker has for its own: who it is (`get_worker_info`), and its random streams.

In PyTorch a worker is a process, whose global generators (PyTorch's, Python's `random`, NumPy's
`numpy.random`) are started from the loader's base seed and the worker's number. Here a worker is a
thread, and those generators are the whole process's. Were the workers to use them, they would
disturb the main program, and each other, in a different way each time.

So while there are such threads, a call of a global random function from one of them goes to that
worker's own stream, started just as PyTorch would start it: the numbers are PyTorch's bit for bit,
`worker_init_fn` may seed as it likes, and the streams of all other threads are left alone. For that
the functions of the modules `random` and `numpy.random` are replaced by others that look at the
thread first, from the start of the first worker until the end of the last. Not reached are the
builtin functions that somebody took out of their module before (`from random import random`,
`from numpy.random import rand`) and NumPy's hidden RandomState itself: those draw from the streams
of the process. Processes as workers (`multiprocessing_context=`) have no such limits.
"""

from __future__ import annotations

import functools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import rng
from ..generator import Generator, default_generator, manual_seed


def numpy_seed(base_seed: int, worker: int) -> Any:
    """What `numpy.random` is seeded with in a worker (rng spec 17): four words."""
    entropy = [worker, base_seed % 2**32, base_seed >> 32, 0]
    return np.random.SeedSequence(entropy).generate_state(4)


def seed_process(base_seed: int, worker: int) -> None:
    """Start the global generators of a process that is a worker."""
    manual_seed(base_seed + worker)
    random.seed(base_seed + worker)
    np.random.seed(numpy_seed(base_seed, worker))


class Streams:
    """The generators of one worker thread, made when they are first asked for."""

    def __init__(self, base_seed: int, worker: int) -> None:
        self.base_seed = base_seed
        self.worker = worker

    @functools.cached_property
    def torch_generator(self) -> Generator:
        """In place of the default generator."""
        return Generator().manual_seed(self.base_seed + self.worker)

    @functools.cached_property
    def random_generator(self) -> random.Random:
        """In place of the functions of `random`."""
        return random.Random(self.base_seed + self.worker)

    @functools.cached_property
    def numpy_generator(self) -> np.random.RandomState:
        """In place of the functions of `numpy.random`."""
        return np.random.RandomState(numpy_seed(self.base_seed, self.worker))


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker as it sees itself: `id` of `num_workers`, its `seed` and its own `dataset`.

    `rng` holds the generators of a worker that is a thread.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str = "multiprocessing"


class Own(threading.local):
    """What the present thread has for its own, if it is a worker."""

    info: WorkerInfo | None = None
    streams: Streams | None = None


own = Own()


def get_worker_info() -> WorkerInfo | None:
    """Who this worker of a DataLoader is; None outside of workers.

    >>> print(torch.utils.data.get_worker_info())
    None
    """
    return own.info


# -- sending calls to the worker's own streams -------------------------------------------------


class SharedGenerator(Generator):
    """The default generator while there are worker threads."""

    @property
    def twister(self) -> rng.Twister:  # type: ignore[override]
        """The engine of the thread that asks."""
        streams = own.streams
        if streams is None:
            return self.__dict__["twister"]  # type: ignore[no-any-return]
        return streams.torch_generator.twister


class SharedRandom(random.Random):
    """Python's generator while there are worker threads: every other method comes to these."""

    def random(self) -> float:
        """A number in [0, 1)."""
        streams = own.streams
        return super().random() if streams is None else streams.random_generator.random()

    def getrandbits(self, k: int) -> int:
        """An integer of k bits."""
        streams = own.streams
        if streams is None:
            return super().getrandbits(k)
        return streams.random_generator.getrandbits(k)

    @property
    def gauss_next(self) -> Any:
        """The second normal of a pair."""
        streams = own.streams
        place = self if streams is None else streams.random_generator
        return place.__dict__["gauss_next"]

    @gauss_next.setter
    def gauss_next(self, value: Any) -> None:
        streams = own.streams
        place = self if streams is None else streams.random_generator
        place.__dict__["gauss_next"] = value


def by_thread(original: Callable[..., Any], kind: str, name: str) -> Callable[..., Any]:
    """`original`, or in a worker the method `name` of its own generator of this `kind`."""

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        streams = own.streams
        if streams is None:
            return original(*args, **kwargs)
        return getattr(getattr(streams, kind), name)(*args, **kwargs)

    return call


def replacements() -> list[tuple[Any, str, Any, Any]]:
    """What is to be exchanged: places (module or object, attribute), old values and new ones."""
    found: list[tuple[Any, str, Any, Any]] = []

    def by_name(module: Any, name: str, kind: str, method: str) -> None:
        old = getattr(module, name)
        found.append((module, name, old, by_thread(old, kind, method)))

    found.append((default_generator, "__class__", Generator, SharedGenerator))
    hidden = getattr(random, "_inst", None)
    if type(hidden) is random.Random:
        found.append((hidden, "__class__", random.Random, SharedRandom))
    for name in ("random", "getrandbits", "seed", "getstate", "setstate"):
        by_name(random, name, "random_generator", name)
    shared = getattr(np.random.get_state, "__self__", None)
    for name in dir(np.random):
        if getattr(getattr(np.random, name), "__self__", None) is shared is not None:
            by_name(np.random, name, "numpy_generator", name)
    for name, method in (("seed", "seed"), ("ranf", "random_sample"), ("sample", "random_sample")):
        by_name(np.random, name, "numpy_generator", method)
    return found


class Exchange:
    """Has the replacements in place as long as somebody needs them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.made: list[tuple[Any, str, Any, Any]] = []

    def need(self) -> None:
        """None; a worker thread is about to begin."""
        with self.lock:
            self.count += 1
            if self.count == 1:
                self.made = replacements()
                for place, name, _, new in self.made:
                    setattr(place, name, new)

    def need_no_more(self) -> None:
        """None; a worker thread ends."""
        with self.lock:
            self.count -= 1
            if self.count == 0:
                for place, name, old, new in self.made:
                    if getattr(place, name) is new:  # or somebody else has replaced it since
                        setattr(place, name, old)
                self.made = []


exchange = Exchange()
