"""Where the time of a compiled step goes: cycles of each group of loops, the most expensive first.

    python benchmarks/groups.py lenet
    python benchmarks/groups.py gpt --threads 2

runs a program of `programs/` until its step is compiled, then its machine code alone, on random
numbers. A row says the group's share of the step; how many innermost iterations a cycle it takes;
of products and convolutions the operations a cycle (two for each product that is added up), and
what part that is of the most that all threads could do; then its loops, how they are run, and how
many forms they compute. A cycle is one of the processor's counter, which may not be its clock, so
that most is measured in the same way: fused multiply-adds and nothing else. A group that leaves out
products with zeros can do more. Of several threads the first is watched: where it waits for the
others, that is counted for the group that they are needed for.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "programs")]

import rushlight
from rushlight.engines.llvm import pool
from rushlight.engines.llvm.builder import Builder, parameter
from rushlight.engines.llvm.forms import Kind
from rushlight.engines.llvm.jit import build
from rushlight.engines.llvm.target import target
from rushlight.engines.llvm.translate import Compiled, output_strides
from rushlight.runtime.recorder import local

ROUNDS, SHOWN = 100, 25
CHAINS, STEPS = 12, 20_000
"""Sums at a time, enough to hide how long one takes, and their steps, to measure the peak."""


def hot_plan(name):
    """The plan of the last window of a program, once it is hot."""
    step = importlib.import_module(name).setup(rushlight)
    for _ in range(8):
        step()
    return local.recorder.last.plan


def array_for(node, rng):
    """Random numbers in the layout of a leaf; a Python number for one that is a number."""
    if node.number:
        return {"float32": 0.25, "int64": 3, "bool": True}[node.dtype.name]
    whole = node.dtype.name in ("int64", "int32")
    numbers = rng.integers(0, 2, node.shape) if whole else rng.uniform(0.1, 1, node.shape)
    out = empty(node.shape, node.dtype.numpy, node.strides)
    out[...] = numbers
    return out


def empty(shape, dtype, strides):
    """An array with these strides, in elements."""
    order = sorted(range(len(shape)), key=lambda k: -strides[k])
    inverse = sorted(range(len(order)), key=lambda k: order[k])
    return np.empty([shape[k] for k in order], dtype).transpose(inverse)


class Runner:
    """A compiled program with arrays to run on."""

    def __init__(self, compiled):
        program, self.step = compiled.program, compiled.step
        rng = np.random.default_rng(0)
        self.arrays = [array_for(leaf, rng) for leaf in program.inputs]
        self.arrays += [
            empty(n.shape, n.dtype.numpy, output_strides(n))
            for k, n in enumerate(program.outputs)
            if k not in compiled.updates
        ]
        module = self.step.emit(profile=True)
        arena = np.zeros(self.step.memory.arena.end + 64, np.uint8)
        self.arena = arena[-arena.ctypes.data % 64 :]
        self.status = np.zeros(1, np.int64)
        symbols = {"arena": self.arena.ctypes.data, "status": self.status.ctypes.data}
        symbols |= module.symbols | pool.symbols()
        self.address = build(module.module(), ["step"], symbols)["step"]
        self.table = np.zeros(len(self.arrays), np.uint64)
        for k, x in enumerate(self.arrays):
            if isinstance(x, float):
                self.table[k : k + 1].view(np.float64)[0] = x
            else:
                self.table[k] = int(x) if isinstance(x, int) else x.ctypes.data
        start = pool.symbols()["pool_dispatch"] if self.step.parallel else self.address
        self.function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(start)
        place = self.table.ctypes.data
        self.given = (self.address, place, 0, 0) if self.step.parallel else (place, 0, 0, 1)

    def run(self):
        """One step."""
        self.function(*self.given)
        if self.status[0]:
            raise SystemExit("an index is out of range")

    def cycles(self):
        """The least cycles of each group over many steps."""
        n = len(self.step.schedule.groups)
        best = np.full(n, np.inf)
        at = self.step.profile
        for _ in range(ROUNDS):
            self.run()
            marks = self.arena[at : at + 8 * (n + 1)].view(np.int64)
            best = np.minimum(best, np.diff(marks))
        return best


def operations(group):
    """The additions and multiplications of a group's products that are added up."""
    products = [form for form in group.folds if is_product(form)]
    return 2 * group.work * len(products)


