"""Many copies of a model trained at once, against each trained alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn

F = nn.functional
Make = Callable[[], Any]


def small() -> Any:
    return nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))


def normalised() -> Any:
    first = nn.Linear(1, 4, bias=False)  # the norm takes its mean away again
    return nn.Sequential(first, nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))


def data() -> tuple[Any, Any]:
    x = torch.linspace(-1, 1, 20).unsqueeze(1)
    return x, x**2


def alone(make: Make, optimizer: Any, seed: int, lr: float, steps: int) -> Any:
    """One model, trained by itself."""
    x, y = data()
    torch.manual_seed(seed)
    model = make()
    chosen = optimizer(model.parameters(), lr)
    for _ in range(steps):
        chosen.zero_grad()
        F.mse_loss(model(x), y).backward()
        chosen.step()
    return model


def together(make: Make, optimizer: Any, rates: list[float] | float, steps: int) -> Any:
    """Copies trained at once: their crowd."""
    x, y = data()
    own = isinstance(rates, list)
    crowd = torch.many(make, seeds=range(3), lr=rates if own else None)
    chosen = optimizer(crowd.parameters(), crowd.lr if own else rates)
    for _ in range(steps):
        chosen.zero_grad()
        crowd.each(lambda model: F.mse_loss(model(x), y)).sum().backward()
        chosen.step()
    return crowd


OPTIMIZERS: dict[str, Any] = {
    "SGD": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, weight_decay=0.01),
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
    "NAdam": torch.optim.NAdam,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("rates", [0.02, [0.02, 0.01, 0.001]], ids=["one rate", "own rates"])
def test_every_copy_goes_its_own_way(name: str, rates: Any) -> None:
    crowd = together(small, OPTIMIZERS[name], rates, 12)
    for k in range(3):
        rate = rates[k] if isinstance(rates, list) else rates
        model = alone(small, OPTIMIZERS[name], k, rate, 12)
        for mine, other in zip(crowd[k].parameters(), model.parameters(), strict=True):
            np.testing.assert_allclose(mine.detach(), other.detach(), 2e-5, 2e-6)


def test_running_statistics_are_every_copys_own() -> None:
    crowd = together(normalised, torch.optim.Adam, 0.01, 6)
    for k in range(3):
        one = crowd[k].state_dict()
        for name, value in alone(normalised, torch.optim.Adam, k, 0.01, 6).state_dict().items():
            np.testing.assert_allclose(one[name], value, 2e-5, 2e-6, err_msg=name)


def test_a_crowd_is_a_module_and_its_copies_are() -> None:
    crowd = torch.many(small, seeds=[3, 4])
    assert len(crowd) == 2
    assert [tuple(p.shape) for p in crowd.parameters()] == [(2, 10, 1), (2, 10), (2, 1, 10), (2, 1)]
    x, _ = data()
    assert torch.equal(crowd(x)[1], crowd[1](x))
    assert torch.allclose(
        crowd.each(lambda m, x: m(x), torch.stack([x, 2 * x]))[1], crowd[1](2 * x)
    )
    crowd[0][0].weight.detach().zero_()  # a copy is a copy
    assert bool(crowd[0][0].weight.any())
    other = torch.many(small, seeds=[5, 6])
    other.load_state_dict(crowd.state_dict())
    assert torch.equal(other(x), crowd(x))


def test_the_stream_outside_goes_on_as_if_nothing_had_been_drawn() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3).tolist()
    torch.manual_seed(0)
    torch.many(small, seeds=range(2))
    assert torch.rand(3).tolist() == expected


def test_tied_weights_stay_tied() -> None:
    def make() -> Any:
        net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        net[1].weight = net[0].weight
        return net

    crowd = torch.many(make, seeds=range(2))
    assert len(list(crowd.parameters())) == 3
    x = torch.ones(1, 3)
    one = crowd[1]
    assert one[0].weight is one[1].weight
    assert torch.allclose(crowd(x)[1], one(x))


def test_optimizers_that_would_mix_the_copies_say_so() -> None:
    crowd = torch.many(small, seeds=range(2))
    chosen = torch.optim.Adafactor(crowd.parameters())
    crowd(torch.ones(1, 1)).sum().backward()
    with pytest.raises(ValueError, match="as if it were alone"):
        chosen.step()


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one seed"):
        torch.many(small, seeds=[])
    with pytest.raises(ValueError, match="2 learning rates for 3 seeds"):
        torch.many(small, seeds=range(3), lr=[0.1, 0.2])
    with pytest.raises(ValueError, match="for each of the 2 copies"):
        torch.many(small, seeds=range(2)).each(lambda model, x: x, torch.ones(3))
    with pytest.raises(IndexError, match="no copy 2"):
        torch.many(small, seeds=range(2))[2]
