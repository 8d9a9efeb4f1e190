"""The network of the notes on real digits, written with `nn`: to be read after `network`.

Everything from here on is a PyTorch program: `torch` could as well be PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import rushlight as torch
from rushlight import nn
from rushlight.data import DataLoader, TensorDataset
from rushlight.vision.datasets import Digits


class Classifier(nn.Module):
    """784 pixels in, 30 hidden neurons, 10 outputs: the brightest output is the answer.

    >>> from rushlight.lessons.digits import Classifier
    >>> Classifier()
    Classifier(
      (hidden): Linear(in_features=784, out_features=30, bias=True)
      (output): Linear(in_features=30, out_features=10, bias=True)
    )
    """

    def __init__(self, hidden: int = 30) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, hidden)
        self.output = nn.Linear(hidden, 10)

    def forward(self, x: Any) -> Any:
        """What the 10 outputs are for a batch of pictures: each between 0 and 1."""
        x = torch.sigmoid(self.hidden(x))  # (batch, hidden)
        return torch.sigmoid(self.output(x))  # (batch, 10)


def cost(outputs: Any, labels: Any) -> Any:
    """The cost of the notes, |a - y|^2 / 2, as a mean over the batch.

    y is 1 where the label is and 0 elsewhere.

    >>> from rushlight.lessons.digits import cost
    >>> cost(torch.tensor([[0.0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0]]), torch.tensor([0]))
    tensor(1.)
    """
    wanted = nn.functional.one_hot(labels, 10).to(outputs.dtype)
    return ((outputs - wanted) ** 2).sum() / (2 * len(labels))


def load(train: bool) -> TensorDataset:
    """The digits that ship with rushlight, as rows of 784 numbers from 0 to 1, and their labels."""
    digits = Digits(train=train)
    return TensorDataset(digits.data.reshape(-1, 784) / 255.0, digits.targets)


@dataclass
class History:
    """How training went: of every batch its cost, of every epoch cost and accuracy on other data.

    The first of the latter are from before training.
    """

    losses: list[float] = field(default_factory=list)
    tested: list[tuple[float, float]] = field(default_factory=list)


def train(
    model: nn.Module,
    data: TensorDataset,
    test_data: TensorDataset,
    epochs: int,
    batch_size: int,
    lr: float,
    watch: Callable[[int, float, int], None] = lambda size, loss, right: None,
    rest: Callable[[int, float, float], None] = lambda epoch, loss, accuracy: None,
) -> History:
    """Train `model` by stochastic gradient descent; how it went.

    After each batch `watch(size, loss, right answers)` is called, after each epoch
    `rest(epoch, loss, accuracy)` with what the model reaches on the test data.

    >>> from rushlight.lessons.digits import Classifier, load, train
    >>> seed = torch.manual_seed(0)
    >>> history = train(Classifier(), load(True), load(False), epochs=1, batch_size=10, lr=3.0)
    >>> len(history.losses), history.tested[-1][1] > 0.85
    (400, True)
    """
    history = History(tested=[evaluate(model, test_data)])
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loader = DataLoader(data, batch_size=batch_size, shuffle=True)
    for epoch in range(epochs):
        for x, labels in loader:
            outputs = model(x)
            loss = cost(outputs, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.losses.append(loss.item())
            watch(len(x), history.losses[-1], int((outputs.argmax(1) == labels).sum()))
        history.tested.append(evaluate(model, test_data))
        rest(epoch + 1, *history.tested[-1])
    return history


def evaluate(model: nn.Module, data: TensorDataset) -> tuple[float, float]:
    """The cost of `model` on `data`, and the part of its answers that are right."""
    x, labels = data.tensors
    with torch.no_grad():
        outputs = model(x)
        right = (outputs.argmax(1) == labels).float().mean()
        return cost(outputs, labels).item(), right.item()


@dataclass
class Mistake:
    """A sample that was not recognised: its place, its label, the answer, and how sure it was."""

    index: int
    label: int
    answer: int
    output: float
    cost: float


def mistakes(model: nn.Module, data: TensorDataset) -> list[Mistake]:
    """The samples that `model` gets wrong, the one of the highest cost first."""
    x, labels = data.tensors
    with torch.no_grad():
        outputs = model(x)
    wanted = nn.functional.one_hot(labels, 10).to(outputs.dtype)
    costs = ((outputs - wanted) ** 2).sum(1) / 2
    answers = outputs.argmax(1)
    found = [
        Mistake(k, label, answer, outputs[k, answer].item(), costs[k].item())
        for k, (label, answer) in enumerate(zip(labels.tolist(), answers.tolist(), strict=True))
        if label != answer
    ]
    return sorted(found, key=lambda mistake: -mistake.cost)
