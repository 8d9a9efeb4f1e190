"""`torch.jit`: accepted. Functions and modules stay what they are, and are compiled as they run.

TorchScript files hold programs in a language of their own; they are neither written nor read here.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

from .errors import FormatError, MissingError, explain
from .nn.module import Module

__all__ = ["Final", "ScriptModule", "export", "ignore", "script", "trace", "unused"]

ScriptModule = Module


def script(obj: Any = None, *args: Any, **options: Any) -> Any:
    """`obj` itself."""
    return script if obj is None else obj


def trace(func: Any = None, example_inputs: Any = None, *args: Any, **options: Any) -> Any:
    """`func` itself: its branches are still taken as the values of each call say."""
    return trace if func is None else func


def trace_module(mod: Any, inputs: Any = None, *args: Any, **options: Any) -> Any:
    """`mod` itself."""
    return mod


def export(fn: Any) -> Any:
    """`fn` itself."""
    return fn


script_method = interface = script_if_tracing = export


def ignore(drop: Any = False, **options: Any) -> Any:
    """`drop` itself if it is a function, else a decorator that changes nothing."""
    return drop if callable(drop) else export


def unused(fn: Any) -> Any:
    """`fn` itself. It is called like any other: there is nothing that leaves it out."""
    return fn


def freeze(mod: Any, preserved_attrs: Iterable[str] | None = None, **options: Any) -> Any:
    """`mod` itself, in evaluation mode as it must be."""
    return mod


def optimize_for_inference(mod: Any, other_methods: Iterable[str] | None = None) -> Any:
    """`mod` itself."""
    return mod


def is_scripting() -> bool:
    """False: functions run as they are written."""
    return False


is_tracing = is_scripting


def annotate(the_type: Any, the_value: Any) -> Any:
    """`the_value`."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether `obj` is of that type."""
    return builtins.isinstance(obj, target_type)


class Future:
    """The result of `fork`, which is there already."""

    def __init__(self, value: Any) -> None:
        self.made = value

    def wait(self) -> Any:
        """The result."""
        return self.made

    value = wait


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future:
    """A `Future` of `func(*args, **kwargs)`, which is called at once."""
    return Future(func(*args, **kwargs))


def wait(future: Future) -> Any:
    """The result of a `Future`."""
    return future.wait()


def save(m: Any, f: Any, _extra_files: Any = None) -> NoReturn:
    """Raise MissingError: nothing is written."""
    hint = "torch.save(model.state_dict(), file) keeps the weights; the class is the program"
    raise MissingError(explain("jit.save", "there is no TorchScript program to save", hint=hint))


def load(f: Any, map_location: Any = None, _extra_files: Any = None) -> NoReturn:
    """Raise FormatError: such files hold a program in a language that is not known here."""
    problem = "TorchScript files hold a program, which cannot be run here"
    hint = (
        "in PyTorch, torch.save(torch.jit.load(file).state_dict(), other) takes the weights out; "
        "load them into a module of your own"
    )
    raise FormatError(explain("jit.load", problem, {"f": repr(f)}, hint))
