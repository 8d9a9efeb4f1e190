"""32 copies of the 1-10-1 network trained at once, against one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import rushlight as torch
from rushlight import nn

COPIES = 32
STEPS = 3000
WARM = 500


def network() -> Any:
    """The network of the notes."""
    return nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))


def timed(step: Callable[[], None], count: int) -> float:
    """Microseconds a step, the best of three."""
    for _ in range(WARM):
        step()
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(count):
            step()
        best = min(best, (time.perf_counter() - start) / count)
    return best * 1e6


def one(x: Any, y: Any) -> float:
    """Microseconds a step of one copy."""
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()

    return timed(step, STEPS)


def all_at_once(x: Any, y: Any) -> float:
    """Microseconds a step of all copies."""
    crowd = torch.many(network, seeds=range(COPIES))
    optimizer = torch.optim.Adam(crowd.parameters(), lr=0.01)

    def loss(model: Any) -> Any:
        return nn.functional.mse_loss(model(x), y)

    def step() -> None:
        optimizer.zero_grad()
        crowd.each(loss).sum().backward()
        optimizer.step()

    return timed(step, STEPS)


def main() -> None:
    """Print the two and their ratio."""
    x = torch.linspace(-1, 1, 100).unsqueeze(1)
    y = x**2
    alone, together = one(x, y), all_at_once(x, y)
    print(f"one copy             {alone:8.1f} us a step")
    print(f"{COPIES} one by one        {COPIES * alone:8.1f} us")
    print(f"{COPIES} at once           {together:8.1f} us")
    print(f"ratio                {COPIES * alone / together:8.2f}")


if __name__ == "__main__":
    main()
