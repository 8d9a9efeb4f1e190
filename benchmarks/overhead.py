"""What recording costs: microseconds per call, verified and new, when nothing is computed."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rushlight as torch
from rushlight.runtime.recorder import local

CALLS = 20
REPEATS = 300


def chain(x, y):
    """A window of CALLS calls."""
    for _ in range(CALLS // 4):
        x = x + y
        x = x * 0.5
        x = torch.relu(x)
        x = torch.add(x, y)
    return x


def recording(x, y):
    """The time of recording one window, per call."""
    start = time.perf_counter()
    kept = chain(x, y)
    taken = time.perf_counter() - start
    del kept
    local.recorder.flush()  # nobody holds anything: the program is empty
    return taken / CALLS * 1e6


def main():
    x, y = torch.ones(3), torch.ones(3)
    new = min(recording(torch.ones(3 + k), torch.ones(3 + k)) for k in range(30))
    for _ in range(50):
        recording(x, y)
    verified = min(recording(x, y) for _ in range(REPEATS))
    with torch.eager():
        start = time.perf_counter()
        for _ in range(50):
            chain(x, y)
        eager = (time.perf_counter() - start) / 50 / CALLS * 1e6
    print(f"a call recorded for the first time   {new:8.2f} us")
    print(f"a call that repeats the last         {verified:8.2f} us")
    print(f"a call run at once (eager)           {eager:8.2f} us")


if __name__ == "__main__":
    main()
