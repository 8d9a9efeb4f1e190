"""rushlight: a small torch that lights quickly.

PyTorch's programming model on a recorded core: `import rushlight as torch` runs PyTorch programs.
The names are PyTorch's. They are looked up when they are first asked for, so that importing this
package costs little: ops in the op table, other functions in the table of public names.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from . import lasting  # isort: split

from . import autocasting, autograd, methods, reports, settings, subclass, tapers
from .create import tensor
from .missing import missing
from .settings import API_VERSION as __version__
from .tensor import Tensor

__all__ = [
    "Tensor",
    "__version__",
    "autocasting",
    "autograd",
    "lasting",
    "methods",
    "reports",
    "settings",
    "subclass",
    "tapers",
    "tensor",
]

reports.install()

MODULES = frozenset(
    [
        "_C",
        "__config__",
        "_dynamo",
        "accelerator",
        "amp",
        "backends",
        "compiler",
        "cpu",
        "cuda",
        "data",
        "distributed",
        "distributions",
        "fft",
        "func",
        "functional",
        "hub",
        "io",
        "jit",
        "lessons",
        "linalg",
        "mps",
        "multiprocessing",
        "nn",
        "onnx",
        "optim",
        "overrides",
        "profiler",
        "random",
        "return_types",
        "serialization",
        "signal",
        "special",
        "testing",
        "types",
        "utils",
        "version",
        "vision",
        "xpu",
    ]
)

LATER = {
    "_dirichlet_grad": "variates",
    "_sample_dirichlet": "variates",
    "_standard_gamma": "variates",
    "_standard_gamma_grad": "variates",
    "affine_grid_generator": "nn.affine",
    "binomial": "variates",
    "compile": "compiler",
    "load": "io",
    "many": "nn.many",
    "poisson": "variates",
    "save": "io",
    "vmap": "func",
}
"""Public functions that appear when the library that has them is imported, which is when needed."""


def uncover() -> None:
    """Have the names of functions mean them, where a file of ours is called the same."""
    for name in settings.names():
        if isinstance(globals().get(name), ModuleType):
            globals()[name] = settings.lookup(name)


uncover()
lasting.settle()


RARE = ("lowrank", "segments", "nn.plain_layers", "nn.plain_losses")
"""Files of public functions that few programs want: they are read when nothing else has a name."""


def __getattr__(name: str) -> Any:
    if name in LATER:
        importlib.import_module(f".{LATER[name]}", __name__)
    found = settings.lookup(name)
    if found is None and name in MODULES:
        found = importlib.import_module(f".{name}", __name__)
    if found is None and name not in settings.CONSTANTS:
        own = name.startswith("__")  # Python asks for these, and programs do not
        found = None if own else rare(name)
        if found is None:
            raise missing("torch", name, () if own else __dir__())
    globals()[name] = found
    return found


def rare(name: str = "") -> Any:
    """What `torch.<name>` is once the files of `RARE` are read, or None."""
    for file in RARE:
        importlib.import_module(f".{file}", __name__)
    return settings.lookup(name)


def __dir__() -> list[str]:
    rare()
    return sorted({*globals(), *settings.names(), *MODULES, *LATER})
