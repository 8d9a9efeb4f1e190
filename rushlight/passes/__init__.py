"""Transforms of programs that engines profit from. Each keeps every output's value."""

from .simplify import simplify

__all__ = ["simplify"]
