"""`torch.nn.modules`: the places where PyTorch keeps its modules, for programs that look there."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

HERE = {
    "activation": ("activations", "curves", "attention"),
    "adaptive": ("many_classes",),
    "batchnorm": ("batchnorm", "lazy"),
    "container": ("containers", "parameter_lists"),
    "conv": ("conv", "lazy"),
    "distance": ("margins",),
    "dropout": ("dropout",),
    "flatten": ("shapes",),
    "fold": ("shapes",),
    "instancenorm": ("batchnorm",),
    "lazy": ("lazy",),
    "linear": ("linear", "lazy"),
    "loss": ("losses", "margins", "many_classes"),
    "module": ("module", "hooks"),
    "normalization": ("layernorm",),
    "padding": ("padding",),
    "pixelshuffle": ("shapes",),
    "pooling": ("pooling", "unpooling"),
    "rnn": ("recurrent", "cells"),
    "sparse": ("embeddings",),
    "transformer": ("transformer",),
    "upsampling": ("upsample",),
    "utils": ("tuples",),
}
"""PyTorch's files, and what they are here."""

PARENT = __name__.rpartition(".")[0]


class Place(ModuleType):
    """One of PyTorch's files: its names are those of our own `files`."""

    def __init__(self, name: str, files: tuple[str, ...]) -> None:
        super().__init__(name, "Names of PyTorch's own file.")
        self.files = files

    def __getattr__(self, name: str) -> Any:
        for file in self.files:
            module = importlib.import_module(f"{PARENT}.{file}")
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


__path__: list[str] = []  # it has places below it, none of which is a file of its own


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(sys.modules[PARENT], name)


for _name, _files in HERE.items():
    # As if each were a file of its own, so that they can be imported from.
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = Place(f"{__name__}.{_name}", _files)
