"""What an engine is, and which one runs programs.

An engine gives a program of the trace its meaning as arrays. `run` interprets it, node by node;
`compile` returns a function of the same inputs that does it faster, or None if it would rather not
(then `run` goes on being used). Both are pure: they write into none of their inputs, so that a run
that is interrupted can simply be done again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..trace import Program

Compiled = Callable[[Sequence[Any]], list[Any]]


class Engine(Protocol):
    """One way to make values real."""

    name: str

    def run(self, program: Program, arrays: Sequence[Any]) -> list[Any]:
        """The outputs of `program` for the leaves' values `arrays`, one node after another."""
        ...

    def compile(self, program: Program) -> Compiled | None:
        """A function with the meaning of `program`, or None."""
        ...
