"""The non-linear functions between the layers of a network, element by element.

Several of PyTorch's take `inplace=True`: it changes nothing of what comes back, and the surface sees
to the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .dims import axis
from .samples import at_kink, floats, ints
from .slicing import part
from .table import Kind, Tensor, derived, floating, primitive


def wide() -> Iterator[Any]:
    """Samples on both sides of every bend, none of them at one."""
    yield (floats(3, 4, low=-6, high=6),)
    yield (floats(2, 3).T,)
    yield (floats(),)


def expect_fractional(op: str, input: Node) -> None:
    """Raise DtypeError unless `input` holds floating-point numbers."""
    if input.dtype.category < dtypes.FLOAT:
        problem = f"not implemented for '{input.dtype.name}'"
        hint = "convert to a floating-point type first, as in x.float()"
        raise DtypeError(explain(op, problem, {"input": input.spec}, hint))


# -- bent lines --------------------------------------------------------------------------------


def positive_part(x: Any) -> Any:
    """NumPy: `x` where it is positive, 0 elsewhere."""
    return np.maximum(x, 0)


@primitive(Kind.ELEMENTWISE, numpy=positive_part, on="torch Tensor Tensor_ F")
def relu(input: Tensor) -> Spec:
    """`input` where it is positive, 0 elsewhere.

    >>> torch.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if input.dtype is dtypes.bool_:
        raise DtypeError(explain("relu", "Boolean inputs not supported for relu"))
    return input.spec


@relu.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (relu_mask(g, out),)


@relu.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield (ints(3, 4),)
    yield at_kink(np.array([0.0, -0.0, 1.0], np.float32))


# A product with the mask is ten times as fast as NumPy's `where`.
@primitive(Kind.ELEMENTWISE, numpy=lambda g, out: g * (out > 0))
def relu_mask(g: Tensor, out: Tensor) -> Spec:
    """`g` where `out` is positive, 0 elsewhere."""
    return g.spec


@relu_mask.vjp
def _(g: Node, out: Node, first: Node, second: Node) -> tuple[Node, None]:
    return relu_mask(g, second), None


@relu_mask.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)


@primitive(Kind.ELEMENTWISE, numpy=lambda x, *, low, high: np.minimum(np.maximum(x, low), high))
def bounded(input: Tensor, *, low: float, high: float) -> Spec:
    """`input` cut off at `low` and `high`, where, unlike clamp's, its gradient is 0."""
    return input.spec


@bounded.vjp
def _(g: Node, out: Node, input: Node, *, low: float, high: float) -> tuple[Node]:
    inside = ops.logical_and(ops.gt(input, low), ops.lt(input, high))
    return (ops.where(inside, g, 0),)


@bounded.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"low": -1.0, "high": 1.5}
    yield at_kink(np.array([-1.0, 1.5], np.float32), low=-1.0, high=1.5)


