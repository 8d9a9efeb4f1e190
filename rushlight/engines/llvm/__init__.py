"""The LLVM engine: programs into native code, in explicit vectors, through llvmlite."""

from .native import compile, name

__all__ = ["compile", "name"]
