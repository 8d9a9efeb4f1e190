"""`torch.compile` and `torch.compiler`: what is asked for is machine code from the first call on.

It is never needed: every loop is recorded and compiled as it is. What `compile` adds is the moment.
A compiled function's results are machine code's from its first call, which waits for it; otherwise
the first steps are NumPy's, and the program goes on while it is compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any

from .errors import ArgumentError, BackendError, explain
from .nn.hooks import LAZY
from .nn.module import Module
from .public import public
from .runtime.recorder import local

Function = Callable[..., Any]

MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")
"""PyTorch's modes: here they are all the same."""

BACKENDS = {"inductor": True, "cudagraphs": True, "aot_eager": False, "eager": False}
"""Whether a backend of that name compiles, or only pretends to."""


@public()
def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "inductor",
    mode: str | None = None,
    options: Any = None,
    disable: bool = False,
) -> Any:
    """A function (or module) with the same results, in machine code from its first call on.

    There is no need for it: whatever runs often is compiled in the background. Calls of a compiled
    function wait for the code when their results are first looked at. The code of the function
    itself runs at every call, branches and prints included, so `fullgraph` and `dynamic` change
    nothing; nor do `mode` and `options`, since there is one way to compile. Without a function this
    is a decorator.

    >>> @torch.compile
    ... def f(x):
    ...     return torch.sin(x) + 1
    >>> f(torch.zeros(2))
    tensor([1., 1.])
    """
    check_mode(mode, options)
    compiles = BACKENDS.get(backend) if isinstance(backend, str) else None
    if compiles is None:
        hint = f"those there are: {', '.join(BACKENDS)}"
        raise BackendError(explain("compile", f"Invalid backend: {backend!r}", hint=hint))
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, backend=backend, disable=disable)
    if not callable(model):
        kind = type(model).__name__
        raise ArgumentError(explain("compile", f"expects a function or a module, not {kind}"))
    return model if disable else with_urgency(model, compiles)


def check_mode(mode: str | None, options: Any) -> None:
    """Raise BackendError for modes that PyTorch does not take."""
    if mode is not None and options is not None:
        problem = "Either mode or options can be specified, but both can't be specified"
        raise BackendError(explain("compile", problem))
    if mode is not None and mode not in MODES:
        hint = f"one of {', '.join(MODES)}; they are all the same here"
        raise BackendError(explain("compile", f"Unrecognized mode={mode}", hint=hint))


class Urgency:
    """A context in which what is recorded is (or is not) to be machine code from the first run."""

    before = False

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted

    def __enter__(self) -> None:
        recorder = local.recorder
        self.before = recorder.urgent
        recorder.urgent = self.wanted

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        recorder = local.recorder
        recorder.urgent = self.before
        if self.wanted and recorder.at.parent is not None:
            recorder.at.urgent = True  # it may have been recorded before, without urgency


def with_urgency(model: Any, wanted: bool) -> Any:
    """The function or module `model`, called in this context."""
    if isinstance(model, Module):
        return OptimizedModule(model, wanted)

    @functools.wraps(model)
    def call(*args: Any, **kwargs: Any) -> Any:
        with Urgency(wanted):
            return model(*args, **kwargs)

    call._torchdynamo_orig_callable = model  # type: ignore[attr-defined]
    return call


class OptimizedModule(Module):
    """A compiled module. The module itself is its `_orig_mod`, whose attributes it shows."""

    def __init__(self, module: Any, wanted: bool) -> None:
        super().__init__()
        self.__dict__["_wanted"] = wanted
        self.__dict__["_torchdynamo_orig_callable"] = module.forward
        super().__setattr__("_orig_mod", module)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module itself computes."""
        with Urgency(self._wanted):
            return self._orig_mod(*args, **kwargs)

    @property
    def training(self) -> bool:  # type: ignore[override]
        """Whether the module itself is in training mode."""
        return bool(self._orig_mod.training)

    @training.setter
    def training(self, mode: bool) -> None:
        self._orig_mod.training = mode

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__.get("_orig_mod")
        if own is None or name in LAZY:
            return super().__getattr__(name)
        return getattr(own, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._orig_mod, name)


# -- torch.compiler ---------------------------------------------------------------------------


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """`fn`, not compiled before its first call, though a compiled function calls it."""
    return disable if fn is None else with_urgency(fn, False)


def is_compiling() -> bool:
    """False: the program's own code runs at every call, whatever is compiled of it."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def reset() -> None:
    """Forget all that was recorded and compiled in this thread."""
    recorder = local.recorder
    recorder.flush()
    recorder.restart()


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """The names that `compile` takes for its backend."""
    return list(BACKENDS)


def allow_in_graph(fn: Any) -> Any:
    """`fn` itself: there is no graph that it could break."""
    return fn


assume_constant_result = nested_compile_region = allow_in_graph


def substitute_in_graph(original_fn: Any, **options: Any) -> Function:
    """A decorator that does nothing: nothing has to be replaced to be compiled."""
    return allow_in_graph


def cudagraph_mark_step_begin() -> None:
    """Nothing."""


class set_stance:
    """Nothing, as a call, a context or a decorator: results are the same however they are made."""

    def __init__(self, stance: str = "default", **options: Any) -> None:
        self.stance = stance

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, *error: Any) -> None:
        """Nothing."""

    def __call__(self, fn: Function) -> Function:
        """`fn` itself."""
        return fn
