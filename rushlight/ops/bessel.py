"""Modified Bessel functions of both kinds, of order 0 and 1. Rules for the second: cylinder.py.

Of those of the first kind the power series is summed for |x| <= 18 (https://dlmf.nist.gov/10.25.E2:
every term is positive, nothing cancels), beyond that their asymptotic expansion (10.40.E1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Spec
from .arithmetic import real_only
from .cylinder import modified_second_kind
from .error_function import in_double
from .samples import at_kink, floats, ints
from .table import Kind, Tensor, derived, floating, primitive

TERMS = 48
"""Enough of the series for |x| = 18: its terms are largest at the ninth."""

EXPANSION = 24
"""Enough of the expansion at |x| = 18, and all that make it better there."""


def series(x: Any, order: int) -> Any:
    """NumPy: the power series."""
    square = np.square(x / 2)
    term = np.ones_like(x)
    total = term.copy()
    for k in range(1, TERMS):
        term *= square
        term /= k * (k + order)
        total += term
    return total * (x / 2) if order else total


def expansion(x: Any, order: int) -> Any:
    """NumPy: the asymptotic expansion of the function times exp(-x), for large positive x."""
    term = np.ones_like(x)
    total = term.copy()
    for k in range(1, EXPANSION):
        term *= ((2 * k - 1) ** 2 - 4 * order) / (8 * k)
        term /= x
        total += term
    return total / np.sqrt(2 * np.pi * x)


def modified_bessel(x: Any, order: int, scaled: bool) -> Any:
    """NumPy: the modified Bessel function, multiplied by exp(-|x|) if `scaled`."""
    size = np.abs(x)
    out = size.copy()  # keeps nan
    near = size <= 18
    out[near] = series(size[near], order) * (np.exp(-size[near]) if scaled else 1)
    far = size > 18
    # In two factors: exp(x) overflows before the function does.
    half = 1 if scaled else np.exp(size[far] / 2)
    out[far] = half * expansion(size[far], order) * half
    out[size == np.inf] = 0 if scaled else np.inf
    return np.copysign(out, x) if order else out


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_bessel(x, 0, False)),
    promote=floating,
    on="torch Tensor Tensor_ special",
)
def i0(input: Tensor) -> Spec:
    """The modified Bessel function of the first kind, of order 0, of each element.

    >>> torch.i0(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 1.2661])
    """
    return real_only("i0", input)


@i0.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * i1(input),)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_bessel(x, 1, False)),
    promote=floating,
    on="special",
    grad_name="SpecialI1Backward0",
)
def i1(input: Tensor) -> Spec:
    """The modified Bessel function of the first kind, of order 1, of each element.

    >>> torch.special.i1(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.5652])
    """
    return real_only("i1", input)


@i1.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (i0(input) - over(out, input)),)


def over(out: Node, input: Node) -> Node:
    """`out / input`, and its limit 1/2 where `input` is 0."""
    at_zero = ops.eq(input, 0)
    return ops.where(at_zero, 0.5, out / ops.where(at_zero, 1.0, input))


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_bessel(x, 0, True)),
    promote=floating,
    on="special",
    grad_name="SpecialI0EBackward0",
)
def i0e(input: Tensor) -> Spec:
    """The modified Bessel function of order 0 of each element x, times exp(-|x|).

    >>> torch.special.i0e(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.4658])
    """
    return real_only("i0e", input)


@i0e.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (i1e(input) - ops.sgn(input) * out),)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_bessel(x, 1, True)),
    promote=floating,
    on="special",
    grad_name="SpecialI1EBackward0",
)
def i1e(input: Tensor) -> Spec:
    """The modified Bessel function of order 1 of each element x, times exp(-|x|).

    >>> torch.special.i1e(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2079])
    """
    return real_only("i1e", input)


@i1e.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (i0e(input) - out * ops.sgn(input) - over(out, input)),)


@i0.samples
@i1.samples
@i0e.samples
@i1e.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=-4, high=4).T,)
    yield (np.array([-30.0, -17.9, 0.5, 17.9, 18.1, 40.0]),)
    yield (ints(4),)
    yield at_kink(np.array([0.0]))


# -- by PyTorch's other names --------------------------------------------------------------------


@derived(on="special")
def modified_bessel_i0(input: Tensor) -> Node:
    """The modified Bessel function of the first kind, of order 0: `i0` without gradient.

    >>> torch.special.modified_bessel_i0(torch.tensor([1.0]))
    tensor([1.2661])
    """
    return ops.detach(i0(input))


@derived(on="special")
def modified_bessel_i1(input: Tensor) -> Node:
    """The modified Bessel function of the first kind, of order 1: `i1` without gradient.

    >>> torch.special.modified_bessel_i1(torch.tensor([1.0]))
    tensor([0.5652])
    """
    return ops.detach(i1(input))


@modified_bessel_i0.samples
@modified_bessel_i1.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=-4, high=4).T,)


# -- the second kind, without gradients as in PyTorch --------------------------------------------


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_second_kind(x, 0, False)),
    promote=floating,
    on="special",
)
def modified_bessel_k0(input: Tensor) -> Spec:
    """The modified Bessel function of the second kind, of order 0, of each element.

    >>> torch.special.modified_bessel_k0(torch.tensor([0.0, 1.0]))
    tensor([   inf, 0.4210])
    """
    return real_only("modified_bessel_k0", input)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_second_kind(x, 1, False)),
    promote=floating,
    on="special",
)
def modified_bessel_k1(input: Tensor) -> Spec:
    """The modified Bessel function of the second kind, of order 1, of each element.

    >>> torch.special.modified_bessel_k1(torch.tensor([0.0, 1.0]))
    tensor([   inf, 0.6019])
    """
    return real_only("modified_bessel_k1", input)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_second_kind(x, 0, True)),
    promote=floating,
    on="special",
)
def scaled_modified_bessel_k0(input: Tensor) -> Spec:
    """The modified Bessel function of the second kind, of order 0, of each element x, times exp(x).

    >>> torch.special.scaled_modified_bessel_k0(torch.tensor([0.0, 1.0]))
    tensor([   inf, 1.1445])
    """
    return real_only("scaled_modified_bessel_k0", input)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: modified_second_kind(x, 1, True)),
    promote=floating,
    on="special",
)
def scaled_modified_bessel_k1(input: Tensor) -> Spec:
    """The modified Bessel function of the second kind, of order 1, of each element x, times exp(x).

    >>> torch.special.scaled_modified_bessel_k1(torch.tensor([0.0, 1.0]))
    tensor([   inf, 1.6362])
    """
    return real_only("scaled_modified_bessel_k1", input)


@modified_bessel_k0.samples
@modified_bessel_k1.samples
@scaled_modified_bessel_k0.samples
@scaled_modified_bessel_k1.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.5, high=9).T,)
    yield at_kink(np.array([1e-3, 0.5, 1.99, 2.01, 7.0, 25.0, 600.0]))
    yield (ints(4, low=1),)
    yield at_kink(np.array([0.0, -1.0, np.inf, np.nan]))
