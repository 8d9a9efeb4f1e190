"""Bessel functions of both kinds, of order 0 and 1, and the spherical one. Rules: cylinder.py.

As in PyTorch they have no gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..graph import Node, Spec
from .arithmetic import real_only
from .cylinder import first_kind, second_kind
from .error_function import in_double
from .samples import at_kink, floats, ints
from .table import Kind, Tensor, derived, floating, primitive


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: first_kind(x, 0)),
    promote=floating,
    on="special",
)
def bessel_j0(input: Tensor) -> Spec:
    """The Bessel function of the first kind, of order 0, of each element.

    >>> torch.special.bessel_j0(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.7652])
    """
    return real_only("bessel_j0", input)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: first_kind(x, 1)),
    promote=floating,
    on="special",
)
def bessel_j1(input: Tensor) -> Spec:
    """The Bessel function of the first kind, of order 1, of each element.

    >>> torch.special.bessel_j1(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.4401])
    """
    return real_only("bessel_j1", input)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: second_kind(x, 0)),
    promote=floating,
    on="special",
)
def bessel_y0(input: Tensor) -> Spec:
    """The Bessel function of the second kind, of order 0, of each element.

    >>> torch.special.bessel_y0(torch.tensor([0.0, 1.0]))
    tensor([  -inf, 0.0883])
    """
    return real_only("bessel_y0", input)


@primitive(
    Kind.ELEMENTWISE,
    numpy=in_double(lambda x: second_kind(x, 1)),
    promote=floating,
    on="special",
)
def bessel_y1(input: Tensor) -> Spec:
    """The Bessel function of the second kind, of order 1, of each element.

    >>> torch.special.bessel_y1(torch.tensor([0.0, 1.0]))
    tensor([   -inf, -0.7812])
    """
    return real_only("bessel_y1", input)


@bessel_j0.samples
@bessel_j1.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=-4, high=4).T,)
    yield (np.array([-30.0, -1.99, 1e-9, 0.5, 1.99, 2.01, 7.0, 25.0], np.float32),)
    yield (ints(4),)
    yield at_kink(np.array([0.0, np.nan]))


@bessel_y0.samples
@bessel_y1.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.5, high=9).T,)
    yield at_kink(np.array([1e-3, 0.5, 1.99, 2.01, 7.0, 25.0], np.float32))
    yield (ints(4, low=1),)
    yield at_kink(np.array([-1.0, np.nan]))


@derived(on="special")
def spherical_bessel_j0(input: Tensor) -> Node:
    """The spherical Bessel function of order 0 of each element, `sin(input) / input`.

    >>> torch.special.spherical_bessel_j0(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.8415])
    """
    at_zero = ops.eq(input, 0)
    x = ops.where(at_zero, 1.0, input)
    found = ops.where(at_zero, 1.0, ops.sin(x) / x)
    return ops.detach(ops.where(ops.isinf(x), 0.0, found))


@spherical_bessel_j0.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=-9, high=9).T,)
    yield (ints(4),)
