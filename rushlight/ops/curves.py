"""The smooth non-linear functions between the layers of a network, element by element."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import (
    ShapeError,
    explain,
)
from ..graph import Node, Spec
from .activation import expect_fractional, wide
from .dims import axis
from .layouts import row_major
from .samples import floats
from .slicing import part
from .table import Kind, Tensor, derived, floating, primitive


def exponential_below(input: Node, scale: float, alpha: float, rate: float) -> Node:
    """`scale` times: `input` where it is positive, `alpha * (exp(rate * input) - 1)` elsewhere."""
    above = ops.gt(input, 0)
    below = ops.where(above, 0, input)  # exp of a large number would spoil the gradient
    curve = ops.expm1(below if rate == 1 else below * rate)
    out = ops.where(above, input, curve if alpha == 1 else curve * alpha)
    return out if scale == 1 else out * scale


@derived(on="F")
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Node:
    """`input` where it is positive, `alpha * (exp(input) - 1)` elsewhere.

    >>> F.elu(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    expect_fractional("elu", input)
    return exponential_below(input, 1, alpha, 1)


@derived(on="torch F", grad_name="EluBackward0")
def selu(input: Tensor, inplace: bool = False) -> Node:
    """`elu` with the two constants that keep mean 0 and variance 1.

    Klambauer et al., Self-Normalizing Neural Networks (2017).

    >>> F.selu(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    expect_fractional("selu", input)
    return exponential_below(
        input, 1.0507009873554804934193349852946, 1.6732632423543772848170429916717, 1
    )


@derived(on="torch F")
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Node:
    """`input` where it is positive, `alpha * (exp(input / alpha) - 1)` elsewhere.

    >>> F.celu(torch.tensor([-1.0, 2.0]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    expect_fractional("celu", input)
    if alpha == 0:
        raise ShapeError(explain("celu", "ZeroDivisionError: alpha cannot be 0 for CELU"))
    return exponential_below(input, 1, alpha, 1 / alpha)


@elu.samples
@celu.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield floats(3, 4), 2.0
    yield (np.array([100.0, -100.0], np.float32),)


@selu.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield (np.array([100.0, -100.0], np.float32),)


@derived(on="F")
def silu(input: Tensor, inplace: bool = False) -> Node:
    """`input * sigmoid(input)`, also called swish.

    >>> F.silu(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """
    expect_fractional("silu", input)
    return input * ops.sigmoid(input)


@derived(on="F")
def mish(input: Tensor, inplace: bool = False) -> Node:
    """`input * tanh(softplus(input))`.

    >>> F.mish(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8651])
    """
    expect_fractional("mish", input)
    return input * ops.tanh(softplus(input))


@derived(on="F")
def gelu(input: Tensor, *, approximate: str = "none") -> Node:
    """`input` times the chance that a normal number is below it; or, by tanh, nearly so.

    >>> F.gelu(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """
    expect_fractional("gelu", input)
    if approximate == "none":
        return input * 0.5 * (ops.erf(input * math.sqrt(0.5)) + 1.0)
    if approximate != "tanh":
        problem = f"approximate argument must be either none or tanh, not {approximate!r}."
        raise ShapeError(explain("gelu", problem))
    cubic = (input + ops.mul(ops.square(input) * input, 0.044715)) * math.sqrt(2 / math.pi)
    return input * 0.5 * (ops.tanh(cubic) + 1.0)


@silu.samples
@mish.samples
def _() -> Iterator[Any]:
    yield from wide()


@gelu.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield (floats(3, 4),), {"approximate": "tanh"}


@derived(on="F")
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Node:
    """`log(1 + exp(beta * input)) / beta`; `input` itself where `beta * input > threshold`.

    >>> F.softplus(torch.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """
    expect_fractional("softplus", input)
    scaled = input if beta == 1 else input * beta
    straight = ops.gt(scaled, threshold)
    curve = ops.log1p(ops.exp(ops.where(straight, 0, scaled)))
    return ops.where(straight, input, curve if beta == 1 else curve / beta)


@softplus.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield floats(3, 4), 2.0, 1.0
    yield (np.array([100.0, -100.0], np.float32),)


def log_logistic(x: Any) -> Any:
    """NumPy: log(1 / (1 + exp(-x))), which is accurate on both sides."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@primitive(
    Kind.ELEMENTWISE,
    numpy=log_logistic,
    promote=floating,
    layout=row_major,
    on="F",
    grad_name="LogSigmoidBackward0",
)
def logsigmoid(input: Tensor) -> Spec:
    """Logarithm of the sigmoid, `-log(1 + exp(-input))`.

    >>> F.logsigmoid(torch.tensor([0.0, -100.0]))
    tensor([  -0.6931, -100.0000])
    """
    return input.spec


@logsigmoid.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * ops.sigmoid(-input),)


@logsigmoid.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield (np.array([0.0, 100.0, -200.0], np.float32),)


@derived(on="F")
def glu(input: Tensor, dim: int = -1) -> Node:
    """The first half of `input` along `dim`, times the sigmoid of the second.

    >>> F.glu(torch.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """
    if not input.ndim:
        raise ShapeError(explain("glu", "glu does not support 0-dimensional tensors"))
    k = axis(dim, input.ndim, "glu")
    n = input.shape[k]
    if n % 2:
        problem = f"Halving dimension must be even, but dimension {dim} is size {n}"
        raise ShapeError(explain("glu", problem, {"input": input.spec}))
    return part(input, k, 0, n // 2) * ops.sigmoid(part(input, k, n // 2, n))


@glu.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(4, 3), 0
