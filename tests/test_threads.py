"""Threads have windows of their own, and see each other's values."""

import queue
import sys
import threading

import pytest

import rushlight as torch

pytestmark = pytest.mark.usefixtures("engine")


def in_thread(function):
    """What `function()` returns in another thread."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_a_pending_value_can_be_used_in_another_thread():
    x = torch.tensor([1.0, 2.0])
    y = x * 3
    assert in_thread(lambda: (y + 1).tolist()) == [4, 7]
    assert y.tolist() == [3, 6]


def test_a_backward_pass_in_another_thread():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    in_thread(lambda: loss.backward())
    assert w.grad.tolist() == [2, 4]


def test_a_pending_change_is_seen_by_another_thread():
    x = torch.tensor([5.0, 5.0])
    before = x * 2
    x.add_(1)
    assert in_thread(lambda: (x * 2).tolist()) == [12, 12]
    assert x.tolist() == [6, 6] and before.tolist() == [10, 10]


def test_a_pending_change_of_a_parameter_has_its_gradient():
    w = torch.tensor([2.0], requires_grad=True)
    with torch.no_grad():
        w.mul_(3)

        def other():
            torch.set_grad_enabled(True)
            (w * w).sum().backward()
            return w.grad.tolist()

        assert in_thread(other) == [12]


def test_grad_mode_is_a_matter_of_the_thread():
    with torch.no_grad():
        assert in_thread(torch.is_grad_enabled) is True
    assert torch.is_grad_enabled()


def test_a_stream_of_pending_values():
    values = queue.Queue(4)
    results = []

    def consume():
        while (x := values.get()) is not None:
            results.append((x * 2).sum().item())

    thread = threading.Thread(target=consume)
    thread.start()
    for k in range(1500):
        y = torch.full((3,), float(k)) * 1.5
        values.put(y)
        z = y - 1
        if k % 7 == 0:
            z.sum().item()
    values.put(None)
    thread.join()
    assert results == [9.0 * k for k in range(1500)]


def test_several_threads_train_models_of_their_own():
    def train(start):
        w = torch.tensor([start], requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.01)
        for _ in range(200):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
        results[start] = w.item()

    results = {}
    threads = [threading.Thread(target=train, args=(float(k),)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = 0.98**200
    assert all(abs(results[k] / k - expected) < 1e-6 for k in results) and len(results) == 4


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_gradients_may_be_read_by_another_thread_at_any_moment(kind):
    w = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([w], lr=1.0 if kind == "SGD" else 0.0)
    x = torch.arange(4.0, dtype=torch.float64)
    over, errors, read = [], [], []

    def look():
        while not over:
            try:
                g = w.grad
                if g is not None:
                    read.append(g.tolist())
            except Exception as error:
                errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=look)
    thread.start()
    total = 0
    for k in range(1500):
        optimizer.zero_grad()
        (w * (x * float(k % 8))).sum().backward()
        optimizer.step()
        total += k % 8
    over.append(True)
    thread.join()
    sys.setswitchinterval(interval)
    assert not errors
    assert all(g == [0, g[1], 2 * g[1], 3 * g[1]] and g[1] < 8 for g in read)
    assert w.tolist() == ([0.0, -total, -2 * total, -3 * total] if kind == "SGD" else [0.0] * 4)
