"""Recording: each thread has a recorder, which walks its trie of calls and flushes windows.

A call that repeats the one recorded at the present place need only be verified (the surface does
the commonest forms itself); every other comes to `apply`, which looks for it among the alternatives
or records it anew.
"""

from __future__ import annotations

import threading
from _thread import get_ident
from functools import partial
from typing import Any

from .. import config
from ..graph import DEAD_CELLS, Node
from . import compiling, sites
from .deliver import Results
from .due import ask
from .entry import NOTHING, Entry, Halt
from .window import Plan, Window
from .world import RECORDERS, THREADS, Alive, world


class Recorder:
    """The place of one thread in its trie: `at` is the last call of its window, or the root."""

    __slots__ = (
        "__weakref__",
        "at",
        "count",
        "duals",
        "eager",
        "flushes",
        "grad",
        "hooks",
        "ident",
        "inference",
        "last",
        "mapping",
        "root",
        "tracking",
        "urgent",
        "watch",
    )

    def __init__(self) -> None:
        self.ident = get_ident()
        self.root = self.new_root()
        self.at: Any = self.root
        self.grad: Any = True  # whether history is recorded, or a Mode that says so: see casting
        self.inference = False
        self.urgent = False  # whether what is recorded shall be machine code from the first run on
        self.eager = config.eager
        self.watch: Any = None  # a Watch: see watching.py
        self.hooks: dict[Node, Any] = {}  # of tensors that denote nodes of this window
        self.last: Window | None = None
        self.count = 0  # entries in the trie
        self.flushes = 0
        self.mapping: list[Any] = []  # the vmaps that are running: see examples.py
        self.duals = False  # whether tensors may have tangents: see func/dual.py
        self.tracking = 0  # how many derivatives are being taken, one within the other

    def flush(self) -> None:
        """Run the current window, if it holds anything, and begin another."""
        if self.mapping:
            self.mapping[-1].flush_around()
            return
        window = self.at.window
        if window is not None:
            plan = window.plan
            if plan is not None:
                replay = plan.replay
                if replay is not None:
                    try:
                        if replay.repeat(replay, self):
                            return
                    except Exception:
                        pass  # nothing was lost: done again below, it says what is wrong
        self.flush_anew()

    def flush_anew(self) -> None:
        """Flush a window that is not known by heart."""
        end = self.at
        if end.parent is None:
            if isinstance(end, Halt):
                self.finish()
            else:
                self.tidy()
            return
        window = end.window
        if window is None:
            window = end.window = Window(end)
            sites.note(window)
        ask(window.path)
        window.count += 1
        plan = window.plan_for(window.live())
        plan.count += 1
        hot = plan.urgent or plan.count >= config.hot
        if hot and not (plan.heated or self.eager):  # what runs at once stays with NumPy
            plan.heat()
        elif plan.again and window.count >= plan.again:
            plan.ask()
            plan.replay = None  # it is to give way, or need not be looked at again
        if window.count >= compiling.VISITS and plan.native is None:
            compiling.give_way(plan)
        if plan.heated and plan.replay is None:
            compiling.raise_error()
            plan.warm()
        arrays = plan.gather()
        if plan.native is None or not self.run_native(plan, arrays):
            run = plan.run if self.watch is None else partial(self.watch.run, plan)
            outputs, failed = run(arrays)
            # From here on the results are kept until they are delivered, whatever interrupts.
            self.at = Results(plan, arrays, outputs, failed)
            del outputs
        del arrays
        self.finish()

    def run_native(self, plan: Plan, arrays: list[Any]) -> bool:
        """Whether the machine code of `plan` has run on these arrays; `at` is a Halt then."""
        into = plan.outputs_on(arrays)
        if into is None:
            return False
        fresh = [array for k, array in enumerate(into) if k not in plan.native.updates]
        results = Results(plan, arrays, into, {})
        try:
            plan.native.call(self, results, *arrays, *fresh)
        except (TypeError, ValueError):
            return False  # nothing was written
        return True

    def finish(self) -> None:
        """Deliver the results of the window that was run last."""
        self.at.finish(self)

    def begin(self, window: Window) -> None:
        """Begin another window after `window`, whose results have been delivered."""
        if self.hooks:
            self.hooks = {}
        self.last = window
        self.flushes += 1
        self.root.next = NOTHING if self.eager else window.following
        self.at = self.root
        self.tidy()

    def tidy(self) -> None:
        """Forget what is of no use any more (between windows)."""
        if DEAD_CELLS:
            prune(self)
        if self.count > config.trie_cap:
            self.restart()

    def restart(self) -> None:
        """Forget everything recorded (between windows)."""
        before = self.root
        self.root = self.at = self.new_root()
        self.last = None
        self.count = 0
        before.extra = None  # its entries count no more, wherever an interrupt may come
        tear_down(before)

    def new_root(self) -> Entry:
        """A root for this recorder's trie."""
        root = Entry(None, None, True)
        root.extra = self  # other threads find the recorder from a node
        return root


class Local(threading.local):
    """Gives each thread a recorder of its own."""

    def __init__(self) -> None:
        self.recorder = here.recorder = Recorder()
        RECORDERS.add(self.recorder)
        self.alive = Alive()
        THREADS.add(self.alive)
        world.changed()


here = threading.local()
"""The same without the means to make a recorder: a third faster, for those that can do without."""

local = Local()


def tear_down(entry: Entry) -> None:
    """Take the trie from `entry` down apart, so that its memory is free at once."""
    recorder = entry.root.extra  # None if that was begun before, and interrupted
    stack = [entry]
    while stack:
        dead = stack.pop()
        if recorder is not None:
            recorder.count -= 1
        stack.extend(dead.alternatives.values())
        dead.alternatives = {}
        dead.next = NOTHING
        if dead.window is not None:
            dead.window.close()
        dead.api = dead.parent = dead.window = dead.extra = dead.pattern = dead.dues = None
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
