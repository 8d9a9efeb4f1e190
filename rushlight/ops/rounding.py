"""Rounding, and the divisions that round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import DtypeError, RushlightError, explain
from ..graph import Node, Spec
from .arithmetic import broadcast, zeros_of
from .samples import at_kink, doubles, floats, ints
from .table import Kind, Number, Tensor, common, derived, primitive


def on_fractions(ufunc: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """NumPy: `ufunc` on floating-point numbers; whole numbers stay as they are."""

    def rule(x: Any) -> Any:
        return ufunc(x) if x.dtype.kind == "f" else x.copy()

    return rule


def numeric(op: str, input: Node) -> Spec:
    """The spec of `input`, which must hold real numbers."""
    if input.dtype is dtypes.bool_ or input.dtype.is_complex:
        problem = f"is not defined for {input.dtype.name} tensors"
        raise DtypeError(explain(op, problem, {"input": input.spec}))
    return input.spec


def flat(g: Node, out: Node, input: Node) -> tuple[Node]:
    """The gradient of a function made of steps: zero."""
    return (zeros_of(input),)


def numbers() -> Iterator[Any]:
    """Samples for rounding."""
    yield (floats(3, 4).T,)
    yield (ints(3),)
    yield at_kink(np.array([0.5, 1.5, -0.5, -2.5, np.nan, np.inf]))


@primitive(Kind.ELEMENTWISE, numpy=on_fractions(np.floor), on="torch Tensor Tensor_")
def floor(input: Tensor) -> Spec:
    """The next whole number below each element.

    >>> torch.floor(torch.tensor([1.7, -1.2]))
    tensor([ 1., -2.])
    """
    return numeric("floor", input)


@primitive(Kind.ELEMENTWISE, numpy=on_fractions(np.ceil), on="torch Tensor Tensor_")
def ceil(input: Tensor) -> Spec:
    """The next whole number above each element.

    >>> torch.ceil(torch.tensor([1.2, -1.7]))
    tensor([ 2., -1.])
    """
    return numeric("ceil", input)


@primitive(
    Kind.ELEMENTWISE, numpy=on_fractions(np.trunc), on="torch Tensor Tensor_", aliases=("fix",)
)
def trunc(input: Tensor) -> Spec:
    """Each element without its fraction.

    >>> torch.trunc(torch.tensor([1.7, -1.7]))
    tensor([ 1., -1.])
    """
    return numeric("trunc", input)


@primitive(Kind.ELEMENTWISE, numpy=on_fractions(np.rint), grad_name="RoundBackward0")
def nearest(input: Tensor) -> Spec:
    """The whole number nearest to each element; halves go to the even one."""
    return numeric("round", input)


for _step in (floor, ceil, trunc, nearest):
    _step.vjp(flat)
    _step.samples(numbers)


@derived(on="torch Tensor Tensor_ special")
def round(input: Tensor, *, decimals: int = 0) -> Node:
    """Each element rounded to `decimals` places; halves go to the even neighbour.

    >>> torch.round(torch.tensor([0.5, 1.5, -2.7]))
    tensor([ 0.,  2., -3.])
    >>> torch.round(torch.tensor([3.14159]), decimals=2)
    tensor([3.1400])
    """
    if decimals == 0:
        return nearest(input)
    if not input.dtype.is_floating_point:
        problem = "decimals can be given for floating-point tensors only"
        raise DtypeError(explain("round", problem, {"input": input.spec}))
    unit = 10.0 ** (decimals if decimals > 0 else -decimals)
    if decimals > 0:
        return nearest(input * unit) / unit
    return nearest(input / unit) * unit


@round.samples
def _() -> Iterator[Any]:
    yield from numbers()
    yield (floats(3, 4),), {"decimals": 1}
    yield (floats(3, 4, high=900.0),), {"decimals": -2}


@primitive(Kind.ELEMENTWISE, numpy=lambda x: x - np.trunc(x), on="torch Tensor Tensor_")
def frac(input: Tensor) -> Spec:
    """The fraction of each element, with its sign.

    Not derived from trunc, whose gradient is zero.

    >>> torch.frac(torch.tensor([1.25, -1.25]))
    tensor([ 0.2500, -0.2500])
    """
    if not input.dtype.is_floating_point:
        problem = "takes floating-point tensors"
        raise DtypeError(explain("frac", problem, {"input": input.spec}))
    return input.spec


@frac.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g,)


@frac.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4).T,)


# -- divisions ---------------------------------------------------------------------------------


def divided(op: str, input: Node, other: Node) -> Spec:
    """The spec of a division that rounds."""
    spec = broadcast(op, input, other)
    numeric(op, Node(None, (), {}, spec, False))
    return spec


def ratios() -> Iterator[Any]:
    """Samples for divisions that round: signs of every kind, nowhere near a step."""
    yield floats(3, 4, high=9.0), np.array([0.7, -0.9, 1.3, -2.1], np.float32)
    yield np.array([7, -7, 7, -7, 6]), np.array([2, 2, -2, -2, 3])
    yield np.array([7, -7, 5], np.int32), -4
    yield np.array([7, 200, 5], np.uint8), 3
    yield np.array([7, -7, 5]), 2.5
    yield 7.0, doubles(3, low=0.5)
    yield at_kink(
        np.array([np.inf, 1.0, -1.0, 5.0, 6.0, -6.0]), np.array([1.0, 0, 0, np.inf, 2, 2])
    )


class DividedByZero(RushlightError, RuntimeError, ZeroDivisionError):
    """A whole number that was divided by zero."""


def with_nonzero(rule: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """NumPy: `rule`, but whole numbers are not divided by zero. Engines must see to that too."""

    def divide(x: Any, y: Any) -> Any:
        if np.result_type(x, y).kind not in "fc" and not np.all(y):
            hint = "leave the zeros out, or convert to float: then the result is inf or nan"
            raise DividedByZero(explain("division", "a whole number is divided by zero", hint=hint))
        return rule(x, y)

    return divide


@primitive(
    Kind.ELEMENTWISE,
    numpy=with_nonzero(np.floor_divide),
    promote=common,
    grad_name="DivBackward2",
)
def floor_quotient(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """`input / other`, rounded down."""
    return divided("floor_divide", input, other)


floor_quotient.exact_number = True


@floor_quotient.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return zeros_of(out), zeros_of(out)


def truncated(x: Any, y: Any) -> Any:
    """NumPy: `x / y` without the fraction."""
    if np.result_type(x, y).kind == "f":
        return np.trunc(np.true_divide(x, y))
    return np.floor_divide(x - np.fmod(x, y), y)


@primitive(
    Kind.ELEMENTWISE, numpy=with_nonzero(truncated), promote=common, grad_name="DivBackward2"
)
def trunc_quotient(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """`input / other`, rounded towards zero."""
    return divided("div", input, other)


@trunc_quotient.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return zeros_of(out), zeros_of(out)


floor_quotient.samples(ratios)
trunc_quotient.samples(ratios)


@derived(on="torch Tensor Tensor_")
def floor_divide(input: Tensor | Number, other: Tensor | Number) -> Node:
    """`input / other`, rounded down to a whole number.

    >>> torch.tensor([7, -7]) // 2
    tensor([ 3, -4])
    """
    return floor_quotient(input, other)


floor_divide.numbers_alone = True
floor_divide.samples(ratios)


def signed_rest(x: Any, y: Any) -> Any:
    """NumPy: the rest with the sign of `y`; a rest of zero has that of `x`."""
    if np.result_type(x, y).kind != "f":
        return np.remainder(x, y)
    rest = np.fmod(x, y)
    return np.where((rest != 0) & ((rest < 0) != (np.asarray(y) < 0)), rest + y, rest)


@primitive(
    Kind.ELEMENTWISE, numpy=with_nonzero(signed_rest), promote=common, on="torch Tensor Tensor_"
)
def remainder(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """What division by `other`, rounded down, leaves of `input`: it has the sign of `other`.

    >>> torch.tensor([7, -7]) % 4
    tensor([3, 1])
    """
    return divided("remainder", input, other)


@remainder.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g, -(g * floor_quotient(input, other))


remainder.samples(ratios)


@primitive(Kind.ELEMENTWISE, numpy=with_nonzero(np.fmod), promote=common, on="torch Tensor Tensor_")
def fmod(input: Tensor, other: Tensor | Number) -> Spec:
    """What division by `other`, rounded towards zero, leaves of `input`: it has its sign.

    >>> torch.fmod(torch.tensor([7, -7]), 4)
    tensor([ 3, -3])
    """
    return divided("fmod", input, other)


@fmod.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g, -(g * trunc_quotient(input, other))


@fmod.samples
def _() -> Iterator[Any]:
    for args in ratios():
        if not isinstance(args[0], float):
            yield args
