"""One contender: runs a program with one framework and prints what it measured as JSON."""

import importlib
import json
import resource
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WARM_STEPS = 100
SECONDS = 1.0
REPEATS = 5


def framework(name, threads):
    """The module called `torch`, of one framework or the other."""
    if name == "rushlight":
        sys.path.insert(0, str(HERE.parent))
        import rushlight

        return rushlight
    import torch
    import torch.utils.data

    torch.set_num_threads(threads)
    return torch


def measure(step):
    """The least time of a step in microseconds, over several repeats of about SECONDS each."""
    for _ in range(WARM_STEPS):
        step()
    start = time.perf_counter()
    for _ in range(20):
        step()
    count = max(20, int(SECONDS / ((time.perf_counter() - start) / 20)))
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(count):
            loss = step()
        best = min(best, (time.perf_counter() - start) / count)
    return best * 1e6, float(loss)


def main():
    program, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.path.insert(0, str(HERE / "programs"))
    step = importlib.import_module(program).setup(framework(name, threads))
    micros, loss = measure(step)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"micros": micros, "loss": loss, "peak_mb": peak}))


if __name__ == "__main__":
    main()
