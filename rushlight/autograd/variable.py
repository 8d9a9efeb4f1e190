"""`Variable`, what tensors that require grad were once wrapped in; programs still say it."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError, explain
from ..tensor import Tensor


class VariableType(type):
    """The type of Variable: calling it gives a tensor, and every tensor is a Variable."""

    def __call__(cls, data: Any, requires_grad: bool = False, volatile: Any = None) -> Any:
        """A tensor on the memory of `data`, a leaf that requires grad if so asked."""
        if not isinstance(data, Tensor):
            kind = type(data).__name__
            raise ArgumentError(explain("Variable", f"data must be Tensor, not {kind}"))
        return data.detach().requires_grad_(requires_grad)  # type: ignore[attr-defined]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=VariableType):
    """A tensor, under its old name.

    >>> torch.autograd.Variable(torch.ones(1), requires_grad=True)
    tensor([1.], requires_grad=True)
    """
