"""One contender: runs a program with one framework and prints what it measured as JSON.

    python benchmarks/worker.py PROGRAM CONTENDER THREADS [SECONDS]

`micros` is the least time of a step, warm; `first_ms` the time of the first step from cold.
"""

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPEAT = 0.02
"""Seconds of one repeat: so short that some of them are not disturbed by other processes, so long
that what comes now and then (an epoch that begins, a collection of garbage) has its part."""
FEWEST, MOST = 5, 100
"""How many steps warm up: as many as fit in the time for one repeat, but so many."""
SETTLE = 4.0
"""Seconds for which a contender that compiles in the background is warmed up, at most."""


def rushlight_program(program, threads):
    """The step function under rushlight."""
    sys.path.insert(0, str(HERE.parent))
    import rushlight

    rushlight.set_num_threads(threads)
    return importlib.import_module(program).setup(rushlight)


def torch_program(program, threads):
    """The step function under torch, each op at once."""
    import torch
    import torch.utils.data

    torch.set_num_threads(threads)
    return importlib.import_module(program).setup(torch)


def compiled_program(program, threads):
    """The step function under torch, its model compiled."""
    import torch
    import torch.utils.data

    torch.set_num_threads(threads)
    return importlib.import_module(program).setup(torch, torch.compile)


def jax_program(program, threads):
    """The step function under jax.jit."""
    if threads == 1:
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = one
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ["JAX_PLATFORMS"] = "cpu"
    sys.path.insert(0, str(HERE))
    import jax

    return importlib.import_module(f"jax_programs.{program}").setup(jax)


SETUPS = {
    "rushlight": rushlight_program,
    "torch": torch_program,
    "compile": compiled_program,
    "jax": jax_program,
}


def value(result):
    """The number a step returned."""
    return result.item() if hasattr(result, "item") else float(result)


def measure(step, seconds):
    """What was measured: short repeats, for 5 times `seconds` in all."""
    start = time.perf_counter()
    first = value(step())
    first_ms = (time.perf_counter() - start) * 1e3
    start = time.perf_counter()
    warm = 0
    while warm < FEWEST or (warm < MOST and time.perf_counter() - start < SETTLE):
        value(step())
        warm += 1
    time.sleep(0.2)  # what is compiled in the background gets ready
    start = time.perf_counter()
    for _ in range(3):
        value(step())  # looked at, for some contenders only begin a step
    count = max(3, int(REPEAT / ((time.perf_counter() - start) / 3)))
    best = float("inf")
    end = start + 5 * seconds
    while best == float("inf") or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(count):
            loss = step()
        last = value(loss)  # else some contenders have only begun
        best = min(best, (time.perf_counter() - start) / count)
    return {"micros": best * 1e6, "first_ms": first_ms, "first": first, "last": last}


def main():
    program, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 1.0
    sys.path.insert(0, str(HERE / "programs"))
    found = measure(SETUPS[name](program, threads), seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, "peak_mb": peak}))


if __name__ == "__main__":
    main()
