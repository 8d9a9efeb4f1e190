"""Functions and methods made from the op table, with the warm path of recording built in.

The warm path is what the trie is for: if the call that comes next is the one recorded here last
time (the same op, on values of the same identity), then a tensor for its result is all there is to
make. Anything else goes to `runtime.record.apply`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

from .ops.table import Op
from .outputs import written
from .repeat import bind, ended, found_next, note, repeat, repeat_inplace, seek
from .runtime.arguments import NUMBERS
from .runtime.disguise import NOBODY, asking
from .runtime.entry import FIRST, GENERAL, SECOND, Handle, form_of, types
from .runtime.memory import EXPORTED
from .runtime.mutate import FORMS, apply_inplace
from .runtime.record import apply, wrap
from .runtime.recorder import here, local
from .runtime.views import view_again

Function = Callable[..., Any]

MISS = object()
"""The form of no call."""


def function(op: Op) -> Function:
    """The public function of `op`; its first parameters may be given by position or by name."""
    required = [p.kind for p in op.params if p.required]
    if op.view:
        call = viewing(op)
    elif required == ["tensor"]:
        call = unary(op)
    elif required == ["tensor", "tensor"]:
        call = binary(op)
    else:
        call = general(op)
    return named(call, op, op.name)


def inplace(op: Op) -> Function:
    """The in-place method of `op`."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return changed(op, (self, *args), kwargs)

    return named(call, op, f"{op.name}_")


