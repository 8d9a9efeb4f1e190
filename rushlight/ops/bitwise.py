"""Ops on bits, on truth values, and on whole numbers as whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import DtypeError, explain
from ..graph import Node, Spec
from .arithmetic import broadcast
from .samples import at_kink, bools, floats, ints
from .table import Kind, Number, Tensor, common, primitive


class NotWhole(DtypeError, TypeError, NotImplementedError):
    """Numbers that are not whole, of which bits were asked for."""


def whole(op: str, input: Node, other: Node, truth: bool = True) -> Spec:
    """The spec of an op on two tensors of whole numbers (or of truth values, if allowed)."""
    spec = broadcast(op, input, other)
    if spec.dtype.differentiable or (spec.dtype is dtypes.bool_ and not truth):
        got = {"input": input.spec}
        if other is not input:
            got["other"] = other.spec
        hint = "compare first: (x > 0) & (y > 0), ~(x > 0); or convert to an integer type"
        raise NotWhole(explain(op, f"is not defined for {spec.dtype.name}", got, hint))
    return spec


def bit_pairs() -> Iterator[Any]:
    """Samples for ops on bits."""
    yield ints(3, 4), ints(4, seed=1)
    yield ints(3, 4).T.astype(np.int32), 6
    yield bools(3, 4), bools(4, seed=1)
    yield bools(3), ints(3)
    yield 5, ints(3)


@primitive(Kind.ELEMENTWISE, numpy=np.bitwise_and, promote=common, on="torch Tensor Tensor_")
def bitwise_and(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """The bits that are set in both of two integers; for bools, whether both are true.

    >>> torch.tensor([6, 5]) & 3
    tensor([2, 1])
    """
    return whole("bitwise_and", input, other)


@primitive(Kind.ELEMENTWISE, numpy=np.bitwise_or, promote=common, on="torch Tensor Tensor_")
def bitwise_or(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """The bits that are set in either of two integers; for bools, whether either is true.

    >>> torch.tensor([6, 5]) | 3
    tensor([7, 7])
    """
    return whole("bitwise_or", input, other)


@primitive(Kind.ELEMENTWISE, numpy=np.bitwise_xor, promote=common, on="torch Tensor Tensor_")
def bitwise_xor(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """The bits that are set in one of two integers only; for bools, whether they differ.

    >>> torch.tensor([6, 5]) ^ 3
    tensor([5, 6])
    """
    return whole("bitwise_xor", input, other)


bitwise_and.samples(bit_pairs)
bitwise_or.samples(bit_pairs)
bitwise_xor.samples(bit_pairs)


@primitive(Kind.ELEMENTWISE, numpy=np.invert, on="torch Tensor Tensor_")
def bitwise_not(input: Tensor) -> Spec:
    """Every bit of `input` flipped; for bools, whether each is false.

    >>> ~torch.tensor([True, False])
    tensor([False,  True])
    """
    return whole("bitwise_not", input, input)


@bitwise_not.samples
def _() -> Iterator[Any]:
    yield (ints(3, 4).T,)
    yield (bools(3),)


@primitive(Kind.ELEMENTWISE, numpy=np.left_shift, promote=common, on="torch Tensor Tensor_")
def bitwise_left_shift(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """The bits of `input` moved up by `other` places; zeros follow.

    >>> torch.tensor([1, 3]) << 2
    tensor([ 4, 12])
    """
    return whole("bitwise_left_shift", input, other, truth=False)


@primitive(Kind.ELEMENTWISE, numpy=np.right_shift, promote=common, on="torch Tensor Tensor_")
def bitwise_right_shift(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """The bits of `input` moved down by `other` places; the sign is kept.

    >>> torch.tensor([4, -12]) >> 2
    tensor([ 1, -3])
    """
    return whole("bitwise_right_shift", input, other, truth=False)


@bitwise_left_shift.samples
@bitwise_right_shift.samples
def _() -> Iterator[Any]:
    yield ints(3, 4), ints(4, low=0)
    yield ints(3, 4).T.astype(np.int32), 2
    yield np.array([-1, 2, 5]), np.array([70, 64, 63])


@primitive(Kind.ELEMENTWISE, numpy=np.gcd, promote=common, on="torch Tensor Tensor_")
def gcd(input: Tensor, other: Tensor) -> Spec:
    """The greatest whole number that divides both elements.

    >>> torch.gcd(torch.tensor([12, 7]), torch.tensor([18, 21]))
    tensor([6, 7])
    """
    return whole("gcd", input, other, truth=False)


@primitive(Kind.ELEMENTWISE, numpy=np.lcm, promote=common, on="torch Tensor Tensor_")
def lcm(input: Tensor, other: Tensor) -> Spec:
    """The least whole number that both elements divide.

    >>> torch.lcm(torch.tensor([4, 7]), torch.tensor([6, 21]))
    tensor([12, 21])
    """
    return whole("lcm", input, other, truth=False)


@gcd.samples
@lcm.samples
def _() -> Iterator[Any]:
    yield np.array([[12], [-7], [0]]), np.array([18, 21, 0, -5])
    yield np.array([12, 7], np.uint8), np.array([18, 21])


# -- truth values ------------------------------------------------------------------------------


def truth_pairs() -> Iterator[Any]:
    """Samples for ops on truth values."""
    yield bools(3, 4), bools(4, seed=1)
    yield ints(3, 4).T, bools(3)
    yield floats(3), np.array([0.0, -0.0, 1.0])
    yield at_kink(np.array([np.nan, 0.0]), np.array([1, 0]))


@primitive(Kind.ELEMENTWISE, numpy=np.logical_and, on="torch Tensor Tensor_")
def logical_and(input: Tensor, other: Tensor) -> Spec:
    """Whether both elements are true, that is, not zero.

    >>> torch.logical_and(torch.tensor([1, 2, 0]), torch.tensor([True, False, True]))
    tensor([ True, False, False])
    """
    return Spec(broadcast("logical_and", input, other).shape, dtypes.bool_)


@primitive(Kind.ELEMENTWISE, numpy=np.logical_or, on="torch Tensor Tensor_")
def logical_or(input: Tensor, other: Tensor) -> Spec:
    """Whether either element is true, that is, not zero.

    >>> torch.logical_or(torch.tensor([1, 2, 0]), torch.tensor([True, False, False]))
    tensor([ True,  True, False])
    """
    return Spec(broadcast("logical_or", input, other).shape, dtypes.bool_)


@primitive(Kind.ELEMENTWISE, numpy=np.logical_xor, on="torch Tensor Tensor_")
def logical_xor(input: Tensor, other: Tensor) -> Spec:
    """Whether one element is true, that is, not zero, and the other is not.

    >>> torch.logical_xor(torch.tensor([1, 2, 0]), torch.tensor([True, False, False]))
    tensor([False,  True, False])
    """
    return Spec(broadcast("logical_xor", input, other).shape, dtypes.bool_)


logical_and.samples(truth_pairs)
logical_or.samples(truth_pairs)
logical_xor.samples(truth_pairs)


@primitive(Kind.ELEMENTWISE, numpy=np.logical_not, on="torch Tensor Tensor_")
def logical_not(input: Tensor) -> Spec:
    """Whether each element is false, that is, zero.

    >>> torch.logical_not(torch.tensor([0.0, 1.5]))
    tensor([ True, False])
    """
    return Spec(input.shape, dtypes.bool_)


@logical_not.samples
def _() -> Iterator[Any]:
    yield (bools(3, 4).T,)
    yield (ints(3),)
    yield (np.array([0.0, 1.5]),)
