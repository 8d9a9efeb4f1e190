"""What a dataset's `__getitem__` does, where it does nothing but look up rows.

    def __getitem__(self, i):
        image = self.images[i]
        if self.transform is not None:
            image = self.transform(image)
        return image, self.labels[i]

Most datasets that people write for arrays in memory look like this, and most often without a
transform. Which attributes they read is found by following the instructions of the function with
symbols for values. A branch is followed if it depends on an attribute that is None, True or False
alone, or on `torch.is_tensor(i)`: the indices of batches are none. A sample may be a dict of rows
with names. Whatever else is not known here (another call, a number, a global name) means that
samples must be asked for one by one.
"""

from __future__ import annotations

import dis
import inspect
import operator
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from ..settings import is_tensor

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


class Constant(NamedTuple):
    """What is the same for every sample."""

    value: Any


class Read(NamedTuple):
    """The names of the attributes whose rows are a sample; `single` if it is a row, not a tuple.

    `decided` are the names of those that decided which way to go; `keys`, those of a sample that is
    a dict.
    """

    names: tuple[str, ...]
    single: bool
    decided: tuple[str, ...]
    keys: tuple[str, ...] | None = None


def rows_read(dataset: Any) -> Read | None:
    """What a sample of `dataset` is made of, or None if that cannot be told."""
    kind = type(dataset)
    function = getattr(kind, "__getitem__", None)
    if type(function) is not FunctionType or kind.__getattribute__ is not object.__getattribute__:
        return None
    held = vars(dataset) if hasattr(dataset, "__dict__") else {}
    found = result_of(function.__code__, held, function.__globals__)
    if found is None or any([hasattr(kind, name) for name in (*found.names, *found.decided)]):
        return None  # a property, or something that is computed
    return found if all([name in held for name in found.names]) else None


def result_of(
    code: CodeType, held: dict[str, Any], outside: dict[str, Any] | None = None
) -> Read | None:
    """What a method of one argument reads of an object that has the attributes `held`.

    `outside` are the global names that it knows.
    """
    if code.co_argcount != 2 or code.co_kwonlyargcount or code.co_flags & STRANGE:
        return None
    if code.co_freevars or code.co_cellvars:
        return None
    decided: list[str] = []
    found, keys = follow(code, held, outside or {}, decided), None
    if type(found) is dict:
        keys, found = tuple(found), tuple(found.values())
    rows = found if type(found) is tuple else (found,)
    if not all([type(row) is Row for row in rows]):
        return None
    return Read(tuple([row.name for row in rows]), found is rows[0], tuple(decided), keys)


def follow(
    code: CodeType, held: dict[str, Any], outside: dict[str, Any], decided: list[str]
) -> Any:
    """The symbol for what a method returns, None if it cannot be told."""
    names: dict[str, Any] = dict(zip(code.co_varnames, (SELF, INDEX), strict=False))
    stack: list[Any] = []
    target = 0  # of the last jump
    for name, step in steps(code):
        if step.offset < target:
            continue
        match name:
            case "STORE_FAST":
                names[step.argval] = stack.pop()
            case "JUMP":
                target = step.argval
            case "RETURN_VALUE":
                return stack.pop()
            case _ if name in JUMPS:
                value = stack.pop()
                if type(value) is Attribute and decides(held.get(value.name, held)):
                    decided.append(value.name)
                    value = Constant(held[value.name])
                if type(value) is not Constant or not decides(value.value):
                    return None
                if JUMPS[name](value.value):
                    target = step.argval
            case _ if not computes(name, step, stack, names, outside):
                return None
    return None


def computes(
    name: str, step: Any, stack: list[Any], names: dict[str, Any], outside: dict[str, Any]
) -> bool:
    """Do what an instruction does to the stack; whether that is known."""
    match name:
        case "RESUME" | "NOP" | "CACHE" | "TO_BOOL" | "NOT_TAKEN" | "PRECALL" | "PUSH_NULL":
            pass
        case "LOAD_FAST":
            stack.append(names.get(step.argval))
        case "LOAD_CONST":
            stack.append(Constant(step.argval))
        case "LOAD_GLOBAL" if type(outside.get(step.argval)) is ModuleType:
            stack.append(outside[step.argval])
        case "SWAP" if step.arg:
            stack[-1], stack[-step.arg] = stack[-step.arg], stack[-1]
        case "LOAD_ATTR" if stack[-1] == SELF:
            stack[-1] = Attribute(step.argval)
        case "LOAD_ATTR" | "LOAD_METHOD" if is_the_test(stack[-1], step.argval):
            stack[-1] = is_tensor
        case "CALL" if stack[-2:] == [is_tensor, INDEX]:
            stack[-2:] = [Constant(False)]
        case "BINARY_SUBSCR" | "BINARY_OP" if name[7:] == "SUBSCR" or step.argrepr == "[]":
            if stack.pop() != INDEX or type(stack[-1]) is not Attribute:
                return False
            stack[-1] = Row(stack[-1].name)
        case "BUILD_TUPLE" | "BUILD_LIST" if step.arg:
            stack[-step.arg :] = [tuple(stack[-step.arg :])]
        case "BUILD_CONST_KEY_MAP" | "BUILD_MAP" if step.arg:
            stack.append(dict_of(stack, step.arg, name == "BUILD_MAP"))
        case _:
            return False
    return True


def is_the_test(owner: Any, name: str) -> bool:
    """Whether this attribute of `owner` is our `torch.is_tensor`."""
    return (
        type(owner) is ModuleType and name == "is_tensor" and getattr(owner, name, 0) is is_tensor
    )


def dict_of(stack: list[Any], count: int, pairs: bool) -> dict[str, Any] | None:
    """The last of the stack, taken off, as a dict: `pairs`, or values and a tuple of keys."""
    keys: list[Any]
    if pairs:
        keys, values = stack[-2 * count :: 2], stack[-2 * count + 1 :: 2]
        del stack[-2 * count :]
        keys = [key.value if type(key) is Constant else None for key in keys]
    else:
        keys, values = list(stack.pop().value), stack[-count:]
        del stack[-count:]
    named = all([type(key) is str for key in keys]) and len(set(keys)) == count
    return dict(zip(keys, values, strict=True)) if named else None


class Half(NamedTuple):
    """One of the two that an instruction does."""

    offset: int
    argval: Any
    arg: int = 0
    argrepr: str = ""


def steps(code: CodeType) -> Iterator[tuple[str, Any]]:
    """The instructions of a function, by names that are the same in all versions of Python."""
    for step in dis.get_instructions(code):
        name = step.opname.replace("_BORROW", "").replace("_FORWARD", "")
        halves = name.replace("FAST_", "FAST ").split()
        if len(halves) == 1:
            yield name, step
        else:
            for half, word in zip(halves, step.argval, strict=True):
                yield half, Half(step.offset, word)


def decides(value: Any) -> bool:
    """Whether a value of an attribute decides for good which way to go."""
    return value is None or value is True or value is False


JUMPS: dict[str, Callable[[Any], bool]] = {
    "POP_JUMP_IF_FALSE": operator.not_,
    "POP_JUMP_IF_TRUE": bool,
    "POP_JUMP_IF_NONE": lambda value: value is None,
    "POP_JUMP_IF_NOT_NONE": lambda value: value is not None,
}
"""Instructions that go elsewhere, and for which values they do."""
