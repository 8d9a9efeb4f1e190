"""What is printed when an error ends a program: the user's lines, and what to use instead."""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType, TracebackType

from .errors import RushlightError, is_own, without_own_frames
from .later import later
from .missing import hint_for

NO_NAME = "cannot import name '"
"""How Python begins to say that a module lacks a name."""


def install() -> None:
    """From now on, leave rushlight's own frames out when one of its errors ends the program."""
    previous = sys.excepthook
    if getattr(previous, "of_rushlight", False):
        return

    def hook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        add_hint(error)
        if isinstance(error, RushlightError) or is_users(traceback):
            traceback = without_own_frames(traceback)
            error.__traceback__ = traceback  # in Python 3.13 this one is printed
        previous(kind, error, traceback)

    hook.of_rushlight = True  # type: ignore[attr-defined]
    sys.excepthook = hook


def is_users(traceback: TracebackType | None) -> bool:
    """Whether the error came from a program's own code that we had called, such as a dataset."""
    called = traceback
    while traceback is not None:
        if is_own(traceback.tb_frame):
            called = traceback.tb_next  # what our last frame called
        traceback = traceback.tb_next
    if called is None:
        return False
    filename = called.tb_frame.f_code.co_filename
    return not filename.startswith(("<frozen", *libraries()))


@cache
def libraries() -> set[str]:
    """Where code is that is not the program's own."""
    return {get_path(name) for name in ("stdlib", "purelib", "platlib")}


get_path = later("sysconfig.get_path")


def add_hint(error: BaseException) -> None:
    """Note what to use instead, where Python itself words the error about a name of ours.

    It does for a missing method of a tensor, for a missing function of most modules, and for
    `from torch import <missing>`.
    """
    if isinstance(error, RushlightError) or getattr(error, "__notes__", None):
        return
    if isinstance(error, AttributeError) and is_ours(error.obj):
        known = [name for name in dir(error.obj) if not name.startswith("_")]
        error.add_note(f"  hint: {hint_for(error.name, known)}")
    elif isinstance(error, ImportError) and str(error.msg).startswith(NO_NAME):
        module = sys.modules.get(error.name or "")
        if module is not None and is_ours(module):
            wanted = error.msg.removeprefix(NO_NAME).partition("'")[0]
            error.add_note(f"  hint: {hint_for(wanted, dir(module))}")


def is_ours(thing: object) -> bool:
    """Whether it is a module of rushlight, or an object of one of its classes."""
    home = thing.__name__ if isinstance(thing, ModuleType) else type(thing).__module__
    return home.partition(".")[0] == "rushlight"


def without_starter(traceback: TracebackType | None) -> TracebackType | None:
    """`traceback` less its first frames, of rushlight and of `runpy`, that started the program."""
    while traceback is not None:
        frame = traceback.tb_frame
        if not is_own(frame) and frame.f_globals.get("__name__") != "runpy":
            break
        traceback = traceback.tb_next
    return traceback
