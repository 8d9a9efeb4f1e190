"""Exponentials, logarithms, and the functions next of kin."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import DtypeError, explain
from ..graph import Node, Spec
from .arithmetic import broadcast, conjugate
from .samples import at_kink, complexes, doubles, floats, ints
from .table import Kind, Number, Tensor, common, derived, floating, primitive


def anything() -> Iterator[Any]:
    """Samples for functions defined everywhere."""
    yield (floats(3, 4),)
    yield (floats(4, 3).T,)
    yield (ints(4),)
    yield at_kink(np.array([0.0, np.inf, -np.inf, np.nan, 800.0, -800.0]))
    yield at_kink(np.array([100.0, -100.0], np.float32))


def positives() -> Iterator[Any]:
    """Samples for functions of positive numbers."""
    yield (floats(3, 4, low=0.2),)
    yield (ints(4, low=1),)
    yield at_kink(np.array([1e-300, np.inf, np.nan]))
    yield at_kink(np.array([0.0, -1.0]))


@primitive(Kind.ELEMENTWISE, numpy=np.exp, promote=floating, on="torch Tensor Tensor_")
def exp(input: Tensor) -> Spec:
    """Powers of e: each element is the exponent.

    >>> torch.exp(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return input.spec


@exp.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(out),)


@exp.samples
def _() -> Iterator[Any]:
    yield from anything()
    yield (complexes(3),)


@primitive(Kind.ELEMENTWISE, numpy=np.exp2, promote=floating, on="torch Tensor Tensor_ special")
def exp2(input: Tensor) -> Spec:
    """Powers of 2: each element is the exponent.

    >>> torch.exp2(torch.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """
    return input.spec


@exp2.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(out * math.log(2)),)


exp2.samples(anything)


@primitive(Kind.ELEMENTWISE, numpy=np.expm1, promote=floating, on="torch Tensor Tensor_ special")
def expm1(input: Tensor) -> Spec:
    """Powers of e, less 1: each element is the exponent; accurate for small elements too.

    >>> torch.expm1(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return input.spec


@expm1.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(out + 1),)


expm1.samples(anything)


@primitive(Kind.ELEMENTWISE, numpy=np.log, promote=floating, on="torch Tensor Tensor_")
def log(input: Tensor) -> Spec:
    """Natural logarithm of each element.

    >>> torch.log(torch.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """
    return input.spec


@log.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g / conjugate(input),)


@log.samples
def _() -> Iterator[Any]:
    yield from positives()
    yield (complexes(3),)


@primitive(Kind.ELEMENTWISE, numpy=np.log2, promote=floating, on="torch Tensor Tensor_")
def log2(input: Tensor) -> Spec:
    """Logarithm to the base 2 of each element.

    >>> torch.log2(torch.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return input.spec


@log2.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g / conjugate(input * math.log(2)),)


log2.samples(positives)


def log10_rounded_once(x: Any) -> Any:
    """`np.log10`, but for float32 computed in float64: NumPy's log10(1000) is not quite 3 there."""
    return np.log10(x, dtype=np.float64).astype(x.dtype) if x.dtype == np.float32 else np.log10(x)


@primitive(Kind.ELEMENTWISE, numpy=log10_rounded_once, promote=floating, on="torch Tensor Tensor_")
def log10(input: Tensor) -> Spec:
    """Logarithm to the base 10 of each element.

    >>> torch.log10(torch.tensor([1.0, 1000.0]))
    tensor([0., 3.])
    """
    return input.spec


@log10.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g / conjugate(input * math.log(10)),)


