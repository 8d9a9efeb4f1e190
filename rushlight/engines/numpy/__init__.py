"""The reference engine: NumPy gives every op its meaning, anywhere Python runs."""

from .compile import compile_program as compile
from .interpret import run, run_around_failures

name = "numpy"

__all__ = ["compile", "name", "run", "run_around_failures"]
