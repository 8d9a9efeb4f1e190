"""Circular and hyperbolic functions, and their inverses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Spec
from .arithmetic import conjugate, real_only
from .samples import at_kink, complexes, doubles, floats, ints
from .table import Kind, Tensor, derived, floating, primitive


def anywhere() -> Iterator[Any]:
    """Samples for functions defined everywhere."""
    yield (floats(3, 4),)
    yield (floats(4, 3).T,)
    yield (ints(4),)
    yield at_kink(np.array([0.0, np.nan, np.inf, 800.0, -800.0]))


def anywhere_and_complex() -> Iterator[Any]:
    """Samples for functions of complex numbers as well."""
    yield from anywhere()
    yield (complexes(3),)


def within_one() -> Iterator[Any]:
    """Samples for functions defined from -1 to 1."""
    yield (floats(3, 4, low=-0.9, high=0.9),)
    yield (floats(4, 3, low=-0.5, high=0.5).T,)
    yield at_kink(np.array([0.0, 1.0, -1.0, 1.5, np.nan]))


def above_one() -> Iterator[Any]:
    """Samples for functions defined from 1 on."""
    yield (floats(3, 4, low=1.2, high=3.0),)
    yield (ints(4, low=2),)
    yield at_kink(np.array([1.0, 0.5, np.nan, np.inf]))


@primitive(Kind.ELEMENTWISE, numpy=np.sin, promote=floating, on="torch Tensor Tensor_")
def sin(input: Tensor) -> Spec:
    """Sine of each element, an angle in radians.

    >>> torch.sin(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return input.spec


@sin.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(cos(input)),)


sin.samples(anywhere_and_complex)


@primitive(Kind.ELEMENTWISE, numpy=np.cos, promote=floating, on="torch Tensor Tensor_")
def cos(input: Tensor) -> Spec:
    """Cosine of each element, an angle in radians.

    >>> torch.cos(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return input.spec


@cos.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (-(g * conjugate(sin(input))),)


cos.samples(anywhere_and_complex)


@primitive(Kind.ELEMENTWISE, numpy=np.tan, promote=floating, on="torch Tensor Tensor_")
def tan(input: Tensor) -> Spec:
    """Tangent of each element, an angle in radians.

    >>> torch.tan(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return input.spec


@tan.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(1 + out * out),)


tan.samples(anywhere_and_complex)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.arcsin,
    promote=floating,
    on="torch Tensor Tensor_",
    aliases=("arcsin",),
)
def asin(input: Tensor) -> Spec:
    """The angle, from -pi/2 to pi/2, whose sine each element is.

    >>> torch.asin(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return input.spec


@asin.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(ops.rsqrt(1 - input * input)),)


asin.samples(within_one)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.arccos,
    promote=floating,
    on="torch Tensor Tensor_",
    aliases=("arccos",),
)
def acos(input: Tensor) -> Spec:
    """The angle, from 0 to pi, whose cosine each element is.

    >>> torch.acos(torch.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """
    return input.spec


@acos.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (-(g * conjugate(ops.rsqrt(1 - input * input))),)


acos.samples(within_one)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.arctan,
    promote=floating,
    on="torch Tensor Tensor_",
    aliases=("arctan",),
)
def atan(input: Tensor) -> Spec:
    """The angle, from -pi/2 to pi/2, whose tangent each element is.

    >>> torch.atan(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return input.spec


@atan.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g / conjugate(input * input + 1),)


atan.samples(anywhere)


@primitive(Kind.ELEMENTWISE, numpy=np.sinh, promote=floating, on="torch Tensor Tensor_")
def sinh(input: Tensor) -> Spec:
    """Hyperbolic sine of each element.

    >>> torch.sinh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return input.spec


@sinh.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(cosh(input)),)


sinh.samples(anywhere_and_complex)


@primitive(Kind.ELEMENTWISE, numpy=np.cosh, promote=floating, on="torch Tensor Tensor_")
def cosh(input: Tensor) -> Spec:
    """Hyperbolic cosine of each element.

    >>> torch.cosh(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return input.spec


@cosh.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(sinh(input)),)


cosh.samples(anywhere_and_complex)


@primitive(Kind.ELEMENTWISE, numpy=np.tanh, promote=floating, on="torch Tensor Tensor_ F")
def tanh(input: Tensor) -> Spec:
    """Hyperbolic tangent of each element, a number between -1 and 1.

    >>> torch.tanh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return input.spec


@tanh.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(1 - out * out),)


tanh.samples(anywhere_and_complex)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.arcsinh,
    promote=floating,
    on="torch Tensor Tensor_",
    aliases=("arcsinh",),
)
def asinh(input: Tensor) -> Spec:
    """The number whose hyperbolic sine each element is.

    >>> torch.asinh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return input.spec


@asinh.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(ops.rsqrt(input * input + 1)),)


asinh.samples(anywhere)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.arccosh,
    promote=floating,
    on="torch Tensor Tensor_",
    aliases=("arccosh",),
)
def acosh(input: Tensor) -> Spec:
    """The number, not negative, whose hyperbolic cosine each element is.

    >>> torch.acosh(torch.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return input.spec


@acosh.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * conjugate(ops.rsqrt(input * input - 1)),)


acosh.samples(above_one)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.arctanh,
    promote=floating,
    on="torch Tensor Tensor_",
    aliases=("arctanh",),
)
def atanh(input: Tensor) -> Spec:
    """The number whose hyperbolic tangent each element is.

    >>> torch.atanh(torch.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return input.spec


@atanh.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g / conjugate(1 - input * input),)


atanh.samples(within_one)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.arctan2,
    promote=floating,
    on="torch Tensor Tensor_",
    aliases=("arctan2",),
)
def atan2(input: Tensor, other: Tensor) -> Spec:
    """The angle, from -pi to pi, at which the point (`other`, `input`) is seen from the origin.

    >>> torch.atan2(torch.tensor([1.0, -1.0]), torch.tensor([1.0, -1.0]))
    tensor([ 0.7854, -2.3562])
    """
    return real_only("atan2", input, other)


@atan2.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    per_square = g / (input * input + other * other)
    return per_square * other, -(per_square * input)


@atan2.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, seed=1)
    yield ints(3), doubles(3)
    yield at_kink(np.array([0.0, -0.0, 1.0]), np.array([-1.0, -1.0, 0.0]))


@derived(on="torch Tensor Tensor_", grad_name="Deg2RadBackward0")
def deg2rad(input: Tensor) -> Node:
    """Angles in degrees turned into radians.

    >>> torch.deg2rad(torch.tensor([180.0, 90.0]))
    tensor([3.1416, 1.5708])
    """
    real_only("deg2rad", input)
    return input * (math.pi / 180)


@derived(on="torch Tensor Tensor_", grad_name="Rad2DegBackward0")
def rad2deg(input: Tensor) -> Node:
    """Angles in radians turned into degrees.

    >>> torch.rad2deg(torch.tensor([3.1416, 1.5708]))
    tensor([180.0004,  90.0002])
    """
    real_only("rad2deg", input)
    return input * (180 / math.pi)


@deg2rad.samples
@rad2deg.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4).T,)
    yield (ints(3),)
