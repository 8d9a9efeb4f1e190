"""A native engine that only pretends: Python under the same contract, to test what is around one.

It checks its arguments as machine code does, leaves nothing half done when interrupted, and writes
updates in place.
"""

import operator
from collections import deque

import numpy as np

from rushlight.engines import numpy as numpy_engine
from rushlight.engines.engine import Output
from rushlight.graph import Cell, Scalar

name = "pretend"
compiled = []
runs = [0]


class Code:
    """A program under the contract of machine code."""

    def __init__(self, program, updates):
        self.program = program
        self.body = numpy_engine.compile(program)
        self.updates = dict(updates)
        self.outputs = [
            Output(o.shape, o.dtype, o.strides)
            for k, o in enumerate(program.outputs)
            if k not in self.updates
        ]

    def call(self, recorder, halt, *given):
        """See `Native.call`."""
        program = self.program
        count = len(program.inputs)
        inputs, rooms = given[:count], list(given[count:])
        if len(rooms) != len(self.outputs):
            raise TypeError(f"{len(rooms)} outputs given, {len(self.outputs)} wanted")
        for leaf, value in zip(program.inputs, inputs, strict=True):
            if isinstance(leaf, Scalar):
                if type(value) not in (float, int, bool):
                    raise TypeError(f"{value!r} is no number")
            elif not leaf.number:
                check(value, leaf)
        for output, room in zip(self.outputs, rooms, strict=True):
            check(room, output)
        changed = [inputs[i] for i in self.updates.values()]
        for leaf, value in zip(program.inputs, inputs, strict=True):
            mine = leaf.number or isinstance(leaf, Cell)
            if not mine and any(np.may_share_memory(value, a) for a in [*changed, *rooms]):
                raise ValueError("what is written is read by another name")
        results = self.body(list(inputs))
        written = [inputs[self.updates[k]] for k in self.updates]
        free = [r for k, r in enumerate(results) if k not in self.updates]
        values = [np.array(results[k]) for k in self.updates] + [np.array(r) for r in free]
        into = [*written, *rooms]
        fill = [operator.setitem] * len(into)
        runs[0] += 1
        deque(
            map(
                operator.call,
                [*fill, setattr],
                [*into, recorder],
                [*[...] * len(into), "at"],
                [*values, halt],
            ),
            0,
        )


def check(array, wanted):
    """Raise unless `array` is as wanted."""
    if type(array) is not np.ndarray or array.dtype != wanted.dtype.numpy:
        raise TypeError(f"{type(array).__name__} is not what is wanted: {wanted}")
    strides = tuple([s // array.itemsize for s in array.strides])
    plain = array.size <= 1 or all(
        n == 1 or s == w for n, s, w in zip(array.shape, strides, wanted.strides, strict=True)
    )
    if array.shape != wanted.shape or not plain:
        raise ValueError(f"{array.shape} {strides} is not {wanted.shape} {wanted.strides}")


def compile(program, updates):
    """The program, as machine code would be."""
    compiled.append(program)
    return Code(program, updates)
