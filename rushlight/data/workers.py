"""Workers: threads that fetch batches ahead of the main thread.

A worker has a queue of tasks, and a shallow copy of the dataset as it was when the iteration began:
what it sets on that (in `worker_init_fn`, or counting in `__getitem__`) concerns nobody else, as in
PyTorch, where a worker is a process. The data itself is shared: a dataset whose samples are read
from one open file needs a lock, or processes as workers. Its global random functions are its own
(see streams.py). A batch is handed over concrete: what the worker recorded has been run.

Threads are daemons, so that a waiting one cannot keep the interpreter from exiting. They end when
the iterator is exhausted or dropped, at the latest after the sample they are at; at exit they are
waited for.
"""

from __future__ import annotations

import atexit
import copy
import itertools
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import numpy as np

from ..errors import DataError, explain
from ..runtime.entry import Handle
from ..runtime.recorder import local
from .dataset import ChainDataset, ConcatDataset, Subset
from .fetch import PLACE, Abandoned, Recipe
from .streams import WorkerInfo, exchange, own

PATIENCE = 5.0
"""Seconds for which workers that are busy with a sample are waited for."""

RUNNING: set[Worker] = set()
"""Workers whose threads have not ended."""

RANKS = itertools.count()


class Task:
    """One batch to be fetched: number `number` of the epoch, by worker `worker`.

    `rank` is None until it is done, and then grows from task to task; one of `result` and `error`
    is known by then.
    """

    __slots__ = ("error", "indices", "number", "rank", "result", "worker")

    def __init__(self, number: int, worker: int, indices: Any) -> None:
        self.number = number
        self.worker = worker
        self.indices = indices
        self.rank: int | None = None
        self.result: Any = None
        self.error: BaseException | None = None


class Crew:
    """What the workers of one iterator have in common.

    `done` is set whenever a task is done. `stopped` says that no more batches are wanted.
    """

    def __init__(self) -> None:
        self.done = threading.Event()
        self.stopped = False
        self.workers: list[Worker] = []

    def start(self) -> None:
        """Have all workers begin."""
        prepared = []
        try:
            for worker in self.workers:
                worker.prepare()
                prepared.append(worker)
            for worker in self.workers:
                RUNNING.add(worker)
                worker.thread.start()
        except BaseException:
            self.stop()
            for worker in prepared:
                if worker.thread.ident is None:
                    RUNNING.discard(worker)
                    worker.release()
            raise

    def unwanted(self) -> bool:
        """Whether no more batches are wanted."""
        return self.stopped

    def stop(self) -> None:
        """Have all workers end as soon as they can."""
        self.stopped = True
        for worker in self.workers:
            worker.tasks.put(None)

    def join(self, seconds: float) -> None:
        """Wait for the workers to end, for so long at most."""
        deadline = time.monotonic() + seconds
        for worker in self.workers:
            if worker.thread.ident is not None:
                worker.thread.join(max(deadline - time.monotonic(), 0))


