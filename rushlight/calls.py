"""Functions and methods made from the op table, with the warm path of recording built in.

The warm path is the whole point of the trie: if the call that comes next is the one recorded here
last time (the same op, on values of the same identity), then making a tensor for its result is all
there is to do. Anything else goes to `runtime.record.apply`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ops.table import Op
from .runtime.entry import Handle
from .runtime.mutate import apply_inplace
from .runtime.record import apply, types
from .runtime.recorder import local


def function(op: Op) -> Callable[..., Any]:
    """The public function of `op`."""
    kinds = [p.kind for p in op.params if p.required]
    optional = len(op.params) > len(kinds)
    if op.view or kinds not in (["tensor"], ["tensor", "tensor"]):
        call = general(op)
    elif len(kinds) == 1:
        call = unary_with_options(op) if optional else unary(op)
    else:
        call = binary_with_options(op) if optional else binary(op)
    return named(call, op, op.name)


def named(call: Callable[..., Any], op: Op, name: str) -> Callable[..., Any]:
    """`call` with the name and documentation of `op`."""
    call.__name__ = call.__qualname__ = name
    call.__doc__ = op.__doc__
    call.op = op  # type: ignore[attr-defined]
    return call


def general(op: Op) -> Callable[..., Any]:
    """Any call."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return apply(op, args, kwargs)

    return call


def unary(op: Op) -> Callable[..., Any]:
    """op(tensor)"""

    def call(input: Any) -> Any:
        recorder = local.recorder
        entry = recorder.at.next
        if entry.api is op and entry.mode is recorder.grad:
            try:
                if input._value is entry.a:
                    if entry.places:
                        bind_one(entry, input)
                    made = types.new()
                    made._value = entry.value
                    entry.out = made
                    recorder.at = entry
                    return made
            except AttributeError:
                pass  # not a tensor: let `apply` say so
        return apply(op, (input,), {})

    return call
