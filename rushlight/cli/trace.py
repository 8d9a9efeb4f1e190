"""`rushlight trace script.py`: what was recorded where the program spent its windows."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

from ..runtime.entry import Entry
from ..runtime.recorder import RECORDERS
from ..runtime.window import Window
from ..trace import text
from .run import play

HELP = """usage: rushlight trace script.py [arguments of the script]

Runs the program (its output goes to stderr) and prints the trace of the window that was run most
often: one line for each operation, with the line of the program that asked for it."""


def run(args: list[str]) -> int:
    """Run the program and print its hottest window; the exit status."""
    if not args or args[0] in ("-h", "--help"):
        print(HELP)
        return 0 if args else 2
    try:
        with redirect_stdout(sys.stderr):
            status = play(args)
    except SystemExit as stop:
        status = status_of(stop)
    window = hottest()
    if window is None:
        print("nothing was recorded")
        return status or 1
    print(describe(window))
    return status


def status_of(stop: SystemExit) -> int:
    """The exit status that a program asked for; says its last words if it gave some instead."""
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1


def hottest() -> Window | None:
    """The window that was run most often, the longest of several."""
    found = [w for recorder in list(RECORDERS) for w in windows(recorder.root)]
    return max(found, key=lambda w: (w.count, len(w.path)), default=None)


def windows(root: Entry) -> list[Window]:
    """All windows that ended somewhere below `root`."""
    found = []
    stack = [root]
    while stack:
        entry = stack.pop()
        if entry.window is not None:
            found.append(entry.window)
        stack.extend(entry.alternatives.values())
    return found


def describe(window: Window) -> str:
    """The trace of a window, as text."""
    plan = window.plan
    assert plan is not None
    lines = {
        node: line for node in plan.program.order if (line := window.line_of(node)) is not None
    }
    calls = f"{len(window.path)} calls, {len(plan.program.order)} operations"
    head = f"hottest window: run {window.count} times, {calls}"
    return f"{head}\n{text(plan.program, lines)}"
