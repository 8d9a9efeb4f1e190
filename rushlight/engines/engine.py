"""What an engine is: something that gives a program of the trace its meaning as arrays.

Every program can be interpreted by the NumPy engine, or written by it as one Python function. Both
are pure: they write into none of their inputs, so that a run that is interrupted can simply be done
again. A native engine compiles a program to machine code, which may write parameters in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ..dtypes import DType
from ..trace import Program

Compiled = Callable[[Sequence[Any]], list[Any]]


class Interpreter(Protocol):
    """An engine that runs in this process and changes nothing but what it returns."""

    name: str

    def run(self, program: Program, arrays: Sequence[Any]) -> list[Any]:
        """The outputs of `program` for the leaves' values `arrays`, one node after another."""
        ...

    def compile(self, program: Program) -> Compiled:
        """A function with the meaning of `program`."""
        ...


class Output(NamedTuple):
    """The array that a native program fills with one of its outputs; `strides` are in elements."""

    shape: tuple[int, ...]
    dtype: DType
    strides: tuple[int, ...]


class Native(Protocol):
    """A program in machine code."""

    outputs: Sequence[Output]
    """What the outputs are written to that are not updates, in order."""

    updates: Mapping[int, int]
    """Output k is the new contents of input i: written there, after all that reads it."""

    call: Callable[..., None]
    """`call(recorder, halt, *inputs, *outputs)`: computes everything, then `recorder.at = halt`.

    `inputs` are the values of the program's inputs in order, arrays of exactly the shape, dtype
    and strides of the leaf or Python numbers; `outputs` arrays as `self.outputs` says. All are
    checked first: TypeError or ValueError means that nothing was written. It is also refused so if
    an input that is no cell shares memory with what is written. It is one call of machine code to
    the end: no interrupt comes between the results and `recorder.at`.
    """


class NativeEngine(Protocol):
    """An engine that compiles. `compile` may take long and lets other threads run meanwhile."""

    name: str

    def compile(self, program: Program, updates: Mapping[int, int]) -> Native | None:
        """`program` in machine code, or None if it had better be interpreted.

        `updates[k] = i` says that output k is the new contents of input i, whose memory no other
        input or output shares; the code may write it in place.
        """
        ...

    def recall(self, program: Program, updates: Mapping[int, int]) -> Native | None:
        """What `compile` would return, if its machine code was made before; else None."""
        ...
