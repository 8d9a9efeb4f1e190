"""Programs whose steps differ in a number or a length: how many programs are made of them."""

import conftest
import numpy as np
import pretend
import pytest

import rushlight
from rushlight.runtime.recorder import Recorder, local


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """Hot windows are compiled at once by something that pretends to; what was compiled."""
    conftest.compile_with(pretend, monkeypatch)
    pretend.compiled.clear()
    return pretend.compiled


def rollout(torch, steps=60):
    """States, actions and their advantages, written number by number."""
    torch.manual_seed(0)
    policy = torch.nn.Linear(3, 2)
    states, actions, gains = torch.zeros(steps, 3), torch.zeros(steps, 2), torch.zeros(steps)
    state = torch.ones(3)
    with torch.no_grad():
        for t in range(steps):
            states[t] = state
            actions[t] = policy(state).tanh()
            state = state * 0.9 + actions[t].sum()
            gains[t : t + 1] = state.mean()
        last = torch.zeros(())
        for t in reversed(range(steps)):
            last = gains[t] + 0.9 * last
            gains[t] = last
    return [states.numpy(), actions.numpy(), gains.numpy()]


def test_writing_at_each_number_is_one_program(compiled):
    rollout(rushlight)
    count = len(compiled)
    assert count <= 8
    rollout(rushlight, steps=90)
    assert len(compiled) <= 2 * count  # another policy, but no program for each number


def test_writing_at_numbers_agrees():
    torch = pytest.importorskip("torch")
    for a, b in zip(rollout(rushlight), rollout(torch), strict=True):
        assert np.allclose(a, b, rtol=1e-4, atol=1e-5)


def translator(torch, seed, steps=12):
    """Losses of a recurrent network over packed sequences of all lengths up to four."""
    torch.manual_seed(0)
    rnn, out = torch.nn.GRU(3, 4, bidirectional=True), torch.nn.Linear(8, 1)
    optimizer = torch.optim.SGD([*rnn.parameters(), *out.parameters()], lr=0.1)
    lengths = np.random.default_rng(seed).integers(1, 5, (steps, 5))
    lengths[:, 0] = 4
    losses = []
    for step in lengths.tolist():
        given = [torch.linspace(-1, 1, 3 * n).reshape(n, 3) for n in step]
        x = torch.nn.utils.rnn.pad_sequence(given)
        n = torch.tensor(step)
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, n, enforce_sorted=False)
        shown, last = rnn(packed)
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(shown)
        loss = (out(y) ** 2).mean() + last.sum() * 0.1
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_packed_sequences_of_any_lengths_are_one_program(compiled):
    translator(rushlight, seed=0, steps=30)
    assert len(compiled) <= 2


