"""Lines by which a warm window keeps what a later gradient needs of it (see history.py).

The generation is made before machine code runs: the arrays that it will write are known by then. So
handing it over is attribute stores and nothing else, like all that follows a run.
"""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, Any

from ..engines.engine import Output
from ..graph import Node, contiguous_strides
from ..trace import apply_chain, view_chain
from .history import Tip
from .slots import SMALL

if TYPE_CHECKING:
    from .window import Delivery, Plan


class Keeping:
    """What is to be kept of the windows of a plan, and which tensors take it along."""

    def __init__(self, plan: Plan) -> None:
        assert plan.history is not None
        self.history = plan.history
        self.roots = [d for d in plan.direct if d.leaf is None]
        kept = {*self.history.needs, *[d.place.node for d in self.roots]}
        program, updates = plan.program, plan.native.updates
        written = [node for k, node in enumerate(program.outputs) if k not in updates]
        outputs = dict(enumerate(plan.native.outputs))
        self.anew = {k: outputs[k] for k, node in enumerate(written) if node in kept}
        self.anew = {k: output for k, output in self.anew.items() if is_small(output)}

    def before(self, replay: Any) -> list[str]:
        """Lines that make the generation; the arguments of the machine code have names by now."""
        source, program = replay.source, replay.plan.program
        names = {leaf: f"a{k}" for k, leaf in enumerate(program.inputs)}
        names |= {node: replay.output(k) for k, node in enumerate(program.outputs)}

        def item(node: Node) -> str:
            root = self.history.seen.get(node, node)
            word = names.get(root) or replay.value_of(root)
            if root is not node:
                word = f"apply_chain({word}, {source.name(view_chain(node), 't')})"
            return f"{source.name(node, 'n')}: {word}"

        source.space |= {"history": self.history, "ref": weakref.ref, "Tip": Tip}
        source.space |= {"apply_chain": apply_chain}
        values = ", ".join([item(node) for node in self.history.needs])
        lines = ["replay.kept = None", f"kept = history.next_generation({{{values}}})"]
        for k, delivery in enumerate(self.roots):
            node = source.name(delivery.place.node, "n")
            lines.append(f"t{k}, v{k} = Tip(kept, {node}), history.denoted(kept, {node})")
            lines += [f"h = {replay.tensor_of(delivery.place)}", f"if h._value is {node}:"]
            lines.append(f"    kept.owners[{node}] = ref(h)")
        return [*lines, f"replay.kept = ({self.names()})"]

    def names(self) -> str:
        """What tensors that have a history are given; the arrays that are new each time."""
        given = [f"t{k}, v{k}, " for k in range(len(self.roots))]
        return "".join([*given, *[f"b{k}, " for k in self.anew]])

    def again(self) -> list[str]:
        """Lines by which an interrupted repetition finds what it had made."""
        return [f"{self.names()}= replay.kept"] if self.names() else []

    def denote(self, delivery: Delivery, plain: list[str]) -> list[str]:
        """Lines that say what the tensor `h` denotes; `plain` are those without a history."""
        if delivery.leaf is None:
            k = self.roots.index(delivery)
            return [f"h._history = t{k}", f"h._value = v{k}"]
        return [*["h._history = None"] * (delivery.place.origin is not None), *plain]


def is_small(output: Output) -> bool:
    """Whether a new array for this output costs less than to look who holds the old one."""
    shape, dtype, strides = output
    if strides != contiguous_strides(shape):
        return False
    return bool(math.prod(shape) * dtype.itemsize <= SMALL)
