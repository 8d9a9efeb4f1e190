"""The machine code for what is around programs: see engines/rote.py."""

from __future__ import annotations

import sys
from functools import cache
from string import Template

from .. import rote
from . import layout
from .arguments import symbols
from .jit import build, builtin, method
from .rote_text import FUNCTION
from .warm_text import CALL, STRAIGHT

LABELS = {
    rote.END: "done", rote.SAME: "same", rote.FIELD: "field", rote.SOLE: "sole",
    rote.ITEM: "item", rote.THING: "thing", rote.PASSED: "passed", rote.ARGUMENT: "argument",
    rote.BOUND: "bound", rote.NUMBER: "number", rote.SLOT: "slot", rote.CALL: "run",
    rote.SET: "set", rote.GIVEN: "put_given", rote.MOVE: "move", rote.DELIVER: "deliver",
}  # fmt: skip
"""Where in the function each kind of row is done."""


def text() -> str:
    """The IR of all functions."""
    head = []
    for k, word in enumerate(rote.WARM):
        kind = "i64" if word == "tensors" or word.endswith("_offset") else "ptr"
        place = f"%{word}" if word == "wanted_offsets" else f"%{word}_at_head"
        head.append(f"  {place} = getelementptr i64, ptr %data, i64 {k}")
        if word != "wanted_offsets":
            head.append(f"  %{word} = load {kind}, ptr {place}")
    # The table of a warm call is what its builtin owns, after the definition: see `jit.builtin`.
    return Template(FUNCTION + CALL + STRAIGHT).substitute(
        DELIVER=rote.DELIVER,
        BASE=layout.BASE, DATA=layout.DATA, LIST_ITEMS=layout.LIST_ITEMS, SIZE=layout.SIZE,
        TUPLE_ITEMS=layout.TUPLE_ITEMS, OWN=layout.TUPLE_ITEMS + 8, ROW=8 * rote.WIDTH,
        TWO_ROWS=16 * rote.WIDTH, HEAD="\n".join(head),
        CASES=" ".join([f"i64 {kind}, label %{label}" for kind, label in LABELS.items()]),
    )  # fmt: skip


FORWARD = sys.intern("forward")


@cache
def make() -> rote.Machinery | None:
    """All functions; None if this interpreter is not as expected."""
    if not layout.supported():
        return None
    outside = symbols() | {"forward_name": id(FORWARD)}
    found = build(text(), ["rote", "warm", "straight"], outside)
    return rote.Machinery(
        run=builtin(found["rote"], "rote"),
        call=lambda table: builtin(found["warm"], "call", table),
        method=lambda kind: method(found["straight"], "__call__", kind),
    )
