"""The machine code for what is around programs: see engines/rote.py."""

from __future__ import annotations

import sys
from collections.abc import Sequence, Set
from functools import cache
from string import Template

from .. import rote
from . import layout
from .arguments import symbols
from .gather_text import FITS, GATHER
from .jit import build, builtin, method
from .pool import memory
from .rote_text import FUNCTION
from .rows_text import LINE, copy_text
from .warm_text import CALL, STRAIGHT

LABELS = {
    rote.END: "done", rote.SAME: "same", rote.FIELD: "field", rote.SOLE: "sole",
    rote.ITEM: "item", rote.THING: "thing", rote.PASSED: "passed", rote.ARGUMENT: "argument",
    rote.BOUND: "bound", rote.NUMBER: "number", rote.SLOT: "slot", rote.CALL: "run",
    rote.SET: "set", rote.GIVEN: "put_given", rote.MOVE: "move", rote.DELIVER: "deliver",
    rote.DENOTE: "denote",
}  # fmt: skip
"""Where in the function each kind of row is done."""


def text() -> str:
    """The IR of all functions."""
    # The table of a warm call is what its builtin owns, after the definition: see `jit.builtin`.
    read = layout.CONTIGUOUS | layout.ALIGNED
    functions = [FUNCTION, CALL, STRAIGHT, FITS, copy_text(), GATHER]
    return Template("".join(functions)).substitute(
        DELIVER=rote.DELIVER,
        BASE=layout.BASE, DATA=layout.DATA, LIST_ITEMS=layout.LIST_ITEMS, SIZE=layout.SIZE,
        TUPLE_ITEMS=layout.TUPLE_ITEMS, OWN=layout.TUPLE_ITEMS + 8, ROW=8 * rote.WIDTH,
        TWO_ROWS=16 * rote.WIDTH, HEAD=head(rote.WARM, NUMBERS), NDIM=layout.NDIM,
        SHAPE=layout.SHAPE, DESCR=layout.DESCR, FLAGS=layout.FLAGS, READABLE=read,
        WRITABLE=read | layout.WRITEABLE, GATHER_HEAD=head(rote.GATHER, NUMBERS),
        SOURCE=rote.SOURCE, VALUE=rote.VALUE, LEAF=rote.LEAF, DTYPE=rote.DTYPE, BYTES=rote.BYTES,
        NDIMS=rote.NDIM, LINE=LINE,
        CASES=" ".join([f"i64 {kind}, label %{label}" for kind, label in LABELS.items()]),
    )  # fmt: skip


NUMBERS = {"tensors", "tables", "count", "rows", "single", "map_count", "looks"}
"""Words of tables that are no addresses; those called offsets are none either."""


def head(words: Sequence[str], numbers: Set[str]) -> str:
    """Lines that read the words of a table, and of the last where it is."""
    lines = []
    for k, word in enumerate(words):
        kind = "i64" if word in numbers or word.endswith("_offset") else "ptr"
        last = k == len(words) - 1
        place = f"%{word}" if last else f"%{word}_at_head"
        lines.append(f"  {place} = getelementptr i64, ptr %data, i64 {k}")
        if not last:
            lines.append(f"  %{word} = load {kind}, ptr {place}")
    return "\n".join(lines)


FORWARD = sys.intern("forward")


@cache
def make() -> rote.Machinery | None:
    """All functions; None if this interpreter is not as expected."""
    if not layout.supported():
        return None
    outside = symbols() | {"forward_name": id(FORWARD), "pool_memory": memory().ctypes.data}
    found = build(text(), ["rote", "warm", "straight", "gather"], outside)
    return rote.Machinery(
        run=builtin(found["rote"], "rote"),
        call=lambda table: builtin(found["warm"], "call", table),
        method=lambda kind: method(found["straight"], "__call__", kind),
        gather=lambda table, things: builtin(found["gather"], "batch", table, things),
    )
