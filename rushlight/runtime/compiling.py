"""Compile hot programs in the background, while NumPy goes on.

One daemon thread takes plans from a queue and gives them machine code; a plan changes over when it
is flushed the next time. Nothing here takes a lock that an interrupt of the main thread could leave
locked. A child process (fork) has no such thread: it starts one of its own when it needs it.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import threading
import time
from queue import SimpleQueue
from typing import Any

from .. import config
from ..engines.engine import NativeEngine
from ..errors import ChoiceError, explain

ENGINES = {"llvm": "rushlight.engines.llvm"}
"""Native engines, and the modules they are in, which need an optional package."""

LONGEST_FAREWELL = 10.0
"""Seconds that the end of the process may wait for a compilation: code must not be torn away."""

logger = logging.getLogger("rushlight")


class Compiling:
    """What is waiting to be compiled, and by whom. `current` is being compiled now."""

    def __init__(self) -> None:
        self.engine: NativeEngine | None = None
        self.available = config.engine != "numpy"
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self.current: Any = None
        self.stopping = False
        self.error: Exception | None = None
        self.one_at_a_time = threading.Lock()  # taken by compiling threads only

    def find_engine(self) -> NativeEngine | None:
        """The engine to compile with, None if there is none."""
        if self.engine is None and self.available:
            name = config.engine or "llvm"
            if name not in ENGINES:
                problem = f"there is no engine called {name!r}"
                hint = f"RUSHLIGHT_ENGINE may be numpy or one of {', '.join(ENGINES)}"
                raise ChoiceError(explain("compile", problem, hint=hint))
            try:
                found: Any = importlib.import_module(ENGINES[name])
                self.engine = found if hasattr(found, "compile") else None
            except ImportError as error:
                logger.debug("no native engine: %s", error)
            self.available = self.engine is not None
        return self.engine

    def ask(self, plan: Any) -> None:
        """Have `plan` compiled some time."""
        if not self.available or self.stopping:
            return
        self.queue.put(plan)
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self.work, name="rushlight", daemon=True)
            self.thread.start()

    def work(self) -> None:
        """Compile what is in the queue, for ever."""
        with self.one_at_a_time:
            while not self.stopping:
                plan = self.queue.get()
                if plan is None:
                    return
                self.current = plan
                try:
                    self.compile(plan)
                finally:
                    self.current = plan = None

    def compile(self, plan: Any) -> None:
        """Give `plan` its machine code, or let it be if there is none."""
        try:
            engine = self.find_engine()
            native = None if engine is None else engine.compile(plan.simplified, plan.updates)
        except Exception as error:
            logger.debug("a program stays with NumPy", exc_info=error)
            if config.strict:
                self.error = error
            return
        if native is not None:
            plan.native = native
            plan.replay = None  # at its next flush it gets another

    def is_idle(self) -> bool:
        """Whether nothing is waiting or being compiled."""
        return self.queue.empty() and self.current is None

    def leave(self) -> None:
        """The process ends: let the present compilation finish, and begin no other."""
        self.stopping = True
        self.queue.put(None)
        thread = self.thread
        if thread is not None and self.current is not None:
            thread.join(LONGEST_FAREWELL)


state = Compiling()


def wait(timeout: float = 600.0) -> bool:
    """Whether everything asked for is compiled, after waiting for it at most `timeout` seconds.

    With RUSHLIGHT_STRICT=1 an error of the engine is raised here.
    """
    end = time.monotonic() + timeout
    while not state.is_idle() and time.monotonic() < end:
        time.sleep(0.001)
    raise_error()
    return state.is_idle()


def raise_error() -> None:
    """Raise what went wrong in the background, if that is wanted."""
    error, state.error = state.error, None
    if error is not None:
        raise error


def after_fork() -> None:
    """Begin anew in a child process. What was being compiled may have left the engine unusable."""
    waiting = state.queue
    busy = state.current is not None
    engine, error = state.engine, state.error
    state.__init__()  # type: ignore[misc]
    state.engine, state.error = engine, error
    state.available = state.available and not busy
    while not busy and not waiting.empty():
        state.ask(waiting.get_nowait())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork)
atexit.register(state.leave)
