"""Gradients whose tensors are made when somebody asks: nobody can tell when that was."""

import gc
import threading
import weakref

import pretend
import pytest

import rushlight as torch
from rushlight.runtime.due import Due
from rushlight.runtime.recorder import local

WARM = 12


class Loop:
    """Both weights are 1; at the k-th step the gradient of either is [k, k]."""

    def __init__(self):
        self.w = torch.nn.Parameter(torch.ones(2))
        self.v = torch.nn.Parameter(torch.ones(2))
        self.optimizer = torch.optim.SGD([self.w, self.v], lr=0.0)
        self.k = 0

    def backward(self):
        self.k += 1
        self.optimizer.zero_grad()
        loss = (self.w * self.v * float(self.k)).sum()
        loss.backward()
        return loss

    def step(self):
        loss = self.backward()
        self.optimizer.step()
        return loss

    def warm(self):
        for _ in range(WARM):
            self.step()
        return self

    @property
    def expected(self):
        return [float(self.k)] * 2


def is_due(p):
    return type(p._cell.grad) is Due


@pytest.mark.parametrize("when", ["before", "after", "both", "by turns"])
def test_a_gradient_is_what_it_is_whenever_it_is_read(each_engine, when):
    loop = Loop()
    for k in range(2 * WARM):
        loop.backward()
        if when in ("before", "both") or (when == "by turns" and k % 3 == 0):
            assert loop.w.grad is loop.w.grad
            if k % 2:
                assert loop.w.grad.tolist() == loop.expected
        loop.optimizer.step()
        if when in ("after", "both") or (when == "by turns" and k % 3 == 1):
            assert loop.w.grad.tolist() == loop.expected
            assert loop.w.grad is loop.w.grad


def test_no_tensor_is_made_for_a_gradient_that_nobody_reads(engine):
    loop = Loop().warm()
    by_heart = engine is not None
    assert is_due(loop.w) == is_due(loop.v) == by_heart
    assert loop.w.grad.tolist() == loop.expected
    assert not is_due(loop.w)
    assert is_due(loop.v) == by_heart


def test_a_gradient_kept_from_one_step_stays(each_engine):
    loop = Loop().warm()
    kept = loop.w.grad
    wanted = loop.expected
    array = loop.v.grad.numpy()
    for _ in range(3):
        loop.step()
        assert kept.tolist() == wanted
        assert array.tolist() == wanted
        assert loop.w.grad.tolist() == loop.expected


def test_without_zero_grad_gradients_add_up(each_engine):
    loop = Loop().warm()
    for _ in range(3):
        total = loop.w.grad.tolist()[0] if loop.k % 2 else float(loop.k)
        (loop.w * 2.0).sum().backward()
        assert loop.w.grad.tolist() == [total + 2.0] * 2
        loop.step()
        assert loop.w.grad.tolist() == loop.expected


def test_a_gradient_set_or_deleted_by_hand_counts(each_engine):
    loop = Loop().warm()
    loop.optimizer.param_groups[0]["lr"] = 0.5
    before = loop.w.tolist()
    loop.backward()
    loop.w.grad = torch.tensor([1.0, 2.0])
    del loop.v.grad
    kept = loop.v.tolist()
    loop.optimizer.step()
    assert loop.w.tolist() == [before[0] - 0.5, before[1] - 1.0]
    assert loop.v.tolist() == kept
    assert loop.v.grad is None


def test_a_gradient_changed_in_place_counts(each_engine):
    loop = Loop().warm()
    loop.optimizer.param_groups[0]["lr"] = 0.5
    for _ in range(WARM):
        before, other = loop.w.detach().clone(), loop.v.detach().clone()
        loop.backward()
        loop.w.grad.mul_(0.25)
        loop.optimizer.step()
        assert torch.allclose(loop.w.grad, 0.25 * loop.k * other)
        assert torch.allclose(loop.w.detach(), before - 0.5 * loop.w.grad)
        with torch.no_grad():
            loop.w.fill_(1.0), loop.v.fill_(1.0)


def test_zeroed_gradients_are_zero(each_engine):
    loop = Loop().warm()
    loop.optimizer.zero_grad(set_to_none=False)
    assert loop.w.grad.tolist() == [0.0, 0.0]


def test_other_threads_read_gradients_too(each_engine):
    loop = Loop().warm()
    found = []
    loop.backward()
    for _ in range(2):
        reader = threading.Thread(target=lambda: found.append(loop.w.grad.tolist()))
        reader.start()
        reader.join()
        loop.optimizer.step()
    assert found == [loop.expected] * 2


def test_new_identities_take_gradients_along(each_engine):
    loop = Loop().warm()
    loop.w.requires_grad_(False)
    assert loop.w.grad.tolist() == loop.expected
    loop.w.requires_grad_(True)
    assert loop.w.grad.tolist() == loop.expected
    loop.step()
    assert loop.w.grad.tolist() == loop.expected


def test_a_hook_that_comes_later_is_called(each_engine):
    loop = Loop().warm()
    seen = []
    handle = loop.w.register_hook(lambda g: seen.append(g.tolist()))
    loop.step()
    handle.remove()
    assert seen == [loop.expected]
    loop.warm()
    assert len(seen) == 1
    assert loop.w._cell.hooks is None  # nobody watches: the passes are quick again
    assert each_engine is None or is_due(loop.w)


def test_a_state_changed_by_hand_is_noticed(each_engine):
    w = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([w], lr=1.0, momentum=0.5)
    expected, buffer = 0.0, 0.0
    for k in range(2 * WARM):
        optimizer.zero_grad()
        w.sum().backward()
        if k % 5 == 4:
            optimizer.state[w]["momentum_buffer"].zero_()
            buffer = 0.0
        if k % 7 == 6:
            w.data = w.data.clone()
        optimizer.step()
        buffer = 0.5 * buffer + 1.0
        expected -= buffer
        assert w.item() == expected


def test_due_gradients_keep_no_model_alive(engine):
    loop = Loop().warm()
    cell = weakref.ref(loop.w._cell)
    assert cell().array.tolist() == [1.0, 1.0]
    del loop
    gc.collect()
    local.recorder.flush()
    gc.collect()
    assert cell() is None or cell().array is None


def test_an_input_that_shares_memory_with_a_weight_is_refused(engine):
    w = torch.nn.Parameter(torch.ones(4))
    optimizer = torch.optim.SGD([w], lr=0.5)
    batches = [torch.full((4,), 2.0) for _ in range(WARM)]
    runs = []
    for x in [*batches, w.detach(), *batches[:2]]:
        optimizer.zero_grad()
        before, factor = w.tolist(), x.tolist()
        (w * x).sum().backward()
        ran = pretend.runs[0]
        optimizer.step()
        runs.append(pretend.runs[0] - ran)
        assert w.tolist() == [b - 0.5 * f for b, f in zip(before, factor, strict=True)]
    assert runs[-3:] == ([0, 0, 0] if engine is None else [0, 1, 1])
