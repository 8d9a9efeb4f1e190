"""Write tests/golden/names.json: PyTorch's public names, and which its own tables of tests try."""

import importlib
import inspect
import json
import sys
import types
import warnings
from pathlib import Path

import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
distribution_cases = importlib.import_module("distribution_cases")

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "names.json"

SPACES = [
    *("torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "torch.nn.init"),
    *("torch.nn.utils", "torch.optim", "torch.optim.lr_scheduler", "torch.linalg", "torch.fft"),
    *("torch.special", "torch.func", "torch.utils.data", "torch.distributions"),
    *("torch.distributions.constraints", "torch.distributions.transforms"),
]
"""Where the names are that are kept."""


def public(space):
    """The public names in `space`, modules and what it only imported left out."""
    if space == "torch.Tensor":
        return [n for n in dir(torch.Tensor) if not n.startswith("_")]
    module = importlib.import_module(space)
    known = set(() if module is torch else getattr(module, "__all__", []))
    whole = space.startswith("torch.distributions")  # these say all that is public
    found = [n for n in dir(module) if n in known or (not whole and belongs(module, n))]
    kinds = types.ModuleType if module is torch else (types.ModuleType, torch.Tensor.__class__)
    return [n for n in found if not (n.startswith("_") or isinstance(getattr(module, n), kinds))]


def belongs(module, name):
    """Whether `name` is PyTorch's own and public: no module, no word of its machinery."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = getattr(module, name)
    if isinstance(value, torch.dtype | torch.memory_format | torch.layout):
        return module is torch
    if isinstance(value, types.ModuleType) or not callable(value) or value is torch.Tensor:
        return False
    if inspect.isclass(value) and module is torch:
        return name[0].islower() or name in ("Generator", "Size")
    if not (inspect.isfunction(value) or inspect.isclass(value)):  # written in C++
        return type(value).__name__ == "builtin_function_or_method"
    return value.__module__.startswith(module.__name__) and "torch_function" not in name


if __name__ == "__main__":
    names = {space: sorted(public(space)) for space in SPACES}
    tables = {
        "op_db": sorted({n for op in op_db for n in (op.name, *[a.name for a in op.aliases])}),
        "module_db": sorted({info.module_cls.__name__ for info in module_db}),
        "distributions": sorted({case.name for case in distribution_cases.cases(torch)}),
    }
    kept = {"version": torch.__version__.partition("+")[0], "names": names, "tables": tables}
    GOLDEN.write_text(json.dumps(kept, indent=0) + "\n")
