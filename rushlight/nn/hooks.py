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
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from ..errors import GradError, ShapeError, explain
from ..runtime.watching import WATCHERS
from .backward_hooks import BackwardHooks
from .registry import KINDS
from .routes import routes

Hook = Callable[..., Any]


class Straight(property):
    """`__call__` of a module without hooks: its `forward`, whatever that is at the moment."""

    def __call__(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        """What `Module.__call__(module, ...)` returns."""
        return call(module, *args, **kwargs)


routes.straight = Straight(operator.attrgetter("forward"))


class Hooks(OrderedDict[int, Hook]):
    """Hooks of modules of `kind`, by number."""

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def __setitem__(self, number: int, hook: Hook) -> None:
        super().__setitem__(number, hook)
        routes.lengthen(self)

    def __repr__(self) -> str:
        return repr(OrderedDict(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (Hooks, (self.kind,), None, None, iter(self.items()))


LAZY: dict[str, Callable[[Any], Any]] = dict.fromkeys(
    ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"), Hooks
)
"""Attributes of a module that come into being when they are first asked for, and how."""

LAZY |= {
    name: lambda kind: OrderedDict()
    for name in (
        "_forward_pre_hooks_with_kwargs",
        "_forward_hooks_with_kwargs",
        "_forward_hooks_always_called",
        "_state_dict_hooks",
        "_state_dict_pre_hooks",
        "_load_state_dict_pre_hooks",
        "_load_state_dict_post_hooks",
    )
}


class Later:
    """An attribute of modules that comes into being when it is asked for, if it may at all."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, module: Any, kind: Any = None) -> Any:
        """What a module is given that has nothing under this name."""
        if module is None:
            return self
        make = LAZY.get(self.name)
        if make is None:
            raise no_attribute(module, self.name)
        made = module.__dict__[self.name] = make(kind)
        return made


def no_attribute(module: Any, name: str) -> AttributeError:
    """The error for a module that has nothing called `name`."""
    where = type(module).__name__
    problem = f"'{where}' object has no attribute '{name}'"
    if name in KINDS:
        hint = f"begin {where}.__init__ with super().__init__()"
        problem = explain(where, problem, hint=hint)
    return AttributeError(problem, name=name, obj=module)


class AllModules:
    """Hooks of all modules, under the names that a module's own have."""

    def __getattr__(self, name: str) -> Any:
        if name not in LAZY:
            raise AttributeError(name)
        made = self.__dict__[name] = LAZY[name](routes.root)
        return made


all_modules = AllModules()


class RemovableHandle:
    """A hook that can be removed again: by `remove`, or at the end of a `with`."""

    next_id = 0

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = extra_dict if isinstance(extra_dict, list) else [extra_dict]
        self.refer_to([hooks_dict, *extra])

    def refer_to(self, dictionaries: list[Any]) -> None:
        """Note where the hook is entered, without keeping that alive."""
        self.entered = [weakref.ref(d) for d in dictionaries if d is not None]
        self.hooks_dict_ref = self.entered[0] if self.entered else None

    def remove(self) -> None:
        """Take the hook away."""
        for reference in self.entered:
            hooks = reference()
            if hooks is not None and self.id in hooks:
                del hooks[self.id]
                if isinstance(hooks, Hooks) and not hooks:
                    routes.shorten(hooks)

    def __getstate__(self) -> Any:
        return (self.id, [r() for r in self.entered])

    def __setstate__(self, state: Any) -> None:
        self.id, dictionaries = state
        self.refer_to(dictionaries)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


def enter(hooks: Any, hook: Any, prepend: bool = False, *marks: Any) -> RemovableHandle:
    """The handle of `hook`, after entering it in `hooks`, and its number in `marks`."""
    handle = RemovableHandle(hooks, extra_dict=list(marks))
    hooks[handle.id] = hook
    for mark in marks:
        mark[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# -- registering: methods of Module, and the same for all modules ------------------------------


def register_forward_pre_hook(
    self: Any, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
) -> RemovableHandle:
    """A handle of `hook(module, args)`, which is called before `forward` and may change `args`.

    With `with_kwargs` it is `hook(module, args, kwargs)` and may return both.
    """
    marks = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
    return enter(self._forward_pre_hooks, hook, prepend, *marks)


def register_forward_hook(
    self: Any,
    hook: Hook,
    *,
    prepend: bool = False,
    with_kwargs: bool = False,
    always_call: bool = False,
) -> RemovableHandle:
    """A handle of `hook(module, args, output)`, called after `forward`; it may return an output.

    With `with_kwargs` it is `hook(module, args, kwargs, output)`; with `always_call` it is called
    even if `forward` fails.

    >>> m = torch.nn.ReLU()
    >>> handle = m.register_forward_hook(lambda module, args, output: output + 1)
    >>> m(torch.tensor([-1.0, 2.0]))
    tensor([1., 3.])
    >>> handle.remove()
    """
    marks = [self._forward_hooks_with_kwargs] if with_kwargs else []
    marks += [self._forward_hooks_always_called] if always_call else []
    return enter(self._forward_hooks, hook, prepend, *marks)


def register_full_backward_pre_hook(
    self: Any, hook: Hook, prepend: bool = False
) -> RemovableHandle:
    """A handle of `hook(module, grad_output)`, which may return another gradient of the output."""
    return enter(self._backward_pre_hooks, hook, prepend)


def register_full_backward_hook(self: Any, hook: Hook, prepend: bool = False) -> RemovableHandle:
    """A handle of `hook(module, grad_input, grad_output)`; it may return another `grad_input`."""
    refuse_mixture(self, True)
    return enter(self._backward_hooks, hook, prepend)


def register_backward_hook(self: Any, hook: Hook) -> RemovableHandle:
    """As `register_full_backward_hook`, which PyTorch puts in place of this one."""
    refuse_mixture(self, False)
    return enter(self._backward_hooks, hook)


def refuse_mixture(module: Any, full: bool) -> None:
    """Raise if `module` has backward hooks of the other sort."""
    if module._is_full_backward_hook is (not full):
        problem = (
            "Cannot use both regular backward hooks and full backward hooks on a single Module. "
            "Please use only one of them."
        )
        raise GradError(explain(type(module).__name__, problem))
    module._is_full_backward_hook = full


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """A handle of a forward pre-hook of all modules."""
    return enter(all_modules._forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """A handle of a forward hook of all modules."""
    return register_forward_hook(
        all_modules, hook, with_kwargs=with_kwargs, always_call=always_call
    )


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """A handle of a full backward pre-hook of all modules."""
    return enter(all_modules._backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """A handle of a full backward hook of all modules."""
    return enter(all_modules._backward_hooks, hook)


# -- the longer way ----------------------------------------------------------------------------


def tell(watch: Any) -> Callable[[], None]:
    """Have `watch` see the calls of modules; what comes back ends that."""
    running: list[tuple[Any, Any]] = []

    def begin(module: Any, args: Any) -> None:
        running.append((module, watch.open(f"nn.Module: {type(module).__name__}", "module")))

    def end(module: Any, args: Any, result: Any) -> None:
        while running:
            called, seen = running.pop()  # those above were left by an exception
            seen.end = perf_counter_ns()
            if called is module:
                return

    handles = [register_module_forward_pre_hook(begin), register_module_forward_hook(end)]

    def stop() -> None:
        for handle in handles:
            handle.remove()

    return stop


WATCHERS.append(tell)


def hooks_of(module: Any, name: str) -> list[tuple[int, Hook, bool]]:
    """The hooks by `name` that concern `module`: number, hook, whether it wants keywords."""
    found = []
    for holder in (all_modules.__dict__, module.__dict__):
        hooks = holder.get(name)
        if hooks:
            with_kwargs = holder.get(f"{name}_with_kwargs", ())
            found += [(k, hook, k in with_kwargs) for k, hook in hooks.items()]
    return found


def call(self: Any, *args: Any, **kwargs: Any) -> Any:
    """What `forward` returns, with all hooks called on the way."""
    done: set[int] = set()
    try:
        return call_through(self, args, kwargs, done)
    except Exception:
        call_always_called(self, args, kwargs, done)
        raise


routes.long = call


def call_through(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], done: set[int]) -> Any:
    """The result; `done` collects the numbers of the forward hooks that were called."""
    for _, hook, with_kwargs in hooks_of(module, "_forward_pre_hooks"):
        args, kwargs = before(hook, module, args, kwargs, with_kwargs)
    backward = None
    after = hooks_of(module, "_backward_hooks")
    ahead = hooks_of(module, "_backward_pre_hooks")
    if after or ahead:
        backward = BackwardHooks(module, [h[1] for h in after], [h[1] for h in ahead])
        args = backward.watch_inputs(args)
    result = module.forward(*args, **kwargs)
    for number, hook, with_kwargs in hooks_of(module, "_forward_hooks"):
        done.add(number)
        given = (args, kwargs, result) if with_kwargs else (args, result)
        changed = hook(module, *given)
        if changed is not None:
            result = changed
    return result if backward is None else backward.watch_outputs(result)


def before(
    hook: Hook, module: Any, args: Any, kwargs: dict[str, Any], with_kwargs: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments, after `hook` had its say."""
    if not with_kwargs:
        changed = hook(module, args)
        if changed is not None:
            args = changed if isinstance(changed, tuple) else (changed,)
        return args, kwargs
    changed = hook(module, args, kwargs)
    if changed is None:
        return args, kwargs
    if not isinstance(changed, tuple) or len(changed) != 2:
        problem = (
            "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
            f"{changed}."
        )
        raise ShapeError(explain(type(module).__name__, problem))
    return changed


def call_always_called(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], done: set[int]
) -> None:
    """Call the forward hooks that are to be called even though `forward` failed."""
    always: set[int] = set()
    for holder in (all_modules.__dict__, module.__dict__):
        always |= set(holder.get("_forward_hooks_always_called", ()))
    for number, hook, with_kwargs in hooks_of(module, "_forward_hooks"):
        if number not in always or number in done:
            continue
        try:
            hook(module, args, kwargs, None) if with_kwargs else hook(module, args, None)
        except Exception as error:
            warnings.warn(
                "module forward hook with ``always_call=True`` raised an exception that was "
                f"silenced as another error was raised in forward: {error}",
                stacklevel=3,
            )
