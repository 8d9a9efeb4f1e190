"""Training programs: rushlight beside torch eager, torch.compile and jax.jit, everything included.

    python benchmarks/run.py [PROGRAM ...] [--contenders rushlight torch ...] [--write]

A contender is a framework, at its best number of threads of those in `--threads`.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import process
from report import ABSENT, environment, table

HERE = Path(__file__).resolve().parent
CONTENDERS = ["rushlight", "torch", "compile", "jax"]
LIMIT = 600
"""Seconds after which a contender is given up."""


def contender(program, name, threads, seconds):
    """What one process measured, or why it measured nothing."""
    command = [sys.executable, str(HERE / "worker.py"), program, name, str(threads), str(seconds)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment(), timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": f"more than {LIMIT} seconds"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["died"])[-1]
        return {"error": ABSENT if "No module named" in last else last}
    return json.loads(done.stdout.splitlines()[-1])


def better(old, new):
    """The best of two measurements of one contender, in each respect."""
    if old is None or "error" in old or "error" in new:
        return new if old is None or "error" in old else old
    best = min(old, new, key=lambda m: m["micros"])
    return {**best, "first_ms": min(old["first_ms"], new["first_ms"])}


def measured(program, options):
    """{contender: measurement}, each contender in turns, so that all meet the same disturbances."""
    best = {}
    for _ in range(options.rounds):
        for name in options.contenders:
            if "error" in best.get(name, {}):
                continue
            for threads in options.threads:
                found = contender(program, name, threads, options.seconds)
                best[name] = better(best.get(name), {**found, "threads": threads})
    return best


def machine():
    """Facts about the machine and the versions of everything."""
    facts = {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}
    cpus = Path("/proc/cpuinfo")
    text = cpus.read_text() if cpus.exists() else ""
    flags = next((line.split() for line in text.splitlines() if line.startswith("flags")), [])
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    facts["processor"] = names[0] if names else platform.processor()
    facts["vectors"] = " ".join(f for f in ("avx2", "fma", "avx512f") if f in flags)
    facts["load"] = round(os.getloadavg()[0], 1)
    versions = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    for package in ("numpy", "llvmlite", "torch", "jax"):
        command = [sys.executable, "-c", versions, package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        facts[package] = done.stdout.strip() or "not there"
    revision = ["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(revision, capture_output=True, text=True, check=False)
    facts["commit"] = done.stdout.strip()
    return facts


def write(found, facts):
    """Keep what was measured in results/, for people and for `picture.py`."""
    stem = HERE / "results" / datetime.date.today().isoformat()
    stem.parent.mkdir(exist_ok=True)
    kept = json.dumps({"machine": facts, "programs": found}, indent=1)
    stem.with_suffix(".json").write_text(kept + "\n")
    stem.with_suffix(".md").write_text(table(found, facts))
    return stem


def arguments(programs):
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="*", default=[], metavar="PROGRAM", help=str(programs))
    parser.add_argument("--contenders", nargs="+", default=CONTENDERS, choices=CONTENDERS)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="times 5 for repeats")
    parser.add_argument("--write", action="store_true", help="keep the table in results/")
    options = parser.parse_args()
    for program in options.programs:
        if program not in programs:
            parser.error(f"no program {program!r}: there are {', '.join(programs)}")
    return options


def main():
    programs = [*sorted(p.stem for p in (HERE / "programs").glob("*.py")), "process"]
    options = arguments(programs)
    facts = machine()
    found = {}
    for program in options.programs or programs:
        if program == "process":
            found[program] = process.measured(options.contenders, options.rounds, environment())
        else:
            found[program] = measured(program, options)
        print(table({program: found[program]}), flush=True)
    if options.write:
        print("written to", write(found, facts))


if __name__ == "__main__":
    main()
