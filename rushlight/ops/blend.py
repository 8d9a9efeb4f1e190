"""Sums, products and quotients of three tensors at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import ops
from ..errors import DtypeError, explain
from ..graph import Node
from .arithmetic import is_fractional, minus, mul, plus, scaled, true_quotient
from .samples import floats, ints
from .table import Number, Tensor, derived


@derived(on="torch Tensor Tensor_")
def addcmul(
    input: Tensor, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number = 1
) -> Node:
    """Sum `input + value * tensor1 * tensor2`.

    >>> torch.addcmul(torch.ones(2), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), value=0.1)
    tensor([1.3000, 1.8000])
    """
    return plus(input, mul(scaled("addcmul", input, tensor1, value), tensor2))


@addcmul.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 1, seed=1), floats(4, seed=2)
    yield (floats(3), floats(3, seed=1), floats(3, seed=2)), {"value": -0.5}
    yield (ints(3), ints(3, seed=1), ints(3, seed=2)), {"value": 2}


@derived(on="torch Tensor Tensor_")
def addcdiv(
    input: Tensor, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number = 1
) -> Node:
    """Sum `input + value * tensor1 / tensor2`.

    >>> torch.addcdiv(torch.ones(2), torch.tensor([1.0, 3.0]), torch.tensor([2.0, 4.0]), value=2)
    tensor([2.0000, 2.5000])
    """
    if not is_fractional(tensor1) and not is_fractional(tensor2):
        hint = "convert one of them to a floating-point type first"
        raise DtypeError(explain("addcdiv", "integer division is not supported", hint=hint))
    return plus(input, true_quotient(scaled("addcdiv", input, tensor1, value), tensor2))


@addcdiv.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 1, seed=1), floats(4, low=0.5, seed=2)
    yield (floats(3), floats(3, seed=1), floats(3, low=0.5, seed=2)), {"value": -0.5}


@derived(on="torch Tensor Tensor_")
def lerp(input: Tensor, end: Tensor, weight: Tensor | Number) -> Node:
    """The point that lies `weight` of the way from `input` to `end`.

    >>> torch.lerp(torch.tensor([0.0, 10.0]), torch.tensor([4.0, 20.0]), 0.25)
    tensor([ 1.0000, 12.5000])
    """
    # From the nearer end, so that it is exact at both, and nan at neither if they are infinite.
    near = ops.lt(ops.abs(ops.mul(weight, 1)), 0.5)
    start = ops.where(near, input, end)
    return plus(start, mul(ops.where(near, weight, minus(weight, 1)), minus(end, input)))


@lerp.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, seed=1), 0.25
    yield floats(3, 4), floats(3, 4, seed=1), floats(3, 1, seed=2)
