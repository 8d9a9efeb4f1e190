"""Signs and magnitudes of elements, and the conjugates of complex ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, explain
from ..graph import Node, Spec
from .arithmetic import broadcast, conjugate, real_only, zeros_of
from .samples import at_kink, bools, complexes, doubles, floats, ints
from .table import Kind, Number, Tensor, common, derived, floating, primitive


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.absolute,
    on="torch Tensor Tensor_",
    aliases=("absolute",),
)
def abs(input: Tensor) -> Spec:
    """Distance of each element from zero.

    >>> torch.abs(torch.tensor([-1.5, 2.0]))
    tensor([1.5000, 2.0000])
    """
    if input.dtype is dtypes.bool_:
        raise DtypeError(explain("abs", "is not defined for bool tensors", {"input": input.spec}))
    return Spec(input.shape, input.dtype.to_real())


@abs.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * sgn(input),)


@abs.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (ints(3, 4).T,)
    yield (complexes(3),)
    yield at_kink(np.array([0.0, -0.0, np.nan]))


def signs(x: Any) -> Any:
    """NumPy: -1, 0 or 1; 0 for nan, where np.sign has nan."""
    return np.subtract(x > 0, x < 0, dtype=x.dtype)


@primitive(Kind.ELEMENTWISE, numpy=signs, grad_name="SignBackward0")
def sign_of(input: Tensor) -> Spec:
    """-1, 0 or 1, as each element is negative, zero (or nan) or positive."""
    return input.spec


@sign_of.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (zeros_of(input),)


@sign_of.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)


@derived(on="torch Tensor Tensor_")
def sign(input: Tensor) -> Node:
    """-1, 0 or 1, as each element is negative, zero (or nan) or positive.

    >>> torch.sign(torch.tensor([-2.5, 0.0, 3.0]))
    tensor([-1.,  0.,  1.])
    """
    if input.dtype.is_complex:
        problem = "unlike NumPy, it is not defined for complex tensors"
        raise DtypeError(explain("sign", problem, {"input": input.spec}, "use sgn"))
    return ops.clone(input) if input.dtype is dtypes.bool_ else sign_of(input)


@sign.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (ints(3, 4).T,)
    yield (bools(3),)
    yield at_kink(np.array([0.0, -0.0, np.nan, -np.inf]))
    yield (ints(3, low=0).astype(np.uint8),)


@primitive(Kind.ELEMENTWISE, numpy=np.sign)
def direction(input: Tensor) -> Spec:
    """Each complex number divided by its magnitude; 0 for 0."""
    return input.spec


@direction.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    # Only what is at right angles to the number turns it.
    along = ops.real(conjugate(out) * g)
    return (ops.where(ops.eq(input, 0), 0, (g - out * along) / abs(input)),)


@direction.samples
def _() -> Iterator[Any]:
    yield (complexes(3),)


@derived(on="torch Tensor Tensor_")
def sgn(input: Tensor) -> Node:
    """The sign of each element; of a complex one, the number of magnitude 1 in its direction.

    >>> torch.sgn(torch.tensor([3 + 4j, 0]))
    tensor([0.6000+0.8000j, 0.0000+0.0000j])
    """
    return direction(input) if input.dtype.is_complex else sign(input)


@sgn.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (np.array([3 + 4j, 0, -2j]),)


@derived(on="torch Tensor")
def positive(input: Tensor) -> Node:
    """`input` itself: what the operator + makes of one tensor.

    >>> +torch.tensor([1.0, -2.0])
    tensor([ 1., -2.])
    """
    if input.dtype is dtypes.bool_:
        problem = "the + operator is not defined for bool tensors"
        raise DtypeError(explain("positive", problem))
    return input


@positive.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4).T,)


@primitive(Kind.ELEMENTWISE, numpy=np.copysign, promote=floating, on="torch Tensor Tensor_")
def copysign(input: Tensor, other: Tensor | Number) -> Spec:
    """The magnitude of `input` with the sign of `other`.

    >>> torch.copysign(torch.tensor([1.0, -2.0]), torch.tensor([-0.0, 3.0]))
    tensor([-1.,  2.])
    """
    return real_only("copysign", input, other)


@copysign.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node | None]:
    same = ops.where(ops.eq(input, 0), 0, out / input)
    return g * same, None if other.number else zeros_of(out)


@copysign.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, seed=1)
    yield ints(3), -1
    yield floats(3), -0.0
    yield at_kink(np.array([0.0, 1.0]), np.array([-1.0, -0.0]))


@primitive(Kind.ELEMENTWISE, numpy=np.heaviside, promote=common)
def step_at_zero(input: Tensor, values: Tensor) -> Spec:
    """0 for negative elements, 1 for positive ones, `values` for zeros; floating-point only."""
    return broadcast("heaviside", input, values)


@step_at_zero.samples
def _() -> Iterator[Any]:
    yield np.array([-1.0, 0.0, 2.0]), doubles(3)


@derived(on="torch Tensor Tensor_")
def heaviside(input: Tensor, values: Tensor) -> Node:
    """0 for negative elements of `input`, 1 for positive ones, and `values` for zeros.

    >>> torch.heaviside(torch.tensor([-1.5, 0.0, 2.0]), torch.tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if input.dtype is not values.dtype:
        got = {"input": input.spec, "values": values.spec}
        raise DtypeError(explain("heaviside", "takes two tensors of the same dtype", got))
    if not input.dtype.differentiable:
        return ops.where(ops.eq(input, 0), values, ops.cast(ops.gt(input, 0), dtype=input.dtype))
    return step_at_zero(input, values)


@heaviside.samples
def _() -> Iterator[Any]:
    yield np.array([-1.0, 0.0, 2.0, np.inf]), doubles(2, 1)
    yield ints(3, 4), ints(4)


# -- complex conjugates ------------------------------------------------------------------------


@primitive(Kind.ELEMENTWISE, numpy=np.conjugate, grad_name="ConjBackward0")
def conj_of(input: Tensor) -> Spec:
    """`input` with the sign of its imaginary part flipped."""
    return input.spec


@conj_of.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (conjugate(g),)


@conj_of.samples
def _() -> Iterator[Any]:
    yield (complexes(3),)


@derived(on="torch Tensor")
def conj(input: Tensor) -> Node:
    """`input` with the sign of its imaginary part flipped; real tensors as they are.

    >>> torch.conj(torch.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return conj_of(input) if input.dtype.is_complex else input


@conj.samples
def _() -> Iterator[Any]:
    yield (complexes(3),)
    yield (floats(3),)
