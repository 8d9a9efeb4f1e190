"""What is recorded, when windows end, and that a repeated step is recognised."""

import gc

import numpy as np
import pytest

import rushlight as torch
from rushlight import config
from rushlight.graph import DEAD_CELLS, LIVE_CELLS
from rushlight.runtime.recorder import local

pytestmark = pytest.mark.usefixtures("engine")


def pending():
    """The number of calls in the current window."""
    return local.recorder.at.depth


def entries():
    """The number of calls recorded so far."""
    return local.recorder.count


def step(w, x, optimizer):
    loss = ((x @ w).sum() - 1) ** 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def trained(steps=10):
    w = torch.ones(3, 1, requires_grad=True)
    x = torch.ones(2, 3)
    optimizer = torch.optim.SGD([w], lr=0.01)
    for _ in range(steps):
        loss = step(w, x, optimizer)
    return w, x, optimizer, loss


def test_nothing_runs_before_somebody_looks():
    x = torch.ones(3)
    y = (x + 1) * 2
    assert pending() == 2
    assert y.tolist() == [4, 4, 4]
    assert pending() == 0


@pytest.mark.parametrize(
    "look",
    [
        lambda y: y.sum().item(),
        lambda y: repr(y),
        lambda y: y.numpy(),
        lambda y: bool(y.any()),
        lambda y: float(y.sum()),
        lambda y: y.tolist(),
        lambda y: np.asarray(y),
        lambda y: f"{y.sum():.2f}",
        lambda y: torch.equal(y, y),
        lambda y: y.nonzero(),
    ],
)
def test_looking_runs_the_window(look):
    y = torch.ones(3) + 1
    look(y)
    assert pending() == 0


def test_shapes_and_dtypes_are_known_without_running():
    y = torch.ones(2, 3) @ torch.ones(3, 4)
    assert y.shape == (2, 4) and y.dtype is torch.float32 and y.numel() == 8
    assert pending() == 1


def test_optimizer_step_runs_the_window():
    w = torch.ones(2, requires_grad=True)
    w.sum().backward()
    assert pending() > 0
    torch.optim.SGD([w], lr=1.0).step()
    assert pending() == 0 and w.tolist() == [0, 0]


def test_leaving_no_grad_after_changing_a_parameter_runs_the_window():
    w = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        w -= 0.5
        assert pending() == 1
    assert pending() == 0


def test_the_opening_call_coming_again_ends_the_window():
    w = torch.ones(3, 3)
    kept = []
    for k in range(6):
        batch = torch.full((2, 3), float(k))
        kept.append((batch @ w).sum())
        assert pending() <= 2
    assert [k.item() for k in kept] == [18.0 * k for k in range(6)]


def test_a_window_never_grows_beyond_its_cap(monkeypatch):
    monkeypatch.setattr(config, "window_cap", 50)
    x = torch.zeros(1)
    for _ in range(300):
        x = x + 1
        assert pending() <= 50
    assert x.item() == 300


def test_repeated_steps_record_nothing_new():
    w, x, optimizer, _ = trained()
    before = entries()
    for _ in range(20):
        step(w, x, optimizer)
    assert entries() == before


def test_new_numbers_record_nothing_new():
    w, x, optimizer, _ = trained()
    for k in range(3):
        (x * (k + 0.5)).sum().item()
    before = entries()
    for k in range(20):
        optimizer.param_groups[0]["lr"] = 0.1 / (k + 1)
        step(w, x, optimizer)
        (x * (k + 0.25)).sum().item()
    assert entries() == before


def test_a_branch_is_recorded_once_for_each_way():
    x = torch.ones(3)
    counts = []
    for k in range(12):
        y = x * 2
        y = y + 1 if k % 2 else y - 1
        assert y.sum().item() == (9 if k % 2 else 3)
        counts.append(entries())
    assert counts[3] == counts[-1]


def test_a_smaller_last_batch_is_one_more_window():
    w = torch.ones(3, 1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01)
    counts = []
    for _ in range(5):
        for n in (4, 4, 4, 1):
            step(w, torch.ones(n, 3), optimizer)
        counts.append(entries())
    assert counts[1] == counts[-1]


def test_numbers_of_another_type_are_told_apart():
    for _ in range(3):
        ints = torch.tensor([1, 2])
        assert (ints * 2).dtype is torch.int64
        assert (ints * 2.0).dtype is torch.float32
        assert (ints * True).dtype is torch.int64
        assert (ints**2).dtype is torch.int64
        assert (ints**2.0).dtype is torch.float32


def test_negative_zero_is_not_zero():
    x = torch.tensor([1.0])
    signs = [str((x * zero).item()) for zero in (0.0, -0.0, 0.0, -0.0)]
    assert signs == ["0.0", "-0.0", "0.0", "-0.0"]


def test_values_held_for_long_keep_their_value():
    w, x, optimizer, _ = trained()
    losses = [step(w, x, optimizer) for _ in range(8)]
    values = [loss.item() for loss in losses]
    assert values == sorted(values, reverse=True) and len(set(values)) == 8


