"""The rules of the house that no other tool checks: prints what breaks them; exits 1 if any."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "rushlight"
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
OPTIONAL = {"llvmlite", "matplotlib", "jax", "PIL", "onnx", "tensorboardX", "torch"}
"""Packages that may be imported inside a function; nothing of our own may."""

FORBIDDEN = re.compile(r"(Base|Impl|Manager)$")
"""Endings of class names that say nothing."""

PUBLIC_NAMES = {"utils", "RNNBase", "RNNCellBase"}
"""Names of folders and classes that are PyTorch's own, though we would not choose them."""

PLACES = re.compile(r"/(?:root|home|work|tmp)/\w|https?://[^\s)\"']*(?:pypi|npmjs|debian)")
"""Machine paths and registry hosts, which no file may name."""


def problems() -> Iterator[str]:
    """Every breach, as a line of text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        yield from in_file(path.relative_to(ROOT), text, ast.parse(text))
    for path in tracked_text():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if PLACES.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: names a place outside the project"


def tracked_text() -> Iterator[Path]:
    """Files of text in the project, generated data and this tool aside."""
    kinds = {".py", ".md", ".toml", ".cfg", ".txt", ".yml", ".sh", ""}
    for path in sorted(ROOT.rglob("*")):
        hidden = any(
            [part.startswith(".") and part != ".ci" for part in path.parts[len(ROOT.parts) :]]
        )
        if path.is_file() and path.suffix in kinds and not hidden and path != Path(__file__):
            yield path


def in_file(path: Path, text: str, tree: ast.Module) -> Iterator[str]:
    """The breaches in one file of the package."""
    lines = len(text.splitlines())
    if lines > LONGEST_FILE:
        yield f"{path}: {lines} lines; {LONGEST_FILE} at most"
    if text.strip() and ast.get_docstring(tree) is None:
        yield f"{path}: no opening docstring"
    for part in path.parts[1:-1]:
        if part in ("utils", "helpers", "common", "misc") and part not in PUBLIC_NAMES:
            yield f"{path}: {part!r} is no name for a folder"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and FORBIDDEN.search(node.name):
            if node.name in PUBLIC_NAMES:
                continue
            yield f"{path}:{node.lineno}: class {node.name}: what is it?"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from in_function(path, node)


def in_function(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The breaches in one function."""
    start = (
        node.body[1].lineno if is_docstring(node) and len(node.body) > 1 else node.body[0].lineno
    )
    length = (node.end_lineno or start) - start + 1
    if length > LONGEST_FUNCTION:
        yield f"{path}:{node.lineno}: {node.name} has {length} lines; {LONGEST_FUNCTION} at most"
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom) and inner.level:
            yield f"{path}:{inner.lineno}: an import of our own inside a function"
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            names = (
                [inner.module or ""]
                if isinstance(inner, ast.ImportFrom)
                else [a.name for a in inner.names]
            )
            if any([n.partition(".")[0] not in OPTIONAL for n in names]):
                yield f"{path}:{inner.lineno}: an import inside a function"


def is_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the first statement of a function is its docstring."""
    return ast.get_docstring(node) is not None


def main() -> int:
    """Print the breaches; the exit status."""
    found = list(problems())
    for line in found:
        print(line)
    print(f"{len(found)} breaches" if found else "the house is in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
