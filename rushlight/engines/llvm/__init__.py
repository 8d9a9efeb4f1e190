"""The LLVM engine: programs into native code, in explicit vectors, through llvmlite."""

from .native import compile, name, recall
from .rote import make as make_machinery
from .streams import make_streams

__all__ = ["compile", "make_machinery", "make_streams", "name", "recall"]
