"""The value of a tensor for which little must be computed, without ending the window.

Which elements a mask picks must be known while a step is being recorded, and the mask is often a
comparison of what the step was given. If that ended the window, a training step would become
several programs, with a history kept between them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engines import numpy as engine
from ..graph import Bound, Constant, Node, Scalar
from ..trace import Program
from .entry import Handle
from .record import holds, realise
from .recorder import local
from .window import value_of

LITTLE = 5
"""So many ops at most are computed aside."""

SMALL = 4096
"""So many elements at most has each value."""


def glimpse(handle: Handle) -> Any:
    """The array of a tensor, computed aside if that is little work; not to be written to."""
    value = handle._value
    recorder = local.recorder
    if value.leaf or value.examples or value.home.root is not recorder.root:
        return realise(handle)
    if recorder.watch is not None or not holds(value.home, handle) or not is_little(value):
        return realise(handle)
    program = Program([value])
    try:
        (found,) = engine.run(program, [value_of(leaf) for leaf in program.inputs])
    except engine.NodeError:
        return realise(handle)  # which says what is wrong, and where
    return np.asarray(found)


def is_little(value: Node) -> bool:
    """Whether few small values, all made of concrete tensors, lead to this one."""
    ops = 0
    stack = [value]
    while stack:
        node = stack.pop()
        ops += not node.leaf
        fine = not node.leaf or isinstance(node, Bound | Scalar | Constant)
        if not fine or ops > LITTLE or node.size > SMALL or node.requires_grad:
            return False
        stack.extend(node.inputs)
    return True
