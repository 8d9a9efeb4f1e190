"""Recording: each thread has a recorder, which walks its trie of calls and flushes windows.

A call that repeats the one recorded at the present place need only be verified (the surface does
the commonest forms itself); every other comes to `apply`, which looks for it among the alternatives
or records it anew.
"""

from __future__ import annotations

import threading
import weakref
from _thread import get_ident
from typing import Any

from .. import config
from ..errors import RushlightError, explain
from ..graph import DEAD_CELLS, Node
from .deliver import Results
from .entry import NOTHING, Entry, Halt
from .window import Window


class Recorder:
    """The place of one thread in its trie: `at` is the last call of its window, or the root."""

    __slots__ = (
        "__weakref__",
        "at",
        "count",
        "eager",
        "flushes",
        "grad",
        "hooks",
        "ident",
        "inference",
        "last",
        "root",
    )

    def __init__(self) -> None:
        self.ident = get_ident()
        self.root = self.new_root()
        self.at: Any = self.root
        self.grad = True
        self.inference = False
        self.eager = config.eager
        self.hooks: dict[Node, Any] = {}  # of tensors that denote nodes of this window
        self.last: Window | None = None
        self.count = 0  # entries in the trie
        self.flushes = 0

    def flush(self) -> None:
        """Run the current window, if it holds anything, and begin another."""
        end = self.at
        if end.parent is None:
            if type(end) is Halt:
                self.finish()
            elif DEAD_CELLS:
                prune(self)
            return
        window = end.window
        if window is None:
            window = end.window = Window(end)
        window.count += 1
        plan = window.plan
        if plan is None or plan.surprised is None or plan.surprised():
            plan = window.plan_for(window.live())
        plan.count += 1
        if plan.count == config.hot:
            plan.heat()
        arrays = plan.gather() if plan.fetch is None else plan.fetch()
        outputs, failed = plan.run(arrays)
        # From here on the results are kept until they are delivered, whatever interrupts.
        self.at = Halt(Results(plan, arrays, outputs, failed))
        del arrays
        if plan.hand_over is not None and not failed:
            plan.hand_over(outputs)
            self.begin(window)
        else:
            del outputs
            self.finish()

    def finish(self) -> None:
        """Deliver the results of the window that was run last."""
        results: Results = self.at.results
        results.deliver(self.hooks)
        self.begin(results.plan.window)
        if results.failed:
            raise_failure(results)

    def begin(self, window: Window) -> None:
        """Begin another window after `window`, whose results have been delivered."""
        if self.hooks:
            self.hooks = {}
        self.last = window
        self.flushes += 1
        self.root.next = NOTHING if self.eager else window.following
        self.at = self.root
        if DEAD_CELLS:
            prune(self)
        if self.count > config.trie_cap:
            self.restart()

    def restart(self) -> None:
        """Forget everything recorded (between windows)."""
        tear_down(self.root)
        self.root = self.at = self.new_root()
        self.last = None
        self.count = 0

    def new_root(self) -> Entry:
        """A root for this recorder's trie."""
        root = Entry(None, None, True)
        root.extra = self  # other threads find the recorder from a node
        return root


class Local(threading.local):
    """Gives each thread a recorder of its own."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        RECORDERS.add(self.recorder)


RECORDERS: weakref.WeakSet[Recorder] = weakref.WeakSet()
local = Local()


def raise_failure(results: Results) -> None:
    """Raise the error of the op that failed first, and say where it was asked for."""
    failure = next(iter(results.failed.values()))
    line = results.plan.window.line_of(failure.node)
    where = f"\n  recorded at {line[0]}, line {line[1]}" if line else ""
    error = failure.error
    if isinstance(error, RushlightError):
        raise type(error)(f"{error}{where}") from None
    raise RuntimeError(explain(failure.node.op.name, str(error)) + where) from error


def tear_down(entry: Entry) -> None:
    """Take the trie from `entry` down apart, so that its memory is free at once."""
    recorder = entry.root.extra
    stack = [entry]
    while stack:
        dead = stack.pop()
        recorder.count -= 1
        stack.extend(dead.alternatives.values())
        dead.alternatives = {}
        dead.next = NOTHING
        dead.api = dead.parent = dead.window = dead.extra = None
        dead.values = ()
        dead.old = None
        dead.forget()


def prune(recorder: Recorder) -> None:
    """Forget the calls that used cells whose owners have died. Called between windows."""
    waiting = []
    busy = {r.root for r in RECORDERS if r is not recorder and r.at.parent is not None}
    while DEAD_CELLS:
        cell = DEAD_CELLS.pop()
        if any([entry.root in busy for entry in cell.entries]):
            waiting.append(cell)  # another thread may be about to read it
            continue
        for entry in cell.entries:
            parent = entry.parent
            if parent is None:
                continue  # gone with another
            parent.alternatives.pop(entry.key, None)
            if parent.next is entry:
                parent.next = NOTHING
            tear_down(entry)
        cell.entries = []
        cell.array = None
    DEAD_CELLS.extend(waiting)
