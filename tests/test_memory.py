"""Memory comes back: of dead models, gradients, windows that failed, threads that ended."""

import gc
import threading
import tracemalloc

import pytest

import rushlight as torch
from rushlight.graph import DEAD_CELLS, LIVE_CELLS
from rushlight.runtime import compiling
from rushlight.runtime.recorder import RECORDERS, local
from rushlight.runtime.slots import Slots


def settled():
    """Bytes in use once everything dead is gone."""
    gc.collect()
    local.recorder.flush()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.fixture(autouse=True)
def traced(monkeypatch):
    monkeypatch.setattr(compiling.state, "available", False)  # code is kept for good
    compiling.wait()  # for what other tests have left
    local.recorder.restart()
    tracemalloc.start()
    yield
    tracemalloc.stop()


def growth(work, warm=30, more=170):
    """How many bytes more are in use after `more` runs of `work` than after the first `warm`."""
    for k in range(warm):
        work(k)
    found = []
    for _ in range(2):  # what is made once, such as a module that is imported, is no growth
        before = settled()
        for k in range(more):
            work(k)
        found.append(settled() - before)
    return min(found)


def train(width, steps=3):
    """Train a small network of its own and drop it."""
    model = torch.nn.Sequential(
        torch.nn.Linear(20, width), torch.nn.ReLU(), torch.nn.Linear(width, 3)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    x, y = torch.ones(8, 20), torch.zeros(8, dtype=torch.int64)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def test_two_hundred_models():
    gc.collect()
    cells = len(LIVE_CELLS)
    # One model of 64 has 1,539 parameters: with its gradients and state some 25 kB.
    assert growth(lambda k: train(64)) < 60_000
    assert len(LIVE_CELLS) <= cells and not DEAD_CELLS


def test_models_of_ever_new_shapes():
    grown = growth(lambda k: train(16 + k, steps=2), 20, 30)
    # Shapes themselves are remembered, a few hundred bytes each; models are not.
    assert grown < 30 * 4_000


def test_losses_kept_as_numbers_keep_no_graph():
    w = torch.ones(1000, requires_grad=True)
    kept = []

    def work(k):
        loss = (w * k).sin().sum()
        loss.backward()
        kept.append(loss.item())

    assert growth(work) < 20_000


def test_losses_kept_as_tensors_without_history():
    w = torch.ones(1000, requires_grad=True)
    kept = []

    def work(k):
        loss = ((w * k).sin() * w).sum()
        loss.backward()
        kept.append(loss.detach())

    assert growth(work) < 170 * 1500  # not the 4 kB of each saved product


def test_what_a_backward_pass_has_used_is_freed_though_the_loss_is_kept():
    w = torch.ones(100_000, requires_grad=True)
    kept = []

    def work(k):
        loss = ((w * k).sin() * w).sum()
        loss.item()  # the loss outlives its window, with its history
        loss.backward()
        w.grad = None
        kept.append(loss)

    assert growth(work, 5, 40) < 40 * 40_000  # its graph is kept; three products are 1.2 MB


def test_evaluation_without_looking_keeps_no_batches():
    w = torch.ones(100, 10)
    total = 0

    def work(k):
        nonlocal total
        with torch.no_grad():
            total = total + (torch.full((100, 100), float(k)) @ w).sum()

    assert growth(work) < 20_000
    assert total.item() > 0


def test_windows_that_fail():
    table = torch.zeros(50, 20)

    def work(k):
        picked = table[torch.tensor([k, 99])] * 2
        with pytest.raises(IndexError):
            picked.sum().item()

    assert growth(work) < 20_000


def test_threads_that_end():
    recorders = len(RECORDERS)

    def work(k):
        thread = threading.Thread(target=train, args=(16,))
        thread.start()
        thread.join()

    assert growth(work, 5, 15) < 50_000
    assert len(RECORDERS) <= recorders + 1


def test_hooks_and_custom_functions():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    def work(k):
        w = torch.ones(1000, requires_grad=True)
        y = Double.apply(w * 3)
        y.register_hook(lambda g: g * 2)
        y.retain_grad()
        y.sum().backward()
        assert w.grad[0].item() == 12

    assert growth(work) < 40_000


def test_second_derivatives():
    def work(k):
        x = torch.ones(1000, requires_grad=True)
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        (g**2).sum().backward()
        assert x.grad[0].item() == 36

    assert growth(work) < 40_000


def test_slots_whose_making_was_interrupted(recwarn):
    half = Slots.__new__(Slots)
    del half  # what a finalizer raises is reported as a warning
    gc.collect()
    assert not recwarn.list
