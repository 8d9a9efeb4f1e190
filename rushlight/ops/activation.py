"""The non-linear functions between the layers of a network, element by element.

Several of PyTorch's take `inplace=True`: it changes nothing of what comes back, and the surface
sees to the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .samples import at_kink, floats, ints
from .table import Kind, Tensor, derived, primitive


def wide() -> Iterator[Any]:
    """Samples on both sides of every bend, none of them at one."""
    yield (floats(3, 4, low=-6, high=6),)
    yield (floats(2, 3).T,)
    yield (floats(),)


class UnsupportedDtype(DtypeError, NotImplementedError):
    """A dtype that an op is not there for."""


def expect_fractional(op: str, input: Node) -> None:
    """Raise UnsupportedDtype unless `input` holds floating-point numbers."""
    if input.dtype.category < dtypes.FLOAT:
        problem = f"not implemented for '{input.dtype.name}'"
        hint = "convert to a floating-point type first, as in x.float()"
        raise UnsupportedDtype(explain(op, problem, {"input": input.spec}, hint))


# -- bent lines --------------------------------------------------------------------------------


ZERO = {np.dtype(kind): np.zeros((), kind) for kind in "efdbhilBHIL"}
"""A 0-d zero of each dtype: NumPy takes it twice as fast as Python's."""

BITS = {4: np.int32, 8: np.int64}
"""Integers as wide as floats of so many bytes."""


def positive_part(x: Any) -> Any:
    """NumPy: `x` where it is positive, 0 elsewhere; -0.0 is kept, as the second of equals is."""
    return np.maximum(ZERO[x.dtype], x)


def passed_on(g: Any, out: Any) -> Any:
    """NumPy: `g` where `out` is not negative or zero, 0 elsewhere, whatever `g` is there.

    A product with the mask would make nan of an infinite `g`; `where` takes four times as long as
    this mask of bits.
    """
    blocked = np.less_equal(out, ZERO[out.dtype])
    bits = BITS.get(g.dtype.itemsize)
    if bits is None or g.dtype.kind != "f":
        return np.where(blocked, ZERO[g.dtype], g)
    mask = np.subtract(blocked, 1, dtype=bits, casting="unsafe")  # all ones where not blocked
    return np.bitwise_and(mask, g.view(bits)).view(g.dtype)


@primitive(Kind.ELEMENTWISE, numpy=positive_part, on="torch Tensor Tensor_ F")
def relu(input: Tensor) -> Spec:
    """`input` where it is positive, 0 elsewhere.

    >>> torch.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if input.dtype is dtypes.bool_ or input.dtype.is_complex:
        kind = "Boolean" if input.dtype is dtypes.bool_ else "complex"
        raise DtypeError(explain("relu", f"{kind} inputs not supported for relu"))
    return input.spec


@relu.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (relu_mask(g, out),)


@relu.samples
def _() -> Iterator[Any]:
    yield from wide()
    yield (ints(3, 4),)
    yield at_kink(np.array([0.0, -0.0, 1.0], np.float32))


@primitive(Kind.ELEMENTWISE, numpy=passed_on)
def relu_mask(g: Tensor, out: Tensor) -> Spec:
    """`g` where `out` is positive (or nan), 0 elsewhere."""
    return g.spec


@relu_mask.vjp
def _(g: Node, out: Node, first: Node, second: Node) -> tuple[Node, None]:
    return relu_mask(g, second), None


@relu_mask.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)


@primitive(
    Kind.ELEMENTWISE,
    numpy=lambda x, *, low, high: np.minimum(high, np.maximum(low, x)),
    grad_name="HardtanhBackward0",
)
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
    return ops.contiguous(leaky_relu(input, (lower + upper) / 2))


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
    elif weight.ndim > input.ndim:
        weight = ops.reshape(weight, ())
    return ops.where(ops.gt(input, 0), input, weight * input)


@prelu.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(1, low=0.1)
    yield floats(2, 3, 2), floats(3, low=0.1)
    yield floats(3), floats(1)
    yield floats(), floats(1)


@derived(on="torch F")
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
