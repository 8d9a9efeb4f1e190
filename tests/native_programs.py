"""Run programs on the LLVM engine as the runtime would, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight import bfloat
from rushlight.engines import llvm
from rushlight.trace import Program


class Recorder:
    """What a native program tells that it is through."""

    at: Any = None


def allocated(output: Any) -> Any:
    """An array for an output, full of nan or of a number that nobody computes."""
    order = sorted(range(len(output.shape)), key=lambda k: -output.strides[k])
    made = np.empty([output.shape[k] for k in order], output.dtype.numpy)
    bfloat.fill(made, np.nan if output.dtype.is_floating_point else 77)
    inverse = sorted(range(len(order)), key=lambda k: order[k])
    return made.transpose(inverse)


def run(program: Program, arrays: Sequence[Any], updates: Any = ()) -> list[Any] | None:
    """The outputs of `program` on the LLVM engine; None if it leaves the program to NumPy."""
    native = llvm.compile(program, dict(updates))
    if native is None:
        return None
    outputs = [allocated(o) for o in native.outputs]
    recorder, halt = Recorder(), object()
    native.call(recorder, halt, *arrays, *outputs)
    assert recorder.at is halt
    rest = iter(outputs)
    return [
        arrays[native.updates[k]] if k in native.updates else next(rest)
        for k in range(len(program.outputs))
    ]


def foreign(program: Program) -> int:
    """How many nodes of `program` NumPy computes."""
    return len(llvm.native.without_row(program))
