"""Compile hot programs in the background, while NumPy goes on.

One daemon thread takes plans from a queue and gives them machine code; a plan changes over when it
is flushed the next time. Nothing here takes a lock that an interrupt of the main thread could leave
locked. A child process (fork) has no such thread: it starts one of its own when it needs it.
"""

from __future__ import annotations

import atexit
import importlib
import os
import threading
import time
import weakref
from queue import SimpleQueue
from typing import Any, NamedTuple

from .. import config, rng
from ..engines.engine import NativeEngine
from ..engines.rote import Machinery
from ..errors import ChoiceError, explain
from ..later import UNDER_WAY, later

ENGINES = {"llvm": "rushlight.engines.llvm"}
"""Native engines, and the modules they are in, which need an optional package."""

FAREWELL = 1.0
"""Seconds that the end of the process waits for a compilation, for the cache on disk to have it."""

IMPORT = 10.0
"""Seconds that it waits for a native library that is being loaded, for nothing else."""

LOST = 100
"""After so many looks at an empty queue nothing is waited for any more."""

VISITS, PAUSE = 100, 0.2
"""A window that has come so often gives way to its compilation, for so many seconds at most."""

logger = later("logging.getLogger")


class Kept(NamedTuple):
    """Stands in the queue for a plan that is to have its code only if that is on disk."""

    plan: Any


class Compiling:
    """What is waiting to be compiled, and by whom. `current` is being compiled now."""

    def __init__(self) -> None:
        self.engine: NativeEngine | None = None
        self.machinery: Machinery | None = None  # what the engine has besides programs
        self.available = config.engine != "numpy"
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.unfinished: dict[int, Any] = {}  # what is in the queue, or being compiled
        self.put_off: weakref.WeakSet[Any] = weakref.WeakSet()  # plans that are not yet worth it
        self.thread: threading.Thread | None = None
        self.current: Any = None
        self.stopping = False
        self.error: Exception | None = None
        self.gave_way = False
        self.one_at_a_time = threading.Lock()  # taken by compiling threads only

    def find_engine(self) -> NativeEngine | None:
        """The engine to compile with, None if there is none."""
        if self.engine is None and self.available:
            try:
                found: Any = importlib.import_module(ENGINES[config.engine or "llvm"])
                self.engine = found if hasattr(found, "compile") else None
            except ImportError as error:
                logger("rushlight").debug("no native engine: %s", error)
            self.available = self.engine is not None
            if self.stopping:  # and waits for nothing but this import
                raise SystemExit
            # What is registered last comes first: the engine shuts its door at exit after `leave`.
            atexit.unregister(self.leave)
            atexit.register(self.leave)
        return self.engine

    def make_machinery(self, engine: Any) -> None:
        """Make what `engine` has besides programs, when the first of these is there."""
        if self.machinery is None and hasattr(engine, "make_machinery"):
            self.machinery = engine.make_machinery()

    def ask(self, plan: Any) -> None:
        """Have `plan` compiled some time."""
        if not self.available or self.stopping:
            return
        self.unfinished[id(plan)] = plan
        self.queue.put(plan)
        if self.thread is None:  # `is_alive` is not asked: an interrupt in it makes Python say no
            thread = threading.Thread(target=self.work, name="rushlight", daemon=True)
            thread.start()
            self.thread = thread

    def work(self) -> None:
        """Compile what is in the queue, for ever."""
        with self.one_at_a_time:
            try:
                while not self.stopping and (plan := self.queue.get()) is not None:
                    self.current = plan
                    try:
                        self.compile(plan)
                    finally:
                        self.unfinished.pop(id(plan), None)
                        self.current = plan = None
            finally:
                self.thread = None

    def compile(self, plan: Any) -> None:
        """Give `plan` its machine code, or let it be if there is none."""
        try:
            engine = self.find_engine()
            if plan is STREAMS:
                supply(engine)
                return
            kept = type(plan) is Kept
            plan = plan.plan if kept else plan
            if engine is None or plan.native is not None:
                return
            find = engine.recall if kept else engine.compile
            native = find(plan.simplified, plan.updates)
            if native is not None:
                self.make_machinery(engine)
        except Exception as error:
            logger("rushlight").debug("a program stays with NumPy", exc_info=error)
            if config.strict:
                self.error = error
            return
        if native is not None:
            plan.native = native
            plan.replay = None  # at its next flush it gets another

    def is_idle(self) -> bool:
        """Whether nothing is waiting or being compiled."""
        return not self.unfinished

    def leave(self) -> None:
        """The process ends: let the present compilation finish, and begin no other."""
        self.stopping = True
        self.queue.put(None)
        thread = self.thread
        if thread is not None and self.current is not None:
            thread.join(IMPORT if self.engine is None else FAREWELL)


