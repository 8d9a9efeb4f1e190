"""Variance and standard deviation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import DtypeError, explain
from ..graph import Node, Shape, Spec
from .dims import Dim, axes
from .reduce import average, reduced, restored
from .samples import at_kink, floats
from .table import Kind, Tensor, derived, primitive
from .totals import total


def degrees(input: Node, axes: Shape, correction: float) -> float:
    """The number by which the sum of squared deviations is divided."""
    count = 1
    for k in axes:
        count *= input.shape[k]
    return max(count - correction, 0)


def variance(x: Any, *, axes: Shape, keepdim: bool, divisor: float) -> Any:
    """NumPy: the mean squared deviation, in two passes."""
    count = 1
    for k in axes:
        count *= x.shape[k]
    apart = x - total(x, axes, True) / x.dtype.type(count)
    return total(np.square(apart), axes, keepdim) / x.dtype.type(divisor)


@primitive(Kind.REDUCE, numpy=variance, grad_name="VarBackward0")
def reduce_var(input: Tensor, *, axes: Shape, keepdim: bool, divisor: float) -> Spec:
    """The sum of squared deviations from the mean over `axes`, divided by `divisor`.

    Derived from mean, its gradient would pass through the mean as well, where it adds up to zero.
    """
    return Spec(reduced(input, axes, keepdim), input.dtype)


@reduce_var.vjp
def _(
    g: Node, out: Node, input: Node, *, axes: Shape, keepdim: bool, divisor: float
) -> tuple[Node]:
    apart = input - average(input, axes, True)
    scale = 2 / divisor if divisor else np.inf
    return (restored(g, input, axes, keepdim) * (scale * apart),)


@reduce_var.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"axes": (1,), "keepdim": False, "divisor": 3}


class Choice:
    """The arguments of var and std in all their forms, read."""

    def __init__(
        self, op: str, input: Node, dim: Any, unbiased: Any, keepdim: bool, correction: Any
    ) -> None:
        if isinstance(dim, bool):  # var(x, False): the dimension may be left out
            dim, unbiased = None, dim
        if not input.dtype.is_floating_point:
            problem = "only supports floating-point tensors"
            raise DtypeError(
                explain(op, problem, {"input": input.spec}, "convert it with .float()")
            )
        if correction is None:
            correction = 1 if unbiased is None or unbiased else 0
        self.axes = axes(dim, input, op)
        self.keepdim = keepdim
        self.divisor = degrees(input, self.axes, correction)

    def of(self, input: Node) -> Node:
        """The variance of `input`."""
        return reduce_var(input, axes=self.axes, keepdim=self.keepdim, divisor=self.divisor)


@derived(on="torch Tensor")
def var(
    input: Tensor,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Node:
    """Variance of all elements, or over `dim`: squared deviations, summed, over n - `correction`.

    >>> torch.var(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.6667)
    """
    return Choice("var", input, dim, unbiased, keepdim, correction).of(input)


@derived(on="torch Tensor")
def std(
    input: Tensor,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Node:
    """Standard deviation of all elements, or over `dim`: the square root of the variance.

    >>> torch.std(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.2910)
    """
    return ops.length_root(Choice("std", input, dim, unbiased, keepdim, correction).of(input))


@derived(on="torch")
def var_mean(
    input: Tensor,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Node, Node]:
    """Variance and mean of all elements, or over `dim`.

    >>> torch.var_mean(torch.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    chosen = Choice("var_mean", input, dim, unbiased, keepdim, correction)
    return chosen.of(input), average(input, chosen.axes, keepdim)


@derived(on="torch")
def std_mean(
    input: Tensor,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Node, Node]:
    """Standard deviation and mean of all elements, or over `dim`.

    >>> torch.std_mean(torch.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    chosen = Choice("std_mean", input, dim, unbiased, keepdim, correction)
    return ops.length_root(chosen.of(input)), average(input, chosen.axes, keepdim)


@var.samples
@std.samples
@var_mean.samples
@std_mean.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 4), False
    yield floats(2, 3, 4).transpose(2, 0, 1), 1
    yield floats(2, 3, 4), (0, -1), False, True
    yield (floats(3, 4), 0), {"correction": 0.5, "keepdim": True}
    yield at_kink(np.array([[1.0, 1.0, 1.0]]), 1)
    yield at_kink(np.array([[1.0]]), 1)
