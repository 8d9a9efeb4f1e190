"""Workers that are processes: for datasets that hold the interpreter, or cannot share it.

Asked for by `multiprocessing_context="spawn"` (or "fork", "forkserver"). Each has a thread in this
process that sends it the indices of one batch at a time and waits for the batch, which comes back
as NumPy arrays; so order, prefetching, errors and shutdown are those of worker threads.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing import connection
from typing import Any

from .. import cores
from ..errors import DataError, explain, without_own_frames
from ..generator import LOCK
from ..runtime.recorder import local
from .fetch import ENDED, Abandoned, Recipe
from .streams import WorkerInfo, own, seed_process
from .workers import Crew, Told, Worker, retold

GLANCE = 0.1
"""Seconds after which a thread that waits for its process looks whether it still should."""

LEAVE = 2.0
"""Seconds that an idle process is given to end by itself."""

AGAIN = "again"
"""What is sent instead of a list with the indices of one batch, to begin another epoch."""

BATCH, LAST, ERROR = range(3)
"""What a process may answer."""

if hasattr(os, "register_at_fork"):
    # A child must not inherit the lock of the generators in the hands of another thread.
    os.register_at_fork(
        before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release
    )


class ProcessWorker(Worker):
    """One worker whose samples are fetched by a process of its own."""

    def __init__(
        self,
        crew: Crew,
        info: WorkerInfo,
        init: Callable[[int], Any] | None,
        context: Any,
        recipe: Recipe,
        base_seed: int,
    ) -> None:
        super().__init__(crew, info, init)
        self.context = context
        self.given = (info, recipe, init, base_seed)
        self.busy = False
        self.begun = False

    def prepare(self) -> None:
        """Start the process: from the main thread, before there are others to be forked."""
        self.pipe, theirs = self.context.Pipe()
        # A forked child holds our end of the pipe too; it must let go of it to see us die.
        ours = self.pipe if self.context.get_start_method() == "fork" else None
        self.process = self.context.Process(
            target=serve, args=(theirs, ours, *self.given), name=self.name, daemon=True
        )
        self.process.start()
        theirs.close()
        self.given = ()  # type: ignore[assignment]

    def enter(self) -> None:
        """Nothing: the process does that."""

    def begin(self, recipe: Recipe) -> None:
        """Begin an epoch; the process has the recipe."""
        self.fetch = self.ask
        if self.begun:
            with contextlib.suppress(OSError):  # the next batch that is asked for will say so
                self.pipe.send(AGAIN)
        self.begun = True

    def ask(self, indices: Any) -> Any:
        """The batch that the process makes of `indices`; raises its error if it has one."""
        self.busy = True
        try:
            self.pipe.send([indices])
            while not connection.wait([self.pipe, self.process.sentinel], GLANCE):
                if self.crew.stopped:
                    raise Abandoned
            kind, content = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(LEAVE)
            problem = f"process {self.process.pid} exited unexpectedly"
            got = {"its exit code": self.process.exitcode}
            raise Told(DataError(explain(self.name, problem, got))) from None
        self.busy = False
        if kind == ERROR:
            raise Told(content)
        return ENDED if kind == LAST else content

    def release(self) -> None:
        """Have the process end, by force if it is busy."""
        if self.busy:
            self.process.terminate()
        self.pipe.close()  # it ends when it sees that
        self.process.join(LEAVE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


# -- in the process ----------------------------------------------------------------------------


def serve(
    pipe: Any,
    theirs: Any,
    info: WorkerInfo,
    recipe: Recipe,
    init: Callable[[int], Any] | None,
    base_seed: int,
) -> None:
    """Make batches as the pipe asks for them: the life of the process."""
    if theirs is not None:
        theirs.close()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's business
    local.recorder.restart()
    cores.set_threads(1)  # as many processes as there are workers compute
    own.info = info
    seed_process(base_seed, info.id)
    name = f"DataLoader worker {info.id}"
    trouble = None
    try:
        if init is not None:
            init(info.id)
    except Exception as error:
        trouble = portable(error, name, "worker_init_fn")
    fetch, failed = begin(recipe, name)
    while True:
        try:
            asked = pipe.recv()
        except (EOFError, OSError):
            return
        if asked == AGAIN:
            fetch, failed = begin(recipe, name)
        elif trouble is not None or fetch is None:
            pipe.send((ERROR, trouble or failed))
        else:
            pipe.send(answer(fetch, asked[0], name))


def begin(recipe: Recipe, name: str) -> tuple[Any, Any]:
    """A function that fetches batches, or else why there is none."""
    try:
        return recipe.fetcher(), None
    except Exception as error:
        return None, portable(error, name, "the dataset's __iter__")


def answer(fetch: Callable[[Any], Any], indices: Any, name: str) -> tuple[int, Any]:
    """What is sent back for `indices`."""
    try:
        batch = fetch(indices)
        if batch is ENDED:
            return LAST, None
        local.recorder.flush()
        return BATCH, batch
    except Exception as error:
        return ERROR, portable(error, name)


def portable(error: Exception, name: str, place: str = "") -> BaseException:
    """`error` retold, with its traceback as a note, in a form that can be sent."""
    seen = without_own_frames(error.__traceback__)
    frames = "".join(traceback.format_exception(type(error), error, seen))
    told = retold(error, name, place)
    told.add_note(f"in the worker process:\n{frames}")
    try:
        if type(pickle.loads(pickle.dumps(told))) is type(told):
            return told
    except Exception:
        pass  # a type that cannot be sent, or made again
    return DataError(f"{told}\n{frames}")
