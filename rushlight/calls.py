"""Functions and methods made from the op table, with the warm path of recording built in.

The warm path is what the trie is for: if the call that comes next is the one recorded here last
time (the same op, on values of the same identity), then a tensor for its result is all there is to
make. Anything else goes to `runtime.record.apply`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import GradError, explain
from .ops.table import Op
from .runtime.entry import Entry, Handle, types
from .runtime.memory import EXPORTED, to_read
from .runtime.mutate import apply_inplace
from .runtime.record import apply, wrap
from .runtime.recorder import local

Function = Callable[..., Any]

STATIC, NUMBER, VALUE, VALUES = range(4)
"""How an argument of a recorded call is compared with the one that is given."""


def function(op: Op) -> Function:
    """The public function of `op`; its first parameters may be given by position or by name."""
    required = [p.kind for p in op.params if p.required]
    if op.view:
        call = general(op)
    elif required == ["tensor"]:
        call = unary(op)
    elif required == ["tensor", "tensor"]:
        call = binary(op, general(op))
    else:
        call = general(op)
    return named(call, op, op.name)


def inplace(op: Op) -> Function:
    """The in-place method of `op`."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return apply_inplace(op, (self, *args), kwargs)

    return named(call, op, f"{op.name}_")


def named(call: Function, op: Op, name: str) -> Function:
    """`call` with the name and documentation of `op`."""
    call.__name__ = call.__qualname__ = name
    call.__doc__ = op.__doc__
    call.op = op  # type: ignore[attr-defined]
    return call


def unary(op: Op) -> Function:
    """A function whose usual call gives one tensor and nothing else."""
    new = types.new
    rest = general(op)

    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = local.recorder
        entry = recorder.at.next
        if entry.api is op and entry.plain == 1 and not args and not kwargs:
            try:
                if input._value is entry.a and entry.mode is recorder.grad:
                    if entry.places:
                        bind(entry, (input,))
                    made = new()
                    made._value = entry.value
                    entry.out = made
                    recorder.at = entry
                    return made
            except AttributeError:
                pass  # not a tensor: `apply` says so
        return rest(input, *args, **kwargs)

    return call


