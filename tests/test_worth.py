"""A window is compiled when it has run on NumPy for so long that this is worth it."""

import os
import subprocess
import sys

import pretend
import pytest

import rushlight as torch
from rushlight.runtime import compiling, worth
from rushlight.runtime.recorder import local

TIMID = """
import rushlight as torch
from rushlight.runtime import compiling, worth
from rushlight.runtime.recorder import local
from rushlight.engines.llvm import jit
worth.EACH = 1e9
x = torch.arange(24.0).reshape(4, 6)
for _ in range(6):
    y = {function}
    y.sum().item()
    while not compiling.state.is_idle(): pass
plan = local.recorder.last.plan
if {waited}: compiling.wait()
print(jit.compile_count() > 0, plan.native is not None, y.sum().item())
"""


class Engine:
    """An engine that pretends, and has at hand what it is told."""

    compile = staticmethod(pretend.compile)

    def __init__(self, kept):
        self.kept = kept

    def recall(self, program, updates):
        return pretend.compile(program, updates) if self.kept else None


def visited(count):
    """The plan of a window that came so often."""
    x = torch.ones(3)
    for _ in range(count):
        (x * 2).sum().item()
    return local.recorder.last.plan


@pytest.fixture
def asked(monkeypatch):
    """What the runtime asks for, with no engine that is in haste."""
    found = []
    local.recorder.restart()
    monkeypatch.setattr(compiling.config, "haste", False)
    monkeypatch.setattr(compiling.state, "available", True)
    monkeypatch.setattr(compiling.state, "ask", found.append)
    return found


def test_what_is_dear_is_only_looked_for_on_disk(asked, monkeypatch):
    monkeypatch.setattr(worth, "EACH", 1e9)
    plan = visited(150)
    assert asked == [compiling.Kept(plan)] and plan in compiling.state.put_off
    compiling.wait(0)
    assert asked == [compiling.Kept(plan), plan] and plan not in compiling.state.put_off


def test_what_has_run_for_long_enough_is_compiled_once(asked, monkeypatch):
    monkeypatch.setattr(worth, "EACH", 1e-12)
    plan = visited(50)
    assert asked == [plan]


def test_it_is_looked_at_again_when_it_has_come_often(asked, monkeypatch):
    monkeypatch.setattr(worth, "visits", lambda price, spent, count: count + 20)
    monkeypatch.setattr(worth, "EACH", 1e9)
    plan = visited(22)
    assert asked == [compiling.Kept(plan)] and plan.again == 23
    assert visited(1) is plan and asked == [compiling.Kept(plan), plan]
    assert visited(100) is plan and len(asked) == 2


def test_how_often_it_will_have_come():
    spent = worth.Spent()
    with spent.run():
        pass
    spent.least, spent.total = 0.002, 0.006
    assert worth.visits(0.1, spent, 3) == 50
    assert worth.visits(0.001, spent, 3) == 3


@pytest.mark.parametrize("kept", [True, False])
def test_code_that_is_at_hand_is_used_at_once(asked, monkeypatch, kept):
    monkeypatch.setattr(worth, "EACH", 1e9)
    monkeypatch.setattr(compiling.state, "engine", Engine(kept))
    monkeypatch.setattr(compiling.state, "ask", compiling.state.compile)
    assert (visited(6).native is not None) == kept


@pytest.mark.parametrize("function", ["(x * 2 + 1).exp()", "(x * 2).sort(0)[0] * 3"])
def test_another_process_finds_it_on_disk(tmp_path, function):
    pytest.importorskip("llvmlite")
    environment = {**os.environ, "RUSHLIGHT_CACHE": str(tmp_path), "RUSHLIGHT_HASTE": "0"}

    def run(waited):
        text = TIMID.format(function=function, waited=waited)
        found = subprocess.run(
            [sys.executable, "-c", text],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        return found.stdout.split()

    before, first, second = run(False), run(True), run(False)
    assert before[:2] == ["False", "False"]
    assert first[:2] == ["True", "True"]
    assert second[:2] == ["False", "True"]
    assert float(second[2]) == pytest.approx(float(before[2]), rel=1e-5)
