"""The network from scratch: its gradients are autograd's, its steps those of `optim`, it learns."""

import io
import random
from contextlib import redirect_stdout

import numpy as np
import pytest

import rushlight as torch
from rushlight.lessons import digits
from rushlight.lessons.network import (
    Network,
    as_module,
    columns,
    sigmoid,
    sigmoid_prime,
    vectorized_result,
)
from rushlight.vision.datasets import Digits

SIZES = [[784, 30, 10], [4, 3], [5, 7, 6, 2], [3, 4, 4, 4, 1]]


@pytest.fixture(autouse=True)
def seeded():
    random.seed(0)
    np.random.seed(0)


def examples(sizes, count):
    """Pairs of columns, in and out."""
    return [(np.random.rand(sizes[0], 1), np.random.rand(sizes[-1], 1)) for _ in range(count)]


def rows(pairs):
    """The pairs as two tensors with a row for each."""
    x, y = zip(*pairs, strict=True)
    return torch.from_numpy(np.hstack(x).T.copy()), torch.from_numpy(np.hstack(y).T.copy())


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_gradients_are_those_of_autograd(sizes):
    network = Network(sizes)
    pairs = examples(sizes, 5)
    model = as_module(network)
    x, y = rows(pairs)
    (((model(x) - y) ** 2).sum() / 2).backward()
    by_biases = [np.zeros_like(b) for b in network.biases]
    by_weights = [np.zeros_like(w) for w in network.weights]
    for pair in pairs:
        for total, part in zip(by_biases, network.backprop(*pair)[0], strict=True):
            total += part
        for total, part in zip(by_weights, network.backprop(*pair)[1], strict=True):
            total += part
    for k in range(len(sizes) - 1):
        layer = model[2 * k]
        assert np.abs(layer.weight.grad.numpy() - by_weights[k]).max() < 1e-6
        assert np.abs(layer.bias.grad.numpy() - by_biases[k][:, 0]).max() < 1e-6
        assert np.abs(by_weights[k]).max() > 1e-4  # there was something to compare


def test_gradients_are_differences():
    """Against the definition of a derivative, with no autograd."""
    network = Network([3, 4, 2])
    x, y = examples([3, 4, 2], 1)[0]

    def total():
        return float(((network.feedforward(x) - y) ** 2).sum() / 2)

    by_biases, by_weights = network.backprop(x, y)
    for arrays, gradients in ((network.biases, by_biases), (network.weights, by_weights)):
        for array, gradient in zip(arrays, gradients, strict=True):
            for place in np.ndindex(array.shape):
                kept = array[place]
                array[place] = kept + 1e-6
                above = total()
                array[place] = kept - 1e-6
                slope = (above - total()) / 2e-6
                array[place] = kept
                assert slope == pytest.approx(gradient[place], abs=1e-8)


