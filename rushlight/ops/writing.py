"""Writing through views: what a change of a view does to its base, and the gradient of a view."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from .. import ops
from ..errors import (
    ShapeError,
    explain,
)
from ..graph import Node, Shape, Spec, contiguous_strides
from .affine import affine_view
from .batching import Batch
from .layouts import dense
from .samples import Array, floats
from .table import Kind, Tensor, primitive
from .views import basic_index, expand_view, permute_view


def write_into_view(base: Any, new: Any, *, view: Any, attrs: Any) -> Array:
    """NumPy: a copy of `base` whose view was overwritten with `new`."""
    # In row-major order every view that was possible before is possible still.
    out = np.array(base, order="C")
    view.numpy(out, **dict(attrs))[...] = new
    return out


def as_before(node: Node) -> Shape:
    """The layout of what is written into, unless its elements share memory."""
    base = node.inputs[0]
    if base.leaf or dense(base.shape, base.strides):
        return base.strides
    return contiguous_strides(base.shape)


@primitive(Kind.INDEX, numpy=write_into_view, layout=as_before, grad_name="CopySlices")
def write_view(input: Tensor, new: Tensor, *, view: Any, attrs: Any) -> Spec:
    """`input` with the elements that `view` shows replaced by those of `new`."""
    if view is expand_view and dict(attrs)["shape"] != input.shape:
        raise ShapeError(
            explain(
                "write",
                "unsupported operation: more than one element of the written-to tensor refers to "
                "a single memory location",
                {"the tensor": new.spec, "its memory": input.spec},
                "please clone() the tensor before changing it",
            )
        )
    return input.spec


@write_view.vmap
def _(batch: Batch, *inputs: Node, view: Any, attrs: Any) -> Node:
    shifted = view.vmap_attrs(batch.size, **dict(attrs))
    return write_view(*batch.spread(inputs), view=view, attrs=tuple(shifted.items()))


@write_view.vjp
def _(g: Node, out: Node, input: Node, new: Node, *, view: Any, attrs: Any) -> tuple[Node, Node]:
    return write_view(g, nothing(new.shape, g), view=view, attrs=attrs), view(g, **dict(attrs))


@write_view.samples
def _() -> Iterator[Any]:
    attrs: Any = (("index", (1,)),)
    yield (floats(3, 4), floats(4)), {"view": basic_index, "attrs": attrs}
    attrs = (("dims", (1, 0)),)
    yield (floats(3, 2), floats(2, 3, seed=1)), {"view": permute_view, "attrs": attrs}


def nothing(shape: Shape, like: Node) -> Node:
    """Zeros of `shape` in the dtype of `like`, all of them the same element."""
    return expand_view(ops.constant(0, like.dtype), shape=shape)


@lru_cache(8)
def places(shape: Shape, view: Any, attrs: Any) -> Array:
    """The flat index, in an array of `shape`, of each element that a view of it shows."""
    size = np.prod(shape, dtype=np.int64)
    shown: Array = view.numpy(np.arange(size).reshape(shape), **dict(attrs))
    return shown.reshape(-1)


def collect(x: Any, *, shape: Shape, view: Any, attrs: Any, overlaps: bool) -> Array:
    """NumPy: zeros of `shape`, plus `x` wherever `view` shows its elements."""
    if overlaps:
        flat = np.zeros(shape, x.dtype).reshape(-1)
        np.add.at(flat, places(shape, view, attrs), x.reshape(-1))
        return flat.reshape(shape)
    out = np.zeros(shape, x.dtype)
    view.numpy(out, **dict(attrs))[...] = x
    return out


@primitive(Kind.INDEX, numpy=collect)
def unview(input: Tensor, *, shape: Shape, view: Any, attrs: Any, overlaps: bool) -> Spec:
    """Zeros of `shape` to which `input` is added through `view`: the gradient of a view.

    `overlaps` says that the view may show an element more than once.
    """
    return Spec(shape, input.dtype)


@unview.vmap
def _(batch: Batch, input: Node, *, shape: Shape, view: Any, attrs: Any, overlaps: bool) -> Node:
    shifted = tuple(view.vmap_attrs(batch.size, **dict(attrs)).items())
    shape = (batch.size, *shape)
    return unview(input, shape=shape, view=view, attrs=shifted, overlaps=overlaps)


@unview.vjp
def _(
    g: Node, out: Node, input: Node, *, shape: Shape, view: Any, attrs: Any, overlaps: bool
) -> tuple[Node]:
    return (view(g, **dict(attrs)),)


@unview.samples
def _() -> Iterator[Any]:
    attrs: Any = (("index", ((0, 4, 2),)),)
    yield (floats(2, 3),), {"shape": (4, 3), "view": basic_index, "attrs": attrs, "overlaps": False}
    attrs = (("shape", (4, 3)), ("start", (0,)), ("moves", ((1,), (1,))))
    yield (floats(4, 3),), {"shape": (6,), "view": affine_view, "attrs": attrs, "overlaps": True}
