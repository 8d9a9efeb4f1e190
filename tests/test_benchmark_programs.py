"""The benchmarks' programs: PyTorch's numbers, and no more work than there was.

Each runs a few steps. What is counted is what times follow from: calls recorded in a step, programs
in a loop, and nodes of the program that a step runs.
"""

import importlib
import importlib.util
from pathlib import Path
from typing import NamedTuple

import pytest

import rushlight
from rushlight.passes import simplify
from rushlight.runtime.recorder import local

PROGRAMS = Path(__file__).parent.parent / "benchmarks" / "programs"


class Counts(NamedTuple):
    """What a warm step may cost at most."""

    entries: int
    windows: int
    nodes: int


MOST = {
    "square": Counts(entries=6, windows=1, nodes=73),
    "digits": Counts(entries=7, windows=1, nodes=60),
    "mlp": Counts(entries=8, windows=1, nodes=117),
    "lenet": Counts(entries=15, windows=1, nodes=200),
    "gpt": Counts(entries=95, windows=2, nodes=1473),
    "inference": Counts(entries=5, windows=1, nodes=14),
    "chain": Counts(entries=10, windows=1, nodes=12),
    "lstm": Counts(entries=10, windows=1, nodes=3969),
}

NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py"))


def program(name, monkeypatch):
    """The module of a program, its arrays made small where its size is a mere number."""
    spec = importlib.util.spec_from_file_location(f"program_{name}", PROGRAMS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if name == "chain":
        monkeypatch.setattr(module, "COUNT", 1000)
    if name == "lstm" and getattr(rushlight.nn, "LSTM", None) is None:
        pytest.skip("nn.LSTM is not there yet")
    return module


def windows():
    """The windows of this thread's trie."""
    found = []
    stack = [local.recorder.root]
    while stack:
        entry = stack.pop()
        stack.extend(entry.alternatives.values())
        if entry.window is not None:
            found.append(entry.window)
    return found


def value(result):
    """The number a step returned."""
    return result if isinstance(result, int | float) else result.item()


@pytest.mark.parametrize("name", NAMES)
def test_losses_are_pytorchs(name, monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("torch.utils.data")
    module = program(name, monkeypatch)
    ours, theirs = module.setup(rushlight), module.setup(torch)
    for _ in range(6):
        assert value(ours()) == pytest.approx(value(theirs()), rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_warm_step_costs_no_more(name, monkeypatch):
    local.recorder.flush()
    local.recorder.restart()
    step = program(name, monkeypatch).setup(rushlight)
    for _ in range(4):
        step()
    recorder = local.recorder
    counts = {id(w): w.count for w in windows()}
    entries, flushes = recorder.count, recorder.flushes
    for _ in range(5):
        step()
    used = [w for w in windows() if w.count > counts.get(id(w), 0)]
    assert recorder.count == entries, "a warm step must record nothing new"
    assert recorder.flushes - flushes == 5 * len(used)
    found = Counts(
        entries=sum(len(w.path) for w in used),
        windows=len(used),
        nodes=sum(len(simplify(w.plan.program).order) for w in used),
    )
    assert all(f <= m for f, m in zip(found, MOST[name], strict=True)), (found, MOST[name])


def test_every_program_is_counted():
    assert sorted(MOST) == NAMES


def test_operations_of_a_compiled_step(monkeypatch):
    pytest.importorskip("llvmlite")
    monkeypatch.syspath_prepend(str(PROGRAMS.parent))
    groups = importlib.import_module("groups")
    a, b = rushlight.rand(8, 32), rushlight.rand(32, 16)
    for _ in range(8):
        (a @ b * 2 + b.sum(0)).numpy()
    plan = local.recorder.last.plan
    step = groups.Compiled(plan.simplified, plan.updates).step
    # A sum is no product.
    assert sum([groups.operations(group) for group in step.schedule.groups]) == 2 * 8 * 32 * 16
    assert groups.measured_peak() > groups.measured_peak("double") > 0
