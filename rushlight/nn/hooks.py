"""Calling a module: straight to its `forward`, or through the hooks it has.

`module(x)` costs little more than `module.forward(x)` until a hook is registered. Then the calls of
that module's class, and of no other, take the longer way; when the last hook is removed they go
straight again.
"""

from __future__ import annotations

import operator
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ChoiceError, GradError, explain
from .backward_hooks import BackwardHooks

Hook = Callable[..., Any]


class Straight(property):
    """`__call__` of a module without hooks: its `forward`, whatever that is at the moment."""

    def __call__(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        """What `Module.__call__(module, ...)` returns."""
        return call(module, *args, **kwargs)


straight = Straight(operator.attrgetter("forward"))


class Routes:
    """Which classes of modules have hooks, so that their calls take the longer way."""

    def __init__(self) -> None:
        self.root: Any = None  # the class Module
        self.hooks: dict[Any, weakref.WeakValueDictionary[int, Hooks]] = {}

    def lengthen(self, kind: Any, hooks: Hooks) -> None:
        """Have modules of `kind`, which may have `hooks`, be called through them."""
        known = self.hooks.get(kind)
        if known is None:
            known = self.hooks[kind] = weakref.WeakValueDictionary()
        known[id(hooks)] = hooks
        found = next(k.__dict__["__call__"] for k in kind.__mro__ if "__call__" in k.__dict__)
        if found is straight:
            kind.__call__ = call
        elif found is not call:  # a way of its own, which may lead to Module's
            self.root.__call__ = call

    def shorten(self, kind: Any) -> None:
        """Have modules of `kind` be called straight again, if no hooks are left."""
        if any(self.hooks.get(kind, {}).values()):
            return
        self.hooks.pop(kind, None)
        if kind is self.root:
            self.root.__call__ = straight
        elif kind.__dict__.get("__call__") is call:
            del kind.__call__


routes = Routes()


class Hooks(OrderedDict[int, Hook]):
    """Hooks of modules of `kind`, by number."""

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def __setitem__(self, number: int, hook: Hook) -> None:
        super().__setitem__(number, hook)
        routes.lengthen(self.kind, self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (Hooks, (self.kind,), None, None, iter(self.items()))


LAZY: dict[str, Callable[[Any], Any]] = {
    "_forward_pre_hooks": Hooks,
    "_forward_hooks": Hooks,
    "_backward_pre_hooks": Hooks,
    "_backward_hooks": Hooks,
}
"""Attributes of a module that come into being when they are asked for, and how."""

for _name in (
    "_forward_pre_hooks_with_kwargs _forward_hooks_with_kwargs _forward_hooks_always_called "
    "_state_dict_hooks _state_dict_pre_hooks _load_state_dict_pre_hooks _load_state_dict_post_hooks"
).split():
    LAZY[_name] = lambda kind: OrderedDict()

GLOBAL: dict[str, Any] = {}
"""As a module's hooks, by the same names, but of all modules."""


def global_hooks(name: str) -> Any:
    """The hooks of all modules that go by `name`."""
    if name not in GLOBAL:
        GLOBAL[name] = LAZY[name](routes.root)
    return GLOBAL[name]


class RemovableHandle:
    """A hook that can be removed again: `handle.remove()`, or at the end of a `with`."""

    next_id = 0

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = extra_dict or ()
        self.extra = [weakref.ref(d) for d in (extra if isinstance(extra, list) else [extra]) if d is not None]

    def remove(self) -> None:
        """Take the hook away."""
        for reference in (self.hooks_dict_ref, *self.extra):
            hooks = reference()
            if hooks is not None and self.id in hooks:
                del hooks[self.id]
                if isinstance(hooks, Hooks) and not hooks:
                    routes.shorten(hooks.kind)

    def __getstate__(self) -> Any:
        return (self.hooks_dict_ref(), self.id, [r() for r in self.extra])

    def __setstate__(self, state: Any) -> None:
        hooks, self.id, extra = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra = [weakref.ref(d) for d in extra if d is not None]
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


def add(hooks: Any, hook: Hook, prepend: bool = False, **flags: Any) -> RemovableHandle:
    """The handle of `hook`, after entering it in `hooks` and its number in each of `flags`."""
    marked = [d for d in flags.values() if d is not None]
    handle = RemovableHandle(hooks, extra_dict=marked)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    for mark in marked:
        mark[handle.id] = True
    return handle
