"""The engine's front: a program becomes a `Native`, one builtin that does it all."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ...graph import Constant, Node
from ...later import later
from ...trace import Program
from ..engine import Output
from . import layout
from .arguments import of_image
from .kinds import NoRow, has_type, output_strides
from .recall import fetch, has_stages, is_kept, key_of, note_stages
from .specs import Array, Number, Spec
from .stages import Stage, own_updates, stages_of

name = "llvm"

KINDS = {
    "bfloat16": "double", "float16": "double", "float32": "double", "float64": "double",
    "int64": "i64", "bool": "i1",
}  # fmt: skip
"""How a Python number is given, by the dtype of its leaf."""

MOST_NODES = 6000
"""Longer programs stay with NumPy: compiling them would take too long."""

# Programs whose code is kept need none of what makes code, which is most of this folder.
code_for = later(".making.code_for", __package__)
without_row = later(".making.without_row", __package__)


def compile(program: Program, updates: Mapping[int, int]) -> Native | None:
    """`program` in machine code, or None if it had better be interpreted."""
    if not suits(program):
        return None
    known = recall(program, updates)
    if known is not None:
        return known
    foreign = without_row(program)
    if len(foreign) == len(program.order):
        return None
    made = Native(program, changeable(program, updates), foreign)
    if foreign:
        note_stages(key_of(program, updates, False))
    return made


def recall(program: Program, updates: Mapping[int, int]) -> Native | None:
    """What `compile` makes of `program`, if its code is at hand; else None."""
    if not suits(program):
        return None
    key = key_of(program, updates, False)
    staged = has_stages(key)
    if not staged and not is_kept(key) and key not in MADE:
        return None
    try:
        foreign = without_row(program) if staged else set()
        return Native(program, changeable(program, updates), foreign, at_hand=True)
    except NotKept:
        return None


def suits(program: Program) -> bool:
    """Whether machine code can be made of it, and in a reasonable time."""
    return layout.supported() and 0 < len(program.order) <= MOST_NODES


class NotKept(Exception):
    """Code that is not at hand, and is not to be made."""


def changeable(program: Program, updates: Mapping[int, int]) -> dict[int, int]:
    """What the engine may change: it has a type for it; complex numbers are outputs like others."""
    return {k: i for k, i in updates.items() if has_type(program.inputs[i])}


class Native:
    """A program in machine code: see `engines/engine.py`."""

    def __init__(
        self,
        program: Program,
        updates: Mapping[int, int],
        foreign: set[Node],
        at_hand: bool = False,
    ) -> None:
        self.at_hand = at_hand
        self.updates = dict(updates)
        self.outputs = [
            Output(n.shape, n.dtype, output_strides(n))
            for k, n in enumerate(program.outputs)
            if k not in updates
        ]
        if foreign:
            self.call: Any = self.staged(program, foreign)
        else:
            self.call = builtin_for(program, updates, at_hand=at_hand)
        self.foreign = len(foreign)

    def staged(self, program: Program, foreign: set[Node]) -> Staged:
        """The program in stages. A node may lose its row when it is cut from its surroundings."""
        while True:
            stages = stages_of(program, foreign, self.updates)
            try:
                return Staged(program, self.updates, stages, self.at_hand)
            except NoRow as refusal:
                known = {n: o for stage in stages for n, o in stage.originals.items()}
                assert refusal.node is not None
                foreign.add(known[refusal.node])


def builtin_for(
    program: Program, updates: Mapping[int, int], dense: bool = False, at_hand: bool = False
) -> Any:
    """The builtin that checks its arguments and runs `program`; see `Compiled`.

    Raises NotKept if its code is wanted only if it is `at_hand`, and is not.
    """
    specs: list[Spec] = []
    for k, leaf in enumerate(program.inputs):
        if leaf.number:
            specs.append(Number(f"input {k}", KINDS[leaf.dtype.name]))
        else:
            specs.append(array_spec(f"input {k}", leaf, leaf.strides, k in updates.values()))
    for k, node in enumerate(program.outputs):
        if k not in updates:
            specs.append(array_spec(f"output {k}", node, output_strides(node, dense), True))
    key = key_of(program, updates, dense)
    made = MADE.get(key) if key else None
    if made is not None:
        return made
    known = fetch(key)
    if known is not None:
        with suppress(RuntimeError):  # what the linker does not take is as good as nothing
            made = builtin_of(known, specs)
    if known is None or made is None:
        if at_hand:
            raise NotKept
        known = code_for(program, updates, dense, specs, key)
        made = builtin_of(known, specs)
    if key is not None:
        MADE[key] = made
        keep(made, known[0] + len(known[1]))
    return made


def builtin_of(known: tuple[int, bytes], specs: Sequence[Spec]) -> Any:
    """The builtin of machine code, with an arena of the size that it needs."""
    size, image = known
    arena = np.zeros(size + 64, np.uint8)
    memory = {"arena": arena[-arena.ctypes.data % 64 :], "status": np.zeros(1, np.int64)}
    return of_image(image, specs, "program", memory)


MADE: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""The builtins of this process by the key of their program: models that are alike share one.

They may share its arena too, since a step leaves nothing in it that the next one reads.
"""

