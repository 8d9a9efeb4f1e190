"""What is around a warm program in machine code: it does what Python would, or nothing."""

import gc
import importlib
import inspect
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from conftest import compile_with

import rushlight as torch
from rushlight.nn import functional as F
from rushlight.optim.repetition import Repetition
from rushlight.runtime import compiling
from rushlight.runtime.hot import NativeReplay
from rushlight.runtime.recorder import local

pytest.importorskip("llvmlite")

WARM = 12


class Loop:
    """A small network that learns; `step` returns the loss."""

    def __init__(self, kind=torch.optim.Adam):
        torch.manual_seed(0)
        nn = torch.nn
        self.model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        self.x = torch.linspace(-1, 1, 8).reshape(4, 2)
        self.y = self.x.sum(1, keepdim=True)
        self.optimizer = kind(self.model.parameters(), lr=0.1)

    def step(self):
        loss = F.mse_loss(self.model(self.x), self.y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def run(self, steps):
        for _ in range(steps):
            loss = self.step()
        return loss

    @property
    def numbers(self):
        return [p.tolist() for p in self.model.parameters()]

    @property
    def repetition(self):
        return next(k for k in self.optimizer.known.values() if isinstance(k, Repetition))


@pytest.fixture
def native(monkeypatch):
    """Machine code at once."""
    return compile_with(importlib.import_module("rushlight.engines.llvm"), monkeypatch)


@pytest.fixture
def both(native, monkeypatch):
    """Calls a function with the machinery and without: what it returned each time."""

    def call(function):
        found = [function()]
        monkeypatch.setattr(compiling.state, "machinery", None)
        local.recorder.restart()
        return [*found, function()]

    return call


def forbidden(*args):
    """What must not be called."""
    raise AssertionError("Python was asked")


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.SGD])
def test_a_warm_step_is_taken_without_python(native, kind, monkeypatch):
    loop = Loop(kind)
    loop.run(WARM)
    monkeypatch.setattr(loop.repetition, "slow", forbidden)
    monkeypatch.setattr(loop.optimizer, "step_anew", forbidden)
    window, flushes = loop.repetition.plan.window, local.recorder.flushes
    count, steps = window.count, loop.optimizer.cohorts[0].step
    losses = [loop.step() for _ in range(WARM)]
    assert len({id(loss._array) for loss in losses}) == WARM  # each is held, each has its own
    assert window.count == count + WARM
    assert local.recorder.flushes == flushes + WARM
    assert loop.optimizer.cohorts[0].step == steps + WARM
    assert len({loss.item() for loss in losses}) == WARM


def test_another_rate_at_each_step_asks_nobody(both, monkeypatch):
    def run():
        loop = Loop()
        scheduler = torch.optim.lr_scheduler.ExponentialLR(loop.optimizer, 0.9)
        for k in range(3 * WARM):
            loop.step()
            scheduler.step()
            if k == WARM and loop.repetition.by_rote is not None:
                monkeypatch.setattr(loop.repetition, "slow", forbidden)
                monkeypatch.setattr(loop.optimizer, "step_anew", forbidden)
        return loop.numbers

    fast, slow = both(run)
    assert fast == slow


def test_a_group_in_the_place_of_another_counts(native):
    loop = Loop()
    loop.run(WARM)
    loop.optimizer.param_groups[0] = {**loop.optimizer.param_groups[0], "lr": 0.0}
    before = loop.numbers
    loop.run(WARM)
    assert loop.numbers == before
    loop.optimizer.param_groups[0]["lr"] = 0.1
    loop.run(1)
    assert loop.numbers != before


def test_a_thread_that_has_ended_is_in_nobodys_way(native, monkeypatch):
    loop = Loop()
    gc.disable()  # its recorder is part of a cycle
    try:
        thread = threading.Thread(target=lambda: Loop().run(2).item())
        thread.start()
        loop.run(2)
        thread.join()
        loop.run(WARM)
        monkeypatch.setattr(loop.repetition, "slow", forbidden)
        monkeypatch.setattr(loop.optimizer, "step_anew", forbidden)
        loop.run(WARM)
    finally:
        gc.enable()


LATE = """
import rushlight as torch
from rushlight.runtime import compiling, warm
from rushlight.utils.data import default_collate  # loads a part of nn
x = torch.rand(20)
for _ in range(2):
    for _ in range(20):
        (x * 2).tolist()
    compiling.wait()
print(len(warm.made), "rushlight.nn.module" in __import__("sys").modules)
model = torch.nn.Linear(1, 1)
print(type(torch.nn.Module.__call__).__name__, type(torch.nn.functional.plain_linear).__name__)
"""


def test_what_is_imported_after_the_first_machine_code_gets_some_too():
    found = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True)
    assert found.stdout.split() == ["1", "False", "method_descriptor", "builtin_function_or_method"]
    assert not found.stderr


def test_inference_is_done_without_python(native, monkeypatch):
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sigmoid())
    x, replays = torch.ones(2), []

    def look():
        with torch.no_grad():
            return model(x).argmax().item()

    found = {look() for _ in range(WARM)}
    found_now = [r for r in gc.get_objects() if issubclass(type(r), NativeReplay)]
    replays = [r for r in found_now if r.by_rote]
    assert replays and len(found) == 1
    for replay in replays:
        monkeypatch.setattr(replay, "slow", forbidden)
    assert look() in found


