"""`torch.multiprocessing`: Python's own, and `spawn`. Tensors go to other processes as copies.

>>> torch.multiprocessing.cpu_count() > 0
True
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Any

from .errors import RushlightError, explain

__all__ = [
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]


class ProcessRaisedException(RushlightError):
    """An error in another process, with its traceback."""


class ProcessExitedException(RushlightError):
    """Another process that ended by itself, or was killed."""


def run(fn: Callable[..., Any], k: int, args: tuple[Any, ...], queue: Any) -> None:
    """Run the function in the `k`-th process; its error, if there is one, goes into `queue`."""
    try:
        fn(k, *args)
    except KeyboardInterrupt:
        pass  # the process that started this one tells
    except Exception:
        queue.put(traceback.format_exc())
        raise SystemExit(1) from None


class SpawnContext:
    """Processes that were started together."""

    def __init__(self, processes: list[Any], queues: list[Any]) -> None:
        self.processes = processes
        self.queues = queues
        self.waiting = dict(enumerate(processes))

    def pids(self) -> list[int]:
        """The number of each process."""
        return [p.pid for p in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Whether all have ended, after waiting for one at most `timeout` seconds.

        If one failed the others are ended and its error is raised here.
        """
        if not self.waiting:
            return True
        done = wait([p.sentinel for p in self.waiting.values()], timeout)
        for k, process in [*self.waiting.items()]:
            if process.sentinel in done:
                process.join()
                del self.waiting[k]
                if process.exitcode:
                    self.fail(k, process.exitcode)
        return not self.waiting

    def fail(self, k: int, code: int) -> None:
        """End the others, and raise what went wrong in the `k`-th process."""
        for other in self.waiting.values():
            other.terminate()
        for other in self.waiting.values():
            other.join()
        self.waiting.clear()
        if not self.queues[k].empty():
            problem = f"Process {k} terminated with the following error:\n{self.queues[k].get()}"
            raise ProcessRaisedException(explain("spawn", problem))
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise ProcessExitedException(explain("spawn", f"process {k} terminated with {how}"))


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> SpawnContext | None:
    """Run `fn(k, *args)` in `nprocs` processes, k = 0, 1, ...; wait for all if `join`.

    Raises ProcessRaisedException if one of them raises. Without `join` the processes come back.
    """
    context = multiprocessing.get_context(start_method)
    processes, queues = [], []
    for k in range(nprocs):
        queue = context.SimpleQueue()
        process = context.Process(target=run, args=(fn, k, args, queue), daemon=daemon)  # type: ignore[attr-defined]
        process.start()
        processes.append(process)
        queues.append(queue)
    found = SpawnContext(processes, queues)
    if not join:
        return found
    while not found.join():
        pass
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> SpawnContext | None:
    """As `start_processes`, each process started afresh."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)


def get_all_sharing_strategies() -> set[str]:
    """The names that are taken."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """A name, of no effect: processes get copies."""
    return "file_system"


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted: processes get copies."""


def __getattr__(name: str) -> Any:
    return getattr(multiprocessing, name)