RECENT: deque[tuple[Any, int]] = deque()
"""The latest of them, kept although nobody may use them now, and their memory in bytes."""

MOST, MOST_BYTES = 64, 1 << 26
"""No more than these are kept for that."""


def keep(made: Any, size: int) -> None:
    """Keep a builtin that takes `size` bytes, at the cost of older ones."""
    RECENT.append((made, size))
    while len(RECENT) > MOST or sum([n for _, n in RECENT]) > MOST_BYTES:
        RECENT.popleft()


def array_spec(name: str, node: Node, strides: Sequence[int], written: bool) -> Array:
    """What an array argument must be."""
    size = node.dtype.itemsize
    return Array(name, node.dtype.numpy, node.shape, tuple([s * size for s in strides]), written)


class Staged:
    """A program with ops that NumPy computes, between native stages."""

    def __init__(
        self,
        program: Program,
        updates: Mapping[int, int],
        stages: list[Stage],
        at_hand: bool = False,
    ) -> None:
        self.program = program
        self.stages = stages
        self.last = self.stages[-1]
        self.calls: list[Any] = []
        for stage in self.stages:
            own = own_updates(stage, program, updates) if stage is self.last else {}
            empty = not stage.program.outputs
            dense = stage is not self.last
            self.calls.append(None if empty else builtin_for(stage.program, own, dense, at_hand))
        rest = [n for k, n in enumerate(program.outputs) if k not in updates]
        self.results = rest
        self.direct = self.last.writes[len(updates) :]
        self.anyone = SimpleNamespace(at=None)

    def __call__(self, recorder: Any, halt: Any, *given: Any) -> None:
        """Compute everything, then set `recorder.at`."""
        count = len(self.program.inputs)
        values: dict[Node, Any] = dict(zip(self.program.inputs, given[:count], strict=True))
        outputs = dict(zip(self.results, given[count:], strict=True))
        with np.errstate(all="ignore"):
            for stage, call in zip(self.stages[:-1], self.calls[:-1], strict=True):
                self.run(stage, call, values)
        mine = set(self.direct)
        for node, out in zip(self.results, given[count:], strict=True):
            if node not in mine:
                np.copyto(out, value_in(values, node))
            elif out is not outputs[node]:
                raise ValueError("one output is asked for twice")
        if self.calls[-1] is None:
            recorder.at = halt
            return
        reads = [values[n] for n in self.last.reads]
        self.calls[-1](recorder, halt, *reads, *[outputs[n] for n in self.direct])

    def run(self, stage: Stage, call: Any, values: dict[Node, Any]) -> None:
        """One stage and its foreign nodes."""
        if call is not None:
            made = [np.empty(n.shape, n.dtype.numpy) for n in stage.writes]
            call(self.anyone, None, *[values[n] for n in stage.reads], *made)
            values.update(zip(stage.writes, made, strict=True))
        for node in stage.foreign:
            args = [value_in(values, i) for i in node.inputs]
            found = np.asarray(node.op.numpy(*args, **node.attrs), node.dtype.numpy)
            values[node] = np.ascontiguousarray(found).reshape(node.shape)


def value_in(values: Mapping[Node, Any], node: Node) -> Any:
    """The value of a node, constants included."""
    return node.value if isinstance(node, Constant) else values[node]
