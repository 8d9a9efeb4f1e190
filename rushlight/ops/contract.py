"""Products summed over an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Spec
from .table import Kind, Tensor, derived, primitive


@primitive(Kind.CONTRACT, numpy=np.dot)
def mm(input: Tensor, mat2: Tensor) -> Spec:
    """Product of two matrices."""
    if input.shape[1] != mat2.shape[0]:
        raise ShapeError(
            explain(
                "mm", f"mat1 and mat2 shapes cannot be multiplied ({input.shape} and {mat2.shape})"
            )
        )
    return Spec((input.shape[0], mat2.shape[1]), input.dtype)


@mm.vjp
def _(g: Node, out: Node, input: Node, mat2: Node) -> tuple[Node, Node]:
    return mm(g, ops.t(mat2)), mm(ops.t(input), g)


@derived(on="F", grad_name="AddmmBackward0")
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Node:
    """`input @ weight.T + bias`."""
    out = mm(input, ops.t(weight))
    return out if bias is None else ops.plus(out, bias)


@derived(on="F")
def mse_loss(input: Tensor, target: Tensor) -> Node:
    """Mean squared error."""
    return ops.mean(ops.square(ops.minus(input, target)))


@primitive(Kind.ELEMENTWISE, numpy=lambda x: np.maximum(x, 0), on="torch Tensor Tensor_")
def relu(input: Tensor) -> Spec:
    """max(0, x)."""
    return input.spec


@relu.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (relu_mask(g, out),)


@primitive(Kind.ELEMENTWISE, numpy=lambda g, out: g * (out > 0))
def relu_mask(g: Tensor, out: Tensor) -> Spec:
    """g where out > 0."""
    return g.spec