def test_steps_are_those_of_optim_sgd():
    sizes = [6, 5, 3]
    network = Network(sizes)
    model = as_module(network)
    optimizer = torch.optim.SGD(model.parameters(), lr=3.0)
    pairs = examples(sizes, 12)
    for k in range(0, 12, 4):
        network.update_mini_batch(pairs[k : k + 4], 3.0)
        x, y = rows(pairs[k : k + 4])
        loss = ((model(x) - y) ** 2).sum() / (2 * len(x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for k, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        np.testing.assert_allclose(model[2 * k].weight.detach().numpy(), w, rtol=0, atol=1e-12)
        np.testing.assert_allclose(model[2 * k].bias.detach().numpy(), b[:, 0], rtol=0, atol=1e-12)


def test_module_is_a_copy():
    network = Network([2, 2])
    model = as_module(network)
    before = network.weights[0].copy()
    with torch.no_grad():
        model[0].weight.zero_()
    assert (network.weights[0] == before).all()
    assert model[0].weight.dtype is torch.float64


def test_it_reads_digits_as_in_the_notes():
    training = [(x, vectorized_result(j)) for x, j in columns(Digits(train=True))]
    test_data = columns(Digits(train=False))
    network = Network([784, 30, 10])
    assert network.evaluate(test_data) < 250
    said = io.StringIO()
    with redirect_stdout(said):
        network.SGD(training, 2, 10, 3.0, test_data=test_data)
    first, second = said.getvalue().splitlines()
    assert first.startswith("Epoch 0: ")
    assert second == f"Epoch 1: {network.evaluate(test_data)} / 1000"
    assert network.evaluate(test_data) > 500


def test_data_may_be_a_zip_and_keeps_its_order(capsys):
    pairs = examples([2, 1], 5)
    kept = list(pairs)
    network = Network([2, 1])
    network.SGD(pairs, 1, 2, 0.1)
    assert [a is b for a, b in zip(pairs, kept, strict=True)] == [True] * 5
    network.SGD(zip(*zip(*pairs, strict=True), strict=True), 1, 2, 0.1)
    assert capsys.readouterr().out == "Epoch 0 complete\nEpoch 0 complete\n"


def test_every_example_is_used_once_in_each_epoch(monkeypatch, capsys):
    pairs = examples([2, 1], 7)
    seen = []
    monkeypatch.setattr(
        Network, "update_mini_batch", lambda self, batch, eta: seen.append(list(batch))
    )
    Network([2, 1]).SGD(pairs, 2, 3, 0.1)
    assert [len(batch) for batch in seen] == [3, 3, 1] * 2
    orders = [
        [next(k for k, pair in enumerate(pairs) if pair is one) for batch in part for one in batch]
        for part in (seen[:3], seen[3:])
    ]
    assert [sorted(order) for order in orders] == [list(range(7))] * 2
    assert orders[0] != orders[1]


@pytest.mark.filterwarnings("error")
def test_sigmoid_does_not_overflow():
    z = np.array([-1e4, -710.0, -1.0, 0.0, 1.0, 710.0, 1e4])
    found = sigmoid(z)
    assert found[[0, 3, 6]].tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(found[[2, 4]], 1 / (1 + np.exp([1.0, -1.0])), rtol=1e-15)
    np.testing.assert_allclose(sigmoid_prime(z), found * (1 - found))


def test_docstring_says_what_was_wrong_in_the_notes():
    for word in ("xrange", "nabla_b", "np.exp(-z)", "zip", "sigmoid_prime"):
        assert word in Network.__doc__


@pytest.mark.parametrize(
    "make, kind, words",
    [
        (lambda n: Network([3]), ValueError, "sizes needs at least an input and an output layer"),
        (lambda n: Network([3, 0]), ValueError, r"sizes is \[3, 0\]"),
        (lambda n: n.feedforward(np.zeros(3)), RuntimeError, r"a column of shape \(3, 1\)"),
        (lambda n: n.feedforward(np.zeros(3)), RuntimeError, r"use np.reshape\(x, \(3, 1\)\)"),
        (lambda n: n.backprop(np.zeros((3, 1)), 1.0), RuntimeError, "y must be a column"),
        (lambda n: n.backprop(np.zeros((4, 1)), np.zeros((2, 1))), RuntimeError, "x must be"),
        (lambda n: n.SGD([], 1, 0, 1.0), ValueError, "mini_batch_size must be 1 or more"),
    ],
)
def test_errors_say_what_was_got(make, kind, words):
    with pytest.raises(kind, match=words):
        make(Network([3, 2]))


# -- the same with nn --------------------------------------------------------------------------


def test_cost_is_that_of_the_notes():
    network = Network([784, 30, 10])
    model = as_module(network)
    inputs = columns(Digits(train=False))[:20]
    x = torch.from_numpy(np.hstack([x for x, _ in inputs]).T.copy())
    labels = torch.tensor([j for _, j in inputs])
    by_hand = [((network.feedforward(x) - vectorized_result(j)) ** 2).sum() / 2 for x, j in inputs]
    assert digits.cost(model(x), labels).item() == pytest.approx(np.mean(by_hand), rel=1e-12)


def test_training_reports_each_batch_and_each_epoch():
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.rand(25, 784), torch.arange(25) % 10)
    batches, epochs = [], []
    history = digits.train(
        digits.Classifier(4), data, data, 2, 10, 0.5,
        lambda *told: batches.append(told), lambda *told: epochs.append(told),
    )  # fmt: skip
    assert [size for size, _, _ in batches] == [10, 10, 5] * 2
    assert history.losses == [loss for _, loss, _ in batches]
    assert history.tested[1:] == [(loss, accuracy) for _, loss, accuracy in epochs]
    assert [number for number, _, _ in epochs] == [1, 2]
    assert all([0 <= right <= size for size, _, right in batches])


def test_mistakes_are_all_wrong_answers_the_worst_first():
    torch.manual_seed(0)
    model = digits.Classifier(5)
    data = digits.load(train=False)
    found = digits.mistakes(model, data)
    assert len(found) == 1000 - round(digits.evaluate(model, data)[1] * 1000)
    assert [m.cost for m in found] == sorted([m.cost for m in found], reverse=True)
    x, labels = data.tensors
    for mistake in found[:5]:
        outputs = model(x[mistake.index])
        assert mistake.label == labels[mistake.index].item() != mistake.answer
        assert outputs.argmax().item() == mistake.answer
        assert outputs.max().item() == pytest.approx(mistake.output, rel=1e-5)
