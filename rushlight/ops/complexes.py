"""Complex numbers made of real ones, and taken apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .arithmetic import broadcast
from .samples import Array, complexes, floats
from .slicing import element
from .table import Kind, Tensor, derived, primitive


def paired_up(real: Any, imag: Any) -> Array:
    """NumPy: complex numbers of these parts."""
    kind = np.complex128 if real.dtype == np.float64 else np.complex64
    out: Array = np.empty(np.broadcast_shapes(real.shape, imag.shape), kind)
    out.real, out.imag = real, imag
    return out


@primitive(Kind.ELEMENTWISE, numpy=paired_up, on="torch", grad_name="ComplexBackward0")
def complex(real: Tensor, imag: Tensor) -> Spec:
    """Complex numbers with these real and imaginary parts.

    >>> torch.complex(torch.tensor([1.0]), torch.tensor([2.0]))
    tensor([1.+2.j])
    """
    if real.dtype is not imag.dtype or real.dtype not in (dtypes.float32, dtypes.float64):
        problem = f"expected two float32 or float64 tensors, got {real.dtype.name} and "
        got = {"real": real.spec, "imag": imag.spec}
        raise DtypeError(explain("complex", f"{problem}{imag.dtype.name}", got))
    dtype = dtypes.complex128 if real.dtype is dtypes.float64 else dtypes.complex64
    return Spec(broadcast("complex", real, imag).shape, dtype)


@complex.vjp
def _(g: Node, out: Node, real: Node, imag: Node) -> tuple[Node, Node]:
    return ops.real(g), ops.imag(g)


@complex.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, seed=1)


@derived(on="torch")
def polar(abs: Tensor, angle: Tensor) -> Node:
    """Complex numbers with these magnitudes and angles.

    >>> torch.polar(torch.tensor([2.0]), torch.tensor([0.0]))
    tensor([2.+0.j])
    """
    return complex(abs * ops.cos(angle), abs * ops.sin(angle))


@polar.samples
def _() -> Iterator[Any]:
    yield floats(3, low=0.2), floats(3, seed=1)


@derived(on="torch", grad_name="ViewAsComplexBackward0")
def view_as_complex(input: Tensor) -> Node:
    """Complex numbers of the pairs along the last dimension; a copy, unlike PyTorch's view.

    >>> torch.view_as_complex(torch.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    if not input.ndim or input.shape[-1] != 2:
        problem = "Tensor must have a last dimension of size 2"
        raise ShapeError(explain("view_as_complex", problem, {"input": input.spec}))
    return complex(element(input, input.ndim - 1, 0), element(input, input.ndim - 1, 1))


@derived(on="torch", grad_name="ViewAsRealBackward0")
def view_as_real(input: Tensor) -> Node:
    """Real and imaginary parts along a new last dimension; a copy, unlike PyTorch's view.

    >>> torch.view_as_real(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if not input.dtype.is_complex:
        problem = "view_as_real is only supported for complex tensors"
        raise DtypeError(explain("view_as_real", problem, {"input": input.spec}))
    return ops.stack([ops.real(input), ops.imag(input)], -1)


@view_as_complex.samples
def _() -> Iterator[Any]:
    yield (floats(3, 2),)


@view_as_real.samples
def _() -> Iterator[Any]:
    yield (complexes(3),)


@derived(on="torch Tensor")
def angle(input: Tensor) -> Node:
    """The angle of each complex number; pi for negative real numbers, 0 for others.

    >>> torch.angle(torch.tensor([1j, -1.0]))
    tensor([1.5708, 3.1416])
    """
    if input.dtype.is_complex:
        return ops.atan2(ops.imag(input), ops.real(input))
    x = input if input.dtype.category >= dtypes.FLOAT else ops.to_dtype(input, dtypes.default())
    turned = ops.where(ops.lt(x, 0), ops.constant(math.pi, x.dtype), x * 0)
    return ops.where(ops.isnan(x), x, turned)


@angle.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (complexes(3),)


@derived(on="torch Tensor")
def isreal(input: Tensor) -> Node:
    """Whether the imaginary part is 0.

    >>> torch.isreal(torch.tensor([1 + 1j, 2.0]))
    tensor([False,  True])
    """
    if input.dtype.is_complex:
        return ops.eq(ops.imag(input), 0)
    true = ops.cast(ops.constant(1, input.dtype), dtype=dtypes.bool_)
    return ops.clone(ops.expand_view(true, shape=input.shape))


@isreal.samples
def _() -> Iterator[Any]:
    yield (floats(3),)
    yield (complexes(3),)


@derived(on="torch Tensor", view=True, grad_name="AliasBackward0")
def resolve_conj(input: Tensor) -> Node:
    """`input` itself: conjugation is never put off."""
    return input


@derived(on="torch Tensor", view=True, grad_name="AliasBackward0")
def resolve_neg(input: Tensor) -> Node:
    """`input` itself: negation is never put off."""
    return input


@derived(on="torch Tensor Tensor_", grad_name="ConjPhysicalBackward0")
def conj_physical(input: Tensor) -> Node:
    """`input` with the sign of its imaginary part flipped: `torch.conj`."""
    return ops.conj(input)


@resolve_conj.samples
@resolve_neg.samples
@conj_physical.samples
def _() -> Iterator[Any]:
    yield (floats(3),)


@primitive(Kind.ELEMENTWISE, numpy=np.signbit, on="torch Tensor")
def signbit(input: Tensor) -> Spec:
    """Whether the sign is set; it is for -0.0 too.

    >>> torch.signbit(torch.tensor([-0.0, 1.0]))
    tensor([ True, False])
    """
    return Spec(input.shape, dtypes.bool_)


@signbit.samples
def _() -> Iterator[Any]:
    yield (np.array([-0.0, 0.0, -2.0, np.inf], np.float32),)
