"""How many threads compute: one for each core this process may use, unless it is told otherwise.

The number lies in memory that compiled code reads, so a change holds from the next step on.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

SYSTEM = Path("/sys/devices/system/cpu")
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable() -> list[int]:
    """The processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def count_cores() -> int:
    """How many cores there are to compute on: hyperthreads of one core count once."""
    cores = set()
    for cpu in usable():
        try:
            siblings = SYSTEM / f"cpu{cpu}" / "topology" / "thread_siblings_list"
            cores.add(siblings.read_text())
        except OSError:
            cores.add(str(cpu))
    return max(1, min(len(cores), quota()))


def quota(file: Path = QUOTA) -> int:
    """How many processors' time this process may take, rounded up; a container sets it."""
    try:
        most, period = file.read_text().split()
        return max(1, -(-int(most) // int(period)))
    except (OSError, ValueError):  # no such file, or "max"
        return 1 << 16


def default() -> int:
    """OMP_NUM_THREADS if it says a number, else the number of cores."""
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(wanted) if wanted.isdigit() and int(wanted) > 0 else count_cores()


CELL = ctypes.c_int64(default())
"""The number, where compiled code finds it."""


def threads() -> int:
    """How many threads compute."""
    return CELL.value


def set_threads(n: int) -> None:
    """Compute with `n` threads from now on, NumPy's matrix products included."""
    CELL.value = n
    set_blas_threads = blas_setter()
    if set_blas_threads is not None:
        set_blas_threads(n)


@cache
def blas_setter() -> Callable[[int], Any] | None:
    """The function that tells the OpenBLAS in NumPy's wheel its number of threads, if it is there.

    Waiting for each other, its threads lose a time slice per product where others want the cores.
    """
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in folder.glob("*openblas*"):
            library = ctypes.CDLL(str(file))  # loaded long ago
            for name in BLAS_SETTERS:
                found: Callable[[int], Any] | None = getattr(library, name, None)
                if found is not None:
                    return found
    return None


BLAS_SETTERS = ("scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads")
"""What it may be called."""
