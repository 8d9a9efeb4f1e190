"""Recurrent layers on packed sequences, their errors, and how much they record."""

import numpy as np
import pytest

import rushlight
from rushlight import nn
from rushlight.runtime.recorder import local

LENGTHS = [2, 5, 1, 5]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def batch(framework, grad=True):
    values = np.random.default_rng(1).normal(size=(5, 4, 3)).astype(np.float32)
    return framework.from_numpy(values).requires_grad_(grad)


def play(framework, name, packed_first, options):
    """Everything a packed run shows: outputs, lengths, states, gradients."""
    framework.manual_seed(3)
    layer = getattr(framework.nn, name)(3, 4, **options)
    rnn = framework.nn.utils.rnn
    x = batch(framework)
    packed = rnn.pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
    out, last = layer(packed)
    padded, lengths = rnn.pad_packed_sequence(out, packed_first, padding_value=-1.0)
    states = last if isinstance(last, tuple) else (last,)
    total = (padded * padded).sum() + sum((s * s * 0.5).sum() for s in states)
    total.backward()
    found = [out.data, out.batch_sizes, out.sorted_indices, out.unsorted_indices]
    found += [padded, lengths, *states, x.grad, *[p.grad for p in layer.parameters()]]
    return [np.array(t.detach().numpy()) for t in found]


@pytest.mark.parametrize("options", [
    {}, {"bidirectional": True}, {"num_layers": 2, "dropout": 0.5, "bidirectional": True},
])  # fmt: skip
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_packed_sequences_are_pytorchs(name, options, torch):
    for first in (False, True):
        ours = play(rushlight, name, first, options)
        for a, b in zip(ours, play(torch, name, first, options), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, 1e-4, 1e-5)


def test_a_packed_batch_shows_what_its_sequences_show_alone():
    layer = nn.GRU(3, 4, bidirectional=True)
    x = batch(rushlight, False)
    packed = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
    together, lengths = nn.utils.rnn.pad_packed_sequence(layer(packed)[0])
    assert lengths.tolist() == LENGTHS
    for k, n in enumerate(LENGTHS):
        alone = layer(x[:n, k])[0]
        np.testing.assert_allclose(together[:n, k].detach(), alone.detach(), 1e-5, 1e-6)
        assert not together[n:, k].detach().numpy().any()


def test_sequences_survive_padding_and_packing(torch):
    rows = [np.arange(n, dtype=np.float32) for n in (3, 1, 2)]
    for side in ("left", "right"):
        ours = nn.utils.rnn.pad_sequence(
            [rushlight.tensor(r) for r in rows], True, 9.0, padding_side=side
        )
        theirs = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(r) for r in rows], True, 9.0, padding_side=side
        )
        assert ours.tolist() == theirs.tolist()
    packed = nn.utils.rnn.pack_sequence([rushlight.tensor(r) for r in rows], enforce_sorted=False)
    back = nn.utils.rnn.unpack_sequence(packed)
    assert [b.tolist() for b in back] == [r.tolist() for r in rows]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.LSTM(3, 4)(rushlight.ones(5, 2, 7)), "must be equal to input_size. Expected 3"),
        (lambda: nn.LSTM(3, 4)(rushlight.ones(5)), "input to be 2D or 3D, got 1D"),
        (lambda: nn.GRU(3, 4)(rushlight.ones(5, 2, 3), rushlight.ones(1, 3, 4)),
         "Expected hidden size (1, 2, 4), got [1, 3, 4]"),
        (lambda: nn.GRU(3, 4)(rushlight.ones(5, 2, 3), rushlight.ones(1, 4)), "also be 3-D"),
        (lambda: nn.RNN(3, 4, nonlinearity="step"), "Unknown nonlinearity 'step'"),
        (lambda: nn.GRU(3, 4, proj_size=2), "only supported for LSTM"),
        (lambda: nn.LSTM(3, 0), "hidden_size must be greater than zero"),
        (lambda: nn.LSTMCell(3, 4)(rushlight.ones(2, 5)), "got 5 expected 3"),
        (lambda: nn.utils.rnn.pack_padded_sequence(rushlight.ones(3, 2), [1, 3]),
         "must be sorted in decreasing order"),
        (lambda: nn.utils.rnn.pack_padded_sequence(rushlight.ones(3, 2), [4, 3]), "lengths is"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(make, words):
    with pytest.raises((RuntimeError, ValueError)) as error:
        make()
    assert words in str(error.value)


def test_an_lstm_records_one_call_for_each_layer_and_direction():
    layer = nn.LSTM(3, 4, 2, bidirectional=True)
    x = rushlight.ones(6, 2, 3)
    layer(x)
    local.recorder.flush()
    before = local.recorder.count
    layer(rushlight.ones(7, 2, 3))
    assert local.recorder.count - before <= 4 + 2 + 2  # layers, joined directions, states
