"""Schedules made of others, and one that follows a metric."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from .optimizer import Optimizer
from .schedule import LRScheduler, check_members


class _Several(LRScheduler):
    """What schedules made of others have in common."""

    _schedulers: Sequence[Any]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, with the states of the members."""
        hidden = ("optimizer", "_schedulers")
        state = {key: value for key, value in self.__dict__.items() if key not in hidden}
        state["_schedulers"] = [member.state_dict() for member in self._schedulers]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        rest = {key: value for key, value in state_dict.items() if key != "_schedulers"}
        self.__dict__.update(rest)
        for member, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            member.load_state_dict(state)


class SequentialLR(_Several):
    """One schedule after the other; the next begins at each epoch of `milestones`.

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> first = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=9)
    >>> second = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    >>> torch.optim.lr_scheduler.SequentialLR(optimizer, [first, second], [3]).get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[Any],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        check_members("SequentialLR", schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            problem = (
                "expects one scheduler more than milestones, but got "
                f"{len(schedulers)} and {len(milestones)}"
            )
            raise ChoiceError(explain("SequentialLR", problem))
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        take_back(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Go on to the next epoch."""
        self.last_epoch += 1
        k = bisect_right(self._milestones, self.last_epoch)
        member = self._schedulers[k]
        if k > 0 and self._milestones[k - 1] == self.last_epoch:
            member._update_lr(0)
        else:
            member.step()
        self._last_lr = member.get_last_lr()


def take_back(scheduler: Any) -> None:
    """Take back the first step that each member took when it was made."""
    for member in getattr(scheduler, "_schedulers", ()):
        if hasattr(member, "_schedulers"):
            take_back(member)
        else:
            member.last_epoch -= 1


class ChainedScheduler(_Several):
    """All schedules at once: each changes what the one before it has left.

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> first = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5)
    >>> second = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    >>> torch.optim.lr_scheduler.ChainedScheduler([first, second]).get_last_lr()
    [0.5]
    """

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        found = optimizer or (schedulers[0].optimizer if schedulers else None)
        check_members("ChainedScheduler", schedulers, found)
        self._schedulers = schedulers
        self.optimizer = schedulers[-1].optimizer
        self._last_lr = self.present()

    def step(self) -> None:  # type: ignore[override]
        """Go on to the next epoch."""
        for member in self._schedulers:
            member.step()
        self._last_lr = self.present()


class ReduceLROnPlateau(LRScheduler):
    """The learning rate times `factor` once a metric has not improved for `patience` epochs.

    `step(metric)` is told the metric, which should fall (or rise, with mode="max").

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    >>> for loss in (1.0, 1.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ChoiceError(explain("ReduceLROnPlateau", "factor should be < 1.0"))
        if not isinstance(optimizer, Optimizer):
            kind = type(optimizer).__name__
            raise ArgumentError(explain("ReduceLROnPlateau", f"{kind} is not an Optimizer"))
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            problem = f"mode {mode} or threshold mode {threshold_mode} is unknown"
            raise ChoiceError(explain("ReduceLROnPlateau", problem))
        self.factor = factor
        self.optimizer = optimizer
        count = len(optimizer.param_groups)
        several = isinstance(min_lr, list | tuple)
        if several and len(min_lr) != count:
            problem = f"expected {count} min_lrs, got {len(min_lr)}"
            raise ChoiceError(explain("ReduceLROnPlateau", problem))
        self.default_min_lr = None if several else min_lr
        self.min_lrs = list(min_lr) if several else [min_lr] * count
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = self.present()
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self._reset()

    def _reset(self) -> None:
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Go on to the next epoch, given the metric of the last one."""
        now = float(metrics)
        if epoch is not None:
            warnings.warn(
                "The epoch parameter in `scheduler.step()` is deprecated: leave it out.",
                UserWarning,
                stacklevel=2,
            )
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(now, self.best):
            self.best = now
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr(self.last_epoch)
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self.present()

    def _reduce_lr(self, epoch: int) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs) and self.default_min_lr is not None:
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            old = float(group["lr"])
            new = max(old * self.factor, least)
            if old - new > self.eps:
                group["lr"] = new

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was so recent that nothing counts yet."""
        return self.cooldown_counter > 0

    def _is_better(self, a: float, best: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            bound = best * (1 + sign * self.threshold)
        else:
            bound = best + sign * self.threshold
        return a > bound if self.mode == "max" else a < bound