def binary(op: Op, rest: Function) -> Function:
    """A function whose usual call gives two tensors, or a tensor and a number; else `rest`."""
    new = types.new

    def call(input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = local.recorder
        entry = recorder.at.next
        if entry.api is op and entry.plain == 2 and not args and not kwargs:
            try:
                if input._value is entry.a and entry.mode is recorder.grad:
                    kind = entry.number
                    if kind is not None:
                        hit = type(other) is kind
                        entry.numbers = (other,)
                    else:
                        hit = other._value is entry.b
                    if hit:
                        if entry.places:
                            bind(entry, (input, other))
                        made = new()
                        made._value = entry.value
                        entry.out = made
                        recorder.at = entry
                        return made
            except AttributeError:
                pass
        return rest(input, other, *args, **kwargs)

    return call


def operator(op: Op) -> Function:
    """The operator `x * y`: as `binary`, but Python may ask the other operand if it cannot."""

    def rest(input: Any, other: Any) -> Any:
        return apply_operator(op, (input, other), {})

    return named(binary(op, rest), op, op.name)


def reflected(op: Op) -> Function:
    """The operator `y * x` for a `y` that is no tensor."""

    def call(self: Any, other: Any) -> Any:
        return apply_operator(op, (other, self), {})

    return named(call, op, op.name)


def inplace_operator(op: Op) -> Function:
    """The operator `x *= y`."""

    def call(self: Any, other: Any) -> Any:
        other = as_operand(other)
        return NotImplemented if other is None else apply_inplace(op, (self, other), {})

    return named(call, op, op.name)


def apply_operator(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`op` applied to operands, or NotImplemented."""
    operands = [as_operand(a) for a in args]
    if any([a is None for a in operands]):
        return NotImplemented
    return apply(op, operands, kwargs)


def as_operand(value: Any) -> Any:
    """`value` if an operator can take it, a tensor for an array, else None."""
    if isinstance(value, Handle | bool | int | float | complex):
        return value
    if isinstance(value, np.ndarray):
        return wrap(np.array(value))
    return value.item() if isinstance(value, np.generic) else None


def general(op: Op) -> Function:
    """A function of any signature: each argument is compared with the recorded one."""

    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = local.recorder
        entry = recorder.at.next
        if entry.api is op and entry.mode is recorder.grad:
            pattern = entry.pattern
            if (
                pattern is not None
                and len(args) == pattern.count
                and kwargs.keys() == pattern.names
            ):
                found = pattern.match(args, kwargs)
                if found is not None:
                    return repeat(recorder, entry, *found)
        if "out" in kwargs:
            return into(op, args, dict(kwargs))
        result = apply(op, args, kwargs)
        at = recorder.at
        if at.api is op:  # a call that has come twice will come again
            if at.pattern is None:
                at.pattern = SEEN_ONCE
            elif at.pattern is SEEN_ONCE:
                at.pattern = Pattern(op, args, kwargs)
        return result

    return call


def into(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a call with `out=`: the tensors given there, with the values of the result."""
    out = kwargs.pop("out")
    result = apply(op, args, kwargs)
    if out is None:
        return result
    pairs = [(out, result)] if isinstance(out, Handle) else list(zip(out, result, strict=True))
    for given, made in pairs:
        if made._value.requires_grad or (given._value.requires_grad and local.recorder.grad):
            problem = "functions with out=... do not support automatic differentiation"
            raise GradError(explain(op.name, problem, hint="leave out= away"))
        if given._value.shape != made._value.shape:
            given.resize_(made._value.shape)
        given.copy_(made)
    return out


class Pattern:
    """How the arguments of a call looked that was recorded; `match` compares others with them."""

    __slots__ = ("count", "items", "names")

    def __init__(self, op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        params = list(op.params)
        last = len(params) - 1
        kinds = [
            "static" if params[min(k, last)].fixed else params[min(k, last)].kind
            for k in range(len(args))
        ]
        order = {p.name: k for k, p in enumerate(params)}
        places = [order.get(name, -1) for name in kwargs]
        self.names = dict.fromkeys(kwargs).keys()  # without the values, which would be kept alive
        self.count = len(args)
        if places != sorted(places) or -1 in places:
            self.count = -1  # tensors and numbers would come in another order: never matches
        kinds += [params[k].kind for k in places]
        self.items = [item_of(k, a) for k, a in zip(kinds, (*args, *kwargs.values()), strict=True)]

    def match(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The tensors and the numbers of a call that looks the same, else None."""
        handles: list[Any] = []
        numbers: list[Any] = []
        given = (*args, *kwargs.values()) if kwargs else args
        for (kind, want), argument in zip(self.items, given, strict=True):
            if kind == VALUE:
                if not isinstance(argument, Handle) or argument._value is not want:
                    return None
                handles.append(argument)
            elif kind == STATIC:
                if argument is not want and (type(argument) is not type(want) or argument != want):
                    return None
            elif kind == NUMBER:
                if type(argument) is not want:
                    return None
                numbers.append(argument)
            else:
                if not isinstance(argument, list | tuple) or len(argument) != len(want):
                    return None
                for one, value in zip(argument, want, strict=True):
                    if not isinstance(one, Handle) or one._value is not value:
                        return None
                handles += argument
        return handles, numbers


SEEN_ONCE = Pattern.__new__(Pattern)
SEEN_ONCE.count, SEEN_ONCE.names, SEEN_ONCE.items = -1, {}.keys(), []  # matches no call


def item_of(kind: str, argument: Any) -> tuple[int, Any]:
    """How to compare an argument with this one, given to a parameter of `kind`."""
    if isinstance(argument, Handle):
        return VALUE, argument._value
    if kind == "tensors" and all([isinstance(a, Handle) for a in argument]):
        return VALUES, tuple([a._value for a in argument])
    if kind in ("number", "tensor") and argument is not None:
        return NUMBER, type(argument)
    if isinstance(argument, list | tuple) and any([isinstance(a, Handle) for a in argument]):
        return STATIC, object()  # never the same
    return STATIC, argument


def repeat(recorder: Any, entry: Entry, handles: list[Any], numbers: list[Any]) -> Any:
    """Take the step to `entry` once more."""
    entry.numbers = numbers
    if entry.places:
        bind(entry, handles)
    new = types.new
    if entry.value is not None:
        made = new()
        made._value = entry.value
        entry.out = made
        recorder.at = entry
        return made
    made = [new() for _ in entry.values]
    for handle, node in zip(made, entry.values, strict=True):
        handle._value = node
    entry.out = made
    recorder.at = entry
    return entry.returned.hand_back(made, handles)


def bind(entry: Entry, handles: Any) -> None:
    """Bind the arrays that `entry` reads this time."""
    if EXPORTED or entry.keeps:
        bound = [to_read(handles[k]) for k in entry.places]
        entry.bound = bound + [handles[k]._history for k in entry.keeps]
    else:
        entry.bound = [handles[k]._array for k in entry.places]
