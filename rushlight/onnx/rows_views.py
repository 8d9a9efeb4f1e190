"""Rows of operations that read or write elements at places that are known: windows, slices.

The places are found by looking through the view at the numbers of all elements. If the first size
is free, every example must read and write within itself, at the same places.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import explain
from ..graph import Node, Shape
from .rows import like, row
from .sizes import is_free
from .writer import OnnxExporterError, Writer, depends_on_size

REST = -1
"""ONNX's word for a size that follows from the others."""


def numbers_through(view: Any, shape: Shape, attrs: dict[str, Any]) -> Any:
    """The numbers of the elements that a view of an array of `shape` shows."""
    return view.numpy(np.arange(math.prod(shape)).reshape(shape), **attrs)


def places_of(w: Writer, node: Node, seen: list[tuple[Any, Shape, dict[str, Any]]]) -> Any:
    """The places of one example, and whether there are many: what all recordings have in common.

    `seen` has the view of each recording, the shape of what it is a view of, and its attributes.
    """
    shapes = [shape for _, shape, _ in seen]
    found = [numbers_through(*each) for each in seen]
    if len(set(shapes)) == 1 and all([np.array_equal(f, found[0]) for f in found]):
        return found[0], False
    size = math.prod(shapes[0][1:])
    for places, shape in zip(found, shapes, strict=True):
        examples = (np.arange(shape[0]) * size).reshape(-1, *[1] * (places.ndim - 1))
        alike = len(places) == shape[0] and math.prod(shape[1:]) == size
        if not alike or not np.array_equal(places, places[0] + examples):
            raise depends_on_size(node)
        if not np.array_equal(places[0], found[0][0]):
            raise depends_on_size(node)
    return found[0][0], True


def reshaped(w: Writer, name: str, shape: tuple[Any, ...]) -> str:
    """The name of a value in another shape, whose first size may be free."""
    return w.node("Reshape", name, w.wholes([REST if is_free((n,)) else n for n in shape]))


def rows_of(w: Writer, name: str, many: bool, size: int) -> str:
    """The name of a value with the elements of an example in a column."""
    return w.node("Transpose", reshaped(w, name, (REST if many else 1, size)), perm=[1, 0])


@row("affine_view")
def _(w: Writer, node: Node, shape: Any, start: Any, moves: Any) -> str:
    seen = [(node.op, twin.inputs[0].shape, twin.attrs) for twin in w.twins[node]]
    places, many = places_of(w, node, seen)
    source = node.inputs[0]
    size = math.prod(source.shape[1:] if many else source.shape)
    table = reshaped(w, w.name(source), (REST if many else 1, size))
    found = w.node("Gather", table, w.constant(places.reshape(-1).astype(np.int64)), axis=1)
    return reshaped(w, found, w.shape(node))


def written(w: Writer, node: Node, old: str | None, new: Node, overlaps: bool) -> str:
    """The name of `old`, or zeros, into which `new` is put, or added if places overlap."""
    seen = [(t.attrs["view"], t.shape, dict(t.attrs["attrs"])) for t in w.twins[node]]
    places, many = places_of(w, node, seen)
    size = math.prod(node.shape[1:] if many else node.shape)
    values = rows_of(w, w.name(new, node.dtype), many, places.size)
    if old is not None:
        table = rows_of(w, old, many, size)
    else:
        count = w.whole(w.shape(node)[0]) if many else w.constant(np.array([1]))
        tall = w.node("Concat", w.constant(np.array([size])), count, axis=0)
        table = w.node("Expand", like(w, node, 0), tall)
    if overlaps and w.opset < 16:
        problem = "adding at places that overlap needs a later opset"
        hint = "give opset_version=16 or more"
        raise OnnxExporterError(explain("onnx.export", problem, {"it": node.spec}, hint))
    how = {"reduction": "add"} if overlaps else {}
    column = w.constant(places.reshape(-1, 1).astype(np.int64))
    done = w.node("ScatterND", table, column, values, **how)
    return reshaped(w, w.node("Transpose", done, perm=[1, 0]), w.shape(node))


@row("unview")
def _(w: Writer, node: Node, overlaps: bool, **view: Any) -> str:
    return written(w, node, None, node.inputs[0], overlaps)


@row("write_view")
def _(w: Writer, node: Node, **view: Any) -> str:
    old, new = node.inputs
    return written(w, node, w.name(old, node.dtype), new, False)