log10.samples(positives)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.log1p,
    promote=floating,
    on="torch Tensor Tensor_ special",
    grad_name="Log1PBackward0",
)
def log1p(input: Tensor) -> Spec:
    """Natural logarithm of 1 + each element; accurate for small elements too.

    >>> torch.log1p(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return input.spec


@log1p.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g / conjugate(input + 1),)


log1p.samples(positives)


# -- sums of exponentials ----------------------------------------------------------------------


def floating_pair(op: str, input: Node, other: Node) -> Spec:
    """The spec of an op on two floating-point tensors."""
    spec = broadcast(op, input, other)
    if not spec.dtype.is_floating_point:
        got = {"input": input.spec, "other": other.spec}
        raise DtypeError(explain(op, "takes floating-point tensors", got))
    return spec


@primitive(Kind.ELEMENTWISE, numpy=np.logaddexp, promote=common, on="torch Tensor")
def logaddexp(input: Tensor, other: Tensor) -> Spec:
    """`log(exp(input) + exp(other))`, without overflow on the way.

    >>> torch.logaddexp(torch.tensor([1000.0]), torch.tensor([1000.0]))
    tensor([1000.6932])
    """
    return floating_pair("logaddexp", input, other)


@logaddexp.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g / (1 + exp(other - input)), g / (1 + exp(input - other))


@primitive(Kind.ELEMENTWISE, numpy=np.logaddexp2, promote=common, on="torch Tensor")
def logaddexp2(input: Tensor, other: Tensor) -> Spec:
    """`log2(2**input + 2**other)`, without overflow on the way.

    >>> torch.logaddexp2(torch.tensor([1000.0]), torch.tensor([1000.0]))
    tensor([1001.])
    """
    return floating_pair("logaddexp2", input, other)


@logaddexp2.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g / (1 + exp2(other - input)), g / (1 + exp2(input - other))


@logaddexp.samples
@logaddexp2.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, seed=1)
    yield floats(3, 4), doubles(3, 1, seed=1)
    yield at_kink(np.array([1000.0, -1000.0, 3.0]), np.array([999.0, 1000.0, -np.inf]))


# -- the logistic function ---------------------------------------------------------------------


def logistic(x: Any) -> Any:
    """NumPy: 1 / (1 + exp(-x)). Where the exponential overflows the result is 0, as it should."""
    y = np.exp(np.negative(x))
    y += 1
    return np.reciprocal(y)


@primitive(Kind.ELEMENTWISE, numpy=logistic, promote=floating, on="torch Tensor Tensor_ F")
def sigmoid(input: Tensor) -> Spec:
    """1 / (1 + exp(-x)) for each element x: a number between 0 and 1.

    >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    return input.spec


@sigmoid.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate((1 - out) * out),)


sigmoid.samples(anything)


@derived(on="special", grad_name="SigmoidBackward0")
def expit(input: Tensor) -> Node:
    """1 / (1 + exp(-x)) for each element x: another name of `torch.sigmoid`.

    >>> torch.special.expit(torch.tensor([0.0]))
    tensor([0.5000])
    """
    return sigmoid(input)


@expit.samples
def _() -> Iterator[Any]:
    yield (floats(3),)


@derived(on="torch Tensor Tensor_ special")
def logit(input: Tensor, eps: float | None = None) -> Node:
    """log(x / (1 - x)) for each element x, kept between `eps` and 1 - `eps` first if that is given.

    >>> torch.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    if eps is not None:
        input = ops.clamp(input, eps, 1 - eps)
    return log(input / (1 - input))


@logit.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.1, high=0.9),)
    yield floats(3, 4, low=0.1, high=0.9), 0.3
    yield at_kink(np.array([0.0, 1.0]), 0.1)


# -- products with a logarithm -----------------------------------------------------------------


def product_with_log(x: Any, y: Any) -> Any:
    """NumPy: x * log(y), but 0 where x is 0 and y is a number."""
    logs = np.log(y, dtype=np.result_type(x, y))  # y may be a Python number
    return np.where(np.logical_and(np.equal(x, 0), np.equal(y, y)), 0, x * logs)


@primitive(
    Kind.ELEMENTWISE, numpy=product_with_log, promote=floating, on="torch Tensor Tensor_ special"
)
def xlogy(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """`input * log(other)`, but 0 where `input` is 0.

    A derivation would need two wheres to keep its gradient finite at 0.

    >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 3.0]))
    tensor([0.0000, 2.1972])
    """
    return broadcast("xlogy", input, other)


@xlogy.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    limit = ops.logical_and(ops.eq(input, 0), ops.le(other, 0))
    return g * ops.where(limit, 0, log(other)), g * (input / other)


@xlogy.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, low=0.2, seed=1)
    yield floats(3, low=0.2), 2.5
    yield doubles(3, low=0.2), 2.5
    yield 2, floats(3, low=0.2)
    yield ints(3), ints(3, low=1)
    yield at_kink(np.array([0.0, 0.0, 0.0, 1.0]), np.array([1.0, np.nan, 2.0, 3.0]))


@derived(on="torch Tensor Tensor_ special")
def sinc(input: Tensor) -> Node:
    """sin(pi x) / (pi x) for each element x, and 1 at 0.

    >>> torch.sinc(torch.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    at_zero = ops.eq(input, 0)
    angle = ops.where(at_zero, 1.0, input) * math.pi
    return ops.where(at_zero, 1.0, ops.sin(angle) / angle)


@sinc.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (ints(4),)
    yield at_kink(np.array([0.0, 1.0]))