@derived(on="F")
def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Node:
    """`input` cut off at `min_val` and `max_val`.

    >>> F.hardtanh(torch.tensor([-3.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ChoiceError(explain("hardtanh", "min_val cannot be greater than max_val"))
    return bounded(input, low=min_val, high=max_val)


@derived(on="F", grad_name="HardtanhBackward0")
def relu6(input: Tensor, inplace: bool = False) -> Node:
    """`input` cut off at 0 and 6.

    >>> F.relu6(torch.tensor([-3.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """
    return bounded(input, low=0.0, high=6.0)


@derived(on="F")
def hardsigmoid(input: Tensor, inplace: bool = False) -> Node:
    """A straight line from 0 at -3 to 1 at 3, `relu6(input + 3) / 6`.

    >>> F.hardsigmoid(torch.tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    expect_fractional("hardsigmoid", input)
    return bounded(input + 3.0, low=0.0, high=6.0) / 6.0


@derived(on="F")
def hardswish(input: Tensor, inplace: bool = False) -> Node:
    """`input * hardsigmoid(input)`.

    >>> F.hardswish(torch.tensor([-4.0, 1.0, 4.0]))
    tensor([-0.0000, 0.6667, 4.0000])
    """
    expect_fractional("hardswish", input)
    return input * bounded(input + 3.0, low=0.0, high=6.0) / 6.0


@hardtanh.samples
@relu6.samples
@hardsigmoid.samples
@hardswish.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield at_kink(np.array([-3.0, -1.0, 0.0, 1.0, 3.0, 6.0], np.float32))


@derived(on="F")
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Node:
    """`input` where it is positive, `negative_slope * input` elsewhere.

    >>> F.leaky_relu(torch.tensor([-1.0, 2.0]))
    tensor([-0.0100,  2.0000])
    """
    expect_fractional("leaky_relu", input)
    return ops.where(ops.gt(input, 0), input, input * negative_slope)


@leaky_relu.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield floats(3, 4), 0.2
    yield at_kink(np.array([0.0, 1.0], np.float32))


@derived(on="torch F", grad_name="RreluWithNoiseBackward0")
def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Node:
    """`input` where it is positive, elsewhere times the mean of `lower` and `upper`.

    >>> F.rrelu(torch.tensor([-1.0, 2.0]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    if training:
        problem = "random slopes (training=True) are not available"
        raise ChoiceError(explain("rrelu", problem, hint="use leaky_relu, or training=False"))
    return leaky_relu(input, (lower + upper) / 2)


@rrelu.samples
def _() -> Iterator[Any]:
    yield from wide()


@derived(on="torch Tensor F", grad_name="PreluKernelBackward0")
def prelu(input: Tensor, weight: Tensor) -> Node:
    """`input` where it is positive, times `weight` elsewhere: one number, or one per channel.

    >>> F.prelu(torch.tensor([-1.0, 2.0]), torch.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    if input.dtype is not weight.dtype:
        problem = "Type promoting not supported."
        raise DtypeError(explain("prelu", problem, {"input": input.spec, "weight": weight.spec}))
    if weight.ndim > 1:
        problem = f"Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        raise ShapeError(explain("prelu", problem))
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.size not in (1, channels):
        problem = (
            "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
            f"{weight.size} and channel size = {channels}."
        )
        raise ShapeError(explain("prelu", problem))
    if weight.size > 1:
        weight = ops.reshape(weight, (channels, *[1] * (input.ndim - 2)))
    return ops.where(ops.gt(input, 0), input, weight * input)


@prelu.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(1, low=0.1)
    yield floats(2, 3, 2), floats(3, low=0.1)
    yield floats(3), floats(1)


@derived(on="torch Tensor_ F")
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Node:
    """`input` where it is above `threshold`, `value` elsewhere.

    >>> F.threshold(torch.tensor([0.5, 2.0]), 1.0, -1.0)
    tensor([-1.,  2.])
    """
    return ops.where(ops.le(input, threshold), value, input)


@threshold.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), 0.5, 20.0


# -- shrinking ---------------------------------------------------------------------------------


def near_zero(input: Node, lambd: float) -> Node:
    """Where `input` is between `-lambd` and `lambd`."""
    return ops.logical_and(ops.ge(input, -lambd), ops.le(input, lambd))


@derived(on="F torch Tensor")
def hardshrink(input: Tensor, lambd: float = 0.5) -> Node:
    """`input`, but 0 where it is between `-lambd` and `lambd`.

    >>> F.hardshrink(torch.tensor([-1.0, 0.2, 2.0]))
    tensor([-1.,  0.,  2.])
    """
    expect_fractional("hardshrink", input)
    return ops.where(near_zero(input, lambd), 0, input)


@derived(on="F")
def softshrink(input: Tensor, lambd: float = 0.5) -> Node:
    """`input` moved towards 0 by `lambd`, and 0 where that is too far.

    >>> F.softshrink(torch.tensor([-1.0, 0.2, 2.0]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    expect_fractional("softshrink", input)
    if lambd < 0:
        problem = f"lambda must be greater or equal to 0, but found to be {lambd}."
        raise ShapeError(explain("softshrink", problem))
    moved = ops.where(ops.gt(input, 0), input - lambd, input + lambd)
    return ops.where(near_zero(input, lambd), 0, moved)


@hardshrink.samples
@softshrink.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield floats(3, 4), 1.0
    yield at_kink(np.array([-0.5, 0.0, 0.5], np.float32))


@derived(on="F", grad_name="SubBackward0")
def tanhshrink(input: Tensor) -> Node:
    """`input - tanh(input)`.

    >>> F.tanhshrink(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return input - ops.tanh(input)


@derived(on="F", grad_name="DivBackward0")
def softsign(input: Tensor) -> Node:
    """`input / (1 + abs(input))`.

    >>> F.softsign(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.5000])
    """
    return input / (ops.abs(input) + 1)


@tanhshrink.samples
@softsign.samples
def _() -> Iterator[Any]:
    yield from wide()


# -- exponential curves ------------------------------------------------------------------------


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


@derived(on="torch Tensor_ F", grad_name="EluBackward0")
def selu(input: Tensor, inplace: bool = False) -> Node:
    """`elu` with the two constants that keep mean 0 and variance 1.

    Klambauer et al., Self-Normalizing Neural Networks (2017).

    >>> F.selu(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    expect_fractional("selu", input)
    return exponential_below(input, 1.0507009873554804934193349852946, 1.6732632423543772848170429916717, 1)


@derived(on="torch Tensor_ F")
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
    Kind.ELEMENTWISE, numpy=log_logistic, promote=floating, on="F", grad_name="LogSigmoidBackward0"
)
def logsigmoid(input: Tensor) -> Spec:
    """Logarithm of the sigmoid, `-log(1 + exp(-input))`.

    >>> F.logsigmoid(torch.tensor([0.0, -100.0]))
    tensor([-6.9315e-01, -1.0000e+02])
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
