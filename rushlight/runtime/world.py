"""What the warm path takes for granted until it is told otherwise."""

from __future__ import annotations

import weakref
from typing import Any

RECORDERS: weakref.WeakSet[Any] = weakref.WeakSet()
"""The recorders of all threads, and of dead ones until they are collected as garbage."""

THREADS: weakref.WeakSet[Any] = weakref.WeakSet()
"""For each thread that has a recorder an object that dies with the thread."""


class Alive:
    """A thread has a recorder."""


class World:
    """`order` is another object whenever what is taken for granted may have changed.

    That is: a persistent tensor has another identity or other memory, is watched by hooks, or
    denotes something else without a recorded call having said so; or one more thread records.
    """

    __slots__ = ("order",)

    def __init__(self) -> None:
        self.order = object()

    def changed(self) -> None:
        """Have everybody look again before the next warm step."""
        self.order = object()


world = World()
