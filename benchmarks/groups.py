"""Where the time of a compiled step goes: cycles of each group of loops, the most expensive first.

    python benchmarks/groups.py lenet

runs a program of `programs/` until its step is compiled, then its machine code alone, on random
numbers, by one thread.
"""

from __future__ import annotations

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
from rushlight.engines.llvm.jit import build
from rushlight.engines.llvm.translate import Compiled, output_strides
from rushlight.runtime.recorder import local

ROUNDS, SHOWN = 100, 25


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


def main():
    name = sys.argv[1]
    rushlight.set_num_threads(1)
    plan = hot_plan(name)
    start = time.perf_counter()
    runner = Runner(Compiled(plan.simplified, plan.updates))
    built = time.perf_counter() - start
    cycles, step = runner.cycles(), runner.step
    groups = step.schedule.groups
    print(
        f"{name}: {len(groups)} groups, {len(step.names)} functions, {built * 1e3:.0f} ms to build"
    )
    print(f"{cycles.sum() / 1e3:.0f} thousand cycles a step")
    ways = {id(group.forms[0]): choice for group, choice in step.choices}
    for k in np.argsort(-cycles)[:SHOWN]:
        group = groups[k]
        choice = ways.get(id(group.forms[0]))
        way = f"{choice.kind} {choice.vector} {choice.tile}" if choice else "as another"
        rate = group.work * max(1, len(group.folds)) / cycles[k]
        sizes = f"{list(group.parallel)} x {list(group.folded)}"
        share = cycles[k] / cycles.sum()
        print(f"{share:6.1%} {rate:6.2f} a cycle  {sizes:<36}{way:<34}{len(group.forms)}")


if __name__ == "__main__":
    main()