class Worker:
    """One worker: a thread that does what `tasks` says, until that says None.

    A `Recipe` among the tasks begins another epoch. What comes to nothing because of `trouble` (an
    error in `worker_init_fn`, or in the dataset's `__iter__`) has that for its error.
    """

    def __init__(self, crew: Crew, info: WorkerInfo, init: Callable[[int], Any] | None) -> None:
        self.crew = crew
        self.info = info
        self.init = init
        self.name = f"DataLoader worker {info.id}"
        self.tasks: SimpleQueue[Any] = SimpleQueue()
        self.fetch: Callable[[Any], Any] | None = None
        self.trouble: tuple[BaseException, str] | None = None
        self.thread = threading.Thread(target=self.run, name=self.name, daemon=True)

    def prepare(self) -> None:
        """Do what must be done in the main thread before any worker begins."""
        exchange.need()

    def run(self) -> None:
        """Do the tasks: the life of the thread."""
        try:
            self.enter()
            while (task := self.tasks.get()) is not None:
                if self.crew.stopped:
                    continue
                if isinstance(task, Recipe):
                    self.begin(task)
                else:
                    self.perform(task)
                task = None  # or it would keep its batch while this waits for the next
        finally:
            RUNNING.discard(self)
            self.leave()

    def enter(self) -> None:
        """Become a worker."""
        own.info = self.info
        own.streams = self.info.rng
        try:
            if self.init is not None:
                self.init(self.info.id)
        except BaseException as error:
            self.trouble = error, "worker_init_fn"

    def begin(self, recipe: Recipe) -> None:
        """Begin an epoch."""
        if self.trouble is None:
            try:
                self.fetch = recipe.fetcher(self.crew.unwanted)
            except BaseException as error:
                self.trouble = error, "the dataset's __iter__"

    def perform(self, task: Task) -> None:
        """Fetch one batch."""
        try:
            if self.trouble is not None:
                task.error = retold(self.trouble[0], self.name, self.trouble[1])
            else:
                assert self.fetch is not None
                task.result = self.fetch(task.indices)
                local.recorder.flush()  # what the batch is made of becomes concrete here
        except Abandoned:
            return
        except Told as told:
            task.error = told.error
        except BaseException as error:
            task.error = retold(error, self.name)
        task.rank = next(RANKS)
        self.crew.done.set()

    def leave(self) -> None:
        """Be a worker no more."""
        try:
            own.info = own.streams = None
            self.fetch = None
            self.info = None  # type: ignore[assignment] # it would keep the copy of the dataset
            local.recorder.restart()
        finally:
            self.release()

    def release(self) -> None:
        """Undo what `prepare` did."""
        exchange.need_no_more()


@atexit.register
def stop_all() -> None:
    """Stop the workers that are left when the interpreter exits."""
    crews = {worker.crew for worker in list(RUNNING)}
    for crew in crews:
        crew.stop()
    deadline = time.monotonic() + PATIENCE
    for crew in crews:
        crew.join(deadline - time.monotonic())


def copied(dataset: Any) -> Any:
    """A shallow copy of a dataset, and of those it is made of; itself if it cannot be copied.

    Nor is it copied if it is the data itself, or if it would close a file when the copy dies.
    """
    if not hasattr(dataset, "__dict__") or isinstance(dataset, np.ndarray | Handle):
        return dataset
    if hasattr(dataset, "__del__"):
        return dataset
    try:
        made = copy.copy(dataset)
    except Exception:
        return dataset
    if type(made) is Subset:
        made.dataset = copied(made.dataset)
    elif type(made) in (ConcatDataset, ChainDataset) and type(made.datasets) in (list, tuple):
        made.datasets = [copied(d) for d in made.datasets]
    return made


# -- errors ------------------------------------------------------------------------------------


class Told(Exception):
    """Carries an `error` that names its worker already."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class Line(str):
    """A text that `KeyError` shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def retold(error: BaseException, worker: str, place: str = "") -> BaseException:
    """A twin of `error`, caused by it, that names the worker and the sample.

    They are in its text if it is made of a text, else in a note. What ends a process ends no
    thread: SystemExit and its like become a RuntimeError.
    """
    if not isinstance(error, Exception):
        made: BaseException = DataError(explain(worker, f"exited unexpectedly: {error!r}"))
        made.__cause__ = error
        return made
    notes: list[str] = getattr(error, "__notes__", [])
    places = [n for n in notes if n.startswith(PLACE)] or [PLACE + place if place else "    raised"]
    where = f"{places[-1]}, in {worker}"
    made = twin(error)
    made.__notes__ = [n for n in notes if not n.startswith(PLACE)]
    if made is not error and len(error.args) == 1 and type(error.args[0]) is str:
        text = f"{error.args[0]}\n{where}"
        made.args = (Line(text) if isinstance(error, KeyError) else text,)
        if where in str(made):
            return made
        made.args = error.args
    made.add_note(where)
    return made


def twin(error: Exception) -> Exception:
    """A copy of `error`, caused by it; itself if it cannot be copied."""
    try:
        made = copy.copy(error)
    except Exception:
        return error
    if type(made) is not type(error):
        return error
    made.__cause__ = error
    return made