def test_calls_with_several_results_are_done_without_python(native, monkeypatch):
    crowd = torch.many(lambda: torch.nn.Linear(2, 1), seeds=range(3))
    optimizer, x, kept = torch.optim.SGD(crowd.parameters(), lr=0.1), torch.ones(4, 2), []

    def step():
        optimizer.zero_grad()
        best, place = crowd.each(lambda model: model(x).square().mean()).max(0)
        best.backward()
        optimizer.step()
        kept.append(place)
        return best

    for _ in range(WARM):
        step()
    known = next(k for k in optimizer.known.values() if isinstance(k, Repetition))
    monkeypatch.setattr(known, "slow", forbidden)
    losses = [step().item() for _ in range(WARM)]
    assert losses == sorted(losses, reverse=True)
    assert {place.item() for place in kept} <= {0, 1, 2}


def looks_at_gradients(loop, k):
    if k % 3 == 0:
        loop.step()
        return [p.grad.tolist() for p in loop.model.parameters()]
    return loop.step().item()


def changes_options(loop, k):
    loop.optimizer.param_groups[0]["lr"] = 0.1 / (k + 1)
    return loop.step().item()


def adds_up(loop, k):
    F.mse_loss(loop.model(loop.x), loop.y).backward()
    return loop.step().item()


def freezes(loop, k):
    loop.model[0].bias.requires_grad_(k % 4 != 0)
    return loop.step().item()


def keeps_hidden(loop, k):
    hidden = loop.model[:2](loop.x) if k % 5 == 0 else None
    return loop.step().item(), None if hidden is None else hidden.tolist()


def writes_over(loop, k):
    with torch.no_grad():
        loop.model[2].weight.mul_(0.5)
    return loop.step().item()


def hooks(loop, k):
    seen = []
    handle = loop.model[1].register_forward_hook(lambda *given: seen.append(k))
    loop.step()
    handle.remove()
    return seen, loop.step().item()


def replaces(loop, k):
    if k % 4 == 0:
        loop.model[2].bias.data = torch.full((1,), float(k))
    return loop.step().item()


CHANGES = [looks_at_gradients, changes_options, adds_up, freezes, keeps_hidden, writes_over]


@pytest.mark.parametrize("change", [*CHANGES, hooks, replaces])
def test_what_it_refuses_python_does(both, change):
    def run():
        loop = Loop()
        loop.run(WARM)
        return [change(loop, k) for k in range(WARM)], loop.run(3).item(), loop.numbers

    by_machine, by_python = both(run)
    assert by_machine == by_python


def test_what_refuses_too_often_is_not_tried_again(native):
    loop = Loop()
    loop.run(WARM)
    repetition = loop.repetition
    for _ in range(60):
        loop.step()
        assert loop.model[0].weight.grad is not None
    assert repetition.repeat is repetition.slow


def test_references_are_given_back(native):
    loop = Loop()
    loop.run(WARM)
    kinds = ("Entry", "Cell", "Node", "Fresh", "Window", "Dues", "Recorder", "Repetition", "Slots")
    gc.collect()
    things = [t for t in gc.get_objects() if type(t).__name__ in kinds]
    before = [sys.getrefcount(thing) for thing in things]
    loop.run(200)
    after = [sys.getrefcount(thing) for thing in things]
    assert max(abs(b - a) for b, a in zip(before, after, strict=True)) < 20


def test_a_table_is_refused_unless_all_is_given(native):
    loop = Loop()
    loop.run(WARM)
    machinery = compiling.state.machinery
    table = loop.repetition.by_rote.table
    before = loop.numbers
    for given in ((), (1,), (table,), (table, 1, 2, 3), (None, 1), (np.zeros(1),) * 3):
        assert machinery.run(*given) is False if given else machinery.run() is False
    assert loop.numbers == before


def test_modules_are_called_as_ever(native):
    Loop().run(WARM)
    linear = torch.nn.Linear(2, 3)
    x = torch.ones(2)
    wanted = linear.forward(x).tolist()
    assert linear(x).tolist() == linear(input=x).tolist() == linear.__call__(x).tolist() == wanted
    assert torch.nn.Module.__call__(linear, x).tolist() == wanted
    assert next(map(linear, [x])).tolist() == wanted
    kinds = [p.kind for p in inspect.signature(linear.__call__).parameters.values()]
    assert kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]
    linear.forward = lambda x, scale=1.0: x * scale
    assert linear(x, scale=3.0).tolist() == [3.0, 3.0]
    with pytest.raises(TypeError, match="forward"):
        torch.nn.Tanh()()


def test_other_threads_and_children_record_as_ever(native):
    loop = Loop()
    loop.run(WARM)
    found = []
    thread = threading.Thread(target=lambda: found.append(Loop().run(WARM).item()))
    thread.start()
    thread.join()
    assert found == [Loop().run(WARM).item()]
    if hasattr(os, "fork"):
        child = os.fork()
        if not child:
            os._exit(int(Loop().run(WARM).item() != found[0]))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
