"""Which classes of modules are called through hooks, and how the others are."""

from __future__ import annotations

import weakref
from typing import Any

from ..runtime.warm import Warm, offer


class Routes:
    """Which classes of modules have hooks, so that their calls take the `long` way.

    `straight` is how the others are called: machine code takes its place once there is some.
    """

    root: Any  # the class Module
    straight: Any
    long: Any

    def __init__(self) -> None:
        self.hooked: dict[Any, weakref.WeakValueDictionary[int, Any]] = {}
        self.indirect: set[Any] = set()  # hooked classes that have a `__call__` of their own

    def begin(self, root: Any) -> None:
        """The class Module is there."""
        self.root = root
        offer(self.quicken)

    def lengthen(self, hooks: Any) -> None:
        """Have modules of the kind that `hooks` are of be called through them."""
        kind = hooks.kind
        known = self.hooked.setdefault(kind, weakref.WeakValueDictionary())
        known[id(hooks)] = hooks
        found = next(k.__dict__["__call__"] for k in kind.__mro__ if "__call__" in k.__dict__)
        if found is self.straight or found is self.long:
            kind.__call__ = self.long
        else:  # it may lead to Module's, which is then the long way for all
            self.indirect.add(kind)
            self.root.__call__ = self.long

    def shorten(self, hooks: Any) -> None:
        """Have such modules be called straight again, if no hooks are left."""
        kind = hooks.kind
        if any(self.hooked.get(kind, {}).values()):
            return
        self.hooked.pop(kind, None)
        self.indirect.discard(kind)
        if kind is not self.root and kind.__dict__.get("__call__") is self.long:
            del kind.__call__
        if not self.indirect and self.root not in self.hooked:
            self.root.__call__ = self.straight

    def quicken(self, warm: Warm) -> None:
        """Have modules without hooks be called by machine code."""
        before, self.straight = self.straight, warm.machinery.method(self.root)
        if self.root.__dict__["__call__"] is before:
            self.root.__call__ = self.straight


routes = Routes()
