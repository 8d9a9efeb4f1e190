"""Sums, products, powers and what is made of them, element by element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, MissingError, ShapeError, explain
from ..graph import Node, Spec
from .samples import bools, complexes, doubles, floats, ints
from .table import Kind, Number, Tensor, common, derived, floating, primitive


class ValueRefused(ChoiceError, RuntimeError):
    """An argument whose value makes no sense, where PyTorch says so by a RuntimeError."""


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


def real_only(op: str, *inputs: Node) -> Spec:
    """The spec of an elementwise op that complex numbers do not have."""
    spec = broadcast(op, *inputs)
    if spec.dtype.is_complex:
        got = dict(zip(("input", "other", "third"), [n.spec for n in inputs], strict=False))
        hint = "take .real, .imag or .abs() of complex tensors first"
        raise DtypeError(explain(op, "is not defined for complex tensors", got, hint))
    return spec


def without_slope(op: str, input: Node, name: str = "input") -> None:
    """Raise if somebody may want a gradient that nobody has written."""
    if input.requires_grad:
        problem = f"the derivative for '{op}: {name}' is not implemented"
        hint = "detach() it, if it is a constant"
        raise MissingError(explain(op, problem, {name: input.spec}, hint))


def zeros_of(x: Node) -> Node:
    """A zero for each element of `x`, in the memory of one."""
    return ops.expand_view(ops.constant(0, x.dtype), shape=x.shape)


def conjugate(x: Node) -> Node:
    """`x`, conjugated if it is complex: what the chain rule needs of a derivative."""
    return ops.conj(x) if x.dtype.is_complex else x


def is_fractional(x: Any) -> bool:
    """Whether `x`, a node or a Python number, has a floating-point or complex type."""
    dtype = x.dtype if isinstance(x, Node) else dtypes.of_number(x)
    return bool(dtype.category >= dtypes.FLOAT)


@primitive(Kind.ELEMENTWISE, numpy=np.add, promote=common, grad_name="AddBackward0")
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
    return plus(input, scaled("add", input, other, alpha))


add.numbers_alone = True


@add.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield (floats(3, 4), 2), {"alpha": 3}
    yield (ints(4), floats(3, 1)), {"alpha": 0.5}
    yield bools(4), bools(4, seed=1)
    yield ints(4).astype(np.uint8), ints(3, 1).astype(np.int8)
    yield np.zeros((0, 3), np.float32), floats(3)
    yield np.asarray(2.5), floats(3)
    yield floats(3, 4).T, floats(4, 3)
    yield floats(3).astype(np.float16), 1e-3


def scaled(op: str, input: Any, other: Any, alpha: Any) -> Any:
    """`alpha * other`, which is to be combined with `input`."""
    if alpha == 1:  # left at its default: a number that was given is a node
        return other
    if is_fractional(alpha) and not is_fractional(input) and not is_fractional(other):
        problem = "for integral input tensors, argument alpha must not be a floating point number"
        raise DtypeError(explain(op, problem))
    if not isinstance(other, Node):
        return mul(other, alpha)
    dtype = common([x for x in (input, other) if isinstance(x, Node)])
    product = mul(other if other.dtype is dtype else ops.cast(other, dtype=dtype), alpha)
    return product if product.dtype is dtype else ops.cast(product, dtype=dtype)


@primitive(Kind.ELEMENTWISE, numpy=np.subtract, promote=common, grad_name="SubBackward0")
def minus(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """Difference of two tensors."""
    return broadcast("sub", input, other)


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
    no_truth("sub", input, other)
    return minus(input, scaled("sub", input, other, alpha))


sub.numbers_alone = True


def no_truth(op: str, *inputs: Any) -> None:
    """Raise DtypeError if one of `inputs` holds truth values, of which there is no difference."""
    for x in inputs:
        if x is True or x is False or (isinstance(x, Node) and x.dtype is dtypes.bool_):
            problem = "subtraction is not defined for bool tensors"
            hint = "use ^ or logical_xor, or ~ to invert a mask, or convert to a number first"
            raise DtypeError(explain(op, problem, hint=hint))


@sub.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4), floats(4, seed=1)), {"alpha": 2.5}
    yield floats(3, 4), 1


@derived(on="torch", grad_name="RsubBackward1")
def rsub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Node:
    """Difference the other way round, `other - alpha * input`.

    >>> torch.rsub(torch.tensor([0.25]), 1)
    tensor([0.7500])
    """
    no_truth("rsub", input, other)
    return minus(other, scaled("rsub", other, input, alpha))


@rsub.samples
def _() -> Iterator[Any]:
    yield floats(3), 1
    yield (floats(3), floats(2, 1)), {"alpha": 2}


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


mul.exact_number = True
mul.numbers_alone = True


@mul.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g * conjugate(other), g * conjugate(input)


@mul.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)
    yield floats(2, 1, 4), floats(3, 1, seed=1)
    yield ints(3, 4), floats(4)
    yield bools(3), ints(3)
    yield floats(3), 2.5
    yield complexes(3, 4), complexes(4, seed=1)
    yield floats(3), complexes(3)


@primitive(Kind.ELEMENTWISE, numpy=np.true_divide, promote=floating, grad_name="DivBackward0")
def true_quotient(input: Tensor | Number, other: Tensor | Number) -> Spec:
    """Quotient of two tensors as floating-point numbers."""
    return broadcast("div", input, other)


true_quotient.exact_number = True


@true_quotient.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    first = g / conjugate(other)
    return first, -(first * conjugate(out))


@true_quotient.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, low=0.5, high=2, seed=1)
    yield ints(3, 4), ints(3, 4, low=1)
    yield 1, floats(3, low=0.5)


@derived(on="torch Tensor Tensor_", aliases=("divide",))
def div(
    input: Tensor | Number, other: Tensor | Number, *, rounding_mode: str | None = None
) -> Node:
    """Quotient `input / other`, rounded towards zero ("trunc") or down ("floor") if asked.

    >>> torch.tensor([1, 2]) / 2
    tensor([0.5000, 1.0000])
    >>> torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")
    tensor([ 3, -4])
    """
    if rounding_mode is None:
        return true_quotient(input, other)
    if rounding_mode == "floor":
        return ops.floor_quotient(input, other)
    if rounding_mode == "trunc":
        return ops.trunc_quotient(input, other)
    problem = "rounding_mode must be None, 'trunc' or 'floor'"
    raise ValueRefused(explain("div", problem, {"rounding_mode": repr(rounding_mode)}))


div.numbers_alone = True


@div.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, low=0.5, seed=1)
    yield ints(3), 2
    yield (floats(3, 4, high=9), floats(4, low=0.5, seed=1)), {"rounding_mode": "floor"}
    yield (floats(3, 4, high=9), -0.75), {"rounding_mode": "trunc"}
    yield (np.array([7, -7, 6]), np.array([2, 2, -4])), {"rounding_mode": "trunc"}
    yield (np.array([7, -7, 6]), -4), {"rounding_mode": "floor"}
    yield complexes(3, 4), complexes(4, seed=1)


@derived(on="torch Tensor Tensor_", grad_name="DivBackward0")
def true_divide(input: Tensor | Number, other: Tensor | Number) -> Node:
    """Quotient `input / other` as a floating-point number.

    >>> torch.true_divide(torch.tensor([3]), 2)
    tensor([1.5000])
    """
    return true_quotient(input, other)


true_divide.numbers_alone = True


@true_divide.samples
def _() -> Iterator[Any]:
    yield ints(3), doubles(3, low=0.5)


@primitive(Kind.ELEMENTWISE, numpy=np.negative, on="torch Tensor Tensor_", aliases=("negative",))
def neg(input: Tensor) -> Spec:
    """`input` with its sign flipped.

    >>> -torch.tensor([1.0, -2.0])
    tensor([-1.,  2.])
    """
    if input.dtype is dtypes.bool_:
        hint = "use ~ or logical_not to invert a mask"
        raise DtypeError(explain("neg", "negation is not defined for bool tensors", hint=hint))
    return input.spec


@neg.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (-g,)


@neg.samples
def _() -> Iterator[Any]:
    yield (floats(5),)
    yield (ints(2, 3).T,)


# Gradient rules and derived ops are written with Python's own operators.
Node.__add__ = Node.__radd__ = lambda x, y: plus(x, y)  # type: ignore[method-assign]
Node.__sub__ = lambda x, y: minus(x, y)  # type: ignore[method-assign]
Node.__rsub__ = lambda x, y: minus(y, x)  # type: ignore[method-assign]
Node.__mul__ = Node.__rmul__ = lambda x, y: mul(x, y)  # type: ignore[method-assign]
Node.__truediv__ = lambda x, y: true_quotient(x, y)  # type: ignore[method-assign]
Node.__rtruediv__ = lambda x, y: true_quotient(y, x)  # type: ignore[method-assign]
Node.__neg__ = lambda x: neg(x)  # type: ignore[method-assign]
