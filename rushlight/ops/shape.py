"""Ops that move elements without changing them: views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node, Shape, Spec
from .samples import floats
from .table import Kind, Tensor, derived, primitive


@primitive(Kind.VIEW, numpy=lambda x, *, shape: x.reshape(shape), grad_name="ViewBackward0")
def reshape_view(input: Tensor, *, shape: Shape) -> Spec:
    """The elements of `input`, in the same order, in a new `shape`."""
    return Spec(shape, input.dtype)


@reshape_view.vjp
def _(g: Node, out: Node, input: Node, *, shape: Shape) -> tuple[Node]:
    return (reshape_view(g, shape=input.shape),)


@reshape_view.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"shape": (2, 6)}


@primitive(Kind.VIEW, numpy=lambda x, *, dims: x.transpose(dims), grad_name="PermuteBackward0")
def permute_view(input: Tensor, *, dims: Shape) -> Spec:
    """`input` with its dimensions in the order of `dims`."""
    return Spec(tuple([input.shape[d] for d in dims]), input.dtype)


@permute_view.vjp
def _(g: Node, out: Node, input: Node, *, dims: Shape) -> tuple[Node]:
    return (permute_view(g, dims=tuple(sorted(range(len(dims)), key=dims.__getitem__))),)


@primitive(
    Kind.VIEW, numpy=lambda x, *, shape: np.broadcast_to(x, shape), grad_name="ExpandBackward0"
)
def expand_view(input: Tensor, *, shape: Shape) -> Spec:
    """`input` repeated, without copying, along axes of size 1 to fill `shape`."""
    return Spec(shape, input.dtype)


@expand_view.vjp
def _(g: Node, out: Node, input: Node, *, shape: Shape) -> tuple[Node]:
    return (g,)  # summed by the gradient walk, as for every broadcast


def decode(index: Any) -> Any:
    """A hashable basic index as NumPy takes it."""
    return tuple([slice(*i) if type(i) is tuple else i for i in index])


@primitive(
    Kind.VIEW, numpy=lambda x, *, index: x[(*decode(index), ...)], grad_name="SliceBackward0"
)
def basic_index(input: Tensor, *, index: Any) -> Spec:
    """`input[index]` for integers, slices (as triples), None and Ellipsis."""
    probe = np.broadcast_to(np.empty((), bool), input.shape)[decode(index)]
    return Spec(probe.shape, input.dtype)


@basic_index.vjp
def _(g: Node, out: Node, input: Node, *, index: Any) -> tuple[Node]:
    zeros = ops.expand_view(ops.constant(0, g.dtype), shape=input.shape)
    return (ops.write_view(zeros, g, view=basic_index, attrs=(("index", index),)),)


def write_into_view(base: Any, new: Any, *, view: Any, attrs: Any) -> Any:
    """NumPy: a copy of `base` whose view was overwritten with `new`."""
    out = np.array(base, order="C")
    view.numpy(out, **dict(attrs))[...] = new
    return out


@primitive(Kind.INDEX, numpy=write_into_view)
def write_view(input: Tensor, new: Tensor, *, view: Any, attrs: Any) -> Spec:
    """`input` with the elements that `view` shows replaced by those of `new`."""
    return input.spec


@write_view.vjp
def _(g: Node, out: Node, input: Node, new: Node, *, view: Any, attrs: Any) -> tuple[Node, Node]:
    zeros = ops.expand_view(ops.constant(0, g.dtype), shape=new.shape)
    return write_view(g, zeros, view=view, attrs=attrs), view(g, **dict(attrs))


@derived(on="torch Tensor", view=True, grad_name="ViewBackward0")
def reshape(input: Tensor, *shape: int) -> Node:
    """`input` in another shape; one size may be -1."""
    shape = infer(input, shape)
    return reshape_view(ops.contiguous(input), shape=shape)


def infer(input: Node, shape: Shape) -> Shape:
    """`shape` with its -1 worked out."""
    known = 1
    for n in shape:
        known *= n if n != -1 else 1
    if -1 in shape:
        shape = tuple([input.size // max(known, 1) if n == -1 else n for n in shape])
        known = input.size if known and input.size % known == 0 else -1
    if known != input.size:
        raise ShapeError(
            explain(
                "reshape",
                f"shape {list(shape)} is invalid for input of size {input.size}",
                {"input": input.spec},
            )
        )
    return shape


@derived(on="Tensor", view=True, grad_name="TBackward0")
def t(input: Tensor) -> Node:
    """The transpose of a matrix."""
    return permute_view(input, dims=tuple(reversed(range(input.ndim))))

