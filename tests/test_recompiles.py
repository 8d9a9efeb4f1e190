"""How many programs one place in a program becomes, where that ends, and what is said of it."""

import logging

import numpy as np
import pretend
import pytest

import rushlight as torch
from rushlight.runtime import compiling, sites


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Compile with something that pretends to, when a window is flushed; count from nothing."""
    monkeypatch.setattr(compiling.state, "engine", pretend)
    monkeypatch.setattr(compiling.state, "available", True)
    monkeypatch.setattr(compiling.state, "ask", compiling.state.compile)
    monkeypatch.setattr(sites, "SITES", {})
    pretend.compiled.clear()


class Loop:
    """One step of training, and how its window is run."""

    def __init__(self):
        torch.manual_seed(0)
        self.w = torch.rand(3, 2, requires_grad=True)
        self.optimizer = torch.optim.SGD([self.w], lr=0.1)
        self.losses = []

    def step(self, x, scale=1.0):
        loss = ((x @ self.w * scale) ** 2).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss)


def run(sizes, times=4):
    """The losses of a loop over batches of these sizes, and its weights."""
    loop = Loop()
    for n in sizes:
        for _ in range(times):
            loop.step(torch.ones(n, 3))
    return [loss.item() for loss in loop.losses] + loop.w.tolist()


def test_numbers_that_change_are_no_reason():
    loop = Loop()
    for k in range(50):
        loop.step(torch.ones(4, 3), scale=1.0 / (1 + k))
        loop.optimizer.param_groups[0]["lr"] *= 0.99
        loop.losses.clear()
    (site,) = [site for site in sites.SITES.values() if site.compiled]
    assert site.compiled == 1 and not site.left and "changing" not in torch.explain_recompiles()


def test_a_last_batch_is_a_second_program():
    loop = Loop()
    for _ in range(6):
        for n in (4, 4, 4, 3):
            loop.step(torch.ones(n, 3))
            loop.losses.clear()
    (site,) = [site for site in sites.SITES.values() if site.compiled]
    assert site.compiled == 2
    assert "matmul at test_recompiles.py" in torch.explain_recompiles()
    assert "input is float32[3, 3], was float32[4, 3]" in torch.explain_recompiles()


def test_beyond_the_cap_numpy_goes_on_and_is_right(monkeypatch, caplog):
    monkeypatch.setattr(compiling.config, "recompile_limit", 3)
    got = run(range(1, 9))
    (site,) = [site for site in sites.SITES.values() if site.compiled > 1]
    assert (site.compiled, site.left) == (3, 5)
    (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    text = record.getMessage()
    assert text.startswith("test_recompiles.py:") and "3 programs were compiled" in text
    assert "what keeps changing: matmul at" in text and "is float32[4, 3], was" in text
    assert "left to NumPy: matmul at" in torch.explain_recompiles()
    torch.settings.local.recorder.restart()
    monkeypatch.setattr(compiling.state, "available", False)
    assert np.allclose(sum_of(got), sum_of(run(range(1, 9))), rtol=1e-6)


def sum_of(values):
    return np.hstack([np.ravel(v) for v in values])


def test_a_growing_sequence_is_compiled_only_if_lengths_come_again():
    w = torch.rand(3, 3)
    for _ in range(2):
        x = torch.ones(1, 3)
        for _ in range(30):
            x = torch.cat([x, torch.tanh(x[-1:] @ w)])
            assert x.sum().item() > 0
    assert not [site for site in sites.SITES.values() if site.compiled]
    assert "none came 3 times" in torch.explain_recompiles()
    for _ in range(2):
        x = torch.ones(1, 3)
        for _ in range(30):
            x = torch.cat([x, torch.tanh(x[-1:] @ w)])
            assert x.sum().item() > 0
    assert max([site.compiled for site in sites.SITES.values()]) <= 8


def test_models_trained_in_turn_do_not_use_up_the_cap():
    loops = [Loop() for _ in range(12)]
    for _ in range(5):
        for loop in loops:
            loop.step(torch.ones(2, 3))
            loop.losses.clear()
    (site,) = [site for site in sites.SITES.values() if site.compiled]
    assert site.compiled == 12 and not site.left


@pytest.mark.parametrize(
    ("changing", "words"),
    [
        (lambda x, k: x.sum(k), "dim is 1, was 0"),
        (lambda x, k: x * (1.0, 2)[k], "other is some int, was some float"),
        (lambda x, k: (torch.tanh, torch.exp)[k](x), "exp at FILE came, where before tanh at FILE"),
        (
            lambda x, k: (x if k else torch.ones(2, 3, dtype=torch.int64)) * 2,
            "input is float32[2, 3], was int64",
        ),
        (lambda x, k: torch.exp(x) if k else torch.exp(x) + 1, "it ends before add at FILE"),
        (lambda x, k: torch.exp(x.t() if k else x.reshape(3, 2)), "has strides (1, 3), had (2, 1)"),
    ],
)
def test_what_differs_is_told(changing, words):
    for _ in range(5):
        for k in range(2):
            changing(torch.ones(2, 3), k).tolist()
    text = torch.explain_recompiles()
    line = changing.__code__.co_firstlineno
    assert words.replace("FILE", f"test_recompiles.py:{line}") in text, text


def shifted(top, x):
    """A picture cut out at `top` of one that is not computed yet, as augmentations do it."""
    padded = x * 2.0
    return (padded[top : top + 4] + 1.0).sum().item()


def test_a_slice_at_ever_other_places_makes_one_program():
    x = torch.arange(12.0)
    got = [shifted(k % 9, x) for k in range(40)]
    assert got == [sum(2.0 * n + 1 for n in range(k % 9, k % 9 + 4)) for k in range(40)]
    assert len(pretend.compiled) == 2  # what comes before, and what follows


def test_a_slice_at_a_few_places_is_part_of_the_program():
    x = torch.arange(12.0)
    for k in range(12):
        shifted(k % 3, x)
    assert len(pretend.compiled) == 3


def test_slices_of_what_has_a_history_are_recorded_as_they_come():
    w = torch.arange(12.0, requires_grad=True)
    for k in range(20):
        w.grad = None
        (w * 2.0)[k % 7 : k % 7 + 4].sum().backward()
        assert w.grad.tolist() == [2.0 if k % 7 <= n < k % 7 + 4 else 0.0 for n in range(12)]
