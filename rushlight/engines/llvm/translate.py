"""A program of the trace into native code."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...graph import Constant, Node, contiguous_strides
from ...ops.layouts import dense
from ...trace import Program
from . import pool, rows_index, rows_products
from .affine import row_major
from .buffers import Buffer
from .forms import Form, Kind, unified
from .jit import build
from .plan import Plan, Target
from .rows import Lowering, NoRow, constant_form, type_of
from .schedule import Conflict, schedule
from .step import Step
from .target import target

ROW_FILES = (rows_index, rows_products)
"""Importing them enters their rows in the table."""


class Compiled:
    """A piece of a program in native code. If it is `dense`, its outputs are row-major."""

    def __init__(self, program: Program, updates: Mapping[int, int], dense: bool = False) -> None:
        self.program = program
        self.dense = dense
        self.updates = dict(updates)
        lowering = Lowering()
        for leaf in program.inputs:
            lowering.leaf(leaf) if not leaf.number else self.number_form(lowering, leaf)
        for node in program.order:
            lowering.lower(node)
        same = unified([*lowering.forms.values(), *lowering.guards])
        self.forms = {node: same[form] for node, form in lowering.forms.items()}
        self.guards = list(dict.fromkeys([same[g] for g in lowering.guards]))
        self.step = self.planned()

    def number_form(self, lowering: Lowering, leaf: Node) -> None:
        """The form of a Python number: as wide as Python has it."""
        type = type_of(leaf)
        type = "double" if type == "float" else type
        lowering.forms[leaf] = Form(Kind.INPUT, (), (), type, leaf)

    def planned(self) -> Step:
        """The program's loops. Updates that cannot be made in place are copied at the end."""
        late: set[int] = set()
        while True:
            wanted, owner = self.wanted(late)
            plan = Plan(wanted, self.guards)
            try:
                order = schedule(plan)
                break
            except Conflict as conflict:
                late.add(owner[conflict.form])
        program = self.program
        step = Step(plan, order, target())
        inputs = [(self.forms[i], k, i.number) for k, i in enumerate(program.inputs)]
        step.add_arguments([x for x in inputs if x[0] in plan.users or x[2]])
        return step

    def wanted(self, late: set[int]) -> tuple[list[tuple[Form, Target]], dict[Form, int]]:
        """The forms to be stored in arguments, where, and which output each is."""
        found: list[tuple[Form, Target]] = []
        owner: dict[Form, int] = {}
        place = len(self.program.inputs)
        for k, node in enumerate(self.program.outputs):
            form = constant_form(node) if isinstance(node, Constant) else self.forms[node]
            leaf = None
            if k in self.updates:
                leaf = self.program.inputs[self.updates[k]]
                at, strides = self.updates[k], leaf.strides
            else:
                at, strides = place, output_strides(node, self.dense)
                place += 1
            base, layout = destination(form, strides)
            if base in owner or k in late:
                if k in late:
                    base = Form(Kind.MAP, (form,), form.shape, form.type, "same")
                base, layout = Form(Kind.MAP, (base,), base.shape, base.type, "same"), layout
                if k in late:
                    layout = strides
            owner[base] = k
            found.append((base, Target(at, layout, leaf)))
        return found, owner


def destination(form: Form, strides: Sequence[int]) -> tuple[Form, tuple[int, ...]]:
    """What to write, with which strides, so that `form` has the given ones."""
    base, layout = form, tuple(strides)
    while True:
        if base.kind is Kind.RESHAPE and layout_is_dense(base, layout):
            base = base.inputs[0]
            layout = row_major(base.shape)
        elif base.kind is Kind.VIEW and (order := permutation(base)) is not None:
            layout = tuple([layout[d] for d in order])
            base = base.inputs[0]
        else:
            break
    if base.kind in (Kind.MAP, Kind.FOLD, Kind.PICK) or (
        base.kind is Kind.SCATTER and layout_is_dense(base, layout)
    ):
        return base, layout
    return Form(Kind.MAP, (form,), form.shape, form.type, "same"), tuple(strides)


def layout_is_dense(form: Form, strides: Sequence[int]) -> bool:
    """Whether memory of `strides` is row-major without gaps."""
    dense = row_major(form.shape)
    return all([a == b for a, b, n in zip(strides, dense, form.shape, strict=True) if n > 1])


def permutation(form: Form) -> list[int] | None:
    """For each dimension of a view's source, the dimension of the view that it is; or None."""
    source = form.inputs[0]
    found = []
    for n, at in zip(source.shape, form.how, strict=True):
        if n == 1:
            ones = [d for d, m in enumerate(form.shape) if m == 1 and d not in found]
            if not ones or at.constant:
                return None
            found.append(ones[0])
        elif at.constant or len(at.terms) != 1 or at.terms[0][1] != 1:
            return None
        else:
            found.append(int(at.terms[0][0][1:]))
    if sorted(found) != list(range(len(form.shape))):
        return None
    whole = [form.shape[d] for d in found] == list(source.shape)
    return found if whole else None  # a slice shows only a part


def raw(compiled: Compiled, arrays: Sequence[Any], profile: bool = False) -> Any:
    """A function that runs the step on `arrays`, and the outputs it writes; for tests."""
    program, step = compiled.program, compiled.step
    outputs = [empty(n) for k, n in enumerate(program.outputs) if k not in compiled.updates]
    b = step.emit(profile)
    arena = np.zeros(step.memory.end + 64, np.uint8)
    start = -arena.ctypes.data % 64
    status = np.zeros(1, np.int64)
    symbols = {"arena": arena[start:].ctypes.data, "status": status.ctypes.data}
    symbols |= b.symbols | pool.symbols()
    address = build(b.module(), ["step"], symbols)["step"]
    table = np.zeros(len(arrays) + len(outputs), np.uint64)
    for k, (leaf, x) in enumerate(zip(program.inputs, arrays, strict=True)):
        if leaf.number:
            kind = np.float64 if isinstance(x, float) else np.int64
            table[k : k + 1].view(kind)[0] = x
        else:
            table[k] = x.ctypes.data
    for k, out in enumerate(outputs):
        table[len(arrays) + k] = out.ctypes.data
    start_of = pool.symbols()["pool_dispatch"] if step.parallel else address
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(start_of)
    place = table.ctypes.data
    rest = iter(outputs)
    results = [
        arrays[compiled.updates[k]] if k in compiled.updates else next(rest)
        for k in range(len(program.outputs))
    ]
    keep = (table, arena, outputs, status, arrays)

    def run(keep: Any = keep) -> int:
        function(*((address, place, 0, 0) if step.parallel else (place, 0, 0, 1)))
        return int(status[0])

    return run, results, arena[start:]


def output_strides(node: Node, row_major: bool = False) -> tuple[int, ...]:
    """The layout in which an output is written: the node's, if that fills memory."""
    if row_major or not dense(node.shape, node.strides):
        return contiguous_strides(node.shape)
    return node.strides


def empty(node: Node) -> Any:
    """An uninitialised array with the strides of an output."""
    strides = output_strides(node)
    order = sorted(range(len(node.shape)), key=lambda k: -strides[k])
    inverse = sorted(range(len(order)), key=lambda k: order[k])
    made = np.empty([node.shape[k] for k in order], node.dtype.numpy)
    return made.transpose(inverse)


__all__ = ["Buffer", "Compiled", "NoRow", "build", "raw"]
