"""How long importing takes beyond NumPy, and the peak memory of the notes' program."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7

PEAK = """
import sys, resource
sys.path.insert(0, {programs!r})
import square
import {name} as torch
step = square.setup(torch)
for _ in range(2000): step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def python(code):
    """The number a program prints, in a process of its own (compiled modules are cached)."""
    drop = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
    env = {k: v for k, v in os.environ.items() if k not in drop}
    env["PYTHONPATH"] = str(ROOT)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    return float(done.stdout) if done.returncode == 0 else None


def import_time(module):
    """Milliseconds to import a module in a new process: the least of several."""
    timed = f"t = time.perf_counter(); import {module}; print((time.perf_counter() - t) * 1e3)"
    code = f"import time; {timed}"
    python(code)
    return min((t for t in (python(code) for _ in range(ROUNDS)) if t is not None), default=None)


def main():
    numpy, ours, torch = (import_time(m) for m in ("numpy", "rushlight", "torch"))
    print(f"import numpy      {numpy:8.1f} ms")
    print(f"import rushlight  {ours:8.1f} ms   ({ours - numpy:+.1f} beyond numpy)")
    if torch:
        print(f"import torch      {torch:8.1f} ms")
    programs = str(ROOT / "benchmarks" / "programs")
    for name in ("rushlight", "torch"):
        peaks = [python(PEAK.format(programs=programs, name=name)) for _ in range(3)]
        if None not in peaks:
            print(f"peak memory of y = x^2, {name:<10} {statistics.median(peaks):8.0f} MB")


if __name__ == "__main__":
    main()