def test_packed_sequences_agree():
    torch = pytest.importorskip("torch")
    assert np.allclose(translator(rushlight, 1), translator(torch, 1), rtol=1e-4)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_packing_is_put_off_and_not_forgotten(kind):
    torch = pytest.importorskip("torch")
    found = []
    for given in (rushlight, torch):
        given.manual_seed(0)
        rnn = getattr(given.nn, kind)(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        x = given.linspace(-1, 1, 36).reshape(3, 4, 3)
        x[1, 2:] = float("nan")  # after an end there may be anything
        x.requires_grad_()
        utils = given.nn.utils.rnn
        packed = utils.pack_padded_sequence(x * 1, [4, 2, 3], True, False)
        rows, sizes, order, back = packed
        shown, last = rnn(packed)
        again, _ = rnn(utils.PackedSequence(rows, sizes, order, back))
        y, n = utils.pad_packed_sequence(shown, True, 2.0, 6)
        last = last if isinstance(last, tuple) else (last,)
        ((y**2).sum() + (shown.data * again[0]).sum() + sum(s.sum() for s in last)).backward()
        found.append(
            [y, n, shown.data, packed[0], rows, *last, x.grad, *[p.grad for p in rnn.parameters()]]
        )
    for a, b in zip(*found, strict=True):
        assert np.allclose(a.detach().numpy(), b.detach().numpy(), atol=1e-5, equal_nan=True)


def test_a_mask_of_what_was_given_does_not_end_the_window():
    recorder = local.recorder
    w = rushlight.rand(4, 3, requires_grad=True)
    same = rushlight.tensor([1.0, 0.0, 1.0, 1.0])
    before = recorder.flushes
    out = (w * 2)[same > 0]
    assert recorder.flushes == before and out.shape == (3, 3)
    assert np.allclose(out.detach().numpy(), w.detach().numpy()[[0, 2, 3]] * 2)


def test_one_network_and_two_inputs_are_one_window():
    recorder = local.recorder
    net = rushlight.nn.Linear(3, 2)
    a, b = rushlight.ones(2, 3), rushlight.zeros(2, 3)
    before = recorder.flushes
    loss = ((net(a).relu() - net(b).relu()) ** 2).mean()
    loss.backward()
    assert recorder.flushes == before
    for _ in range(10):  # what is looked at by nobody is no computation that goes on
        net(a).relu()
    assert recorder.flushes > before + 3


def test_batches_are_put_together_at_once():
    recorder = local.recorder
    count = recorder.count
    for n in range(4, 40):
        steps = [rushlight.full((1, 2), float(k)) for k in range(n)]
        assert rushlight.cat(steps).shape == (n, 2) and rushlight.stack(steps, 1).shape == (1, n, 2)
    assert recorder.count == count


def test_exchanged_memory_is_no_new_function(monkeypatch):
    net, other = rushlight.nn.Linear(3, 2), rushlight.nn.Linear(3, 2)
    optimizer = rushlight.optim.SGD(other.parameters(), lr=0.1)
    x = rushlight.ones(4, 3)

    def step():
        loss = ((other(x) - net(x).detach()) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        net.load_state_dict({k: v * 0.5 for k, v in other.state_dict().items()})

    for _ in range(8):
        step()
    anew = []
    flush_anew = Recorder.flush_anew
    monkeypatch.setattr(Recorder, "flush_anew", lambda r: (anew.append(r.at), flush_anew(r))[1])
    for _ in range(5):
        step()
    assert not [at for at in anew if at.window is not None]


def test_views_of_a_gradient_see_what_is_added():
    w = rushlight.ones(3, 3, requires_grad=True)
    (w * w).sum().backward()
    row = w.grad[0]
    (w * w * 2).sum().backward()
    assert row.tolist() == w.grad[0].tolist() == [6.0] * 3
    view = w.grad.detach()
    (w * w).sum().backward()
    assert view[0].tolist() == [8.0] * 3


def test_rows_of_what_is_computed_are_no_program_for_each_number():
    torch = rushlight
    counts = []
    for n in range(10, 30):
        x = torch.arange(float(n)) * 2
        assert [float(row) for row in x] == [2.0 * k for k in range(n)]
        counts.append(local.recorder.count)
    assert max(np.diff(counts)) <= 1
    w = torch.arange(20.0, requires_grad=True)
    sum(w * 2).backward()
    assert w.grad.tolist() == [2.0] * 20


def test_a_view_that_was_taken_before_is_taken_at_once():
    torch = rushlight
    for k in range(3):
        x = torch.tensor([[1.0 + k, 2.0], [3.0, 4.0]])
        assert x.unsqueeze(0).tolist() == [x.tolist()]
        assert x.view(4).tolist() == x.view(-1).tolist() == [1.0 + k, 2.0, 3.0, 4.0]
        row = x.select(0, 1)
        row.mul_(2)
        assert x.t().tolist() == [[1.0 + k, 6.0], [2.0, 8.0]]
        with pytest.raises(IndexError):
            x.select(0, 2)
    x = torch.ones(2, 2, requires_grad=True)
    x.view(4).sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("data", [[1.5, -0.0], [3, 4], [True, 2], [2.5, 1], [], [1000]])
def test_lists_of_numbers_are_what_they_were(data):
    oracle = pytest.importorskip("torch")
    for dtype in (None, "float32", "float64", "int64", "float16"):
        mine, theirs = [
            t.tensor(data, dtype=dtype and getattr(t, dtype)) for t in (rushlight, oracle)
        ]
        assert str(mine.dtype) == str(theirs.dtype)
        assert mine.numpy().tobytes() == theirs.numpy().tobytes()
