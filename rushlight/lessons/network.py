"""A neural network with nothing but NumPy: forward, backward, and stochastic gradient descent.

This is the network of the notes this project began with, which follow the first chapter of Michael
Nielsen's "Neural Networks and Deep Learning" (2015). Read it from top to bottom. `as_module` at the
end writes the same network with `nn`, where autograd does what `backprop` does here by hand.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import nn
from ..create import from_numpy
from ..errors import ChoiceError, ShapeError, explain
from ..runtime.record import realise


class Network:
    """A network of layers of neurons, each layer connected to all of the one before.

    `Network([784, 30, 10])` has 784 inputs, 30 hidden neurons and 10 outputs. A neuron adds up its
    inputs, each times a weight of its own, adds a bias, and squeezes the sum between 0 and 1:
    a' = sigmoid(w a + b). Inputs and outputs are columns: arrays of shape (neurons, 1).

    What it learns from is the cost of each example, C = |a - y|^2 / 2, where `a` is what comes out
    and `y` what should.

    Six things kept the version in the notes from running, or from running well:

    - `xrange` is Python 2; in Python 3 it is `range`.
    - `backprop` filled in `nabla_b` without ever having made it.
    - `len` was taken of the data, which in Python 3 is often a `zip` that has none; and
      `random.shuffle` changed the order of the caller's own list. Now a list is made first.
    - `np.exp(-z)` overflows for z below about -709; see `sigmoid`.
    - `sigmoid_prime` computed the sigmoid twice.
    - Targets that were plain numbers, or rows instead of columns, were broadcast to wrong shapes
      without a word. Now that is an error.

    >>> import random
    >>> random.seed(0)
    >>> np.random.seed(0)
    >>> from rushlight.lessons.network import Network
    >>> net = Network([2, 3, 1])
    >>> [w.shape for w in net.weights], [b.shape for b in net.biases]
    ([(3, 2), (1, 3)], [(3, 1), (1, 1)])
    >>> net.feedforward(np.array([[0.5], [-1.0]])).shape
    (1, 1)
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            problem = "sizes needs at least an input and an output layer, each of 1 neuron or more"
            raise ChoiceError(explain("Network", problem, {"sizes": list(sizes)}))
        self.num_layers = len(sizes)
        self.sizes = list(sizes)
        # The input layer has neither weights nor biases: it only hands on what it is given.
        # A layer of y neurons after one of x has y biases and a weight for each of the y * x
        # connections. They begin at random: neurons that began alike would stay alike.
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in itertools.pairwise(sizes)]

    def feedforward(self, a: Any) -> Any:
        """What comes out when the column `a` goes in."""
        check_column("feedforward", "the input", a, self.sizes[0])
        for b, w in zip(self.biases, self.weights, strict=True):
            a = sigmoid(w @ a + b)
        return a

    def SGD(
        self,
        training_data: Iterable[tuple[Any, Any]],
        epochs: int,
        mini_batch_size: int,
        eta: float,
        test_data: Iterable[tuple[Any, int]] | None = None,
    ) -> None:
        """Train by stochastic gradient descent; prints how it goes after each epoch.

        `training_data` has pairs of columns (x, y). In each epoch all of them are used once, in a
        new random order, `mini_batch_size` at a time; `eta` is the learning rate. If there is
        `test_data`, pairs of a column and the number of the right output, it is tested on these.
        """
        training_data = list(training_data)
        test_data = None if test_data is None else list(test_data)
        if mini_batch_size < 1:
            problem = "mini_batch_size must be 1 or more"
            raise ChoiceError(explain("SGD", problem, {"mini_batch_size": mini_batch_size}))
        for j in range(epochs):
            random.shuffle(training_data)
            for k in range(0, len(training_data), mini_batch_size):
                # "Stochastic": the gradient of a few examples points about where that of all
                # examples would, and costs far less.
                self.update_mini_batch(training_data[k : k + mini_batch_size], eta)
            if test_data:
                print(f"Epoch {j}: {self.evaluate(test_data)} / {len(test_data)}")
            else:
                print(f"Epoch {j} complete")

    def update_mini_batch(self, mini_batch: Sequence[tuple[Any, Any]], eta: float) -> None:
        """Take one step down the mean gradient of the examples in `mini_batch`."""
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b, strict=True)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w, strict=True)]
        # The gradient points uphill, so walk against it. Dividing by the number of examples makes
        # the length of the step the same for small batches and for large ones.
        step = eta / len(mini_batch)
        self.weights = [w - step * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - step * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def backprop(self, x: Any, y: Any) -> tuple[list[Any], list[Any]]:
        """The gradient of the cost of one example: by each layer's biases, and by its weights.

        With z = w a + b before the squeeze, call delta = dC/dz the error of a layer. Four equations
        (Nielsen, chapter 2) are all there is to it; * is elementwise, T is transposed:

            delta of the last layer   = (a - y) * sigmoid'(z)
            delta of a layer          = (w of the next).T @ (delta of the next) * sigmoid'(z)
            dC/db                     = delta
            dC/dw                     = delta @ (a of the layer before).T
        """
        check_column("backprop", "x", x, self.sizes[0])
        check_column("backprop", "y", y, self.sizes[-1])
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]

        # Forward, keeping every z and every a: the way back needs them.
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights, strict=True):
            z = w @ activation + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)

        # Backward. l = 1 is the last layer, l = 2 the one before: Python's negative indices.
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = delta @ activations[-2].T
        for l in range(2, self.num_layers):  # noqa: E741 - the name the book uses
            # Blame flows back through the same weights that the signal came through.
            delta = self.weights[-l + 1].T @ delta * sigmoid_prime(zs[-l])
            nabla_b[-l] = delta
            nabla_w[-l] = delta @ activations[-l - 1].T
        return nabla_b, nabla_w

    def evaluate(self, test_data: Iterable[tuple[Any, int]]) -> int:
        """How many examples it gets right: the brightest output is its answer."""
        return sum([int(np.argmax(self.feedforward(x)) == y) for x, y in test_data])

    def cost_derivative(self, output_activations: Any, y: Any) -> Any:
        """The derivatives of the cost |a - y|^2 / 2 by the outputs `a`."""
        return output_activations - y


