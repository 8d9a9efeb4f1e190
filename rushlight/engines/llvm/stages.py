"""Cut a program where an op has no row: native stages, with NumPy in between.

Stage s runs after the stages before it and after their foreign nodes, which NumPy computes. What
passes from one stage to another is a dense array of its own. The last stage has no foreign nodes:
it alone changes inputs in place, so a run that fails before it has changed nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...graph import Constant, Leaf, Node
from ...trace import Program


class Stage:
    """Native nodes, and the foreign nodes that follow them.

    `reads` and `writes` are nodes of the whole program, those of `program` stand for them in order.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.foreign: list[Node] = []
        self.reads: list[Node] = []
        self.writes: list[Node] = []
        self.program: Program
        self.originals: dict[Node, Node] = {}  # of the nodes of `program`


def stages_of(program: Program, foreign: set[Node], updates: Mapping[int, int]) -> list[Stage]:
    """The stages of `program`, at least one."""
    place: dict[Node, int] = {}
    for node in program.order:
        after = [
            place[i] + (i in foreign and node not in foreign) for i in node.inputs if i in place
        ]
        place[node] = max(after, default=0)
    stages = [Stage() for _ in range(max(place.values(), default=0) + 1)]
    for node in program.order:
        stage = stages[place[node]]
        (stage.foreign if node in foreign else stage.nodes).append(node)
    if stages[-1].foreign:
        stages.append(Stage())
    needed_later: set[Node] = {program.outputs[k] for k in updates}
    last = stages[-1]
    for stage in reversed(stages):
        mine = set(stage.nodes)
        for node in stage.foreign:
            needed_later.update(node.inputs)
        wanted = set(program.outputs) if stage is last else needed_later | set(program.outputs)
        stage.writes = [n for n in stage.nodes if n in wanted]
        extra: list[Node] = []
        if stage is last:
            extra = [program.outputs[k] for k in updates] + [
                program.inputs[i] for i in updates.values()
            ]
        inputs = [i for n in stage.nodes for i in n.inputs] + extra
        outside = [i for i in inputs if i not in mine and not isinstance(i, Constant)]
        stage.reads = list(dict.fromkeys(outside))
        needed_later.update(stage.reads)
    for stage in stages:
        put_together(stage, program, updates if stage is last else {})
    return stages


def put_together(stage: Stage, program: Program, updates: Mapping[int, int]) -> None:
    """Make the stage a program of its own: what it reads from other stages are leaves."""
    known: dict[Node, Node] = {n: n if n.leaf else Leaf(n.shape, n.dtype) for n in stage.reads}
    for node in stage.nodes:
        inputs = tuple([known.get(i, i) for i in node.inputs])
        made = node
        if any([a is not b for a, b in zip(inputs, node.inputs, strict=True)]):
            made = Node(node.op, inputs, node.attrs, node.spec, False)
            made.stride_memo = node.stride_memo
        known[node] = made
    stage.originals = {made: node for node, made in known.items()}
    if updates:
        changed = [program.outputs[k] for k in updates]
        stage.writes = changed + [n for n in stage.writes if n not in changed]
    outputs = [known.get(n, n) for n in stage.writes]
    stage.program = Program(outputs, tuple([known[n] for n in stage.reads]))


def own_updates(stage: Stage, program: Program, updates: Mapping[int, int]) -> dict[int, int]:
    """`updates` in the numbers of the last stage's own program."""
    return {j: stage.reads.index(program.inputs[i]) for j, i in enumerate(updates.values())}
