"""Schedules that go up and down: warm restarts, cycles, and one cycle."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from .optimizer import Optimizer
from .schedule import LRScheduler, for_each_group


def set_momentum(scheduler: Any, group: dict[str, Any], momentum: float) -> None:
    """Set what takes the place of momentum in a group."""
    if scheduler.use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def begin_momentum(scheduler: Any, base: Any, top: Any, last_epoch: int) -> tuple[Any, Any]:
    """The bounds of momentum for each group, in which they are noted."""
    optimizer = scheduler.optimizer
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        problem = "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
        raise ChoiceError(explain(type(scheduler).__name__, problem, hint="cycle_momentum=False"))
    scheduler.use_beta1 = "betas" in optimizer.defaults
    lows = for_each_group("base_momentum", optimizer, base)
    highs = for_each_group("max_momentum", optimizer, top)
    if last_epoch == -1:
        for low, high, group in zip(lows, highs, optimizer.param_groups, strict=True):
            set_momentum(scheduler, group, high)
            group["max_momentum"] = high
            group["base_momentum"] = low
    return lows, highs


class CosineAnnealingWarmRestarts(LRScheduler):
    """Down to `eta_min` along half a cosine of `T_0` epochs, then anew, `T_mult` times as long.

    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017).

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10).get_last_lr()
    [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if value < 1 or not isinstance(value, int):
                problem = f"expected positive integer {name}, but got {value}"
                raise ChoiceError(explain("CosineAnnealingWarmRestarts", problem))
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """See the class."""
        wave = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * wave / 2 for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:  # type: ignore[override]
        """Go on to the next epoch, or to `epoch`, which may be a fraction."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self.go_to(epoch)
        self.last_epoch = math.floor(epoch)
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = self.present()

    def go_to(self, epoch: float) -> None:
        """Find the cycle in which `epoch` is."""
        if epoch < 0:
            problem = f"expected non-negative epoch, but got {epoch}"
            raise ChoiceError(explain("CosineAnnealingWarmRestarts", problem))
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch  # type: ignore[assignment]
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0  # type: ignore[assignment]
        else:
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            start = self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_cur = epoch - start  # type: ignore[assignment]
            self.T_i = self.T_0 * self.T_mult**n


class CyclicLR(LRScheduler):
    """Up from `base_lr` to `max_lr` and down again, for ever.

    `mode` says whether the peaks stay ("triangular"), halve ("triangular2") or fall by `gamma` a
    step ("exp_range"); or `scale_fn` does. Momentum goes the other way. Smith, "Cyclical learning
    rates for training neural networks" (2017).

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0, momentum=0.9)
    >>> torch.optim.lr_scheduler.CyclicLR(optimizer, 0.25, 1.0).get_last_lr()
    [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(
                explain("CyclicLR", f"{type(optimizer).__name__} is not an Optimizer")
            )
        self.optimizer = optimizer
        base_lrs = for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                group["lr"] = lr
        self.max_lrs = for_each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ChoiceError(explain("CyclicLR", "mode is invalid and scale_fn is None"))
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = begin_momentum(
                self, base_momentum, max_momentum, last_epoch
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """How high a peak is, of its first height."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[float]:
        """See the class; sets momentum too."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        rising = x <= self.step_ratio
        share = x / self.step_ratio if rising else (x - 1) / (self.step_ratio - 1)
        height = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, top) in zip(self.optimizer.param_groups, bounds, strict=True):
                set_momentum(self, group, top - (top - low) * share * height)
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (top - low) * share * height for low, top in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and a plain function."""
        state = super().state_dict()
        scale = state.pop("_scale_fn_custom")
        plain = scale is None or isinstance(scale, type(begin_momentum))
        state["_scale_fn_custom"] = None if plain else vars(scale).copy()
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        rest = {k: v for k, v in state_dict.items() if k != "_scale_fn_custom"}
        super().load_state_dict(rest)
        attributes = state_dict.get("_scale_fn_custom")
        if attributes is not None:
            vars(self._scale_fn_custom).update(attributes)


class OneCycleLR(LRScheduler):
    """Up to `max_lr` in the first part of all steps, then down to almost nothing.

    Momentum goes the other way. Smith & Topin, "Super-convergence" (2018).

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0, momentum=0.9)
    >>> schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> [round(lr, 6) for lr in schedule.get_last_lr()]
    [0.04]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(
                explain("OneCycleLR", f"{type(optimizer).__name__} is not an Optimizer")
            )
        self.optimizer = optimizer
        self.total_steps = total_of(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            problem = f"expected float between 0 and 1 pct_start, but got {pct_start}"
            raise ChoiceError(explain("OneCycleLR", problem))
        if anneal_strategy not in ("cos", "linear"):
            problem = f"anneal_strategy must be one of 'cos' or 'linear', not {anneal_strategy}"
            raise ChoiceError(explain("OneCycleLR", problem))
        self._schedule_phases = phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        tops = for_each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for top, group in zip(tops, optimizer.param_groups, strict=True):
                group["initial_lr"] = top / div_factor
                group["max_lr"] = top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            begin_momentum(self, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def between(self, start: float, end: float, share: float) -> float:
        """The value at `share` of the way from `start` to `end`."""
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (1 + math.cos(math.pi * share))

    def get_lr(self) -> list[float]:
        """See the class; sets momentum too."""
        t = self.last_epoch
        if t > self.total_steps:
            problem = f"tried to step {t} times. The specified number of total steps is "
            raise ChoiceError(explain("OneCycleLR", f"{problem}{self.total_steps}"))
        start = 0.0
        phase = self._schedule_phases[-1]
        for phase in self._schedule_phases:
            if t <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            start = phase["end_step"]
        share = (t - start) / (phase["end_step"] - start)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self.between(group[phase["start_lr"]], group[phase["end_lr"]], share))
            if self.cycle_momentum:
                ends = (group[phase["start_momentum"]], group[phase["end_momentum"]])
                set_momentum(self, group, self.between(*ends, share))
        return rates


def total_of(total: int | None, epochs: int | None, steps: int | None) -> int:
    """The number of all steps."""
    if total is not None:
        found = {"total_steps": total}
    elif epochs is not None and steps is not None:
        found = {"epochs": epochs, "steps_per_epoch": steps}
    else:
        problem = "you must define either total_steps OR (epochs AND steps_per_epoch)"
        raise ChoiceError(explain("OneCycleLR", problem))
    for name, value in found.items():
        if not isinstance(value, int) or value <= 0:
            problem = f"expected positive integer {name}, but got {value}"
            raise ChoiceError(explain("OneCycleLR", problem))
    return math.prod(found.values())


def phases(total: int, share: float, three: bool) -> list[dict[str, Any]]:
    """The parts of the cycle, as PyTorch's state dicts have them."""
    marks = [
        ("initial_lr", "max_momentum"),
        ("max_lr", "base_momentum"),
        ("min_lr", "max_momentum"),
    ]
    ends: list[float] = [float(share * total) - 1, total - 1]
    if three:
        marks.insert(2, ("initial_lr", "max_momentum"))
        ends.insert(1, float(2 * share * total) - 2)
    return [
        {
            "end_step": end, "start_lr": marks[k][0], "end_lr": marks[k + 1][0],
            "start_momentum": marks[k][1], "end_momentum": marks[k + 1][1],
        }
        for k, end in enumerate(ends)
    ]  # fmt: skip
