"""A program of the trace into native code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...graph import Constant
from ...trace import Program
from . import rows_functions, rows_index, rows_products
from .affine import row_major
from .forms import Form, Kind, copied, unified
from .kinds import output_strides
from .plan import Plan, Target
from .rows import Lowering, constant_form
from .schedule import Conflict, schedule
from .step import Step
from .target import target

ROW_FILES = (rows_functions, rows_index, rows_products)
"""Importing them enters their rows in the table."""


class Compiled:
    """A piece of a program in native code. If it is `dense`, its outputs are row-major."""

    def __init__(self, program: Program, updates: Mapping[int, int], dense: bool = False) -> None:
        self.program = program
        self.dense = dense
        self.updates = dict(updates)
        lowering = Lowering()
        for leaf in program.inputs:
            lowering.leaf(leaf)
        for node in program.order:
            lowering.lower(node)
        same = unified([*lowering.forms.values(), *lowering.guards])
        self.forms = {node: same[form] for node, form in lowering.forms.items()}
        self.guards = list(dict.fromkeys([same[g] for g in lowering.guards]))
        self.step = self.planned()

    def planned(self) -> Step:
        """The program's loops. Updates that cannot be made in place are copied at the end."""
        late: set[int] = set()
        while True:
            wanted, owner, kept = self.wanted(late)
            plan = Plan(wanted, self.guards, kept)
            try:
                order = schedule(plan)
                break
            except Conflict as conflict:
                assert owner[conflict.form] not in late
                late.add(owner[conflict.form])
        program = self.program
        step = Step(plan, order, target())
        inputs = [(self.forms[i], k, i.number) for k, i in enumerate(program.inputs)]
        step.add_arguments([x for x in inputs if x[0] in plan.users or x[2]])
        return step

    def wanted(
        self, late: set[int]
    ) -> tuple[list[tuple[Form, Target]], dict[Form, int], set[Form]]:
        """What is to be written to arguments; which output each is; and what must be stored.

        Outputs in `late` are computed elsewhere first and copied when nobody reads the old value.
        """
        found: list[tuple[Form, Target]] = []
        owner: dict[Form, int] = {}
        kept: set[Form] = set()
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
            if k in late:
                kept.add(form := copied(form))
            base, layout = destination(form, strides)
            if base in owner or base in kept:
                base, layout = copied(form), strides
            owner[base] = k
            found.append((base, Target(at, layout, leaf)))
        return found, owner, kept


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
    if base.kind in (Kind.MAP, Kind.FOLD, Kind.PICK, Kind.SCAN) or (
        base.kind is Kind.SCATTER and layout_is_dense(base, layout)
    ):
        return base, layout
    return copied(form), tuple(strides)


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
