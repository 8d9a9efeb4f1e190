"""`rushlight doctor`: what this machine offers, what is made of it, and whether that works."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .. import cores
from ..config import VERSION

try:
    from ..engines.llvm import cache, jit, layout, target
    from ..engines.llvm.builder import Builder, parameter
except ImportError as problem:
    MISSING = str(problem)
else:
    MISSING = ""

TOLD = (
    "sse4.2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vnni", "avx512bf16",
    "avx512fp16", "amx-bf16", "neon", "sve", "sve2", "bf16",
)  # fmt: skip
"""What a processor may have that matters to numerical code."""

HELP = """usage: rushlight doctor [--clear-cache]

Says which engine runs programs, on which processor, with how many threads, and where compiled code
is kept; and compiles a small program to see that it works. The exit status is 0 if it does.

  --clear-cache   delete the compiled code that is kept"""


def run(args: list[str]) -> int:
    """Print the report, or clear the cache; the exit status."""
    if args and args[0] in ("-h", "--help"):
        print(HELP)
        return 0
    if args not in ([], ["--clear-cache"]):
        print(f"rushlight doctor: what is {' '.join(args)}?\n\n{HELP}")
        return 2
    if args:
        return clear_cache()
    system = f"{platform.system()} {platform.machine()}"
    print(
        f"rushlight {VERSION}, Python {platform.python_version()}, NumPy {np.__version__}, {system}"
    )
    for topic, words in report():
        print(f"{topic:<11}{words}")
    problem = trial()
    print(f"{'verdict':<11}{problem or 'all is well'}")
    return 1 if problem else 0


def report() -> Iterator[tuple[str, str]]:
    """Topics and what there is to say of each."""
    if MISSING:
        yield "engine", "numpy, because llvmlite cannot be imported: pip install llvmlite"
    elif not layout.supported():
        yield "engine", "numpy, because this interpreter keeps arrays otherwise than expected"
    else:
        yield "engine", f"llvm for what runs often, numpy for the rest ({target.versions()})"
        processor = target.target()
        sizes = ", ".join([size_text(size) for size in processor.caches])
        yield "processor", f"{processor.name} ({processor.lanes('float')} floats)"
        known = processor.features.split(",")
        yield "features", ", ".join([f for f in TOLD if f"+{f}" in known]) or "those of its name"
        yield "memory", f"caches of {sizes}"
    yield "threads", f"{cores.threads()} compute, {cores.count_cores()} cores may be used"
    if not MISSING:
        yield "cache", cache_text()
    chosen = {k: v for k, v in sorted(os.environ.items()) if k.startswith("RUSHLIGHT_")}
    yield "settings", ", ".join([f"{k}={v}" for k, v in chosen.items()]) or "none are changed"


def cache_text() -> str:
    """Where compiled code is kept, and how much of it."""
    where = cache.folder()
    if where is None:
        return "turned off"
    files = cache.entries(where)
    size = sum([size for _, size, _ in files])
    kept = f"{where}: {programs(len(files))}, {size_text(size)} of {size_text(cache.cap())}"
    return kept if can_write(where) else f"{kept}; it cannot be written to"


def can_write(where: Path) -> bool:
    """Whether files can be made in a folder, or in the nearest one above it that exists."""
    while not where.exists() and where != where.parent:
        where = where.parent
    return os.access(where, os.W_OK)


def clear_cache() -> int:
    """Delete compiled code and say how much; the exit status."""
    if MISSING:
        print("there is no cache: llvmlite cannot be imported")
        return 0
    where = cache.folder()
    if where is None:
        print("the cache is turned off (RUSHLIGHT_CACHE=0)")
        return 0
    size = sum([size for _, size, _ in cache.entries(where)])
    count = cache.clear()
    print(f"deleted {programs(count)} ({size_text(size)}) from {where}")
    return 0


def trial() -> str:
    """What went wrong in compiling and running a program of one sum, or nothing."""
    if MISSING:
        return ""
    b = Builder()
    x, out = parameter("x", "ptr"), parameter("out", "ptr")
    lanes = target.target().lanes("double")
    b.store(b.reduce("add", b.load(x, "double", lanes)), out)
    b.function("trial", [x, out])
    try:
        image = jit.compile_text(b.module())
        address = jit.link(image, ["trial"], b.symbols)["trial"]
    except RuntimeError as error:
        return f"LLVM cannot compile here: {error}"
    values, got = np.arange(lanes, dtype=np.float64), np.zeros(1)
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(address)
    function(values.ctypes.data, got.ctypes.data)
    return "" if got[0] == values.sum() else f"wrong result: {got[0]}, not {values.sum()}"


def programs(count: int) -> str:
    """The number of programs, in words."""
    return "1 program" if count == 1 else f"{count} programs"


def size_text(size: int) -> str:
    """A number of bytes, in words.

    >>> size_text(48 << 10)
    '48 KiB'
    """
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << shift:
            return f"{size / (1 << shift):.3g} {unit}"
    return f"{size} bytes"
