"""The LLVM engine: programs into native code, in explicit vectors, through llvmlite."""

from .native import compile, name
from .rote import make as make_machinery

__all__ = ["compile", "make_machinery", "name"]
