"""The LLVM engine: programs into native code, in explicit vectors, through llvmlite."""

from ...later import later
from .native import compile, name, recall
from .rote import make as make_machinery

make_streams = later(".streams.make_streams", __package__)

__all__ = ["compile", "make_machinery", "make_streams", "name", "recall"]
