"""`torch.optim.swa_utils`: models whose parameters are the averages of another's.

This is the one place that knows both modules and schedules, as PyTorch's does.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable
from typing import Any

from ..create import tensor
from ..errors import ChoiceError, explain
from ..modes import no_grad
from ..nn.batchnorm import _BatchNorm
from ..nn.module import Module
from .optimizer import Optimizer
from .schedule import LRScheduler, for_each_group

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Any, Any, Any], Any]:
    """A function that moves an average towards the present value by the share 1 - `decay`."""
    check_decay(decay)
    return lambda average, now, count: decay * average + (1 - decay) * now


def get_swa_avg_fn() -> Callable[[Any, Any, Any], Any]:
    """A function that makes of the mean of `count` values, and one more, the mean of all."""
    return lambda average, now, count: average + (now - average) / (count + 1)


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[Any, Any, Any], None]:
    """As `get_ema_avg_fn`, for lists of tensors, which are changed."""
    return for_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Callable[[Any, Any, Any], None]:
    """As `get_swa_avg_fn`, for lists of tensors, which are changed."""
    return for_lists(get_swa_avg_fn())


def for_lists(average: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], None]:
    """`average` for each of several tensors."""

    def update(averages: Any, present: Any, count: Any) -> None:
        with no_grad():
            for old, now in zip(averages, present, strict=True):
                old.copy_(average(old, now, count))

    return update


def check_decay(decay: float) -> None:
    """Raise unless `decay` is a share."""
    if not 0.0 <= decay <= 1.0:
        problem = f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        raise ChoiceError(explain("swa_utils", problem))


class AveragedModel(Module):
    """A copy of `model` whose parameters are the averages of those it had at each update.

    >>> model = torch.nn.Linear(1, 1)
    >>> average = torch.optim.swa_utils.AveragedModel(model)
    >>> average.update_parameters(model)
    >>> average.n_averaged
    tensor(1)
    """

    def __init__(
        self,
        model: Any,
        device: Any = None,
        avg_fn: Callable[[Any, Any, Any], Any] | None = None,
        multi_avg_fn: Callable[[Any, Any, Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            problem = "Only one of avg_fn and multi_avg_fn should be provided"
            raise AssertionError(explain("AveragedModel", problem))
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged module makes of the inputs."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Any) -> None:
        """Let the present parameters of `model` count too."""
        ours, theirs = [
            list(
                itertools.chain(m.parameters(), m.buffers()) if self.use_buffers else m.parameters()
            )
            for m in (self.module, model)
        ]
        count = self.n_averaged
        update = self.multi_avg_fn or for_lists(self.avg_fn or get_swa_avg_fn())
        with no_grad():
            if int(count) == 0:
                for old, now in zip(ours, theirs, strict=True):
                    old.copy_(now)
            else:
                update(ours, [p.detach() for p in theirs], count)
            if not self.use_buffers:
                for old, now in zip(self.module.buffers(), model.buffers(), strict=True):
                    old.copy_(now)
            self.n_averaged += 1


def update_bn(loader: Any, model: Any, device: Any = None) -> None:
    """Compute the running statistics of all BatchNorms of `model` anew, from one pass of data."""
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    training = model.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    for input in loader:
        model(input[0] if isinstance(input, list | tuple) else input)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(training)


class SWALR(LRScheduler):
    """To the learning rate `swa_lr` within `anneal_epochs` epochs, where it stays.

    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.05).get_last_lr()
    [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = for_each_group("swa_lr", optimizer, swa_lr)
        for lr, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = lr
        if anneal_strategy not in ("cos", "linear"):
            problem = f"anneal_strategy must be one of 'cos' or 'linear', not {anneal_strategy}"
            raise ChoiceError(explain("SWALR", problem))
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            problem = f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}"
            raise ChoiceError(explain("SWALR", problem))
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def share(self, step: int) -> float:
        """How much of the way has been gone after `step` epochs."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[float]:
        """See the class."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self.share(step - 1), self.share(step)
        rates = []
        for group in self.optimizer.param_groups:
            target = group["swa_lr"]
            first = target if before == 1 else (group["lr"] - before * target) / (1 - before)
            rates.append(target * now + first * (1 - now))
        return rates
