"""What a profiler sees of the runtime: when each op ran, for how long, on what shapes.

While a thread is watched its ops run one at a time, as NumPy does them: in a compiled step they are
one call of machine code, in which there is nothing to tell apart.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from ..engines import numpy as engine
from ..graph import Node
from ..ops.table import Op
from .recorder import local

Shapes = tuple[tuple[int, ...], ...]

WATCHERS: list[Callable[[Watch], Callable[[], None]]] = []
"""Called with a watch that begins; what they return is called when it ends."""


class Seen:
    """Something that took time: from `start` to `end`, in nanoseconds, in a thread."""

    __slots__ = ("end", "kind", "name", "shapes", "start", "thread")

    def __init__(self, name: str, kind: str, start: int, shapes: Shapes = ()) -> None:
        self.name = name
        self.kind = kind
        self.start = start
        self.end = start
        self.shapes = shapes
        self.thread = threading.get_native_id()


class Watch:
    """What was seen in the thread that began it, in `seen`; nothing while it is `paused`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.paused = False
        self.recorder: Any = None
        self.enders: list[Callable[[], None]] = []

    def begin(self) -> None:
        """Watch this thread from now on."""
        recorder = local.recorder
        recorder.flush()
        self.recorder, self.before = recorder, (recorder.eager, recorder.watch)
        recorder.eager, recorder.watch = True, self
        recorder.restart()
        self.enders = [watcher(self) for watcher in WATCHERS]

    def end(self) -> None:
        """Watch no more."""
        for ender in self.enders:
            ender()
        self.enders = []
        self.recorder.flush()
        self.recorder.eager, self.recorder.watch = self.before
        self.recorder.restart()

    def open(self, name: str, kind: str) -> Seen:
        """Something that begins now."""
        found = Seen(name, kind, perf_counter_ns())
        if not self.paused:
            self.seen.append(found)
        return found

    def run(self, plan: Any, arrays: list[Any]) -> tuple[list[Any], Any]:
        """What `plan.run` gives, with each op noted."""
        path = plan.window.path
        whole = [self.open(name_of(entry.api), "cpu_op") for entry in path]
        first = path[0]
        whole[0].shapes = tuple([n.shape for n in inputs_of(first)])

        def note(node: Node, start: int, end: int) -> None:
            part = Seen(name_of(node.op), "cpu_op", start, tuple([i.shape for i in node.inputs]))
            part.end = end
            if not self.paused and part.name != whole[0].name:
                self.seen.append(part)

        try:
            return engine.run_noting(plan.program, arrays, note), {}
        except engine.NodeError:
            return engine.run_around_failures(plan.program, arrays)
        finally:
            for event in whole:
                event.end = perf_counter_ns()


def inputs_of(entry: Any) -> list[Node]:
    """The nodes given to a call, those that it knows."""
    return [n for n in (entry.a, entry.b, entry.c)[: entry.count] if n is not None]


def name_of(api: Any) -> str:
    """PyTorch's way to write what was called."""
    name = getattr(api, "name", None) or type(api).__name__
    if isinstance(api, Op) or name.endswith("_"):
        return f"aten::{name}"
    return f"Optimizer.step#{name}.step" if name[:1].isupper() else name
