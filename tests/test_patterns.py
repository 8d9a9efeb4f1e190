"""Loops of many shapes: once warm they record nothing, compile nothing, and run by heart."""

import sys
from pathlib import Path

import pretend
import pytest

import rushlight as torch
from rushlight.runtime import compiling
from rushlight.runtime.recorder import Recorder, local

BENCHMARKS = str(Path(__file__).resolve().parent.parent / "benchmarks")
sys.path.insert(0, BENCHMARKS)
import patterns  # noqa: E402

sys.path.remove(BENCHMARKS)

PROGRAMS = {
    "plain": 2, "item_after": 2, "item_before": 4, "rate_changes": 2, "accumulates": 3,
    "keeps": 2, "flips": 4, "manual": 3, "smaller_last": 4, "evaluates": 1, "infers": 1, "deep": 2,
}  # fmt: skip
"""At most how many programs are compiled for a loop: one for its first step, which differs, and
then one for each way it goes."""

HISTORIES = {"item_before", "infers"}
"""Loops whose windows keep a history: by heart only where machine code runs them."""


@pytest.mark.parametrize("loop", patterns.LOOPS, ids=lambda loop: loop.__name__)
def test_a_warm_loop_does_nothing_new(loop, engine, monkeypatch):
    local.recorder.restart()
    pretend.compiled.clear()
    step = loop(torch)
    for _ in range(25):
        step()
    recorder = local.recorder
    entries, compiled = recorder.count, len(pretend.compiled)
    anew = []
    monkeypatch.setattr(
        Recorder, "flush_anew", lambda self: (anew.append(self.at), flush_anew(self))[1]
    )
    for _ in range(10):
        step()
    assert recorder.count == entries
    assert len(pretend.compiled) == compiled <= PROGRAMS[loop.__name__]
    if loop.__name__ not in HISTORIES or compiling.state.available:
        assert not [at for at in anew if at.window is not None]


flush_anew = Recorder.flush_anew


def test_a_new_rate_counts_at_once(each_engine):
    setting = patterns.Setting(torch, optimizer="SGD")
    weight = setting.model[0].weight
    for k in range(12):
        before = weight.tolist()
        setting.optimizer.param_groups[0]["lr"] = rate = 0.1 * (k % 3)
        setting.learn(setting.forward())
        expected = torch.tensor(before) - rate * weight.grad
        assert torch.allclose(weight.detach(), expected)


def test_other_options_change_the_formula(each_engine):
    setting = patterns.Setting(torch, optimizer="SGD")
    weight = setting.model[0].weight
    group = setting.optimizer.param_groups[0]
    for k in range(24):
        group["weight_decay"] = 0.5 if k % 8 > 5 else 0
        before = torch.tensor(weight.tolist())
        setting.learn(setting.forward())
        gradient = weight.grad + group["weight_decay"] * before
        assert torch.allclose(weight.detach(), before - group["lr"] * gradient)


def test_a_parameter_without_gradient_stays(each_engine):
    setting = patterns.Setting(torch)
    weight = setting.model[0].weight
    for k in range(20):
        loss = setting.forward()
        setting.optimizer.zero_grad()
        loss.backward()
        if k % 5 == 4:
            weight.grad = None
        before = weight.tolist()
        setting.optimizer.step()
        assert (weight.tolist() == before) == (k % 5 == 4)


def test_hooks_of_the_optimizer_are_called(each_engine):
    setting = patterns.Setting(torch)
    for _ in range(8):
        setting.learn(setting.forward())
    calls = []
    hook = setting.optimizer.register_step_post_hook(lambda *args: calls.append(1))
    for _ in range(3):
        setting.learn(setting.forward())
    hook.remove()
    setting.learn(setting.forward())
    assert len(calls) == 3


def test_an_aliased_batch_is_read_before_the_parameter_is_written(each_engine):
    w = torch.nn.Parameter(torch.ones(4))
    optimizer = torch.optim.SGD([w], lr=0.5)
    for _ in range(12):
        before = w.tolist()
        alias = w.detach()
        optimizer.zero_grad()
        loss = (w * alias).sum()
        loss.backward()
        optimizer.step()
        assert torch.allclose(w.grad, torch.tensor(before))
        assert torch.allclose(w.detach(), 0.5 * torch.tensor(before))
        assert alias.tolist() == w.tolist()


def test_numpy_sees_a_parameter_that_is_trained(each_engine):
    w = torch.nn.Parameter(torch.ones(3))
    array = w.detach().numpy()
    optimizer = torch.optim.SGD([w], lr=1.0)
    for k in range(8):
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()
        assert array.tolist() == [-float(k)] * 3


def test_gradients_kept_from_every_step_keep_their_values(each_engine):
    w = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=0.0)
    kept = []
    for k in range(12):
        optimizer.zero_grad()
        (w * float(k)).sum().backward()
        optimizer.step()
        kept.append(w.grad if k % 2 else w.grad.numpy())
    assert [k.tolist() for k in kept] == [[float(k)] * 2 for k in range(12)]


def test_transposed_gradients_keep_their_values_too(each_engine):
    w = torch.nn.Parameter(torch.ones(3, 2).t())
    optimizer = torch.optim.SGD([w], lr=0.0)
    kept = []
    for k in range(12):
        optimizer.zero_grad()
        (w * float(k)).sum().backward()
        optimizer.step()
        kept.append(w.grad if k % 2 else w.grad.numpy())
    assert w.grad.stride() == w.stride()
    assert [k.tolist() for k in kept] == [[[float(k)] * 3] * 2 for k in range(12)]


def test_weights_that_share_memory_are_trained_one_after_the_other(each_engine):
    a = torch.nn.Parameter(torch.ones(3))
    b = torch.nn.Parameter(a.data)
    optimizer = torch.optim.SGD([a, b], lr=0.25)
    for _ in range(8):
        before = a.tolist()
        optimizer.zero_grad()
        (a * b).sum().backward()
        optimizer.step()
        assert a.tolist() == b.tolist()
        assert a.tolist()[0] < before[0]


def test_clipped_gradients_are_the_ones_that_count(each_engine):
    setting = patterns.Setting(torch, optimizer="SGD")
    weight = setting.model[0].weight
    for _ in range(12):
        loss = setting.forward()
        setting.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(setting.model.parameters(), 1e-3)
        before = torch.tensor(weight.tolist())
        setting.optimizer.step()
        assert weight.grad.norm().item() <= 1.0001e-3
        assert torch.allclose(weight.detach(), before - 1e-3 * weight.grad)