def is_product(form):
    """Whether a fold adds up products of two numbers, as a matrix product or convolution does."""
    source = form.inputs[0]
    while source.kind in (Kind.VIEW, Kind.RESHAPE):
        source = source.inputs[0]
    adds = form.how[0] == "add" and form.type in ("float", "double")
    return adds and source.kind is Kind.MAP and source.how == "mul"


def measured_peak(kind="float"):
    """The most operations a cycle of one thread: fused multiply-adds that wait for nothing."""
    b = Builder()
    lanes = target().lanes(kind)
    x, y = [b.splat(parameter(name, kind), lanes) for name in ("x", "y")]
    b.declare("i64", "llvm.readcyclecounter", [])
    start = b.here("call i64 @llvm.readcyclecounter()", "i64")
    sums = [b.splat(b.number(float(k), kind), lanes) for k in range(CHAINS)]
    sums = b.loop(0, STEPS, 1, lambda i, *s: [b.fma(total, x, y) for total in s], sums)
    stop = b.here("call i64 @llvm.readcyclecounter()", "i64")
    whole = sums[0]
    for total in sums[1:]:
        whole = b.add(whole, total)
    out = parameter("out", "ptr")
    b.store(whole, out)
    b.function("peak", [out, parameter("x", kind), parameter("y", kind)], b.sub(stop, start))
    address = build(b.module(), ["peak"])["peak"]
    number = ctypes.c_float if kind == "float" else ctypes.c_double
    function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, number, number)(address)
    room = np.zeros(lanes)
    least = min([function(room.ctypes.data, 0.5, 1.0) for _ in range(ROUNDS)])
    return 2 * lanes * CHAINS * STEPS / least


def arguments():
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="its name in programs/")
    parser.add_argument("--threads", type=int, default=1)
    words = "operations a cycle of one thread, in float32; measured if it is left out"
    parser.add_argument("--peak", type=float, help=words)
    return parser.parse_args()


def main():
    given = arguments()
    name = given.program
    rushlight.set_num_threads(given.threads)
    plan = hot_plan(name)
    start = time.perf_counter()
    runner = Runner(Compiled(plan.simplified, plan.updates))
    built = time.perf_counter() - start
    cycles, step = runner.cycles(), runner.step
    groups = step.schedule.groups
    print(
        f"{name}: {len(groups)} groups, {len(step.names)} functions, {built * 1e3:.0f} ms to build"
    )
    peak = (given.peak or measured_peak()) * (given.threads if step.parallel else 1)
    work = np.array([operations(group) for group in groups])
    total, least = work.sum(), np.maximum(cycles, 1)
    print(f"{cycles.sum() / 1e3:.0f} thousand cycles a step, {total / 1e6:.1f} million operations")
    print(f"{total / cycles.sum() / peak:.1%} of {peak:.1f} operations a cycle, in products")
    ways = {id(group.forms[0]): choice for group, choice in step.choices}
    for k in np.argsort(-cycles)[:SHOWN]:
        group = groups[k]
        choice = ways.get(id(group.forms[0]))
        way = f"{choice.kind} {choice.vector} {choice.tile}" if choice else "as another"
        rate = group.work * max(1, len(group.folds)) / least[k]
        done = work[k] / least[k]
        products = f"{done:6.1f} ops {done / peak:4.0%}" if work[k] else ""
        sizes = f"{list(group.parallel)} x {list(group.folded)}"
        share = cycles[k] / cycles.sum()
        speed = f"{share:6.1%} {rate:6.2f} a cycle {products:<16}"
        print(f"{speed} {sizes:<36}{way:<34}{len(group.forms)}")


if __name__ == "__main__":
    main()