def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z)): 0 far to the left, 1 far to the right, 1/2 at 0.

    Written so, exp(-z) overflows when z is very negative. As exp(z) / (1 + exp(z)) it would
    overflow on the other side. Taking the one where z >= 0 and the other elsewhere, only
    exp(-|z|) is ever needed, which is at most 1.

    >>> from rushlight.lessons.network import sigmoid
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    e = np.exp(-np.abs(z))
    return np.where(np.asarray(z) >= 0, 1.0, e) / (1.0 + e)


def sigmoid_prime(z: Any) -> Any:
    """The derivative of the sigmoid: s (1 - s), at most 1/4.

    >>> from rushlight.lessons.network import sigmoid_prime
    >>> sigmoid_prime(np.array([0.0])).tolist()
    [0.25]
    """
    s = sigmoid(z)
    return s * (1 - s)


def check_column(op: str, name: str, column: Any, size: int) -> None:
    """Raise RuntimeError unless `column` is an array of shape (size, 1)."""
    shape = np.shape(column)
    if shape != (size, 1):
        hint = f"use np.reshape(x, ({size}, 1))" if np.size(column) == size else ""
        problem = f"{name} must be a column of shape ({size}, 1)"
        raise ShapeError(explain(op, problem, {name: f"of shape {shape}"}, hint))


# -- data, and the same network with nn --------------------------------------------------------


def columns(dataset: Any) -> list[tuple[Any, int]]:
    """The samples of a dataset such as Digits as pairs of a column from 0 to 1 and a label.

    This is what `evaluate` takes.

    >>> from rushlight.lessons.network import columns
    >>> from rushlight.vision.datasets import Digits
    >>> x, y = columns(Digits(train=False))[0]
    >>> x.shape, y
    ((784, 1), 1)
    """
    pixels = realise(dataset.data)
    inputs = pixels.reshape(len(pixels), -1, 1) / 255.0
    return list(zip(inputs, realise(dataset.targets).tolist(), strict=True))


def vectorized_result(j: int, count: int = 10) -> Any:
    """The column of `count` zeros with a one in place `j`: what the outputs should be.

    >>> from rushlight.lessons.network import vectorized_result
    >>> vectorized_result(1, 3).ravel().tolist()
    [0.0, 1.0, 0.0]
    """
    e = np.zeros((count, 1))
    e[j] = 1.0
    return e


def as_module(network: Network) -> Any:
    """The same network written with `nn`: it takes rows, a batch of them, instead of columns.

    The weights are copied, in float64. Trained with

        loss = ((model(x) - y) ** 2).sum() / (2 * len(x))

    and `optim.SGD(model.parameters(), lr=eta)` it takes the steps that `SGD` above takes.

    >>> from rushlight.lessons.network import Network, as_module
    >>> as_module(Network([784, 30, 10]))
    Sequential(
      (0): Linear(in_features=784, out_features=30, bias=True)
      (1): Sigmoid()
      (2): Linear(in_features=30, out_features=10, bias=True)
      (3): Sigmoid()
    )
    """
    layers: list[Any] = []
    for w, b in zip(network.weights, network.biases, strict=True):
        layer = nn.Linear(w.shape[1], w.shape[0])
        layer.weight.data = from_numpy(w.copy())
        layer.bias.data = from_numpy(b[:, 0].copy())
        layers += [layer, nn.Sigmoid()]
    return nn.Sequential(*layers)
