"""Schedules that change the learning rate for the first few epochs, or by a factor each."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from .optimizer import Optimizer
from .schedule import LRScheduler


class ConstantLR(LRScheduler):
    """The learning rate times `factor` until epoch `total_iters`.

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5).get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ChoiceError(explain("ConstantLR", "factor expected to be between 0 and 1"))
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """See the class."""
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self.present()]
        if self.last_epoch != self.total_iters:
            return self.present()
        return [lr * (1.0 / self.factor) for lr in self.present()]

    def _get_closed_form_lr(self) -> list[float]:
        factor = self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor)
        return [base * factor for base in self.base_lrs]


class LinearLR(LRScheduler):
    """The learning rate times a factor that goes from one value to another until `total_iters`.

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5).get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1.0:
            problem = "start_factor expected to be greater than 0 and less or equal to 1"
            raise ChoiceError(explain("LinearLR", problem))
        if not 0 <= end_factor <= 1.0:
            raise ChoiceError(explain("LinearLR", "end_factor expected to be between 0 and 1"))
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """See the class."""
        rise = self.end_factor - self.start_factor
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self.present()]
        if self._is_initial or self.last_epoch > self.total_iters:
            return self.present()
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return [lr * (1.0 + rise / before) for lr in self.present()]

    def _get_closed_form_lr(self) -> list[float]:
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        factor = self.start_factor + (self.end_factor - self.start_factor) * share
        return [base * factor for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """Down to 0 at epoch `total_iters`, as a power of what is left of the way."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """See the class."""
        t, n = self.last_epoch, self.total_iters
        if self._is_initial or t > n:
            return self.present()
        factor = ((1.0 - t / n) / (1.0 - (t - 1) / n)) ** self.power
        return [lr * factor for lr in self.present()]

    def _get_closed_form_lr(self) -> list[float]:
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * left**self.power for base in self.base_lrs]


class MultiplicativeLR(LRScheduler):
    """The last learning rate times `lr_lambda(epoch)`: one function, or one for each group."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        count = len(optimizer.param_groups)
        lambdas = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * count
        if len(lambdas) != count:
            problem = f"expected {count} lr_lambdas, but got {len(lambdas)}"
            raise ChoiceError(explain("MultiplicativeLR", problem))
        for scale in lambdas:
            if not callable(scale):
                problem = f"lr_lambda should be a function, but got {type(scale).__name__}"
                raise ArgumentError(explain("MultiplicativeLR", problem))
        self.lr_lambdas: list[Callable[[int], float]] = lambdas
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """See the class."""
        if self._is_initial:
            return self.present()
        pairs = zip(self.present(), self.lr_lambdas, strict=True)
        return [lr * scale(self.last_epoch) for lr, scale in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and plain functions; of callable objects, attributes."""
        state = {k: v for k, v in super().state_dict().items() if k != "lr_lambdas"}
        kept = [
            None if isinstance(f, types.FunctionType) else vars(f).copy() for f in self.lr_lambdas
        ]
        return {**state, "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        kept = state_dict.get("lr_lambdas", [])
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for scale, attributes in zip(self.lr_lambdas, kept, strict=False):
            if attributes is not None:
                vars(scale).update(attributes)