if config.engine not in ("", "numpy", *ENGINES):
    known = ", ".join(["numpy", *ENGINES])
    problem = f"RUSHLIGHT_ENGINE={config.engine} is not the name of an engine"
    raise ChoiceError(explain("rushlight", problem, hint=f"those there are: {known}"))


STREAMS = object()
"""What is asked for in a plan's place when many random numbers are drawn."""


def supply(engine: Any) -> None:
    """Hand the machine code that `engine` has for random numbers to those who draw them."""
    make = getattr(engine, "make_streams", None)
    machine = make() if make is not None else None
    if machine is not None and not rng.use(machine):
        logger("rushlight").debug("random numbers stay with NumPy: machine code draws others")


state = Compiling()
rng.Twister.ask = lambda: state.ask(STREAMS)


def wait(timeout: float = 600.0) -> bool:
    """Whether all that is hot is compiled, after waiting for it at most `timeout` seconds.

    Programs that are not yet worth it are compiled, too. With RUSHLIGHT_STRICT=1 an error of the
    engine is raised here.
    """
    end = time.monotonic() + timeout
    still = 0
    for plan in list(state.put_off):
        plan.ask()
    while not state.is_idle() and time.monotonic() < end and still < LOST:
        time.sleep(0.001)
        still = still + 1 if state.current is None and state.queue.empty() else 0
    if still == LOST:  # an interrupt came between asking and putting into the queue
        state.unfinished.clear()
    raise_error()
    return state.is_idle()


def wait_for(plan: Any, timeout: float = float("inf")) -> None:
    """Wait until `plan` is compiled, or will not be, or so many seconds are over."""
    end = time.monotonic() + timeout
    while is_waiting(plan) and state.thread is not None:
        if time.monotonic() > end:
            return
        time.sleep(0.0002)


def is_waiting(plan: Any) -> bool:
    """Whether `plan` may get its machine code at any moment."""
    waiting = list(state.unfinished.values())
    return any([p is plan or (type(p) is Kept and p.plan is plan) for p in waiting])


def give_way(plan: Any) -> None:
    """Let the first compilation of the process have Python for itself for a moment.

    Two threads that both run Python take turns, and what the main thread does in its turns machine
    code will do in a small part of the time.
    """
    if state.gave_way or not is_waiting(plan):
        return
    state.gave_way = id(plan) in state.unfinished
    wait_for(plan, PAUSE)


def raise_error() -> None:
    """Raise what went wrong in the background, if that is wanted."""
    error, state.error = state.error, None
    if error is not None:
        raise error


def after_fork() -> None:
    """Begin anew in a child process, what was being compiled included.

    An engine that was only being imported, or what makes its code, stays as it is, half there: then
    the child has none.
    """
    waiting = list(state.unfinished.values())
    engine, machinery, error = state.engine, state.machinery, state.error
    importing = state.current is not None and (engine is None or UNDER_WAY)
    state.__init__()  # type: ignore[misc]
    state.engine, state.machinery, state.error = engine, machinery, error
    state.available = state.available and not importing
    for plan in waiting:
        state.ask(plan)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork)
atexit.register(state.leave)
