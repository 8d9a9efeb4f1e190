"""What all schedules of learning rates share."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from .optimizer import Optimizer


class LRScheduler:
    """Base of all schedules: `step()` after each epoch sets every group's `lr` to `get_lr()`."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            kind = type(optimizer).__name__
            raise ArgumentError(explain("scheduler", f"{kind} is not an Optimizer"))
        self.optimizer = optimizer
        for k, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                problem = f"param 'initial_lr' is not specified in param_groups[{k}]"
                hint = "load the optimizer's state dict before making the scheduler"
                raise KeyError(explain("scheduler", problem, hint=hint))
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self._get_lr_called_within_step = False  # PyTorch's state dicts have it
        self.step()
        self._is_initial = False

    def get_lr(self) -> list[float]:
        """The learning rate of each group for the present `last_epoch`."""
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """The learning rates set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch (or to `epoch`)."""
        if self._step_count == 1 and not self.optimizer.stepped:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first value "
                "of the schedule is skipped. Call `optimizer.step()` first.",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is None:
            self.last_epoch += 1
            rates = self.get_lr()
        else:
            self.last_epoch = epoch
            rates = self._get_closed_form_lr()
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = self.present()

    def _get_closed_form_lr(self) -> list[float]:
        """The learning rates for an epoch that need not follow the last one."""
        return self.get_lr()

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.__dict__.update(state_dict)

    def present(self) -> list[float]:
        """The learning rate of each group as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]


def for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """An option for each group: `value` itself if it is a list, else the same for all."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        problem = f"{name} must have the same length as optimizer.param_groups: "
        raise ChoiceError(explain("scheduler", f"{problem}{count}, not {len(value)}"))
    return list(value)


def check_members(name: str, schedulers: Sequence[Any], optimizer: Any) -> None:
    """Raise unless `schedulers` can take turns on one optimizer."""
    if not schedulers:
        raise ChoiceError(explain(name, "expects at least one scheduler"))
    for k, member in enumerate(schedulers):
        if not hasattr(member, "optimizer"):
            problem = f"the scheduler at index {k} should have an `optimizer`"
            raise ArgumentError(explain(name, problem))
        if hasattr(member, "num_bad_epochs"):
            problem = "does not support ReduceLROnPlateau, whose step needs a metric"
            raise ChoiceError(explain(name, f"{problem}, but got one at index {k}"))
        if member.optimizer is not optimizer:
            problem = f"the scheduler at index {k} belongs to another optimizer"
            raise ChoiceError(explain(name, problem))
