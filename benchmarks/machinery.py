"""What a warm step costs besides computing: microseconds, when machine code would take no time.

The engine here computes nothing: its outputs are left as they are. So only what Python does is
timed: recording, and running and delivering windows. `python benchmarks/machinery.py [program]`.
"""

import gc
import importlib
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "programs")]

import rushlight as torch
from rushlight.engines.engine import Output
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

STEPS = 20
REPEATS = 4000


class Nothing:
    """Machine code that takes no time, and computes nothing."""

    def __init__(self, program, updates):
        self.updates = dict(updates)
        self.outputs = [
            Output(o.shape, o.dtype, o.strides)
            for k, o in enumerate(program.outputs)
            if k not in self.updates
        ]

    def call(self, recorder, halt, *arrays):
        """Only say that it is done."""
        recorder.at = halt


class NoEngine:
    """The engine that makes such code."""

    name = "none"
    compile = Nothing


def least(function):
    """The least microseconds of a call, over many repeats of STEPS calls."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(STEPS):
            function()
        best = min(best, time.perf_counter() - start)
    return best / STEPS * 1e6


def warm(function):
    """`function`, called until its windows are compiled."""
    for _ in range(3):
        for _ in range(10):
            function()
        compiling.wait()
    return function


def parts(steps):
    """The least microseconds that each of the parts takes, called in turns."""
    best = [float("inf")] * len(steps)
    for _ in range(REPEATS * 3):
        for k, step in enumerate(steps):
            start = time.perf_counter()
            step()
            best[k] = min(best[k], time.perf_counter() - start)
    empty = min(timed_nothing() for _ in range(REPEATS * 3))
    return [(b - empty) * 1e6 for b in best]


def timed_nothing():
    """What measuring itself takes."""
    start = time.perf_counter()
    (lambda: None)()
    return time.perf_counter() - start


def split():
    """The parts of a step of y = x^2."""
    nn = torch.nn
    model = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
    x = torch.linspace(-3, 3, 100).unsqueeze(1)
    y = x.pow(2)
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    kept = {}

    def forward():
        kept["out"] = model(x)

    def loss():
        kept["loss"] = criterion(kept["out"], y)

    steps = {
        "forward (3 layers)": forward,
        "criterion": loss,
        "zero_grad": optimizer.zero_grad,
        "backward": lambda: kept["loss"].backward(),
        "step, and the window": lambda: (kept.pop("out"), optimizer.step()),
    }
    warm(lambda: [step() for step in steps.values()])
    return dict(zip(steps, parts(list(steps.values())), strict=True))


def calls():
    """Verified calls, one at a time: the recorder is put back after each."""
    nn = torch.nn
    linear = nn.Linear(3, 3)
    y, h = torch.zeros(2, 3), linear(torch.ones(2, 3))
    recorder = local.recorder
    at = recorder.at
    kinds = {
        "torch.relu(h)": lambda: torch.relu(h),
        "h + h": lambda: h + h,
        "h * 2.0": lambda: h * 2.0,
        "h.sum(1)": lambda: h.sum(1),
        "h.reshape(3, 2)": lambda: h.reshape(3, 2),
        "h.softmax(dim=-1)": lambda: h.softmax(dim=-1),
        "nn.Linear": lambda: linear(h),
        "F.mse_loss(h, y)": lambda: nn.functional.mse_loss(h, y),
    }
    found = {}
    for name, call in kinds.items():

        def again(call=call):
            recorder.at = at
            call()

        for _ in range(20):
            again()
        found[name] = least(again) * 1e3
    recorder.at = at
    return found


def main():
    compiling.state.find_engine()  # for the machine code that is around programs
    compiling.state.engine = NoEngine
    gc.collect()
    for name in sys.argv[1:] or ["square", "digits"]:
        step = warm(importlib.import_module(name).setup(torch))
        print(f"{name:<28}{least(step):8.2f} us a step, nothing computed")
    print("of square:")
    for name, micros in split().items():
        print(f"  {name:<26}{micros:8.2f} us")
    print("verified calls:")
    for name, nanos in calls().items():
        print(f"  {name:<26}{nanos:8.0f} ns")


if __name__ == "__main__":
    main()
