"""PyTorch's `torch.utils.checkpoint`: trading time for memory, which recording does not need.

PyTorch runs a checkpointed function again in the backward pass instead of keeping what it computed,
with the random numbers of the first run. Values, gradients and random streams are those of calling
the function once; so that is what is done here.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from ..modes import no_grad
from ..runtime.entry import Handle
from ..runtime.recorder import local

CHOOSE = (
    "torch.utils.checkpoint: say use_reentrant=False (recommended) or use_reentrant=True; "
    "left out it is True, as in PyTorch"
)
"""The warning where `use_reentrant` was left out."""


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Any] | None = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """What `function` makes of the arguments.

    If `use_reentrant`, it has no gradient unless one of `args` is a tensor that requires grad, and
    takes no `kwargs`.

    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.utils.checkpoint.checkpoint(torch.sin, x, use_reentrant=False).sum().backward()
    """
    if use_reentrant is None:
        warnings.warn(CHOOSE, UserWarning, stacklevel=2)
        use_reentrant = True
    if not use_reentrant:
        first = contextlib.nullcontext() if context_fn is None else context_fn()[0]
        with first:
            return function(*args, **kwargs)
    if kwargs:
        problem = f"unexpected keyword arguments: {', '.join(kwargs)}"
        raise ChoiceError(explain("checkpoint", problem, hint="give use_reentrant=False"))
    if context_fn is not None or debug:
        problem = "context_fn and debug need use_reentrant=False"
        raise ChoiceError(explain("checkpoint", problem))
    if not local.recorder.grad or any([wants_grad(a) for a in args]):
        return function(*args)
    problem = "none of the inputs requires grad: there will be no gradients"
    warnings.warn(problem, UserWarning, stacklevel=2)
    with no_grad():
        return function(*args)


def wants_grad(value: Any) -> bool:
    """Whether `value` is a tensor that requires grad."""
    return isinstance(value, Handle) and value._value.requires_grad


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """What functions (or the modules of a Sequential), one after the other, make of `input`.

    >>> layers = [torch.sin, torch.cos]
    >>> torch.utils.checkpoint.checkpoint_sequential(layers, 2, torch.zeros(1), use_reentrant=False)
    tensor([1.])
    """
    if use_reentrant is None:
        warnings.warn(CHOOSE, UserWarning, stacklevel=2)
        use_reentrant = True
    kwargs.pop("preserve_rng_state", True)
    if kwargs:
        problem = f"unexpected keyword arguments: {', '.join(kwargs)}"
        raise ChoiceError(explain("checkpoint_sequential", problem))
    children = list(functions.children()) if hasattr(functions, "children") else list(functions)
    if not isinstance(segments, int) or segments < 1:
        problem = f"segments must be a positive whole number, not {segments!r}"
        raise ArgumentError(explain("checkpoint_sequential", problem))
    size = len(children) // segments
    start = 0
    for _ in range(segments - 1):
        part = one_after_the_other(children[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant)
        start += size
    return one_after_the_other(children[start:])(input)  # the last is run as it is, as in PyTorch


def one_after_the_other(functions: Sequence[Callable[..., Any]]) -> Callable[[Any], Any]:
    """A function that calls each of `functions` with what the one before gave."""

    def run(input: Any) -> Any:
        for function in functions:
            input = function(input)
        return input

    return run
