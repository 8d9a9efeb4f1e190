"""`torch.autograd.graph`: what is kept for backward passes, and the functions that made tensors.

What is kept for gradients are values, which nothing changes, in main memory. So there is nothing to
move or to forbid; hooks that would see each of them are not there.
"""

from __future__ import annotations

import contextlib
from typing import Any

from ..grad_fn import GradFn as Node
from ..missing import refusing

__all__ = [
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
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


__getattr__ = refusing("torch.autograd.graph", __all__)
