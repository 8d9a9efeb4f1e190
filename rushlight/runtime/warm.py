"""Machine code in the place of Python functions that repeat recorded calls.

It is there as soon as an engine is, and serves the main thread; in any other it calls the function
that was there before. Whoever has such functions says so with `offer`.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from ..engines.rote import WARM, Machinery
from .entry import BOTH, FIRST, NONE, SECOND, Entry, Handle, form_of, types
from .memory import EXPORTED
from .rote import Unfit, offset_of

OFFERS: list[Callable[[Warm], None]] = []
"""What `offer` was given."""

TP_NEW = 65
"""The number by which Python knows the function of a type that makes objects."""


class Warm:
    """Makes functions for the main thread, whose recorder this is."""

    def __init__(self, machinery: Machinery, recorder: Any) -> None:
        self.machinery = machinery
        self.recorder = recorder
        self.tables: list[Any] = []
        self.kind, self.new = tensors_made()

    def call(self, op: Any, count: int, otherwise: Callable[..., Any], parameter: type) -> Any:
        """A function for calls of `op` with so many tensors, perhaps parameters of this type."""
        form, kind, nothing = form_of(op, count), self.kind, ()
        words = {
            "tensors": count, "form": id(form), "otherwise": id(otherwise),
            "thread": thread_state(), "recorder": id(self.recorder),
            "entry_type": id(Entry), "tensor_type": id(kind), "parameter_type": id(parameter),
            "none": id(NONE), "first": id(FIRST), "second": id(SECOND), "both": id(BOTH),
            "exports": id(EXPORTED), "new": self.new, "no_arguments": id(nothing),
        }  # fmt: skip
        for name in ("next", "plain", "mode", "binds", "bound", "out"):
            words[f"{name}_offset"] = offset_of(Entry, name)
        place: Any = type(self.recorder)
        words["result_offset"] = offset_of(Entry, "value")
        for name in ("at", "grad"):
            words[f"{name}_offset"] = offset_of(place, name)
        for name in ("value", "array"):
            words[f"{name}_offset"] = offset_of(Handle, f"_{name}")
        wanted = [offset_of(Entry, name) for name in "abc"]
        table = np.array([*[words[name] for name in WARM[:-1]], *wanted], np.int64)
        self.tables.append(table)
        named = [form, otherwise, parameter, kind, nothing, Entry, EXPORTED, self.recorder]
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(named))  # they live as long as the process
        return self.machinery.call(table)

    def leave(self) -> None:
        """Let every function call the one that was there before: the thread is gone."""
        for table in self.tables:
            table[WARM.index("thread")] = 0


def tensors_made() -> tuple[Any, int]:
    """The type of tensors, and the address of the function that makes one."""
    kind: Any = type(types.new())
    if [kind.__new__, kind.__init__] != [object.__new__, object.__init__]:
        raise Unfit("tensors are not made in the usual way")
    return kind, function_of(kind, TP_NEW)


def thread_state() -> int:
    """The address of what Python knows of this thread."""
    state = ctypes.pythonapi.PyThreadState_Get
    state.restype = ctypes.c_void_p
    return int(state())


def function_of(kind: type, number: int) -> int:
    """The address of a function of a type."""
    slot = ctypes.pythonapi.PyType_GetSlot
    slot.restype, slot.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    return int(slot(kind, number))


made: list[Warm] = []
"""The one, once it is made."""


def offer(take: Callable[[Warm], None]) -> None:
    """Have `take` called once there is machine code: it puts some of it where it is of use."""
    OFFERS.append(take)
    if made and threading.current_thread() is threading.main_thread():
        hand(take)


def hand(take: Callable[[Warm], None]) -> None:
    """Let one of them have what it wants, if that can be made."""
    with suppress(Unfit):
        take(made[0])


def install(machinery: Machinery, recorder: Any) -> None:
    """Put machine code where it is wanted, once and for all."""
    if made or threading.current_thread() is not threading.main_thread():
        return
    with suppress(Unfit):
        made.append(Warm(machinery, recorder))
        for take in OFFERS:
            hand(take)


def after_fork() -> None:
    """In a child whose only thread was not the main one, nothing here is right."""
    for warm in made:
        if warm.tables and warm.tables[0][WARM.index("thread")] != thread_state():
            warm.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork)
