"""The graph that is written: nodes, weights, and a name for each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dtypes import DType
from ..errors import RushlightError, explain
from ..graph import Node
from .sizes import Expression, Symbol, Varied, is_free, merged

FEW_BYTES = 4096
"""Arrays of more are told apart by where they are."""


class OnnxExporterError(RushlightError, RuntimeError):
    """A network that cannot be written as ONNX."""


def load_onnx() -> Any:
    """The package `onnx`; raises OnnxExporterError if it is not installed."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError:
        problem = "the package onnx, which builds the file, is not installed"
        hint = "pip install onnx"
        raise OnnxExporterError(explain("onnx.export", problem, hint=hint)) from None
    return onnx


class Writer:
    """A graph in the making; `recordings` agree but for sizes, which `symbols` name."""

    def __init__(self, recordings: Sequence[Any], symbols: Sequence[Symbol], opset: int) -> None:
        self.onnx = load_onnx()
        self.opset = opset
        self.symbols = symbols
        self.nodes: list[Any] = []
        self.weights: dict[str, Any] = {}
        self.names: dict[Node, str] = {}
        self.folded: dict[Node, Any] = {}
        self.known: dict[Any, str] = {}
        self.taken: set[str] = set()
        self.twins = twins_of(recordings)
        self.values = {n: v for recording in recordings for n, v in recording.values.items()}
        self.inputs: list[str] = []
        self.tensors: dict[str, Any] = {}  # the network's own, by name

    # -- names and constants -----------------------------------------------------------------------

    def fresh(self, stem: str) -> str:
        """A name that nothing has yet."""
        name, k = stem, 0
        while name in self.taken:
            k += 1
            name = f"{stem}_{k}"
        self.taken.add(name)
        return name

    def node(self, kind: str, *inputs: str, **attrs: Any) -> str:
        """The name of the result of a new node."""
        key = (kind, inputs, repr(sorted(attrs.items())))
        if key not in self.known:
            name = self.known[key] = self.fresh(kind.lower())
            self.nodes.append(self.onnx.helper.make_node(kind, inputs, [name], name, **attrs))
        return self.known[key]

    def constant(self, value: Any, name: str = "constant") -> str:
        """The name of an array that belongs to the graph."""
        array = np.asarray(value)
        key = mark_of(array)
        if key not in self.known:
            self.known[key] = self.fresh(name)
            self.weights[self.known[key]] = array  # which keeps its memory from being used again
        return self.known[key]

    def size(self, symbol: Symbol) -> str:
        """The name of a list of one number: a free size, as it is this time."""
        number, axis = symbol.places[0]
        shape = self.node("Shape", self.inputs[number])
        return self.node("Gather", shape, self.constant(np.array([axis])), axis=0)

    def whole(self, number: Any) -> str:
        """The name of a list of one number, given or an expression; raises if it is neither."""
        if isinstance(number, Varied):
            raise depends_on_size()
        if not isinstance(number, Expression):
            return self.constant(np.array([number], np.int64))
        found = self.size(number.symbols[0])
        for symbol in number.symbols[1:]:
            found = self.node("Mul", found, self.size(symbol))
        if number.factor != 1:
            found = self.node("Mul", found, self.constant(np.array([number.factor])))
        if number.offset:
            found = self.node("Add", found, self.constant(np.array([number.offset])))
        return found

    def wholes(self, numbers: Sequence[Any]) -> str:
        """The name of a list of numbers, given or expressions."""
        if not is_free(tuple(numbers)):
            return self.constant(np.array(numbers, np.int64))
        parts = [self.whole(number) for number in numbers]
        return parts[0] if len(parts) == 1 else self.node("Concat", *parts, axis=0)

    # -- what the recordings say -------------------------------------------------------------------

    def attrs(self, node: Node) -> dict[str, Any]:
        """The attributes of a node, with expressions where recordings differ."""
        twins = self.twins[node]
        return {
            key: merged([twin.attrs[key] for twin in twins], self.symbols) for key in node.attrs
        }

    def shape(self, node: Node) -> tuple[Any, ...]:
        """The shape of a node, with expressions where recordings differ."""
        found = merged([twin.shape for twin in self.twins[node]], self.symbols)
        return found if type(found) is tuple else node.shape

    def name(self, node: Node, dtype: DType | None = None) -> str:
        """The name of a value; a number is of `dtype`."""
        if node in self.names:
            return self.names[node]
        if node in self.folded:
            return self.constant(self.folded[node])
        values = [self.values[twin] for twin in self.twins[node]]
        kind = (dtype or node.dtype) if node.number else node.dtype
        if are_same(values):
            return self.constant(np.array(values[0], kind.numpy))
        return self.of_size(node, values, kind)

    def of_size(self, node: Node, values: Sequence[Any], kind: DType) -> str:
        """The name of a number or an array that depends on a free size.

        Arrays may be the numbers from 0 on, or hold one number everywhere.
        """
        if isinstance(values[0], np.ndarray):
            shape = merged([v.shape for v in values], self.symbols)
            if type(shape) is tuple and are_same([np.unique(v) for v in values]):
                numbers = np.unique(values[0])
                if len(numbers) == 1:
                    return self.node("Expand", self.constant(numbers[0]), self.wholes(shape))
            rows = all([v.size == max(v.shape, default=0) for v in values])
            rows = rows and all([(v.ravel() == np.arange(v.size)).all() for v in values])
            count = merged([v.size for v in values], self.symbols) if rows else Varied(())
            if isinstance(count, Expression):
                line = self.cast(self.count_up(count), kind)
                ones = [1 if n == 1 else -1 for n in values[0].shape]
                return line if len(ones) == 1 else self.node("Reshape", line, self.wholes(ones))
            for name, whole in self.tensors.items():
                if type(shape) is tuple and all([begins(whole, v) for v in values]):
                    return self.beginning(self.constant(whole, name), shape)
        else:
            number = merged([whole_number(v) for v in values], self.symbols)
            if isinstance(number, Expression):
                found = self.node("Squeeze", self.whole(number), self.constant(np.array([0])))
                return self.cast(found, kind)
        raise depends_on_size(node)

    def beginning(self, name: str, shape: tuple[Any, ...]) -> str:
        """The name of the first elements of a value along each axis: as many as `shape` says."""
        zeros, axes = np.zeros(len(shape), np.int64), np.arange(len(shape))
        return self.node(
            "Slice", name, self.constant(zeros), self.wholes(shape), self.constant(axes)
        )

    def count_up(self, count: Expression) -> str:
        """The name of the numbers 0, 1, ... below `count`."""
        end = self.node("Squeeze", self.whole(count), self.constant(np.array([0])))
        start, step = self.constant(np.int64(0)), self.constant(np.int64(1))
        return self.node("Range", start, end, step)

    def cast(self, name: str, dtype: DType) -> str:
        """The name of a value in another dtype."""
        return self.node("Cast", name, to=self.kind(dtype))

    def kind(self, dtype: DType) -> int:
        """ONNX's number of a dtype."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(dtype.numpy))


def depends_on_size(node: Node | None = None) -> OnnxExporterError:
    """The error for what cannot be written because of a free size."""
    problem = "a value depends on a size that is free, in a way that cannot be written"
    got = {} if node is None else {"it": f"{node.spec}"}
    hint = "leave the size out of dynamic_axes"
    return OnnxExporterError(explain("onnx.export", problem, got, hint))


def mark_of(array: Any) -> Any:
    """What tells an array from others: its contents, or where they are if there are many."""
    if array.nbytes <= FEW_BYTES:
        return (array.dtype, array.shape, array.tobytes())
    return (array.dtype, array.shape, array.strides, array.__array_interface__["data"][0])


def are_same(values: Sequence[Any]) -> bool:
    """Whether numbers or arrays are all the same, nan too."""
    first = values[0]
    return all([v is first or is_same(v, first) for v in values[1:]])


def is_same(one: Any, other: Any) -> bool:
    """Whether two numbers or arrays are the same, nan too."""
    if type(one) is not type(other) or np.shape(one) != np.shape(other):
        return False
    a, b = np.asarray(one), np.asarray(other)
    return mark_of(a) == mark_of(b) or a.tobytes() == b.tobytes()


def begins(whole: Any, part: Any) -> bool:
    """Whether `part` is a view of the first elements of an array along each axis."""
    return (
        part.ndim == whole.ndim
        and part.__array_interface__["data"][0] == whole.__array_interface__["data"][0]
        and part.strides == whole.strides
        and part.dtype == whole.dtype
    )


def whole_number(value: Any) -> Any:
    """A number as an int, if it is whole."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def twins_of(recordings: Sequence[Any]) -> dict[Node, tuple[Node, ...]]:
    """The nodes of all recordings that stand for the same, by that of the first."""
    found: dict[Node, tuple[Node, ...]] = {}
    rows = zip(*[[*r.inputs, *r.outputs] for r in recordings], strict=True)
    stack = [tuple(row) for row in rows]
    while stack:
        row = stack.pop()
        if row[0] in found:
            continue
        found[row[0]] = row
        if not row[0].leaf and row[0] not in recordings[0].inputs:
            stack.extend(zip(*[node.inputs for node in row], strict=True))
    return found
