"""What machine code can hold: the types of elements, and how outputs lie in memory."""

from __future__ import annotations

from ... import dtypes
from ...graph import Node, contiguous_strides
from ...ops.layouts import dense
from .target import target

TYPES = {
    dtypes.float32: "float", dtypes.float64: "double", dtypes.int64: "i64", dtypes.int32: "i32",
    dtypes.bool_: "i1", dtypes.bfloat16: "i16", dtypes.float16: "half",
}  # fmt: skip
"""LLVM's types of the dtypes that are computed natively; narrow ones are moved and converted."""


class NoRow(Exception):
    """The engine has no row for a node: NumPy does it. `node` is set by `Lowering.lower`."""

    node: Node | None = None


def type_of(node: Node) -> str:
    """LLVM's type of a node's elements."""
    type = TYPES.get(node.dtype)
    if type is None or (type == "half" and not target().halves):
        raise NoRow(node.dtype.name)
    return type


def has_type(node: Node) -> bool:
    """Whether machine code can hold the elements of `node`."""
    try:
        type_of(node)
    except NoRow:
        return False
    return True


def output_strides(node: Node, row_major: bool = False) -> tuple[int, ...]:
    """The layout in which an output is written: the node's, if that fills memory."""
    if row_major or not dense(node.shape, node.strides):
        return contiguous_strides(node.shape)
    return node.strides
