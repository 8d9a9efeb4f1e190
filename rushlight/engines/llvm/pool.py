"""The threads of compiled programs: a pool that runs in native code and knows nothing of Python.

All threads run the whole step, `step(table, pool, thread, threads)`, and wait for one another at
barriers between its phases. Work is handed out tile by tile: each thread has a range, and helps
others when it has done its own.
The thread that has a step, thread 0, waits for nobody to begin: a worker joins when it gets a core,
goes quickly through the phases that are over (their barriers do not wait, and there is no tile left
to take), and takes part from there on. So on a busy machine a step is done alone rather than late,
and a phase may count on no thread but the first. Threads that wait spin a little, then offer their
core to others, then sleep. A thread that finds the pool taken runs its step alone.

What a step gets as `pool` is its thread's own view: a pointer to the pool, the phase it is in, the
number of the thread, and of how many.

The workers block all signals, hold nothing and are never joined: at exit the system ends them.
After a fork the child has none, and starts its own with its first parallel step.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from string import Template
from typing import TYPE_CHECKING

import numpy as np

from ...cores import CELL, count_cores
from . import jit
from .pool_text import ALONE, COMMON, PLACES, THREADS, WAITING_LOOP, WAKING
from .target import is_x86, target
from .tiles_text import TAKING

if TYPE_CHECKING:
    from .builder import Builder
    from .values import Value

MOST_TILES = 65_535
"""As many as are counted."""


@cache
def planned_threads() -> int:
    """For how many threads loops are laid out: one for each core there was when first asked."""
    return count_cores()


def barrier(b: Builder, pool: Value) -> None:
    """Write: wait until all threads are here; what they wrote can be read afterwards."""
    b.call("pool_barrier", "void", pool)
    b.forget_loads()


def hand_out(b: Builder, pool: Value, tiles: int | Value, body: Callable[[Value], None]) -> None:
    """Write: take tiles until none is left, and do `body(tile)` for each.

    Between two of these there must be a barrier. No more than MOST_TILES are handed out. Each
    thread has a range of its own, the same part of every hand-out, so it finds in its own caches
    what it had of an array before, and asks nobody. When its range is empty it takes from the end
    of others'.
    """
    count = b.integer(tiles)

    def head() -> tuple[Value, Value]:
        tile = b.call("pool_take", "i64", pool, count)
        return tile, b.compare("ge", tile, b.number(0, "i64"))

    b.repeat(head, body)


@cache
def memory() -> np.ndarray:
    """The memory of the one pool of this process, which begins at a cache line."""
    size = PLACES["SIZE"]
    whole = np.zeros(size + 64, np.uint8)
    start = -whole.ctypes.data % 64
    return whole[start : start + size]


FORKS = ctypes.c_int64(1)
"""One more in a forked child: a lock with another number was held by a thread that is not here."""


@cache
def symbols() -> dict[str, int]:
    """The addresses of the pool's functions, by the names that programs declare."""
    inside = {
        "pool_memory": int(memory().ctypes.data),
        "threads_wanted": ctypes.addressof(CELL),
        "fork_count": ctypes.addressof(FORKS),
    }
    libc = ctypes.CDLL(None)
    for name in ("sched_yield", "syscall", "pthread_create", "pthread_detach", "pthread_sigmask"):
        if hasattr(libc, name):
            inside[name] = ctypes.cast(getattr(libc, name), ctypes.c_void_p).value or 0
    names = ["pool_dispatch", "pool_barrier", "pool_take", "pool_lock", "pool_unlock"]
    addresses = jit.build(source(), names, inside)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget_threads)
    return addresses


def forget_threads() -> None:
    """Make the pool of a forked child new: its parent's threads are not there."""
    FORKS.value += 1
    memory()[:] = 0


def source() -> str:
    """The IR of the pool for this system."""
    x86 = is_x86(target().triple)
    if not sys.platform.startswith("linux"):
        return filled(COMMON + TAKING + ALONE, WAIT="br label %done", WAKE="br label %done")
    return filled(
        COMMON + TAKING + THREADS,
        WAIT="br label %wait" + WAITING_LOOP,
        WAKE=WAKING,
        PAUSE="llvm.x86.sse2.pause()" if x86 else "llvm.aarch64.hint(i32 1)",
        PAUSE_TYPE="llvm.x86.sse2.pause()" if x86 else "llvm.aarch64.hint(i32)",
        FUTEX=202 if x86 else 98,
    )


def filled(text: str, **words: object) -> str:
    """The text with its $WORDS replaced: those given, and the places in the pool's memory."""
    for _ in range(2):  # what is put in has words of its own
        text = Template(text).safe_substitute(PLACES | words)
    return text