def changed(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The first argument, after it was replaced by what `op` makes of the arguments."""
    recorder = local.recorder
    if not repeat_inplace(recorder, FORMS.get(op), args, kwargs):
        before = recorder.at
        apply_inplace(op, args, kwargs)
        note(before, recorder.at, FORMS.get(op), op, args, kwargs)
    return args[0]


def named(call: Function, op: Op, name: str) -> Function:
    """`call` with the name and documentation of `op`."""
    call.__name__ = call.__qualname__ = name
    call.__doc__ = op.__doc__
    call.op = op  # type: ignore[attr-defined]
    return call


def unary(op: Op) -> Function:
    """A function whose usual call gives one tensor and nothing else."""
    return write(op, 1, general(op), star=True)


def binary(op: Op) -> Function:
    """A function whose usual call gives two tensors, or a tensor and a number."""
    return write(op, 2, general(op), star=True)


def exact(op: Op, count: int, optional: bool = False) -> Function:
    """A function of exactly so many tensors, one to three: the fastest.

    With `optional` the last may be None or left out.
    """
    call = write(op, count, general(op), star=False, optional=optional)
    return named(call, op, op.name)


WARM = """
def call({given}{star}):
    {fewer}
    try:
        recorder = here.recorder
        entry = recorder.at.next
        if {same} and entry.mode is recorder.grad{bare}:
            {numbers}
            binds = entry.binds
            if binds:
                if EXPORTED or {other_binds}:
                    bind(entry, ({given},))
                else:
                    entry.bound = {bound}
            made = new()
            made._value = entry.value
            entry.out = made
            recorder.at = entry
            return made
    except AttributeError:
        pass  # something is no tensor, or this thread has no recorder yet
    return {rest}
"""
"""A function of a few tensors: each is compared with the one that was given here the last time."""

CHECKS = {
    1: "entry.plain is form and x._value is entry.a",
    2: "x._value is entry.a and "
    "(y._value is entry.b if entry.plain is form else entry.plain is forms.get(y.__class__, MISS))",
    3: "entry.plain is form and x._value is entry.a and y._value is entry.b "
    "and z._value is entry.c",
}
BOUND = {
    1: "(x._array,)",
    2: "(x._array,) if binds == FIRST else (y._array,) if binds == SECOND "
    "else (x._array, y._array)",
    3: "(x._array,)",
}


def write(op: Op, count: int, rest: Function, star: bool, optional: bool = False) -> Function:
    """A function of `count` tensors; `rest` sees to calls that do not repeat the last.

    With a `star` it takes other arguments too, for which `rest` is called. If the last tensor is
    `optional`, it may be None.
    """
    space = dict(CALLED, rest=rest, plain=or_else(op, rest), form=form_of(op, count), new=types.new)
    space["forms"] = {kind: form_of(op, kind) for kind in NUMBERS}
    if optional:
        space["fewer"] = write(op, count - 1, rest, star)
    code = code_of(count, star, optional)
    names = [p.name for p in op.params[:count]]
    # A copy of the code: Python adapts each to what it is given.
    code = code.replace(co_varnames=(*names, *code.co_varnames[count:]))
    return FunctionType(code, space, None, (None,) if optional else None)


def or_else(op: Op, rest: Function) -> Function:
    """`rest`, unless the call is another plain one that came here before."""

    def call(*args: Any) -> Any:
        recorder = local.recorder
        found = seek(recorder, op, args)
        if found is None and ended(recorder, op):
            found = seek(recorder, op, args)
        return rest(*args) if found is None else repeat(recorder, *found)

    return call


@cache
def code_of(count: int, star: bool, optional: bool) -> Any:
    """The code of a function of `count` tensors, called x, y and z."""
    given = "x, y, z"[: 3 * count - 2]
    text = WARM.format(
        given=given,
        fewer=f"if {given[-1]} is None: return fewer({given[:-3]})" if optional else "",
        rest=f"rest({given}, *args, **kwargs) if args or kwargs else plain({given})"
        if star
        else f"plain({given})",
        star=", *args, **kwargs" if star else "",
        same=CHECKS[count],
        bare=" and not args and not kwargs" if star else "",
        numbers="if entry.plain is not form: entry.numbers = (y,)" if count == 2 else "",
        other_binds="binds != FIRST" if count == 3 else "binds == GENERAL",
        bound=BOUND[count],
    )
    return compile(text, "<rushlight call>", "exec").co_consts[0]


def operator(op: Op) -> Function:
    """The operator `x * y`: as `binary`, but Python may ask the other operand if it cannot."""

    def rest(input: Any, other: Any) -> Any:
        return apply_operator(op, (input, other), {})

    return named(write(op, 2, rest, star=False), op, op.name)


def reflected(op: Op) -> Function:
    """The operator `y * x` for a `y` that is no tensor."""
    turned = general(op, apply_operator)

    def call(self: Any, other: Any) -> Any:
        return turned(other, self)

    return named(call, op, op.name)


def inplace_operator(op: Op) -> Function:
    """The operator `x *= y`."""

    def call(self: Any, other: Any) -> Any:
        other = as_operand(other)
        return NotImplemented if other is None else changed(op, (self, other), {})

    return named(call, op, op.name)


def apply_operator(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`op` applied to operands, or NotImplemented."""
    operands = [as_operand(a) for a in args]
    if any([a is None for a in operands]):
        said = asking.call(op.name, op.on, args, kwargs)
        return NotImplemented if said is NOBODY else said
    return apply(op, operands, kwargs)


def as_operand(value: Any) -> Any:
    """`value` if an operator can take it, a tensor for an array, else None."""
    if isinstance(value, Handle | bool | int | float | complex):
        return value
    if isinstance(value, np.ndarray):
        return wrap(np.array(value))
    return value.item() if isinstance(value, np.generic) else None


def general(op: Op, anew: Function = apply) -> Function:
    """A function of any signature: each argument is compared with the recorded one.

    `anew` records a call that does not repeat another.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = local.recorder
        entry = recorder.at.next
        if entry.api is op and entry.pattern is not None and entry.mode is recorder.grad:
            pattern = entry.pattern
            same = pattern.match(args, kwargs, pattern.wants)
            if same is not None:
                return repeat(recorder, entry, *same)
        found = found_next(recorder, op, args, kwargs)
        if found is None and ended(recorder, op):
            found = found_next(recorder, op, args, kwargs)
        if found is not None:
            return repeat(recorder, *found)
        if "out" in kwargs:
            return into(op, args, dict(kwargs))
        before = recorder.at
        result = anew(op, args, kwargs)
        note(before, recorder.at, op, op, args, kwargs)
        return result

    return call


def viewing(op: Op) -> Function:
    """A function that gives views: those of concrete tensors that were taken before at once."""
    rest = general(op)

    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            view = view_again(op, *args)
            if view is not None:
                return view
        return rest(*args, **kwargs)

    return call


def into(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a call with `out=`: the tensors given there, with the values of the result."""
    out = kwargs.pop("out")
    result = apply(op, args, kwargs)
    return result if out is None else written(out, result, op.name)


CALLED = {
    "EXPORTED": EXPORTED, "FIRST": FIRST, "GENERAL": GENERAL, "MISS": MISS, "SECOND": SECOND,
    "__name__": __name__, "bind": bind, "here": here,
}  # fmt: skip
"""What the functions made by `write` refer to."""
