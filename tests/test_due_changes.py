"""Gradients that are added to or clipped while nobody asks: no tensor is made, none is wrong."""

import copy
import importlib

import pytest
from conftest import compile_with

import rushlight as torch
from rushlight.optim.repetition import Repetition
from rushlight.runtime import compiling
from rushlight.runtime.due import Due
from rushlight.runtime.recorder import local

WARM = 12
nn = torch.nn


def is_due(p):
    return type(p._cell.grad) is Due


def forbidden(*args):
    """What must not be called."""
    raise AssertionError("Python was asked")


@pytest.fixture
def native(monkeypatch):
    """Machine code at once."""
    pytest.importorskip("llvmlite")
    return compile_with(importlib.import_module("rushlight.engines.llvm"), monkeypatch)


@pytest.mark.parametrize("asked", ["never", "between", "after"])
@pytest.mark.parametrize("ends", [False, True])
def test_gradients_add_up_whoever_asks(each_engine, ends, asked):
    w, v = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    kept = []
    for k in range(2 * WARM):
        w.grad = v.grad = None
        first = (w * v * float(k)).sum()
        first.backward()
        assert not ends or first.item() == 2.0 * k  # the window ends
        if asked == "between" and k % 3 == 0:
            assert w.grad.tolist() == v.grad.tolist() == [k, k]
        second = (w * 3.0).sum()
        second.backward()
        if asked == "after" and k % 3 == 0:
            kept.append((k + 3.0, w.grad))
            assert v.grad.tolist() == [k, k]
        assert second.item() == 6.0
    assert is_due(w) == is_due(v) == (each_engine is not None)
    assert w.grad.tolist() == [k + 3.0] * 2 and v.grad.tolist() == [k] * 2
    assert all([grad.tolist() == [wanted] * 2 for wanted, grad in kept])


@pytest.mark.parametrize("size", [2, 20_000])
def test_a_window_adds_to_what_it_made_itself(each_engine, size):
    w = nn.Parameter(torch.ones(size))
    seen = None
    for k in range(1, 2 * WARM):
        loss = (w * float(k)).sum()
        loss.backward()
        assert loss.item() == k * size
        if k == WARM:
            seen = w.grad
    wanted = k * (k + 1) / 2
    assert w.grad is seen and seen.tolist() == [wanted] * size


def test_equal_gradients_have_memory_of_their_own(each_engine):
    w, v = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w, v], lr=0.0)
    for k in range(2 * WARM):
        optimizer.zero_grad()
        ((w + v) * float(k)).sum().backward()
        optimizer.step()
    assert is_due(w) == is_due(v) == (each_engine is not None)
    w.grad.mul_(2.0)
    assert w.grad.tolist() == [2.0 * k] * 2
    assert v.grad.tolist() == [k] * 2


def clip(parameters):
    return nn.utils.clip_grad_norm_(parameters, 2.5)


def clip_given_a_norm(parameters):
    norm = nn.utils.get_total_norm([p.grad for p in parameters])
    nn.utils.clip_grads_with_norm_(parameters, 2.5, norm)
    return norm


@pytest.mark.parametrize("by", [clip, clip_given_a_norm])
@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("asked", ["never", "by turns"])
def test_clipped_gradients_are_right_whoever_asks(each_engine, by, ends, asked):
    w, v = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    optimizer, total, before = torch.optim.SGD([w, v], lr=1.0), 0.0, 0.0
    for k in range(1, 2 * WARM):
        optimizer.zero_grad()
        loss = (w * 3.0 + v * 4.0).sum() * float(k)
        loss.backward()
        assert not ends or loss.item() == pytest.approx(25.0 * before * k, rel=1e-5)
        norm = by([w, v])
        if asked == "by turns" and k % 3 == 0:
            assert w.grad.item() == pytest.approx(1.5)
        optimizer.step()
        before, total = before - 0.5, total + norm.item()
        assert (w / 3).item() == pytest.approx(before) == (v / 4).item()
    assert total == pytest.approx(5.0 * sum(range(1, 2 * WARM)))
    assert is_due(w) == (each_engine is not None and by is clip and not ends)


