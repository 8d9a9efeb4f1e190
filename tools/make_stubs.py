"""Write the type stubs from the tables: rushlight/__init__.pyi and rushlight/nn/functional.pyi.

`--check` only says whether they are what they should be.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rushlight
from rushlight import settings
from rushlight.methods import COMPARISONS, CONVERSIONS, OPERATORS, SIGNS
from rushlight.ops import OPS
from rushlight.ops.table import Op, Param
from rushlight.public import PUBLIC

PACKAGE = Path(rushlight.__file__).parent
HEAD = '''"""Types of the public names. Made by tools/make_stubs.py from the tables: do not edit."""

from collections.abc import Sequence
from typing import Any

from rushlight.devices import Device as device
from rushlight.dtypes import DType as dtype
from rushlight.size import Size

Number = bool | int | float | complex
'''


def typed(param: Param) -> str:
    """The type of an op's parameter."""
    if param.kind == "tensor":
        kind = "Tensor | Number" if param.mixed or param.fixed else "Tensor"
        return kind if param.required else f"{kind} | None"
    if param.kind == "tensors":
        return "Sequence[Tensor]"
    return "Number | Tensor | None" if param.kind == "number" else "Any"


def signature(op: Op, first: str = "") -> str:
    """The parameters of an op, as text; `first` renames the first one (self)."""
    words: list[str] = []
    starred = False
    for k, p in enumerate(op.params):
        if k == 0 and first:
            words.append(first)
            continue
        if p.keyword_only and not starred:
            starred = True
            words.append("*")
        if p.kind == "sizes":
            starred = True
            words.append(f"*{p.name}: Any")
        else:
            words.append(f"{p.name}: {typed(p)}" + ("" if p.required else " = ..."))
    return ", ".join(words)


def of_python(name: str, made: Any, method: bool = False) -> str:
    """The stub of a public function, class or `method` that is no op."""
    if inspect.isclass(made):
        return f"{name}: Any"
    words = []
    for p in inspect.signature(made).parameters.values():
        default = "" if p.default is p.empty else " = ..."
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        if (
            p.kind is p.KEYWORD_ONLY
            and "*" not in words
            and not any(w.startswith("*") for w in words)
        ):
            words.append("*")
        note = "" if method and p.name == "self" else ": Any"
        words.append(f"{star}{p.name}{note}{default}")
    return f"def {name}({', '.join(words)}) -> Any: ..."


def names_of(op: Op) -> list[str]:
    """All public names of an op."""
    return [op.name, *op.aliases]


def tensor_class() -> Iterator[str]:
    """The stub of Tensor."""
    yield "class Tensor:"
    for name, value in sorted(vars(rushlight.Tensor).items()):
        if isinstance(value, property):
            yield f"    {name}: Any"
    listed = set()
    for _, op in sorted(OPS.items()):
        for suffix, place in (("", "Tensor"), ("_", "Tensor_")):
            for name in names_of(op) if place in op.on else ():
                listed.add(f"{name}{suffix}")
                yield f"    def {name}{suffix}({signature(op, 'self')}) -> Any: ..."
    for python in OPERATORS:
        for form in (python, f"r{python}", f"i{python}"):
            yield f"    def __{form}__(self, other: Any) -> Tensor: ..."
    for python in COMPARISONS:
        yield f"    def __{python}__(self, other: Any) -> Any: ..."
    for python in SIGNS:
        yield f"    def __{python}__(self) -> Tensor: ..."
    for name, made in sorted(vars(rushlight.Tensor).items()):
        plain = inspect.isfunction(made) and not name.startswith("__") and name not in listed
        if plain and name not in CONVERSIONS:
            yield f"    {of_python(name, made, method=True)}"
    for name in CONVERSIONS:
        yield f"    def {name}(self, memory_format: Any = ...) -> Tensor: ..."
    for name in ("bool", "float", "int", "complex", "len", "index"):
        kind = {"len": "int", "index": "int"}.get(name, name)
        yield f"    def __{name}__(self) -> builtins.{kind}: ..."
    yield "    def __getitem__(self, index: Any) -> Tensor: ..."
    yield "    def __setitem__(self, index: Any, value: Any) -> None: ..."
    yield "    def __iter__(self) -> Any: ..."


def package_stub() -> str:
    """The text of rushlight/__init__.pyi."""
    lines = [HEAD.replace("from collections", "import builtins\nfrom collections")]
    lines += ["__version__: str", ""]
    lines += [f"{name}: dtype" for name in settings.DTYPES]
    lines += [f"{name}: Any" for name in sorted(rushlight.MODULES)]
    skipped = ("device", "dtype", "Size")
    lines += [f"{name}: Any" for name in settings.CONSTANTS if name not in skipped]
    lines += ["", *tensor_class(), ""]
    for _, op in sorted(OPS.items()):
        if "torch" in op.on:
            names = [name for name in names_of(op) if name not in PUBLIC["torch"]]
            lines += [f"def {name}({signature(op)}) -> Any: ..." for name in names]
    for name in rushlight.LATER:
        getattr(rushlight, name)  # now it stands in the table too
    rushlight.rare()
    lines += [of_python(name, made) for name, made in sorted(PUBLIC["torch"].items())]
    return "\n".join(lines) + "\n"


def functional_stub() -> str:
    """The text of rushlight/nn/functional.pyi."""
    lines = [HEAD, "from rushlight import Tensor", ""]
    functional = rushlight.nn.functional
    inplace = [f"{n}_" for n, op in OPS.items() if "F" in op.on and functional.takes_inplace(op)]
    own = {name: getattr(functional, name) for name in (*functional.__all__, *inplace)}
    for _, op in sorted(OPS.items()):
        if "F" in op.on:
            names = [n for n in names_of(op) if n not in own]
            lines += [f"def {name}({signature(op)}) -> Any: ..." for name in names]
    lines += [of_python(name, made) for name, made in sorted(own.items())]
    return "\n".join(lines) + "\n"


def formatted(text: str) -> str:
    """`text` as ruff lays it out."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "stub.pyi", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def main() -> int:
    """Write or check the stubs; the exit status."""
    stubs = {
        PACKAGE / "__init__.pyi": package_stub(),
        PACKAGE / "nn" / "functional.pyi": functional_stub(),
    }
    stale = [path for path, text in stubs.items() if not same(path, formatted(text))]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(PACKAGE.parent)} is stale: run tools/make_stubs.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(formatted(stubs[path]))
        print(f"wrote {path.relative_to(PACKAGE.parent)}")
    return 0


def same(path: Path, text: str) -> bool:
    """Whether the file holds just this text."""
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
