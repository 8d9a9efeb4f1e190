"""Interrupts at any moment: nothing is lost, nothing is half done, training goes on."""

import ctypes
import os
import random
import threading
import time

import numpy as np
import pretend
import pytest

import rushlight as torch
from rushlight.runtime.recorder import local

pytestmark = [
    pytest.mark.usefixtures("engine"),
    # An exception that arrives while a finalizer runs is swallowed there, and reported.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

COUNT = int(os.environ.get("RUSHLIGHT_INTERRUPTS", "400"))
"""How many exceptions a test throws."""


class Stop(BaseException):
    """What is thrown into the main thread."""


class Pest(threading.Thread):
    """Throws an exception into the thread that made it, some moment after it was `asked` to.

    Only one at a time, so that none arrives where the test is not ready to catch it.
    """

    def __init__(self, seed):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.asked = threading.Event()
        self.over = False
        self.victim = threading.get_ident()

    def run(self):
        while True:
            self.asked.wait()
            self.asked.clear()
            if self.over:
                return
            time.sleep(self.random.random() * 0.0006)
            victim = ctypes.c_ulong(self.victim)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(victim, ctypes.py_object(Stop))

    def stop(self):
        self.over = True
        self.asked.set()
        self.join()


class Training:
    """A loop with most of what a recorder can be interrupted in."""

    def __init__(self):
        torch.manual_seed(0)
        self.x, self.y = torch.rand(8, 3), torch.rand(8, 1)
        self.w = torch.rand(3, 4, requires_grad=True)
        self.v = torch.rand(4, 1, requires_grad=True)
        self.optimizer = torch.optim.Adam([self.w, self.v], lr=0.01)
        self.steps = 0

    def step(self):
        self.steps += 1
        loss = ((torch.relu(self.x @ self.w) @ self.v - self.y) ** 2).mean()
        if self.steps % 5 == 0:
            float(loss)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.steps % 3 == 0:
            with torch.no_grad():
                self.w.mul_(0.999)

    def check(self):
        """Raise unless parameters, their cells and a new gradient agree."""
        local.recorder.flush()
        for p in (self.w, self.v):
            assert p._value is p._cell and p._cell.array is p._array
            p.grad = None
        w, v = (np.array(p.detach().numpy(), np.float64) for p in (self.w, self.v))
        x, y = (np.array(t.numpy(), np.float64) for t in (self.x, self.y))
        ((torch.relu(self.x @ self.w) @ self.v - self.y) ** 2).mean().backward()
        hidden = np.maximum(x @ w, 0)
        expected = hidden.T @ (2 * (hidden @ v - y) / len(x))
        assert np.allclose(self.v.grad.numpy(), expected, rtol=1e-4, atol=1e-6)


def plague(seed, step):
    """Call `step` again and again while COUNT exceptions are thrown in."""
    pest = Pest(seed)
    pest.start()
    for _ in range(COUNT):
        with pytest.raises(Stop):
            bear(pest, step)
    pest.stop()


def bear(pest, step):
    """Call `step` until the exception comes. (A function, for in Python 3.13 what is thrown at the
    end of a loop's body passes by the `with` around that loop.)"""
    pest.asked.set()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        step()
    raise Stop  # a finalizer has swallowed it


@pytest.mark.parametrize("seed", range(6))
def test_training_survives_interrupts(seed):
    training = Training()
    plague(seed, training.step)
    training.check()


class Counting(torch.optim.Optimizer):
    """Subtracts the gradient, and counts the steps in a tensor as well as where they are counted
    anyway."""

    def __init__(self, params):
        super().__init__(params, {})

    def slots(self, group):
        return ("total",)

    def numbers(self, group, step):
        return (1.0,)

    def formula(self, p, g, slots, numbers, flags):
        return p - numbers[0] * g, slots[0] + numbers[0]


class Loop:
    """A loop that stays warm, in which every step takes exactly 1 from every parameter."""

    def __init__(self):
        self.params = [torch.zeros(3, dtype=torch.float64, requires_grad=True) for _ in range(3)]
        self.ones = torch.ones(3, dtype=torch.float64)
        self.optimizer = Counting(self.params)
        self.begun = self.taken = 0

    def step(self):
        self.optimizer.zero_grad()
        a, b, c = self.params
        loss = ((a + b + c) * self.ones).sum()
        loss.backward()
        self.begun += 1
        self.optimizer.step()
        self.taken += 1

    def check(self):
        local.recorder.flush()
        (count,) = {float(self.optimizer.state[p]["step"]) for p in self.params}
        for p in self.params:
            assert p._value is p._cell and p._cell.array is p._array
            assert p.tolist() == [-count] * 3
            assert self.optimizer.state[p]["total"].tolist() == [count] * 3
        assert self.taken <= count <= self.begun


class Adversaries:
    """A warm loop of two optimizers: what one of them changes was made in the window before, which
    keeps its history. Every step takes exactly 1 from both parameters."""

    def __init__(self):
        self.made, self.judge = [torch.zeros(3, requires_grad=True) for _ in range(2)]
        self.ones = torch.ones(3)
        self.optimizers = [Counting([p]) for p in (self.judge, self.made)]
        self.begun, self.taken = [0, 0], [0, 0]

    def step(self):
        self.made.grad = self.judge.grad = None
        fake = self.made * self.ones
        (self.judge + fake.detach()).sum().backward()
        self.take(0)
        (fake * self.ones).sum().backward()
        self.take(1)

    def take(self, k):
        self.begun[k] += 1
        self.optimizers[k].step()
        self.taken[k] += 1

    def check(self):
        local.recorder.flush()
        for k, p in enumerate((self.judge, self.made)):
            count = float(self.optimizers[k].state[p]["step"])
            assert p._value is p._cell and p._cell.array is p._array
            assert p.tolist() == [-count] * 3
            assert self.taken[k] <= count <= self.begun[k]


@pytest.mark.parametrize("seed", range(3))
def test_a_history_survives_interrupts(seed, engine, monkeypatch):
    if engine is None:
        pytest.skip("NumPy runs windows that keep a history anew")
    loop = Adversaries()
    for _ in range(10):
        loop.step()
    anew = []
    with monkeypatch.context() as patch:
        patch.setattr(local.recorder.__class__, "flush_anew", lambda self: anew.append(self.at))
        loop.step()
    assert not [at for at in anew if at.window is not None]
    plague(seed, loop.step)
    loop.check()


@pytest.mark.parametrize("seed", range(6))
def test_no_step_is_lost_or_taken_twice(seed, engine):
    loop = Loop()
    for _ in range(10):
        loop.step()
    before = pretend.runs[0]
    plague(seed, loop.step)
    loop.check()
    if engine is not None:
        assert pretend.runs[0] > before + COUNT / 2
        assert any(loop.optimizer.known.values())


def test_an_interrupted_run_is_done_again():
    calls = []

    class Interrupting(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            calls.append(ufunc)
            if len(calls) == 1:
                raise KeyboardInterrupt
            plain = [np.asarray(i) for i in inputs]
            return getattr(ufunc, method)(*plain, **kwargs)

    x = torch.ones(3)
    x._array = x._array.view(Interrupting)
    y = x * 2
    with pytest.raises(KeyboardInterrupt):
        y.tolist()
    assert y.tolist() == [2, 2, 2] and len(calls) == 2
