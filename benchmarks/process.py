"""The notes' y = x^2 as a whole process: start, import, 2000 steps, end; cold and warm cache."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import environment

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "tests" / "notes" / "8_square.py"


def run(command, env):
    """Seconds of one run, and what it printed last; or why it failed."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=env, check=False
    )
    taken = time.perf_counter() - start
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["died"])[-1]}
    last = float(done.stdout.split()[-1])
    return {"micros": taken * 1e6, "first_ms": taken * 1e3, "first": 0.0, "last": last}


def measured(contenders, rounds, env):
    """{contender: measurement}; `first_ms` of rushlight is a run with a cold cache."""
    env = {**env, "PYTHONPATH": str(ROOT)}
    best = {}
    with tempfile.TemporaryDirectory() as folder:
        for k in range(rounds):
            if "rushlight" in contenders:
                command = ["-m", "rushlight", "run", str(PROGRAM)]
                cold = run(command, {**env, "RUSHLIGHT_CACHE": str(Path(folder, str(k)))})
                warm = run(command, {**env, "RUSHLIGHT_CACHE": str(Path(folder, "0"))})
                if "error" not in warm:
                    warm["first_ms"] = cold["first_ms"]
                keep(best, "rushlight", warm)
            if "torch" in contenders:
                keep(best, "torch", run([str(PROGRAM)], env))
    return best


def keep(best, name, found):
    """Keep the best of what was measured."""
    old = best.get(name)
    if old is None or "error" in found:
        best[name] = found
    elif "error" not in old:
        first = min(old["first_ms"], found["first_ms"])
        best[name] = {**min(old, found, key=lambda m: m["micros"]), "first_ms": first}


def main():
    for name, found in measured(("rushlight", "torch"), 3, environment()).items():
        if "error" in found:
            print(f"{name}: {found['error']}")
        else:
            cold, warm = found["first_ms"] / 1e3, found["micros"] / 1e6
            print(f"{name:<12}{warm:8.2f} s   with a cold cache {cold:8.2f} s")


if __name__ == "__main__":
    main()
