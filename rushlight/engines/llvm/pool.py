"""The threads of compiled programs: a pool that runs in native code and knows nothing of Python.

All threads run the whole step, `step(table, pool, thread, threads)`, and wait for one another at
barriers between its phases. Work is handed out tile by tile from counters that a barrier sets back.
The thread that has a step, thread 0, waits for nobody to begin: a worker joins when it gets a core,
goes quickly through the phases that are over (their barriers do not wait, and there is no tile left
to take), and takes part from there on. So on a busy machine a step is done alone rather than late,
and a phase may count on no thread but the first. Threads that wait spin a little, then offer their
core to others, then sleep. A thread that finds the pool taken runs its step alone.

What a step gets as `pool` is its thread's own view: a pointer to the pool, the phase it is in, and
the number of the thread.

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

import numpy as np

from ...cores import CELL
from . import jit
from .builder import Builder
from .pool_text import ALONE, COMMON, PLACES, THREADS, WAITING_LOOP, WAKING
from .target import is_x86, target
from .values import Value

MOST_TILES = 65_535
"""As many as are counted."""


def barrier(b: Builder, pool: Value) -> None:
    """Write: wait until all threads are here; what they wrote can be read afterwards."""
    b.call("pool_barrier", "void", pool)
    b.forget_loads()


def hand_out(
    b: Builder, pool: Value, tiles: int | Value, body: Callable[[Value], None], counter: int = 0
) -> None:
    """Write: take tiles until none is left, and do `body(tile)` for each.

    There are counters 0 and 1; between two uses of the same one there must be a barrier. No more
    than MOST_TILES are handed out. Threads with odd numbers begin at the end: so two threads find
    in their own caches what they had of an array before, and still share out all that is left.
    """
    place = b.number(PLACES[f"COUNTER{counter}"], "i64")
    count = b.integer(tiles)

    def head() -> tuple[Value, Value]:
        tile = b.call("pool_take", "i64", pool, place, count)
        return tile, b.compare("ge", tile, b.number(0, "i64"))

    b.repeat(head, body)


TAKE = """
define i64 @pool_take(ptr %view, i64 %place, i64 %count) nounwind noinline {
entry:
  %pool = load ptr, ptr %view
  %phase_at = getelementptr i8, ptr %view, i64 8
  %mine = load i64, ptr %phase_at
  %thread_at = getelementptr i8, ptr %view, i64 16
  %thread = load i64, ptr %thread_at
  %odd = trunc i64 %thread to i1
  %one = select i1 %odd, i64 65536, i64 1
  %word_at = getelementptr i8, ptr %pool, i64 %place
  %first = load atomic i64, ptr %word_at monotonic, align 8
  br label %try
try:
  %word = phi i64 [%first, %entry], [%other, %take]
  %phase = lshr i64 %word, 32
  %here = icmp eq i64 %phase, %mine
  %front = and i64 %word, 65535
  %high = lshr i64 %word, 16
  %back = and i64 %high, 65535
  %gone = add i64 %front, %back
  %left = sub i64 %count, %gone
  %some = icmp sgt i64 %left, 0
  %any = and i1 %here, %some
  br i1 %any, label %take, label %none
take:
  %next = add i64 %word, %one
  %pair = cmpxchg ptr %word_at, i64 %word, i64 %next monotonic monotonic
  %other = extractvalue {i64, i1} %pair, 0
  %mine_now = extractvalue {i64, i1} %pair, 1
  br i1 %mine_now, label %done, label %try
done:
  %before_last = sub i64 %count, %back
  %last = sub i64 %before_last, 1
  %tile = select i1 %odd, i64 %last, i64 %front
  ret i64 %tile
none:
  ret i64 -1
}
"""
"""The function that `hand_out` calls: the next tile of `count`, or -1."""


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
        return filled(COMMON + TAKE + ALONE, WAIT="br label %done", WAKE="br label %done")
    return filled(
        COMMON + TAKE + THREADS,
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
