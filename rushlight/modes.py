"""Grad modes: where history is recorded and where it is not."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any

from .errors import GradError, explain
from .public import public
from .runtime.casting import with_grad
from .runtime.recorder import local


def no_tangents() -> GradError:
    """The error for a block without gradients where tensors have tangents (forward mode)."""
    problem = "tangents do not flow through no_grad() here, though they do in PyTorch"
    hint = "use x.detach() for what shall be constant, or leave the dual level first"
    return GradError(explain("forward_ad", problem, hint=hint))


class GradMode:
    """A context, and a decorator, in which gradients are recorded or not (`enabled`)."""

    enabled = True

    before: Any = None
    """The mode outside, and what this was before that: one pair for each time it was entered."""

    def __enter__(self) -> GradMode:
        recorder = local.recorder
        grad = recorder.grad
        if recorder.duals and not self.enabled:
            raise no_tangents()
        self.before = (grad, self.before)
        recorder.grad = self.enabled if grad.__class__ is bool else with_grad(grad, self.enabled)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        recorder = local.recorder
        recorder.grad, self.before = self.before
        # Parameters changed by hand are written when the block that changed them ends.
        if recorder.at.state.mutated and kind is None:
            recorder.flush()

    def __del__(self) -> None:
        # Ctrl-C may have struck between the first line of `__enter__` and the last of `__exit__`.
        while self.before is not None:
            local.recorder.grad, self.before = self.before

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, run in this mode."""
        if inspect.isclass(function):
            function.__init__ = self(function.__init__)  # type: ignore[misc]
            return function
        if inspect.isgeneratorfunction(function):
            return self.wrap_generator(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return wrapped

    def clone(self) -> GradMode:
        """A context of the same kind: a decorated function may call itself."""
        return type(self)()

    def wrap_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A generator function whose body alone runs in this mode, not what it yields to."""

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with self.clone():
                generator = function(*args, **kwargs)
                try:
                    item = next(generator)
                except StopIteration as stop:
                    return stop.value
            while True:
                sent = error = None
                try:
                    sent = yield item
                except GeneratorExit:
                    with self.clone():
                        generator.close()
                    raise
                except BaseException as thrown:
                    error = thrown
                with self.clone():
                    try:
                        item = generator.send(sent) if error is None else generator.throw(error)
                    except StopIteration as stop:
                        return stop.value

        return wrapped


@public("torch autograd")
class no_grad(GradMode):
    """A context in which no history is recorded; also a decorator.

    >>> x = torch.ones(1, requires_grad=True)
    >>> with torch.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    enabled = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """The context, or `function` decorated (`@torch.no_grad` without parentheses)."""
        made = object.__new__(cls)
        return made if function is None else made(function)


@public("torch autograd")
class enable_grad(no_grad):
    """A context in which history is recorded again, inside `no_grad`."""

    enabled = True


@public("torch autograd")
class set_grad_enabled(GradMode):
    """Set the grad mode to `mode`: at once, and back again when used as a context."""

    def __init__(self, mode: bool) -> None:
        self.enabled = bool(mode)
        recorder = local.recorder
        if recorder.duals and not mode:
            raise no_tangents()
        self.before = (recorder.grad, None)
        recorder.grad = with_grad(recorder.grad, self.enabled)

    def __enter__(self) -> GradMode:
        recorder = local.recorder
        recorder.grad = with_grad(recorder.grad, self.enabled)
        return self

    def __del__(self) -> None:
        """As a function it sets the mode for good."""

    def clone(self) -> GradMode:
        """A context of the same mode, not yet entered."""
        return inference_mode(True) if not self.enabled else enable_grad()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, run in this mode; the mode outside stays as it was."""
        local.recorder.grad, self.before = self.before
        return super().__call__(function)


@public("torch autograd")
class inference_mode(GradMode):
    """As `no_grad`; `inference_mode(False)` changes nothing."""

    def __new__(cls, mode: Any = True) -> Any:
        """The context, or a function decorated without parentheses."""
        made = super().__new__(cls)
        if callable(mode):
            made.__init__(True)  # type: ignore[misc]
            return made(mode)
        return made

    def __init__(self, mode: bool = True) -> None:
        self.mode = bool(mode)
        self.inference: list[bool] = []

    def __enter__(self) -> GradMode:
        recorder = local.recorder
        self.before = (recorder.grad, self.before)
        self.inference.append(recorder.inference)
        recorder.grad = with_grad(recorder.grad, recorder.grad and not self.mode)
        recorder.inference = self.mode
        return self

    def __exit__(self, *error: Any) -> None:
        local.recorder.inference = self.inference.pop()
        super().__exit__(*error)

    def clone(self) -> GradMode:
        """A context of the same mode."""
        made: GradMode = inference_mode(self.mode)
        return made


@public()
def is_inference_mode_enabled() -> bool:
    """Whether this is inside `inference_mode`.

    >>> torch.is_inference_mode_enabled()
    False
    """
    return local.recorder.inference


@public()
def is_grad_enabled() -> bool:
    """Whether history is being recorded in this thread.

    >>> torch.is_grad_enabled()
    True
    """
    return bool(local.recorder.grad)
