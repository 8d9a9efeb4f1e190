"""A step length that satisfies the strong Wolfe conditions.

Nocedal & Wright, "Numerical optimization" (2006), algorithms 3.5 and 3.6, with cubic interpolation,
in the form that PyTorch's LBFGS has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Objective = Callable[[float], tuple[float, Any]]
"""The value and the gradient at a step length."""

ENOUGH, FLAT = 1e-4, 0.9
"""How much of the predicted fall is enough, and which slope, relative to the first, is flat."""


class Point(NamedTuple):
    """A step length, the value and the gradient there, and the slope along the direction."""

    t: float
    f: float
    g: Any
    slope: float


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic with the values and slopes of two points is least, within `bounds`."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if square < 0:
        return (low + high) / 2.0
    d2 = square**0.5
    if a.t <= b.t:
        best = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    else:
        best = a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
    return min(max(best, low), high)


class Search:
    """A search from `start` along a direction `d`; `evaluations` counts calls of the objective."""

    def __init__(
        self, objective: Objective, d: Any, start: Point, tolerance: float, most: int = 25
    ) -> None:
        self.objective = objective
        self.d = d
        self.start = start
        self.tolerance = tolerance
        self.most = most
        self.evaluations = 0
        self.turns = 0

    def at(self, t: float) -> Point:
        """The point at step length `t`."""
        f, g = self.objective(t)
        self.evaluations += 1
        return Point(t, f, g, float(g.dot(self.d)))

    def falls_enough(self, new: Point) -> bool:
        """Whether the value has fallen by enough of what the slope promised."""
        return new.f <= self.start.f + ENOUGH * new.t * self.start.slope

    def is_flat(self, new: Point) -> bool:
        """Whether the slope has become small."""
        return abs(new.slope) <= -FLAT * self.start.slope

    def run(self, t: float) -> Point:
        """A point to step to, beginning to look at `t`."""
        before, new = self.start, self.at(t)
        while self.turns < self.most:
            rises = self.turns > 1 and new.f >= before.f
            if not self.falls_enough(new) or rises:
                return self.zoom([before, new])
            if self.is_flat(new):
                return new
            if new.slope >= 0:
                return self.zoom([before, new])
            bounds = (new.t + 0.01 * (new.t - before.t), new.t * 10)
            t = cubic_minimum(before, new, bounds)
            before, new = new, self.at(t)
            self.turns += 1
        return min(self.start, new, key=lambda point: point.f)

    def zoom(self, bracket: list[Point]) -> Point:
        """The best point found between the two of `bracket`, which is narrowed."""
        stuck = False
        low = 0 if bracket[0].f <= bracket[1].f else 1
        widest = float(abs(self.d).max())
        while self.turns < self.most:
            ends = (bracket[0].t, bracket[1].t)
            if abs(ends[1] - ends[0]) * widest < self.tolerance:
                break
            t, stuck = away_from_ends(cubic_minimum(*bracket), min(ends), max(ends), stuck)
            new = self.at(t)
            self.turns += 1
            if not self.falls_enough(new) or new.f >= bracket[low].f:
                bracket[1 - low] = new
                low = 0 if bracket[0].f <= bracket[1].f else 1
                continue
            done = self.is_flat(new)
            if not done and new.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
                bracket[1 - low] = bracket[low]
            bracket[low] = new
            if done:
                break
        return bracket[low]


def away_from_ends(t: float, low: float, high: float, stuck: bool) -> tuple[float, bool]:
    """`t`, moved inwards if it is near an end for the second time; whether it is for the first."""
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if not (stuck or t >= high or t <= low):
        return t, True
    return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