def test_values_cut_off_stay_due(each_engine):
    w = nn.Parameter(torch.ones(3))
    for k in range(2 * WARM):
        w.grad = None
        loss = (w * torch.tensor([-5.0, 0.25, float(k)])).sum()
        loss.backward()
        nn.utils.clip_grad_value_([w], 1.0)
        loss.item()
    assert is_due(w) == (each_engine is not None)
    assert w.grad.tolist() == [-1.0, 0.25, 1.0]


def test_clipping_takes_what_one_sees(each_engine):
    """Hooks, gradients set by hand, shared and frozen parameters between warm steps."""
    w, v = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    for k in range(3 * WARM):
        w.grad = v.grad = None
        loss = (w * 3.0 + v * 4.0).sum()
        loss.backward()
        if k % 5 == 3:
            w.grad = torch.tensor([6.0])
        if k % 5 == 4:
            v.grad = None
        wanted = {3: 52.0**0.5, 4: 3.0}.get(k % 5, 5.0)
        given = [w, v, torch.zeros(1)]  # a tensor that has no gradient
        assert nn.utils.clip_grad_norm_(given, 100.0).item() == pytest.approx(wanted)
        assert nn.utils.clip_grad_norm_([w], 1.5).item() == pytest.approx(6.0 if k % 5 == 3 else 3)
        assert w.grad.item() == pytest.approx(1.5)
        assert (v.grad is None) if k % 5 == 4 else (v.grad.item() == 4.0)


class Rivals:
    """A generator and its judge, whose gradients the generator's pass adds to."""

    def __init__(self):
        torch.manual_seed(0)
        self.maker, self.judge = nn.Linear(2, 2), nn.Linear(2, 1)
        self.makes = torch.optim.Adam(self.maker.parameters(), lr=0.01)
        self.judges = torch.optim.Adam(self.judge.parameters(), lr=0.01)
        self.x = torch.linspace(-1, 1, 8).reshape(4, 2)

    def step(self):
        made = self.maker(self.x)
        self.judge.zero_grad()
        loss = self.judge(self.x).square().mean() - self.judge(made.detach()).tanh().mean()
        loss.backward()
        self.judges.step()
        self.maker.zero_grad()
        self.judge(made).tanh().mean().backward()
        self.makes.step()


def test_no_pass_of_two_rivals_makes_tensors(native, monkeypatch):
    rivals = Rivals()
    for _ in range(2 * WARM):
        rivals.step()
    monkeypatch.setattr(rivals.makes, "step_anew", forbidden)
    monkeypatch.setattr(rivals.judges, "step_anew", forbidden)
    for _ in range(WARM):
        rivals.step()
    assert all([is_due(p) for p in rivals.judge.parameters()])
    wanted = [p.grad.tolist() for p in rivals.judge.parameters()]
    other = Rivals()
    for _ in range(3 * WARM):
        other.step()
        shown = [p.grad.tolist() for p in other.judge.parameters()]
    for one, two in zip(shown, wanted, strict=True):
        assert torch.allclose(torch.tensor(one), torch.tensor(two), rtol=1e-4)


class Averaged:
    """A model that learns, and an average of its weights."""

    def __init__(self):
        torch.manual_seed(0)
        self.model = nn.Linear(2, 2)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.x = torch.ones(3, 2)

    def run(self, steps):
        for _ in range(steps):
            loss = self.model(self.x).square().mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            with torch.no_grad():
                pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
                for slow, fast in pairs:
                    slow.lerp_(fast, 0.25)
        return self


def test_an_average_of_weights_is_updated_without_python(native, monkeypatch):
    averaged = Averaged().run(2 * WARM)
    known = [r for r in averaged.optimizer.known.values() if isinstance(r, Repetition)]
    assert known
    for repetition in known:
        monkeypatch.setattr(repetition, "slow", forbidden)
    monkeypatch.setattr(averaged.optimizer, "step_anew", forbidden)
    found = averaged.run(WARM).average.weight.tolist()
    monkeypatch.setattr(compiling.state, "machinery", None)
    local.recorder.restart()
    assert found == Averaged().run(3 * WARM).average.weight.tolist()
