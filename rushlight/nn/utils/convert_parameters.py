"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...calls import function
from ...errors import ArgumentError, explain
from ...ops import OPS
from ...runtime.entry import Handle

cat = function(OPS["cat"])


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All elements of all parameters, one after another.

    >>> torch.nn.utils.parameters_to_vector([torch.ones(2), torch.zeros(1, 1)])
    tensor([1., 1., 0.])
    """
    return cat([p.view(-1) for p in parameters])


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Give the parameters the elements of `vec`, one after another; they share its memory.

    >>> p = torch.nn.Parameter(torch.zeros(1, 2))
    >>> torch.nn.utils.vector_to_parameters(torch.tensor([1.0, 2.0]), [p])
    >>> p
    Parameter containing:
    tensor([[1., 2.]], requires_grad=True)
    """
    if not isinstance(vec, Handle):
        problem = f"expected torch.Tensor, but got: {type(vec).__name__}"
        raise ArgumentError(explain("vector_to_parameters", problem))
    flat: Any = vec
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = flat[start:end].view(parameter.shape).data
        start = end
