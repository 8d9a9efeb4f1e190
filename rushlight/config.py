"""What can be set from outside: the version, environment variables, and process-wide choices."""

from __future__ import annotations

import os

VERSION = "0.1.0"


def flag(name: str) -> bool:
    """Whether the environment variable RUSHLIGHT_<name> is set to something other than 0."""
    return os.environ.get(f"RUSHLIGHT_{name}", "0") not in ("", "0", "false")


def whole(name: str, default: int) -> int:
    """The whole number in the environment variable RUSHLIGHT_<name>."""
    text = os.environ.get(f"RUSHLIGHT_{name}", "") or str(default)
    if not text.isdecimal():
        raise ValueError(f"rushlight: RUSHLIGHT_{name}={text} is no whole number")
    return int(text)


eager = flag("EAGER")
"""Run each op at once instead of recording windows (for debugging)."""

engine = os.environ.get("RUSHLIGHT_ENGINE", "")
"""The engine that compiles hot windows: "numpy" for none, "llvm", or "" for whichever there is."""

deterministic = flag("DETERMINISTIC")
"""Wait for machine code where a window first wants it, so that runs are equal to the bit."""

haste = flag("HASTE")
"""Compile whatever is hot at once, however little time it has taken: see runtime/worth.py."""

strict = flag("STRICT")
"""Raise what goes wrong while a program is compiled, instead of staying with NumPy."""

window_cap = 5000
"""A window is flushed when it holds this many calls, whatever they are."""

trie_cap = 40_000
"""The trie of recorded calls is started afresh when it holds this many."""

hot = 3
"""A window seen this many times is compiled by the engine instead of interpreted node by node."""

recompile_limit = whole("RECOMPILE_LIMIT", 8)
"""So many programs are compiled for the windows of one place in a program: see runtime/sites.py."""
