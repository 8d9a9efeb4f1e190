"""Small programs in text files, run by two frameworks and compared in everything that can be seen.

A file under `snippets/` holds programs separated by blank lines. The last line of each, if it is an
expression, is its result; a program that raises has the exception as its result. Lines that begin
with `#` are remarks.
"""

from __future__ import annotations

import ast
import copy
import warnings
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "snippets"


def programs(name):
    """The programs in `snippets/<name>.txt`."""
    paragraphs = (FOLDER / f"{name}.txt").read_text().split("\n\n")
    found = []
    for paragraph in paragraphs:
        lines = [line for line in paragraph.strip("\n").split("\n") if not line.startswith("#")]
        if any(lines):
            found.append("\n".join(lines))
    return found


def run(torch, source):
    """What a program shows: descriptions of its result and of what it printed."""
    tree = ast.parse(source)
    printed = []

    def show(*items):
        printed.append([seen(torch, item) for item in items])

    space = {"torch": torch, "np": np, "copy": copy, "show": show, "print": show}
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(tree, "<snippet>", "exec"), space)
            value = None
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<snippet>", "eval"), space)
            result = seen(torch, value)
        except Exception as error:
            result = ("raises", error)
    return result, printed


def seen(torch, value):
    """Everything that can be seen of a value, comparable between frameworks."""
    if isinstance(value, torch.Tensor):
        plain = value.detach()
        return {
            "type": type(value).__name__,
            "dtype": str(value.dtype),
            "shape": tuple(value.shape),
            "strides": steps(value),
            "requires_grad": value.requires_grad,
            "leaf": value.is_leaf,
            "values": np.array(plain.numpy()),
            "text": repr(value),
        }
    if isinstance(value, np.ndarray | np.generic):
        return {"array": np.array(value), "dtype": str(value.dtype)}
    if isinstance(value, dict):
        return {key: seen(torch, item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, *[seen(torch, item) for item in value]]
    if isinstance(value, bool | int | float | complex | str | bytes | None):
        return value
    return repr(value)


def steps(tensor):
    """The strides that matter: of dimensions with more than one element, in a tensor with any."""
    if tensor.numel() == 0:
        return ()
    return tuple([s for s, n in zip(tensor.stride(), tensor.shape, strict=True) if n > 1])


def differences(ours, theirs, where=""):
    """How two descriptions differ, as lines of text."""
    if isinstance(theirs, tuple) and theirs and theirs[0] == "raises":
        return failures(ours, theirs[1], where)
    if isinstance(ours, tuple) and ours and ours[0] == "raises":
        return [f"{where}: raises {ours[1]!r} instead of giving {theirs!r:.200}"]
    if type(ours) is not type(theirs):
        return [f"{where}: {ours!r} instead of {theirs!r}"]
    if isinstance(theirs, dict):
        if ours.keys() != theirs.keys():
            return [f"{where}: {ours!r} instead of {theirs!r}"]
        return [
            line for key in theirs for line in differences(ours[key], theirs[key], f"{where}.{key}")
        ]
    if isinstance(theirs, list):
        if len(ours) != len(theirs):
            return [f"{where}: {ours!r} instead of {theirs!r}"]
        return [
            line
            for k, (a, b) in enumerate(zip(ours, theirs, strict=True))
            for line in differences(a, b, f"{where}[{k}]")
        ]
    if isinstance(theirs, np.ndarray):
        return [] if equal(ours, theirs) else [f"{where}: {ours!r} instead of {theirs!r}"]
    if isinstance(theirs, float | complex) and np.isclose(ours, theirs, 1e-6, equal_nan=True):
        return []
    return [] if ours == theirs else [f"{where}: {ours!r} instead of {theirs!r}"]


def equal(a, b):
    """Whether two arrays are equal, up to a few last places if they are fractional."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind in "fc":
        few = {2: 2e-3, 4: 1e-6, 8: 1e-13}[a.real.itemsize if a.size else 8]
        return np.allclose(a, b, few, few * 0.1, equal_nan=True)
    return np.array_equal(a, b)


def failures(ours, error, where):
    """How our failure differs from the one that PyTorch had: its type must be one that it had."""
    if not (isinstance(ours, tuple) and ours and ours[0] == "raises"):
        return [f"{where}: gives {ours!r:.200} instead of raising {error!r}"]
    kinds = (NotImplementedError, RuntimeError, IndexError, TypeError, ValueError, AttributeError)
    kind = next((k for k in kinds if isinstance(error, k)), type(error))
    if isinstance(ours[1], kind):
        return []
    return [f"{where}: raises {ours[1]!r} instead of {error!r}"]


def compare(ours, torch, source):
    """The differences between what two frameworks show for a program."""
    expected, expected_prints = run(torch, source)
    got, prints = run(ours, source)
    return differences(prints, expected_prints, "printed") + differences(got, expected, "result")
