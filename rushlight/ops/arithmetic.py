"""Sums, products, powers and what is made of them, element by element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Spec
from .samples import floats, ints
from .table import Kind, Number, Tensor, arithmetic, common, derived, floating, primitive


def broadcast(op: str, *inputs: Node) -> Spec:
    """The spec of an elementwise op whose inputs have one dtype already (or are numbers)."""
    tensors = [n for n in inputs if not n.number] or list(inputs)
    shape = tensors[0].shape
    for node in tensors:
        if node.shape != shape:
            shape = common_shape(op, tensors)
            break
    return Spec(shape, tensors[0].dtype)


def common_shape(op: str, inputs: list[Node]) -> tuple[int, ...]:
    """The shape to which `inputs` broadcast; raises ShapeError if they do not."""
    try:
        return np.broadcast_shapes(*[n.shape for n in inputs])
    except ValueError:
        got = dict(zip(("input", "other", "third"), [n.spec for n in inputs], strict=False))
        hint = "sizes must match from the right, or be 1; try unsqueeze or reshape"
        raise ShapeError(explain(op, "shapes do not broadcast", got, hint)) from None


@primitive(Kind.ELEMENTWISE, numpy=np.add, promote=common)
def plus(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """Sum of two tensors."""
    return broadcast("add", input, other)


@plus.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g, g


@plus.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield floats(3, 4), floats(4)
    yield ints(3), floats(2, 1)


@derived(on="torch Tensor Tensor_")
def add(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Node:
    """Sum `input + alpha * other`, broadcast against each other.

    >>> torch.add(torch.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    return plus(input, other if alpha == 1 else mul(other, alpha))


@add.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield (floats(3, 4), 2), {"alpha": 3}


@primitive(Kind.ELEMENTWISE, numpy=np.subtract, promote=common)
def minus(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """Difference of two tensors."""
    spec = broadcast("sub", input, other)
    if spec.dtype is dtypes.bool_:
        hint = "use ^ or logical_xor, or convert to a number first"
        raise DtypeError(explain("sub", "subtraction is not defined for bool tensors", hint=hint))
    return spec


@minus.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g, neg(g)


@minus.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 1, seed=1)
    yield ints(3, 4), ints(4, seed=1)


@derived(on="torch Tensor Tensor_", aliases=("subtract",))
def sub(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Node:
    """Difference `input - alpha * other`.

    >>> torch.sub(torch.tensor([5, 6]), torch.tensor([1, 2]), alpha=2)
    tensor([3, 2])
    """
    return minus(input, other if alpha == 1 else mul(other, alpha))


@sub.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4), floats(4, seed=1)), {"alpha": 2.5}


@derived(on="torch Tensor", grad_name="RsubBackward1")
def rsub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Node:
    """Difference the other way round, `other - alpha * input`."""
    return minus(other, input if alpha == 1 else mul(input, alpha))


@rsub.samples
def _() -> Iterator[Any]:
    yield floats(3), 1


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.multiply,
    promote=common,
    on="torch Tensor Tensor_",
    aliases=("multiply",),
)
def mul(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """Product of `input` and `other`, element by element.

    >>> torch.tensor([1, 2, 3]) * 2
    tensor([2, 4, 6])
    """
    return broadcast("mul", input, other)


@mul.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g * other, g * input


@mul.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield floats(2, 1, 4), floats(3, 1, seed=1)
    yield ints(3, 4), floats(4)


@primitive(Kind.ELEMENTWISE, numpy=np.true_divide, promote=floating)
def true_quotient(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """Quotient of two tensors as floating-point numbers."""
    return broadcast("div", input, other)


@true_quotient.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    first = g / other
    return first, -(first * out)


@true_quotient.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, low=0.5, high=2, seed=1)
    yield ints(3, 4), ints(3, 4, low=1)


@derived(on="torch Tensor Tensor_", aliases=("divide",))
def div(
    input: Tensor | Number, other: Tensor | Number, *, rounding_mode: str | None = None
) -> Node:
    """Quotient `input / other`.

    >>> torch.tensor([1, 2]) / 2
    tensor([0.5000, 1.0000])
    """
    return true_quotient(input, other)


@primitive(Kind.ELEMENTWISE, numpy=np.negative, on="torch Tensor Tensor_", aliases=("negative",))
def neg(input: Tensor) -> Spec:
    """`input` with its sign flipped.

    >>> -torch.tensor([1.0, -2.0])
    tensor([-1.,  2.])
    """
    return input.spec


@neg.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (-g,)


@neg.samples
def _() -> Iterator[Any]:
    yield (floats(5),)


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.square,
    promote=arithmetic,
    on="torch Tensor Tensor_",
    grad_name="PowBackward0",
)
def square(input: Tensor) -> Spec:
    """`input` times itself.

    >>> torch.square(torch.tensor([-3.0]))
    tensor([9.])
    """
    return input.spec


@square.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * 2 * input,)


@square.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)


# Gradient rules and derived ops are written with Python's own operators.
Node.__add__ = Node.__radd__ = lambda x, y: plus(x, y)  # type: ignore[method-assign]
Node.__sub__ = lambda x, y: minus(x, y)  # type: ignore[method-assign]
Node.__rsub__ = lambda x, y: minus(y, x)  # type: ignore[method-assign]
Node.__mul__ = Node.__rmul__ = lambda x, y: mul(x, y)  # type: ignore[method-assign]
Node.__truediv__ = lambda x, y: true_quotient(x, y)  # type: ignore[method-assign]
Node.__rtruediv__ = lambda x, y: true_quotient(y, x)  # type: ignore[method-assign]
Node.__neg__ = lambda x: neg(x)  # type: ignore[method-assign]
