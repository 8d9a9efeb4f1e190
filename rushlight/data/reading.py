"""What a dataset's `__getitem__` does, where it does nothing but look up rows.

    def __getitem__(self, i):
        return self.images[i], self.labels[i]

Most datasets that people write for arrays in memory look like this. Which attributes they read is
found by following the instructions of the function with symbols for values; whatever is not known
here (a call, a branch, a number, a global name) means that samples must be asked for one by one.
"""

from __future__ import annotations

import dis
import inspect
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, NamedTuple

STRANGE = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR | inspect.CO_COROUTINE
"""Flags of functions that take more arguments, or do not return what their code does."""

SELF, INDEX = "self", "index"
"""The symbols for the arguments."""


class Attribute(NamedTuple):
    """`self.name`."""

    name: str


class Row(NamedTuple):
    """`self.name[index]`."""

    name: str


def rows_read(dataset: Any) -> tuple[tuple[str, ...], bool] | None:
    """The names of the attributes whose rows are a sample of `dataset`, and whether it is a row.

    (If not, it is a tuple or list of them.) None if that cannot be told.
    """
    kind = type(dataset)
    function = getattr(kind, "__getitem__", None)
    if type(function) is not FunctionType or kind.__getattribute__ is not object.__getattribute__:
        return None
    found = result_of(function.__code__)
    if found is None:
        return None
    rows = (found,) if isinstance(found, Row) else found
    names = tuple([row.name for row in rows])
    held = vars(dataset) if hasattr(dataset, "__dict__") else {}
    if not all([name in held and not hasattr(kind, name) for name in names]):
        return None  # a property, or something that is computed
    return names, isinstance(found, Row)


@lru_cache(256)
def result_of(code: CodeType) -> Row | tuple[Row, ...] | None:
    """What a method of one argument returns, if that is a row or some of them."""
    if code.co_argcount != 2 or code.co_kwonlyargcount or code.co_flags & STRANGE:
        return None
    if code.co_freevars or code.co_cellvars:
        return None
    return follow(code)


def follow(code: CodeType) -> Row | tuple[Row, ...] | None:
    """The same for a function whose arguments are as they should be."""
    names: dict[str, Any] = dict(zip(code.co_varnames, (SELF, INDEX), strict=False))
    stack: list[Any] = []
    for step in dis.get_instructions(code):
        name = step.opname.replace("_BORROW", "")
        match name:
            case "RESUME" | "NOP" | "CACHE":
                pass
            case "LOAD_FAST":
                stack.append(names.get(step.argval))
            case "LOAD_FAST_LOAD_FAST":
                stack += [names.get(word) for word in step.argval]
            case "STORE_FAST":
                names[step.argval] = stack.pop()
            case "STORE_FAST_STORE_FAST":
                for word in step.argval:
                    names[word] = stack.pop()
            case "STORE_FAST_LOAD_FAST":
                names[step.argval[0]] = stack.pop()
                stack.append(names.get(step.argval[1]))
            case "SWAP" if step.arg:
                stack[-1], stack[-step.arg] = stack[-step.arg], stack[-1]
            case "LOAD_ATTR" if stack[-1] == SELF:
                stack[-1] = Attribute(step.argval)
            case "BINARY_SUBSCR" | "BINARY_OP" if name[7:] == "SUBSCR" or step.argrepr == "[]":
                index = stack.pop()
                if index != INDEX or not isinstance(stack[-1], Attribute):
                    return None
                stack[-1] = Row(stack[-1].name)
            case "BUILD_TUPLE" | "BUILD_LIST" if step.arg:
                stack[-step.arg :] = [tuple(stack[-step.arg :])]
            case "RETURN_VALUE":
                found = stack.pop()
                rows = found if type(found) is tuple else (found,)
                return found if all([isinstance(row, Row) for row in rows]) else None
            case _:
                return None
    return None
