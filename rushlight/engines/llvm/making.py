"""A program of the trace into an object file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...graph import Cell, Node
from ...trace import Program
from .entrance import enter
from .jit import alone, compile_text
from .kinds import NoRow, has_type
from .recall import remember
from .rows import Lowering
from .specs import Spec
from .translate import Compiled

LONG = 50_000
"""About how many vector instructions a step must have for other threads to run meanwhile."""


def without_row(program: Program) -> set[Node]:
    """The nodes of `program` that NumPy has to compute."""
    lowering = Lowering()
    found: set[Node] = set()
    for leaf in program.inputs:
        if has_type(leaf):
            lowering.leaf(leaf)
        else:
            found.add(leaf)
    for node in program.order:
        if any([i in found and not has_type(i) for i in node.inputs]):
            found.add(node)
            continue
        try:
            for i in node.inputs:
                if i in found:
                    lowering.leaf(i)
            lowering.lower(node)
        except NoRow:
            found.add(node)
    return found - set(program.inputs)


def code_for(
    program: Program,
    updates: Mapping[int, int],
    dense: bool,
    specs: Sequence[Spec],
    key: str | None,
) -> tuple[int, bytes]:
    """The size of the arena that `program` needs, and its machine code, kept under `key`."""
    step = Compiled(program, updates, dense).step
    b = step.emit()
    # Parameters do not share memory: whoever calls sees to it. Anything else may.
    apart = [
        k
        for k, leaf in enumerate(program.inputs)
        if not (leaf.number or isinstance(leaf, Cell) or k in updates.values()) and updates
    ]
    enter(b, specs, parallel=step.parallel, release=step.work > LONG, apart=apart)
    return kept(key, step.memory.arena.end, b.module())


@alone
def kept(key: str | None, arena: int, text: str) -> tuple[int, bytes]:
    """What `code_for` gives. A process that ends meanwhile waits until it is on disk, too."""
    image = compile_text(text)
    remember(key, arena, image)
    return arena, image
