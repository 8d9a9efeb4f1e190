"""`torch.autograd.graph`: what is kept for backward passes, and the functions that made tensors.

What is kept for gradients are values, which nothing changes, in main memory. So there is nothing to
move or to forbid; hooks that would see each of them are not there, and nothing counts changes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..errors import ChoiceError, GradError, explain
from ..grad_fn import GradFn as Node
from ..missing import refusing
from ..stepwise import Steps, running

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
]


class save_on_cpu(contextlib.nullcontext[None]):
    """A context in which nothing is different: what is kept is in main memory already.

    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> with torch.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> y.backward()
    >>> x.grad
    tensor(6.)
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__()


class disable_saved_tensors_hooks(contextlib.nullcontext[None]):
    """A context in which nothing is different: there are no such hooks."""

    def __init__(self, error_message: str, *args: Any) -> None:
        super().__init__()


class allow_mutation_on_saved_tensors(contextlib.nullcontext[None]):
    """A context in which nothing is different: gradients always use the values from before.

    >>> x = torch.tensor([2.0], requires_grad=True)
    >>> y = x.clone()
    >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
    ...     z = y * y
    ...     _ = y.zero_()
    ...     z.sum().backward()
    >>> x.grad
    tensor([4.])
    """

    def __init__(self) -> None:
        super().__init__()


def increment_version(tensor: Any) -> None:
    """Do nothing: changes of tensors are not counted."""


class GradientEdge(NamedTuple):
    """The place of a tensor in the autograd graph: what made it, and which result it is."""

    node: Any
    output_nr: int


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The place of a tensor that requires grad.

    >>> x = torch.ones(1, requires_grad=True)
    >>> torch.autograd.graph.get_gradient_edge(x * 2).node.name()
    'MulBackward0'
    """
    if not tensor.requires_grad:
        problem = "it is not possible to get the gradient edge for a Tensor that does not require"
        raise GradError(explain("get_gradient_edge", f"{problem} gradients"))
    return GradientEdge(Node.of(tensor._value), 0)


class Together:
    """A hook of several tensors, and what it has seen of the pass that goes on."""

    def __init__(self, tensors: Sequence[Any], fn: Callable[..., Any], every: bool) -> None:
        self.tensors = tensors
        self.fn = fn
        self.every = every
        self.steps: Steps | None = None
        self.wanted: list[bool] = []
        self.found: dict[int, Any] = {}

    def hook(self, k: int) -> Callable[[Any], None]:
        """The hook of tensor `k`."""
        return lambda g: self.see(k, g)

    def see(self, k: int, g: Any) -> None:
        """Note the gradient of tensor `k`; call the function if it is the one waited for."""
        if running.now is not self.steps:  # a new pass
            self.steps = running.now
            self.found = {}
            if self.steps is not None:
                self.wanted = self.steps.reaches([t._value for t in self.tensors])
        self.found[k] = g
        if not self.every and len(self.found) == 1:
            self.fn(g)
        elif self.every and len(self.found) == sum(self.wanted):
            self.fn([self.found.get(i) for i in range(len(self.tensors))])


class Handles(NamedTuple):
    """The hooks of several tensors, which can be removed together, or at the end of a `with`."""

    each: tuple[Any, ...]

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self.each:
            handle.remove()

    def __enter__(self) -> Handles:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[..., Any], *, mode: str = "all"
) -> Handles:
    """Have `fn` called when the gradients of all `tensors` that a pass reaches are known.

    It is given a list of them, None for those that are not reached; with mode "any" it is given
    the first of them alone.

    >>> x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    >>> handle = torch.autograd.graph.register_multi_grad_hook([x, y], print)
    >>> (x * 2 + y * 3).sum().backward()
    [tensor([2.]), tensor([3.])]
    """
    if mode not in ("all", "any"):
        problem = f"expects mode to be one of ('all', 'any') but got {mode}"
        raise ChoiceError(explain("register_multi_grad_hook", problem))
    together = Together(tensors, fn, mode == "all")
    return Handles(tuple([t.register_hook(together.hook(k)) for k, t in enumerate(tensors)]))


__getattr__ = refusing("torch.autograd.graph", __all__)
