"""A reader of pickles that runs nothing of what is in them.

A pickle is a program for a small machine with a stack, and the machine of Python may be told to
import and call anything. This one knows only how to build plain containers. Where a pickle asks
for something by name, the name is looked up in a table (names.py) that has its own functions for
the few that are needed; any other name is refused. Objects are never given state, except an
OrderedDict and an array.
"""

from __future__ import annotations

import pickletools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DataError, FormatError, explain
from .names import ANSWERS, VALUES, Name, in_python3, set_array, set_dtype

LITERALS = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING "
    "BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8"
)
"""Instructions whose argument is the value that they push."""

PUSHING = frozenset(LITERALS.split())

CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict, "EMPTY_SET": set,
}  # fmt: skip
"""Instructions that push something new."""

MARKED: dict[str, Callable[[list[Any]], Any]] = {
    "LIST": list,
    "TUPLE": tuple,
    "FROZENSET": frozenset,
    "DICT": lambda items: dict(zip(items[::2], items[1::2], strict=True)),
}
"""Instructions that make one thing of all that is above the mark."""

SIZES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
ADDING = {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS"}
KEEPING = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
FETCHING = {"GET", "BINGET", "LONG_BINGET"}
IGNORED = {"PROTO", "FRAME"}

UNSAFE = (
    "only tensors, containers, numbers and text are loaded; "
    "weights_only=False loads anything, and runs whatever code the file holds"
)


class Machine:
    """Reads one pickle; errors call its file `name`. `persistent` answers for storages."""

    def __init__(self, name: str, content: bytes, persistent: Callable[[Any], Any]) -> None:
        self.name = name
        self.content = content
        self.persistent = persistent
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def load(self) -> Any:
        """What the pickle holds."""
        try:
            for instruction, argument, _ in pickletools.genops(self.content):
                if instruction.name == "STOP":
                    return self.stack.pop()
                self.do(instruction.name, argument)
        except DataError:
            raise
        except Exception as error:  # a damaged pickle may fail in any way
            problem = f"{self.name} is damaged: its pickle cannot be read ({error})"
            hint = "copy or download it again, or take an earlier one"
            raise DataError(explain("load", problem, hint=hint)) from None
        raise AssertionError("genops ends with STOP")

    def do(self, what: str, argument: Any) -> None:
        """One instruction."""
        stack = self.stack
        if what in PUSHING:
            stack.append(argument)
        elif what in KEEPING:
            self.memo[len(self.memo) if argument is None else argument] = stack[-1]
        elif what in FETCHING:
            stack.append(self.memo[int(argument)])
        elif what in CONSTANTS:
            stack.append(CONSTANTS[what]())
        elif what in SIZES:
            n = SIZES[what]
            items = tuple(stack[-n:])
            if len(items) < n:
                raise ValueError("the stack is empty")
            stack[-n:] = [items]
        elif what == "MARK":
            self.marks.append(len(stack))
        elif what in MARKED:
            stack.append(MARKED[what](self.above_mark()))
        elif what in ADDING:
            self.add(what)
        elif what not in IGNORED:
            self.act(what, argument)

    def above_mark(self) -> list[Any]:
        """What is above the mark, taken off the stack."""
        place = self.marks.pop()
        items = self.stack[place:]
        del self.stack[place:]
        return items

    def add(self, what: str) -> None:
        """Put items into the container below them."""
        stack = self.stack
        if what.endswith("S"):
            items = self.above_mark()
        else:
            n = 1 if what == "APPEND" else 2
            items = stack[-n:]
            del stack[-n:]
        target = stack[-1]
        if what.startswith("APPEND") and type(target) is list:
            target.extend(items)
        elif what.startswith("SET") and isinstance(target, dict):
            target.update(zip(items[::2], items[1::2], strict=True))
        elif what == "ADDITEMS" and type(target) is set:
            target.update(items)
        else:
            raise ValueError(f"{what} on {type(target).__name__}")

    def act(self, what: str, argument: Any) -> None:
        """An instruction that makes something other than plain containers, or moves things."""
        stack = self.stack
        if what == "GLOBAL":
            stack.append(self.named(*argument.split(" ", 1)))
        elif what == "STACK_GLOBAL":
            name = stack.pop()
            stack.append(self.named(stack.pop(), name))
        elif what in ("REDUCE", "NEWOBJ"):
            args = stack.pop()
            stack.append(self.answer(stack.pop(), args))
        elif what == "BUILD":
            state = stack.pop()
            self.give_state(stack[-1], state)
        elif what == "BINPERSID":
            stack.append(self.persistent(stack.pop()))
        elif what == "DUP":
            stack.append(stack[-1])
        elif what == "POP":
            stack.pop()
        elif what == "POP_MARK":
            self.above_mark()
        else:
            raise FormatError(explain("load", f"{self.name} needs {what} of pickle", hint=UNSAFE))

    def named(self, module: Any, name: Any) -> Any:
        """The value of that name, or what stands for a function; refused if there is none."""
        wanted = in_python3(str(module), str(name))
        if wanted in VALUES:
            return VALUES[wanted]
        if wanted in ANSWERS:
            return Name(*wanted)
        problem = f"{self.name} asks for {wanted[0]}.{wanted[1]}, which is refused"
        if wanted.module == "torch" and wanted.name.islower():
            problem = f"{self.name} has {wanted[0]}.{wanted[1]}, which rushlight does not have"
        raise FormatError(explain("load", problem, hint=UNSAFE))

    def answer(self, function: Any, args: Any) -> Any:
        """What our function of that name makes of the arguments."""
        if type(function) is not Name or type(args) is not tuple:
            raise ValueError(f"a call of {type(function).__name__}")
        return ANSWERS[function](*args)

    def give_state(self, target: Any, state: Any) -> None:
        """Finish an object that was made empty."""
        if type(target) is np.ndarray:
            set_array(target, state)
        elif isinstance(target, np.dtype):
            set_dtype(target, state)
        elif type(target) is OrderedDict and type(state) is dict:
            vars(target).update({str(k): v for k, v in state.items() if str(k)[:2] != "__"})
        else:
            raise ValueError(f"state for {type(target).__name__}")