def test_gradients_held_by_the_user_are_not_overwritten():
    w, x, optimizer, _ = trained()
    held = []
    for _ in range(6):
        step(w, x, optimizer)
        held.append((w.grad, w.grad.tolist()))
    assert all(g.tolist() == values for g, values in held)


def test_eager_runs_each_call_at_once():
    with torch.eager():
        y = torch.ones(2) * 3
        assert pending() == 0
        assert y._value.leaf
    assert y.tolist() == [3, 3]


def test_dead_models_leave_nothing_behind():
    trained()
    for _ in range(2):  # what other tests left, and what that held
        gc.collect()
        local.recorder.flush()
    cells, count = len(LIVE_CELLS), None
    for k in range(200):
        trained(steps=4)
        if k == 20:
            local.recorder.flush()
            count = entries()
    local.recorder.flush()
    assert len(LIVE_CELLS) <= cells  # what other tests have left may die meanwhile
    assert not DEAD_CELLS
    assert entries() <= count + 40


def test_the_trie_starts_afresh_when_it_is_full(monkeypatch):
    monkeypatch.setattr(config, "trie_cap", 60)
    x = torch.ones(3)
    for k in range(1, 150):
        assert (x * 2).reshape(1, 3).expand(k, 3).sum().item() == 6 * k
        assert entries() <= 70


@pytest.mark.parametrize("to_numpy", [lambda x: x.numpy(), np.asarray, np.from_dlpack])
def test_what_was_recorded_before_numpy_writes(to_numpy):
    x = torch.zeros(3)
    before = x + 1
    to_numpy(x)[0] = 5
    after = x + 1
    assert before.tolist() == [1, 1, 1] and after.tolist() == [6, 1, 1]


def test_numpy_memory_is_read_when_the_call_is_made():
    array = np.zeros(3, np.float32)
    tensor = torch.from_numpy(array)
    before = tensor + 1
    array[:] = 5
    after = tensor + 1
    assert before.tolist() == [1, 1, 1] and after.tolist() == [6, 6, 6]


def test_writing_shared_memory_is_seen_at_once():
    array = np.zeros(3, np.float32)
    tensor = torch.from_numpy(array)
    tensor += 2
    assert array.tolist() == [2, 2, 2]
    view = tensor.numpy()
    tensor[1] = 7
    assert view.tolist() == [2, 7, 2]


def test_a_view_of_memory_that_numpy_had_is_no_copy():
    weight = torch.ones(2, requires_grad=True)
    x = torch.ones(3, 2)
    first = x.t()
    x.numpy()
    first.add_(weight.mean())  # x has a history now, and the memory that NumPy was given
    for _ in range(3):
        second = x.t()
        second.add_(1)
    assert x.tolist() == second.t().tolist() == first.t().tolist() == [[5, 5]] * 3


def test_an_op_that_fails_takes_nothing_else_with_it():
    table = torch.arange(6.0).reshape(3, 2)
    good = table * 2
    bad = table[torch.tensor([0, 9])]
    depends = bad + 1
    with pytest.raises(IndexError, match="9"):
        depends.sum().item()
    assert good.tolist() == [[0, 2], [4, 6], [8, 10]]
    with pytest.raises(IndexError, match="9"):
        depends.tolist()


def test_a_failing_step_leaves_parameters_as_they_were():
    w = torch.ones(3, 2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    w[torch.tensor([5])].sum().backward()
    with pytest.raises(IndexError):
        optimizer.step()
    assert w.tolist() == [[1, 1]] * 3
    optimizer.zero_grad()
    (w * 2).sum().backward()
    optimizer.step()
    assert np.allclose(w.detach().numpy(), 0.8)


def test_a_loss_that_was_looked_at_can_be_differentiated():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))
    x, y = torch.rand(8, 2), torch.rand(8, 1)
    expected = None
    for k in range(8):
        model.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        if k % 2:
            loss.item()
        loss.backward()
        found = [p.grad.tolist() for p in model.parameters()]
        expected = expected or found
        assert all(np.allclose(f, e) for f, e in zip(found, expected, strict=True))


def test_a_view_of_a_concrete_tensor_is_not_taken_for_a_recorded_call():
    w = torch.ones(2, requires_grad=True)
    plain = torch.tensor([5.0, 6.0])
    for _ in range(6):
        y = w * 3
        inner = y.detach()  # recorded
        views = [plain.detach(), plain.detach(), plain.detach()]  # made at once
        assert all([v.tolist() == [5, 6] for v in views])
        z = w * 3
        again = plain.detach()
        assert again.tolist() == [5, 6] and inner.tolist() == [3, 3] and z.tolist() == [3, 3]


def test_eager_runs_each_operation_at_once_however_often():
    with torch.eager():
        x = torch.ones(2, 2)
        for _ in range(4):
            before = local.recorder.flushes
            y = torch.relu(x @ x) + 1
            assert local.recorder.flushes == before + 3
            y.mul_(2)
            assert local.recorder.flushes == before + 4
