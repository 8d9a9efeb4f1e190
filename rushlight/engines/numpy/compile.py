"""Write a program as one straight Python function of NumPy calls.

It does what `interpret.run` does without the interpreter's own work: names are reused as soon as
their values are dead, which also lets NumPy take the memory back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...graph import Constant, Node
from ...trace import Program
from .interpret import last_uses

LITERALS = (int, float, bool, str, type(None))


class Writer:
    """The source of a function, and the names it refers to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.space: dict[str, Any] = {"array": np.array}
        self.names: dict[int, str] = {}
        self.free: list[str] = []
        self.count = 0

    def constant(self, value: Any) -> str:
        """The name or literal of a value that never changes."""
        if isinstance(value, LITERALS) and not (
            isinstance(value, float) and not math.isfinite(value)
        ):
            return repr(value)
        if isinstance(value, tuple) and all([isinstance(v, LITERALS) for v in value]):
            return repr(value)
        name = self.names.get(id(value))
        if name is None:
            name = self.names[id(value)] = f"c{len(self.space)}"  # the space keeps `value` alive
            self.space[name] = value
        return name

    def variable(self) -> str:
        """A name for a new value: one whose value is dead, or a new one."""
        if self.free:
            return self.free.pop()
        self.count += 1
        return f"v{self.count}"


def number_dtype(node: Node) -> Any:
    """The NumPy dtype that a ufunc would convert its Python numbers to, if that is plain to see."""
    if node.op.promote is None or not isinstance(node.op.numpy, np.ufunc):
        return None
    dtype = next((i.dtype for i in node.inputs if not i.number), None)
    return dtype.numpy if dtype is not None and dtype.is_floating_point else None


def as_arrays(program: Program, w: Writer, name: dict[Node, str]) -> dict[tuple[Node, Any], str]:
    """Names for numbers as 0-d arrays: a ufunc takes those twice as fast as Python numbers.

    Constants are converted here, once; numbers that come with each run only if used repeatedly.
    """
    uses: dict[tuple[Node, Any], int] = {}
    for node in program.order:
        dtype = number_dtype(node)
        for i in node.inputs:
            if i.number and dtype is not None:
                uses[i, dtype] = uses.get((i, dtype), 0) + 1
    names: dict[tuple[Node, Any], str] = {}
    for (number, dtype), count in uses.items():
        if isinstance(number, Constant):
            names[number, dtype] = w.constant(np.array(number.value, dtype))
        elif count > 1:
            names[number, dtype] = w.variable()
            kind = w.constant(dtype)
            w.lines.append(f"    {names[number, dtype]} = array({name[number]}, {kind})")
    return names


def source(program: Program) -> tuple[str, dict[str, Any]]:
    """The text of the function and its namespace."""
    w = Writer()
    name: dict[Node, str] = {}
    for leaf in program.inputs:
        name[leaf] = w.variable()
    if program.inputs:
        w.lines.append(f"    {', '.join([name[i] for i in program.inputs])}, = arrays")
    typed = as_arrays(program, w, name)
    for node, dying in zip(program.order, last_uses(program), strict=True):
        dtype = number_dtype(node)
        args = [
            typed.get((i, dtype)) or (w.constant(i.value) if isinstance(i, Constant) else name[i])
            for i in node.inputs
        ]
        args += [f"{key}={w.constant(value)}" for key, value in node.attrs.items()]
        # A dead input's name may be taken for the result at once: Python reads before it binds.
        w.free += [name[i] for i in dying if not isinstance(i, Constant)]
        name[node] = w.variable()
        w.lines.append(f"    {name[node]} = {w.constant(node.op.numpy)}({', '.join(args)})")
    results = [w.constant(o.value) if isinstance(o, Constant) else name[o] for o in program.outputs]
    w.lines.append(f"    return [{', '.join(results)}]")
    return "def program(arrays):\n" + "\n".join(w.lines), w.space


def compile_program(program: Program) -> Callable[[Sequence[Any]], list[Any]]:
    """A Python function with the meaning of `program`."""
    text, space = source(program)
    exec(compile(text, "<rushlight window>", "exec"), space)
    body = space["program"]

    def call(arrays: Sequence[Any]) -> list[Any]:
        with np.errstate(all="ignore"):
            result: list[Any] = body(arrays)
        return result

    return call
