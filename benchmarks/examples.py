"""The programs of `examples/`, rushlight beside torch eager: time between their prints, warm.

    python benchmarks/examples.py [EXAMPLE ...] [--rounds 3] [--write]

A program runs unchanged, each contender in a process of its own. The moments at which it prints are
noted; what counts is the second half of them, when all that repeats has been compiled. Both
frameworks do the same work there, for they draw the same random numbers. Torch is run with each
number of threads of `--threads`, and its best counts.
"""

import argparse
import builtins
import datetime
import json
import re
import runpy
import statistics
import subprocess
import sys
import time
from pathlib import Path

from report import environment

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
LIMIT = 600

LONG = {
    "char_rnn": "--steps 1000 --log-every 50",
    "cnn": "--train-size 6400 --epochs 2",
    "curve_fit": "--steps 2000",
    "dcgan": "--steps 240",
    "diffusion": "--steps 3000 --log-every 100",
    "dqn": "--steps 3000",
    "gan": "--steps 4000 --log-every 200",
    "gcn": "--epochs 2000 --log-every 100",
    "gpt": "--steps 300",
    "mlp": "--epochs 120",
    "neural_ode": "--steps 1000 --log-every 50",
    "ppo": "--updates 40",
    "reinforce": "--episodes 120",
    "resnet": "--steps 200",
    "seq2seq": "--steps 1000 --log-every 50",
    "siamese": "--epochs 20",
    "super_resolution": "--steps 400 --log-every 20",
    "transformer": "--steps 600",
    "vae": "--steps 2000 --log-every 100",
    "word_lm": "--sentences 6000 --epochs 3",
}
"""Options with which an example runs long enough."""


def worker(name, contender, threads):
    """Run one example; prints how long its second half took, and its last words, as JSON."""
    if contender == "rushlight":
        sys.path.insert(0, str(HERE.parent))
        from rushlight import masquerade

        masquerade.install()
    import torch

    torch.set_num_threads(threads)
    moments, texts = [], []

    def note(*words, **_):
        moments.append(time.perf_counter())
        texts.append(" ".join([str(word) for word in words]))

    show, builtins.print = print, note
    sys.argv = [f"{name}.py", *LONG[name].split()]
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    builtins.print = show
    shapes = [re.sub(r"[-+.\d ]+", "0", text) for text in texts]
    often = max(shapes, key=shapes.count)  # what is said again and again as training goes on
    losses = [k for k, shape in enumerate(shapes) if shape == often]
    half, end = moments[losses[len(losses) // 2]], moments[losses[-1]]
    show(json.dumps({"seconds": end - half, "last": texts[losses[-1]]}))


def measure(name, contender, threads):
    """What one process measured."""
    command = [sys.executable, __file__, "--worker", name, contender, str(threads)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(), timeout=LIMIT, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["died"])[-1]
        raise SystemExit(f"{name}, {contender}: {last}")
    return json.loads(done.stdout.splitlines()[-1])


def compare(name, options):
    """The least times of both contenders, each in turns."""
    if options.rehearse:
        measure(name, "rushlight", max(options.threads))  # what is compiled is kept on disk
    best = {"rushlight": float("inf"), "torch": float("inf")}
    for _ in range(options.rounds):
        for contender in best:
            for threads in options.threads:
                seconds = measure(name, contender, threads)["seconds"]
                best[contender] = min(best[contender], seconds)
    return {**best, "ratio": best["torch"] / best["rushlight"]}


def table(found):
    """The ratios, as Markdown."""
    lines = ["| example | rushlight, s | torch, s | times faster |", "|---|---|---|---|"]
    for name, row in found.items():
        lines.append(
            f"| {name} | {row['rushlight']:.3f} | {row['torch']:.3f} | {row['ratio']:.2f} |"
        )
    median = statistics.median([row["ratio"] for row in found.values()])
    return "\n".join([*lines, f"| median | | | {median:.2f} |"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("examples", nargs="*", default=[])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rehearse", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--write", action="store_true", help="keep the table in results/")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        name, contender, threads = options.worker
        worker(name, contender, int(threads))
        return
    found = {}
    for name in options.examples or sorted(p.stem for p in EXAMPLES.glob("*.py")):
        found[name] = compare(name, options)
        print(table({name: found[name]}).splitlines()[2], flush=True)
    print(table(found))
    if options.write:
        path = HERE / "results" / f"{datetime.date.today().isoformat()}-examples.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# The examples beside torch eager\n\n{table(found)}\n")
        print("written to", path)


if __name__ == "__main__":
    main()
