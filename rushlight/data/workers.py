"""Worker threads: they fetch batches ahead, and the main thread hands them out in order.

Batches go round the workers in turn, each of which has its own queue; every batch that is handed
out has the next indices drawn, as in PyTorch, so the random streams of the main thread are
PyTorch's. A worker has a shallow copy of the dataset, as it was when the iteration began: what it
sets on it (in `worker_init_fn`, or counting in `__getitem__`) concerns nobody else. The data itself
is shared, unlike between processes: a dataset that reads from one open file needs a lock, or
processes as workers.

A batch is handed over concrete: what the worker recorded has been run.

Threads are daemons, so that a waiting one cannot keep the interpreter from exiting. They end when
the iterator is exhausted or dropped, or at exit, where they are waited for: at the latest after the
sample they are at.
"""

from __future__ import annotations

import atexit
import copy
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

from ..runtime.recorder import local
from .dataset import ChainDataset, ConcatDataset, Subset
from .fetch import ENDED, PLACE, Abandoned, Recipe
from .streams import Streams, WorkerInfo, exchange, own

PATIENCE = 5.0
"""Seconds that exit waits for workers that are busy with a sample."""

GLANCE = 1.0
"""Seconds after which a waiting main thread looks whether the worker is still there."""

RUNNING: set[Worker] = set()
"""Workers whose threads have not ended."""


class Task:
    """One batch to be fetched: number `number` of the epoch, by `worker`.

    `rank` tells that it is done, and the how manieth it was; then `result` or `error` is known.
    """

    __slots__ = ("error", "indices", "number", "rank", "result", "worker")

    def __init__(self, number: int, worker: int, indices: Any) -> None:
        self.number = number
        self.worker = worker
        self.indices = indices
        self.rank: int | None = None
        self.result: Any = None
        self.error: BaseException | None = None


RANKS = itertools.count()


class Crew:
    """What the workers of one iterator share: `done` is set whenever a batch is, and `stopped`
    once when no more are wanted.
    """

    def __init__(self) -> None:
        self.done = threading.Event()
        self.stopped = False
        self.workers: list[Worker] = []

    def unwanted(self) -> bool:
        """Whether nobody waits for batches any more."""
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
            if worker.thread is not threading.current_thread():
                worker.thread.join(max(deadline - time.monotonic(), 0))


class Worker:
    """One worker: a thread that fetches what `tasks` says, until that says None.

    A `Recipe` in place of a task begins another epoch.
    """

    def __init__(self, crew: Crew, info: WorkerInfo, init: Callable[[int], Any] | None) -> None:
        self.crew = crew
        self.info = info
        self.init = init
        self.tasks: SimpleQueue[Any] = SimpleQueue()
        self.fetch: Callable[[Any], Any] | None = None
        self.trouble: BaseException | None = None  # why there is no `fetch`
        self.thread = threading.Thread(
            target=self.run, name=f"DataLoader worker {info.id}", daemon=True
        )

    def start(self) -> None:
        """Let the thread begin."""
        exchange.need()
        RUNNING.add(self)
        try:
            self.thread.start()
        except BaseException:
            self.ended()
            raise

    def run(self) -> None:
        """Fetch batches: the life of the thread."""
        try:
            self.enter()
            while True:
                task = self.tasks.get()
                if task is None:
                    return
                if self.crew.stopped:
                    continue
                if isinstance(task, Recipe):
                    self.begin(task)
                else:
                    self.perform(task)
                del task  # or it would keep its batch while this waits for the next
        finally:
            self.leave()

    def enter(self) -> None:
        """Become a worker."""
        own.info = self.info
        own.streams = self.info.rng
        try:
            if self.init is not None:
                self.init(self.info.id)
        except BaseException as error:
            self.trouble = retold(error, f"worker_init_fn of DataLoader worker {self.info.id}")

    def begin(self, recipe: Recipe) -> None:
        """Begin an epoch."""
        if self.init is not None and self.trouble is not None:
            return
        try:
            self.fetch = recipe.fetcher(self.crew.unwanted)
        except BaseException as error:
            self.fetch = None
            self.trouble = retold(error, f"DataLoader worker {self.info.id}")

    def perform(self, task: Task) -> None:
        """Fetch one batch."""
        try:
            if self.fetch is None:
                assert self.trouble is not None
                task.error = self.trouble
            else:
                task.result = self.fetch(task.indices)
                local.recorder.flush()  # what the batch is made of becomes concrete here
        except Abandoned:
            return
        except BaseException as error:
            task.error = retold(error, f"DataLoader worker {self.info.id}")
        task.rank = next(RANKS)
        self.crew.done.set()

    def leave(self) -> None:
        """Be a worker no more."""
        try:
            close = getattr(self.fetch, "close", None)
            if close is not None:
                close()
            self.fetch = None
            own.info = own.streams = None
            local.recorder.restart()
        finally:
            self.ended()

    def ended(self) -> None:
        """Note that the thread is gone."""
        RUNNING.discard(self)
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


class Line(str):
    """A text that `KeyError` shows as it is."""

    __repr__ = str.__str__


def retold(error: BaseException, worker: str) -> BaseException:
    """`error` with the name of the worker, and of the sample, in its text.

    It is a new exception of the same type where that can be made of a text, caused by the old; else
    the old one with a note. What would end a process ends no thread: it becomes a RuntimeError.
    """
    kind = type(error)
    if not isinstance(error, Exception):
        made: BaseException = RuntimeError(f"{worker} exited unexpectedly: {error!r}")
        made.__cause__ = error
        return made
    notes: list[str] = getattr(error, "__notes__", [])
    places = [note for note in notes if note.startswith(PLACE)] or [PLACE.rstrip().rsplit(" ", 1)[0]]
    text = f"{places[-1]}, in {worker}"
    if len(error.args) == 1 and isinstance(error.args[0], str):
        try:
            made = kind(Line(f"{error.args[0]}\n{text}"))
            if type(made) is kind and text in str(made):
                rest = {k: v for k, v in vars(error).items() if k != "__notes__"}
                vars(made).update(rest)
                made.__cause__ = error
                return made
        except Exception:
            pass  # its constructor wants something else
    error.add_note(f"    in {worker}")
    return error
