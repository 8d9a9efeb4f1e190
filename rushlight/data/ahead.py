"""Iterating with workers: which of them gets which batch, and which batch comes out next.

Batches go round the workers in turn. At the start as many are asked for as all may have waiting;
after that, one is asked for whenever one has come out. So the sampler draws its random numbers at
the moments at which PyTorch's does (rng spec 17).
"""

from __future__ import annotations

import itertools
import time
import weakref
from typing import Any

from ..errors import DataError, explain
from ..runtime.recorder import local
from .epoch import Tally
from .fetch import ENDED, Recipe
from .processes import ProcessWorker
from .streams import Streams, WorkerInfo
from .workers import PATIENCE, Crew, Task, Worker, copied

GLANCE = 1.0
"""Seconds after which a waiting main thread looks whether the worker is still there."""


class WorkerEpoch:
    """One pass over a dataset whose batches workers fetch; several, one after the other, if the
    workers are persistent.
    """

    def __init__(self, loader: Any, recipe: Recipe, base_seed: int) -> None:
        self.sampler = loader._index_sampler
        self.timeout = loader.timeout
        self.in_order = loader.in_order
        self.persistent = loader.persistent_workers
        self.count = loader.num_workers
        ahead = 2 if loader.prefetch_factor is None else loader.prefetch_factor
        if ahead <= 0:
            problem = f"prefetch_factor must be greater than 0, not {ahead}"
            raise AssertionError(explain("DataLoader", problem))
        self.limit = ahead * self.count
        self.recipes: list[Recipe] = []
        self.crew = Crew()
        for k in range(self.count):
            self.hire(k, loader, recipe, base_seed)
        self.begin(loader)
        # Nothing the threads hold leads here, so this happens as soon as the iterator is dropped.
        weakref.finalize(self, self.crew.stop).atexit = False
        self.crew.start()

    def hire(self, k: int, loader: Any, recipe: Recipe, base_seed: int) -> None:
        """Make worker number `k`."""
        context = loader.multiprocessing_context
        init = loader.worker_init_fn
        if context is None:
            recipe = recipe._replace(dataset=copied(recipe.dataset))
            streams = Streams(base_seed, k)
            info = WorkerInfo(k, self.count, base_seed + k, recipe.dataset, streams, "thread")
            worker = Worker(self.crew, info, init)
        else:
            info = WorkerInfo(k, self.count, base_seed + k, recipe.dataset)
            worker = ProcessWorker(self.crew, info, init, context, recipe, base_seed)
        self.recipes.append(recipe)
        self.crew.workers.append(worker)

    def begin(self, loader: Any) -> None:
        """Begin a pass, or another pass with the same workers: ask for the first batches."""
        local.recorder.flush()  # workers cannot see what this thread has not run yet
        self.tally = Tally(loader)
        self.indices = iter(self.sampler)
        self.turns = itertools.cycle(range(self.count))
        self.active = [True] * self.count
        self.asked = 0
        self.tasks: dict[int, Task] = {}
        for worker, recipe in zip(self.crew.workers, self.recipes, strict=True):
            worker.tasks.put(recipe)
        for _ in range(self.limit):
            self.ask()

    def ask(self) -> None:
        """Have the next batch fetched, if there is one and a worker to do it."""
        try:
            indices = next(self.indices)
        except StopIteration:
            return
        for _ in range(self.count):
            k = next(self.turns)
            if self.active[k] and (self.in_order or self.has_room(k)):
                task = self.tasks[self.asked] = Task(self.asked, k, indices)
                self.asked += 1
                self.crew.workers[k].tasks.put(task)
                return

    def has_room(self, k: int) -> bool:
        """Whether worker `k` has less than its share of the batches still to be fetched."""
        waiting = sum([t.worker == k and t.rank is None for t in self.tasks.values()])
        share: int = self.limit // sum(self.active)
        return waiting < share

    def __iter__(self) -> WorkerEpoch:
        return self

    def __len__(self) -> int:
        return len(self.sampler)

    def __next__(self) -> Any:
        while True:
            task = self.awaited()
            if task is None:
                if not self.persistent and not self.crew.stopped:
                    self.crew.stop()
                    self.crew.join(PATIENCE)
                raise StopIteration
            if task.result is ENDED:
                self.active[task.worker] = False
            self.ask()
            del self.tasks[task.number]  # last: an interrupted call can be made again
            error, task.error = task.error, None
            if error is not None:
                try:
                    raise error
                finally:
                    del error  # its traceback holds this frame: the ring would keep all alive
            if task.result is not ENDED:
                self.tally.add()
                return task.result

    def awaited(self) -> Task | None:
        """The task that comes out next, done; None if there is none."""
        began = time.monotonic()
        done = self.crew.done
        while True:
            done.clear()
            # What a worker did not do before its part of a stream ended, it never will.
            for task in list(self.tasks.values()):
                if task.rank is None and not self.active[task.worker]:
                    del self.tasks[task.number]
                elif self.in_order:
                    break
            if not self.tasks:
                return None
            first = next(iter(self.tasks.values()))
            if self.in_order:
                if first.rank is not None:
                    return first
            elif finished := [t for t in self.tasks.values() if t.rank is not None]:
                return min(finished, key=lambda t: t.rank or 0)
            self.check(first, time.monotonic() - began)
            left = began + self.timeout - time.monotonic() if self.timeout else GLANCE
            done.wait(max(min(left, GLANCE), 0))

    def check(self, task: Task, waited: float) -> None:
        """Raise RuntimeError if the worker of `task` is lost, or was waited for too long."""
        worker = self.crew.workers[task.worker]
        if not worker.thread.is_alive() and task.rank is None:
            problem = "exited unexpectedly" if not self.crew.stopped else "was stopped"
            raise DataError(explain(worker.name, problem))
        if self.timeout and waited >= self.timeout:
            problem = f"DataLoader timed out after {self.timeout} seconds"
            got = {"the batch": f"waited for from worker {task.worker}"}
            hint = "samples take longer than the timeout allows: raise it, or use more workers"
            raise DataError(explain("DataLoader", problem, got, hint))
