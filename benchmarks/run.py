"""Steps of training programs, rushlight against torch eager at its best number of threads."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 3
CONTENDERS = [("rushlight", 1), ("torch", 1), ("torch", 2)]


def contender(program, name, threads):
    """What one process measured, or None if its framework is not there."""
    env = {
        k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    }
    command = [sys.executable, str(HERE / "worker.py"), program, name, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        if "No module named 'torch'" in done.stderr:
            return None
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    programs = sys.argv[1:] or sorted(p.stem for p in (HERE / "programs").glob("*.py"))
    print(
        f"{'program':<12}{'rushlight us':>14}{'torch us':>12}"
        f"{'ratio':>8}{'peak MB':>10}{'torch':>8}"
    )
    for program in programs:
        best = {}
        for _ in range(ROUNDS):  # in turns, so that all meet the same disturbances
            for name, threads in CONTENDERS:
                found = contender(program, name, threads)
                if found is not None and found["micros"] < best.get(name, found)["micros"] + 1e-9:
                    best[name] = found
        ours = best["rushlight"]
        line = f"{program:<12}{ours['micros']:>14.1f}"
        if "torch" in best:
            theirs = best["torch"]
            ratio = theirs["micros"] / ours["micros"]
            line += f"{theirs['micros']:>12.1f}{ratio:>7.2f}x"
            line += f"{ours['peak_mb']:>10.0f}{theirs['peak_mb']:>8.0f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
