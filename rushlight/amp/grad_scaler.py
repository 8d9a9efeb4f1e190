"""Losses times a large number, so that small gradients do not vanish in float16."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..create import tensor
from ..devices import require_cpu
from ..dtypes import float16, float32, int32
from ..errors import ChoiceError, GradError, RushlightError, explain
from ..modes import no_grad
from ..runtime.entry import Handle
from ..runtime.record import elements

NO_CUDA = "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling."

READY, UNSCALED, STEPPED = "ready", "unscaled", "stepped"
"""What has happened to an optimizer since the last update."""


class ScalerError(RushlightError, AssertionError):
    """A scaler that is used in the wrong order, or with factors that make no sense."""


class GradScaler:
    """Scales losses, and leaves out steps whose gradients are not finite.

    The scale shrinks by `backoff_factor` after such a step, and grows by `growth_factor` after
    `growth_interval` steps without one. `device` is "cpu"; for "cuda", which is not there, the
    scaler warns and does nothing, as one that is not `enabled`.

    >>> model = torch.nn.Linear(1, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> scaler = torch.amp.GradScaler("cpu")
    >>> loss = model(torch.ones(1, 1)).sum()
    >>> scaler.scale(loss).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> scaler.get_scale()
    65536.0
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        self._enabled = enabled
        if enabled and device == "cuda":
            warnings.warn(NO_CUDA, stacklevel=2)
            self._enabled = False
        if not self._enabled:
            return
        require_cpu(device, "GradScaler")
        if growth_factor <= 1.0:
            raise ScalerError(explain("GradScaler", "The growth factor must be > 1.0."))
        if backoff_factor >= 1.0:
            raise ScalerError(explain("GradScaler", "The backoff factor must be < 1.0."))
        self._init_scale = init_scale
        self._scale: Any = None
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval = growth_interval
        self._init_growth_tracker = 0
        self._growth_tracker: Any = None
        self._states: dict[int, tuple[str, Any]] = {}

    def scale(self, outputs: Any) -> Any:
        """`outputs`, a tensor or tensors in lists, times the scale; ValueError for other things."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Handle):
            self._prepare()
            return outputs * self._scale  # type: ignore[operator]
        if not isinstance(outputs, Iterable):
            problem = "outputs must be a Tensor or an iterable of Tensors"
            raise ChoiceError(explain("GradScaler.scale", problem, {"outputs": repr(outputs)}))
        scaled = [self.scale(part) for part in outputs]
        return type(outputs)(scaled) if isinstance(outputs, list | tuple) else iter(scaled)  # type: ignore[call-arg]

    def _prepare(self) -> None:
        """Make the scale, when it is first needed."""
        if self._scale is None:
            self._scale = tensor(self._init_scale, dtype=float32)
            self._growth_tracker = tensor(self._init_growth_tracker, dtype=int32)

    def _expect_scale(self, name: str) -> None:
        """Raise unless something was scaled before."""
        if self._scale is None:
            problem = f"Attempted {name} but _scale is None"
            hint = "use scaler.scale(loss).backward() earlier in the iteration"
            raise ScalerError(explain("GradScaler", problem, hint=hint))

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of what `optimizer` trains by the scale, once before its step.

        Raises RuntimeError if that was done already, ValueError for gradients of float16.
        """
        if not self._enabled:
            return
        self._expect_scale("unscale_")
        stage, _ = self._states.get(id(optimizer), (READY, None))
        if stage is not READY:
            done = {
                UNSCALED: "unscale_() has already been called on this optimizer since the last "
                "update().",
                STEPPED: "unscale_() is being called after step().",
            }
            raise GradError(explain("GradScaler", done[stage], hint="call scaler.update() first"))
        self._states[id(optimizer)] = (UNSCALED, self._unscale(optimizer))

    def _unscale(self, optimizer: Any) -> bool | None:
        """Whether a gradient is not finite, after all were divided; None if there are none."""
        grads = [
            p.grad for group in optimizer.param_groups for p in group["params"]
            if p.grad is not None
        ]  # fmt: skip
        if any([g.dtype is float16 for g in grads]):
            problem = "Attempting to unscale FP16 gradients."
            hint = "keep the parameters in float32: autocast casts them where they are used"
            raise ChoiceError(explain("GradScaler", problem, hint=hint))
        inverse = 1.0 / np.float64(elements(self._scale))
        with no_grad(), np.errstate(over="ignore", invalid="ignore"):
            for grad in grads:
                grad.mul_(float(np.float32(inverse)))
        return any([not np.isfinite(elements(g)).all() for g in grads]) if grads else None

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """What `optimizer.step(*args)` returns, or None if it was left out.

        It is left out if a gradient is infinite or no number. Raises RuntimeError for a closure,
        AssertionError if nothing has a gradient.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            problem = "Closure use is not currently supported if GradScaler is enabled."
            raise GradError(explain("GradScaler", problem))
        self._expect_scale("step")
        stage, _ = self._states.get(id(optimizer), (READY, None))
        if stage is STEPPED:
            problem = "step() has already been called since the last update()."
            raise GradError(explain("GradScaler", problem, hint="call scaler.update() after it"))
        if stage is READY:
            self.unscale_(optimizer)
        _, infinite = self._states[id(optimizer)]
        if infinite is None:
            problem = "No inf checks were recorded for this optimizer."
            hint = "its parameters have no gradients: call backward() first"
            raise ScalerError(explain("GradScaler", problem, hint=hint))
        self._states[id(optimizer)] = (STEPPED, infinite)
        return None if infinite else optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Let the scale grow or shrink after what happened in this iteration, or set it."""
        if not self._enabled:
            return
        self._expect_scale("update")
        if new_scale is not None:
            self._scale = tensor(float(new_scale), dtype=float32)
        else:
            self._adapt()
        self._states.clear()

    def _adapt(self) -> None:
        """Let the scale grow or shrink."""
        found = [infinite for _, infinite in self._states.values() if infinite is not None]
        if not found:
            problem = "No inf checks were recorded prior to update."
            raise ScalerError(explain("GradScaler", problem, hint="call scaler.step(optimizer)"))
        scale, good = self.get_scale(), int(elements(self._growth_tracker)) + 1
        if any(found):
            scale, good = scale * self._backoff_factor, 0
        elif good == self._growth_interval:
            larger = float(np.float32(scale * self._growth_factor))
            scale, good = larger if math.isfinite(larger) else scale, 0
        self._scale = tensor(scale, dtype=float32)
        self._growth_tracker = tensor(good, dtype=int32)

    # -- what there is to know ---------------------------------------------------------------------

    def get_scale(self) -> float:
        """The scale, 1 if the scaler is not enabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else float(elements(self._scale))

    def get_growth_factor(self) -> float:
        """By how much the scale grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set by how much the scale grows."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """By how much the scale shrinks."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set by how much the scale shrinks."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many good steps the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many good steps the scale grows."""
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The scale and what it depends on; empty if the scaler is not enabled."""
        if not self._enabled:
            return {}
        good = self._growth_tracker
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._init_growth_tracker if good is None else int(elements(good)),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` of another gave; raises RuntimeError if that is empty."""
        if not self._enabled:
            return
        if not state_dict:
            problem = "The source state dict is empty"
            hint = "perhaps it was saved from a GradScaler that was not enabled"
            raise GradError(explain("GradScaler.load_state_dict", problem, hint=hint))
        self._init_scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._scale is not None:
            self._scale = tensor(self._init_scale, dtype=float32)
            self._growth_tracker = tensor(self._init_growth_tracker, dtype=int32)
