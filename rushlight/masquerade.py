"""Let programs that say `import torch` get rushlight.

`install()` puts a finder in front of Python's own: `torch`, `torch.nn`, `torch.utils.data`, ...
become the modules of rushlight that have those names here, the very same module objects.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .missing import missing_module

PACKAGES = {"torch": "rushlight", "torchvision": "rushlight.vision"}
"""What stands in for each package."""


SPAWN = "multiprocessing.spawn"
"""The module that says what a process knows that is started afresh. Most programs start none."""


class Loader:
    """Hands out a module that is loaded already, under its other name."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module itself."""
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to run; the import system has just overwritten the module's own spec."""
        module.__spec__ = self.spec


class Finder:
    """Finds `torch.<name>` where `rushlight.<name>` is."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of our module of that name, None for names that are not ours."""
        if fullname == SPAWN:
            return inherited(path)
        package, _, rest = fullname.partition(".")
        ours = PACKAGES.get(package)
        if ours is None:
            return None
        name = f"{ours}.{rest}" if rest else ours
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            raise missing_module(fullname) from None
        loader: Any = Loader(module)
        is_package = hasattr(module, "__path__")
        return importlib.util.spec_from_loader(fullname, loader, is_package=is_package)


class Inheritance:
    """Has the names installed in the process in which it is unpickled."""

    def __reduce__(self) -> Any:
        return (install, ())


class Testament:
    """Loads `multiprocessing.spawn` as ever, and then has it pass the names on."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """A module in the usual way."""
        made: ModuleType | None = self.loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Run its code, and add to what it does."""
        self.loader.exec_module(module)
        bequeath(module)


def inherited(path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
    """The spec of `multiprocessing.spawn`, which is not loaded yet."""
    spec = importlib.machinery.PathFinder.find_spec(SPAWN, path)
    if spec is not None:
        loader: Any = Testament(spec.loader)
        spec.loader = loader
    return spec


def bequeath(spawn: Any) -> None:
    """Have processes that are started afresh install the names before they load the program."""
    plain = spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        return {"names": Inheritance(), **plain(name)}

    spawn.get_preparation_data = get_preparation_data


def install() -> None:
    """Make `import torch` mean rushlight from now on, in this process and those it starts."""
    if any([isinstance(f, Finder) for f in sys.meta_path]):
        return
    for name in list(sys.modules):
        if name.partition(".")[0] in PACKAGES:
            del sys.modules[name]
    finder: Any = Finder()
    sys.meta_path.insert(0, finder)
    if SPAWN in sys.modules:
        bequeath(sys.modules[SPAWN])
