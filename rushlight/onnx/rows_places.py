"""Rows of operations that move elements: shapes, slices, indices, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..errors import explain
from ..graph import Node
from ..ops.views import canonical
from .rows import like, row
from .sizes import Expression, Varied, merged
from .writer import OnnxExporterError, Writer, depends_on_size


def refused(node: Node, why: str) -> OnnxExporterError:
    """The error for a use of an operation that has no row."""
    problem = f"the operation {node.op.name!r} has no row for ONNX {why}"
    return OnnxExporterError(explain("onnx.export", problem, {"it": node.spec}))


@row("reshape_view")
def _(w: Writer, node: Node, shape: Any) -> str:
    if isinstance(shape, Varied):
        raise refused(node, "where the number of dimensions depends on a size that is free")
    free = [k for k, n in enumerate(shape) if not isinstance(n, int)]
    if len(free) == 1:  # ONNX finds it itself
        shape = tuple([-1 if k in free else n for k, n in enumerate(shape)])
    return w.node("Reshape", w.name(node.inputs[0]), w.wholes(shape))


@row("permute_view")
def _(w: Writer, node: Node, dims: Any) -> str:
    x = w.name(node.inputs[0])
    return w.node("Transpose", x, perm=list(dims)) if dims else x


@row("expand_view")
def _(w: Writer, node: Node, shape: Any) -> str:
    if isinstance(shape, Varied):
        raise depends_on_size(node)
    return w.node("Expand", w.name(node.inputs[0], node.dtype), w.wholes(shape))


@row("listed")
def _(w: Writer, node: Node, values: Any) -> str:
    rows = [twin.attrs["values"] for twin in w.twins[node]]
    size = w.shape(node)[0]
    if not isinstance(size, Expression) or any([r != tuple(range(len(r))) for r in rows]):
        raise refused(node, "for numbers that depend on a size that is free")
    return w.count_up(size)


def flat(item: Any) -> tuple[Any, ...]:
    """An item of an index, or its parts if it is a slice."""
    return item if type(item) is tuple else (item,)


@row("basic_index")
def _(w: Writer, node: Node, index: Any) -> str:
    source = node.inputs[0]
    twins = w.twins[node]
    index = merged([canonical(t.inputs[0], t.attrs["index"]) for t in twins], w.symbols)
    x, axis = w.name(source), 0
    slices: list[tuple[Any, Any, int, int]] = []
    numbers: list[tuple[int, Any]] = []
    new: list[int] = []
    place = 0
    for item in index:
        if item is None:
            new.append(place)
            place += 1
            continue
        if type(item) is tuple:
            if item != (0, w.shape(source)[axis], 1):
                slices.append((item[0], item[1], axis, item[2]))
            place += 1
        else:
            numbers.append((axis, item))
        axis += 1
    if any([isinstance(part, Varied) for item in index for part in flat(item)]):
        raise refused(node, "for places that depend on several free sizes")
    if slices:
        starts, ends, axes, steps = [list(part) for part in zip(*slices, strict=True)]
        x = w.node("Slice", x, *[w.wholes(part) for part in (starts, ends, axes, steps)])
    for axis, number in reversed(numbers):
        picked = w.node("Squeeze", w.whole(number), w.constant(np.array([0])))
        x = w.node("Gather", x, picked, axis=axis)
    return w.node("Unsqueeze", x, w.constant(np.array(new, np.int64))) if new else x


@row("reverse")
def _(w: Writer, node: Node, axes: Any) -> str:
    first, last = np.full(len(axes), -1), np.full(len(axes), np.iinfo(np.int64).min)
    parts = [first, last, np.array(axes), np.full(len(axes), -1)]
    return w.node("Slice", w.name(node.inputs[0]), *[w.constant(part) for part in parts])


@row("join")
def _(w: Writer, node: Node, axis: int) -> str:
    return w.node("Concat", *[w.name(i) for i in node.inputs], axis=axis)


@row("triangle")
def _(w: Writer, node: Node, diagonal: int, lower: bool) -> str:
    x = w.name(node.inputs[0])
    bools = node.dtype is dtypes.bool_  # which onnxruntime does not take here
    x = w.cast(x, dtypes.float32) if bools else x
    found = w.node("Trilu", x, w.constant(np.int64(diagonal)), upper=int(not lower))
    return w.cast(found, dtypes.bool_) if bools else found


@row("lookup")
def _(w: Writer, node: Node, padding: Any) -> str:
    table, index = node.inputs
    return w.node("Gather", w.name(table), w.name(index), axis=0)


@row("pick")
def _(w: Writer, node: Node, axes: Any, wrap: bool, op: str) -> str:
    source, *indices = node.inputs
    x = w.name(source)
    if len(axes) == 1:
        return w.node("Gather", x, w.name(indices[0]), axis=axes[0])
    if axes != tuple(range(len(axes))) or len({i.shape for i in indices}) > 1:
        raise refused(node, "for such indices")
    last = w.constant(np.array([-1]))
    columns = [w.node("Unsqueeze", w.cast(w.name(i), dtypes.int64), last) for i in indices]
    return w.node("GatherND", x, w.node("Concat", *columns, axis=-1))


@row("gather_along")
def _(w: Writer, node: Node, axis: int, wrap: bool, op: str) -> str:
    x, index = node.inputs
    return w.node("GatherElements", w.name(x), w.name(index), axis=axis)


@row("select_along")
def _(w: Writer, node: Node, axis: int) -> str:
    x, index = node.inputs
    return w.node("GatherElements", w.name(x), w.name(index), axis=axis)


@row("put_along")
def _(w: Writer, node: Node, axis: int, op: str) -> str:
    x, index, new = node.inputs
    source = w.name(new, node.dtype)
    if new.number or new.shape != index.shape:
        source = w.node("Expand", source, w.wholes(w.shape(index)))
    return w.node("ScatterElements", w.name(x), w.name(index), source, axis=axis)


@row("running_sum")
def _(w: Writer, node: Node, axis: int, reverse: bool) -> str:
    along = w.constant(np.int64(axis))
    return w.node("CumSum", w.name(node.inputs[0]), along, reverse=int(reverse))


@row("shift")
def _(w: Writer, node: Node, axis: int, by: int, fill: float) -> str:
    if abs(by) > node.shape[axis]:
        raise refused(node, "by so much")
    amounts = np.zeros((2, node.ndim), np.int64)
    amounts[int(by < 0), axis] = abs(by)
    padded = w.node("Pad", w.name(node.inputs[0]), w.constant(amounts.ravel()), like(w, node, fill))
    start, end = (0, -by) if by > 0 else (-by, np.iinfo(np.int64).max)
    return w.node("Slice", padded, *[w.constant(np.array([k])) for k in (start, end, axis)])


def top(w: Writer, node: Node, axis: int, count: Any, largest: bool) -> str:
    """The name of the places of the `count` largest or smallest elements."""
    x = w.name(node.inputs[0])
    name = w.fresh("topk")
    w.nodes.append(
        w.onnx.helper.make_node(
            "TopK", [x, w.whole(count)], [f"{name}_values", name], name, axis=axis,
            largest=int(largest), sorted=1,
        )
    )  # fmt: skip
    return name


@row("top_index")
def _(w: Writer, node: Node, axis: int, count: int, largest: bool) -> str:
    return top(w, node, axis, count, largest)


@row("sort_index")
def _(w: Writer, node: Node, axis: int, descending: bool) -> str:
    return top(w, node, axis, w.shape(node.inputs[0])[axis], descending)
