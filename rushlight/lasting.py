"""What importing makes lasts as long as the process: the collector of cycles need not look at it.

Collections while we are imported find nothing. Afterwards the objects there are (`gc.freeze`) no
longer count among those that a full collection goes through; nor does the end of the process, which
does so several times and took a fifth of a short program.
"""

from __future__ import annotations

import gc
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

ORDINARY = gc.get_threshold()
"""How many new objects call for a collection, as it was before."""

SELDOM = 100_000
"""How many do meanwhile: an import that is interrupted leaves a rare collector, not none."""

gc.set_threshold(ORDINARY[0] and max(ORDINARY[0], SELDOM), *ORDINARY[1:])


def settle() -> None:
    """Have the collector work as before, on what is made from now on.

    What the main program has made already may become garbage: then all stays in sight.
    """
    gc.set_threshold(*ORDINARY)
    named = vars(sys.modules.get("__main__", sys))
    if all([is_plain(x) for name, x in named.items() if not name.startswith("__")]):
        gc.freeze()


def is_plain(thing: Any) -> bool:
    """Whether something in a program is only a word of it, such as what it imports or defines."""
    words = (ModuleType, FunctionType, BuiltinFunctionType, type)
    imported = isinstance(thing, words) or type(thing).__module__ in ("typing", "__future__")
    return imported or not gc.is_tracked(thing)  # a number or a text is in no cycle
