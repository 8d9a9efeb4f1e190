"""L-BFGS.

Every dot product decides what comes next, so nothing is gained by recording them: the vectors are
NumPy's here, and tensors only in the state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import bfloat
from ..errors import ArgumentError, ChoiceError, explain
from ..modes import enable_grad, no_grad
from ..runtime.record import realise, wrap
from .checks import at_least_zero
from .line_search import Point, Search
from .optimizer import Optimizer


def vector(t: Any) -> Any:
    """The numbers of a tensor in a row, complex ones as two."""
    x = bfloat.values(realise(t)).reshape(-1)
    return x.view(x.real.dtype) if np.iscomplexobj(x) else x


def tensor_of(x: Any) -> Any:
    """A tensor of an array, or of a number of NumPy's."""
    return wrap(np.asarray(x))


def largest(x: Any) -> float:
    """The greatest absolute value of an array."""
    return float(abs(x).max())


class LBFGS(Optimizer):
    """Quasi-Newton steps: the curvature is guessed from the last `history_size` steps.

    `step(closure)` takes up to `max_iter` of them, and calls `closure`, which computes the loss and
    its gradients anew, as often as it must. With line_search_fn="strong_wolfe" the length of each
    step is searched for. Nocedal, "Updating quasi-Newton matrices with limited storage" (1980).

    >>> w = torch.tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (w * w).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(13., grad_fn=<SumBackward0>)
    >>> bool(w.abs().max() < 1e-6)
    True
    """

    proportional = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        at_least_zero(learning_rate=lr)
        defaults = {
            "lr": lr, "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            problem = "LBFGS doesn't support per-parameter options (parameter groups)"
            raise ChoiceError(explain("optimizer", problem))

    @property
    def _params(self) -> list[Any]:
        found: list[Any] = self.param_groups[0]["params"]
        return found

    def flat_gradient(self) -> Any:
        """The gradients of all parameters in a row; zeros where there is none."""
        found = []
        for p in self._params:
            g = p.grad
            found.append(vector(p.new_zeros(p.shape) if g is None else g))
        return np.concatenate(found)

    def move(self, t: float, direction: Any) -> None:
        """Move all parameters by `t` along `direction`, an array."""
        place = 0
        with no_grad():
            for p in self._params:
                n = p.numel() * (2 if p.dtype.is_complex else 1)
                part = direction[place : place + n]
                part = part.view(p.dtype.numpy) if p.dtype.is_complex else part
                p.add_(wrap(part.reshape(p.shape)), alpha=t)
                place += n

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """The loss before, after up to `max_iter` steps."""
        if closure is None:
            problem = "LBFGS needs a closure that computes the loss and its gradients again"
            raise ArgumentError(explain("step", problem, hint="optimizer.step(closure)"))
        self.call_hooks("step_pre", (closure,), {})
        self.stepped = True
        with enable_grad():
            first = closure()
        state = self.state[self._params[0]]
        for name in ("func_evals", "n_iter"):
            state.put(name, state.slot(name) or 0)
        state.put("func_evals", state.slot("func_evals") + 1)
        g = self.flat_gradient()
        if largest(g) > self.param_groups[0]["tolerance_grad"]:
            Descent(self, state, closure, number(first), g).run()
        self.call_hooks("step_post", (closure,), {})
        return first


class Descent:
    """The iterations of one call of `step`; `f` and `g` are value and gradient where it stands."""

    def __init__(
        self, optimizer: LBFGS, state: Any, closure: Callable[[], Any], f: float, g: Any
    ) -> None:
        self.optimizer = optimizer
        self.options = optimizer.param_groups[0]
        self.state = state
        self.closure = closure
        self.f, self.g = f, g
        self.t, self.f_before = state.slot("t"), state.slot("prev_loss")
        self.d, self.g_before = state.slot("d"), state.slot("prev_flat_grad")
        self.scale: Any = state.slot("H_diag")
        self.ys: list[Any] = []  # differences of gradients
        self.ss: list[Any] = []  # steps
        self.ro: list[Any] = []
        if self.d is not None:  # not the first call
            self.d, self.g_before = vector(self.d), vector(self.g_before)
            self.ys = [vector(v) for v in state.slot("old_dirs")]
            self.ss = [vector(v) for v in state.slot("old_stps")]
            self.ro = [vector(v)[0] for v in state.slot("ro")]
            self.scale = vector(self.scale)[0] if self.ys else 1

    @np.errstate(all="ignore")
    def run(self) -> None:
        """Iterate until nothing is to be gained, or enough was done."""
        options, state = self.options, self.state
        evaluations = 1
        for k in range(1, options["max_iter"] + 1):
            state.put("n_iter", state.slot("n_iter") + 1)
            self.turn()
            self.g_before, self.f_before = self.g, self.f
            self.t = float(options["lr"])
            if state.slot("n_iter") == 1:
                self.t *= min(1.0, 1.0 / float(abs(self.g).sum()))
            slope = float(self.g.dot(self.d))
            if slope > -options["tolerance_change"]:
                break
            last = k == options["max_iter"]
            used = self.go(slope, last)
            evaluations += used
            state.put("func_evals", state.slot("func_evals") + used)
            if last or evaluations >= options["max_eval"] or self.has_arrived():
                break
        kept = {
            "d": tensor_of(self.d), "t": self.t,
            "old_dirs": [tensor_of(y) for y in self.ys],
            "old_stps": [tensor_of(s) for s in self.ss],
            "ro": [tensor_of(ro) for ro in self.ro],
            "H_diag": tensor_of(self.scale) if self.ys else 1,
            "prev_flat_grad": tensor_of(self.g_before), "prev_loss": self.f_before,
        }  # fmt: skip
        for name, value in kept.items():
            state.put(name, value)

    def turn(self) -> None:
        """Find the next direction: the gradient through the inverse of the guessed curvature."""
        if self.state.slot("n_iter") == 1:
            self.d = -self.g
            self.ys, self.ss, self.ro, self.scale = [], [], [], 1
            return
        y, s = self.g - self.g_before, self.d * self.t
        curvature = y.dot(s)
        if curvature > 1e-10:
            if len(self.ys) == self.options["history_size"]:
                for kept in (self.ys, self.ss, self.ro):
                    kept.pop(0)
            self.ys.append(y)
            self.ss.append(s)
            self.ro.append(1.0 / curvature)
            self.scale = curvature / y.dot(y)
        q = -self.g
        shares = []
        past = list(zip(self.ys, self.ss, self.ro, strict=True))
        for y, s, ro in reversed(past):
            share = s.dot(q) * ro
            shares.append(share)
            q = q - y * share
        d = q * self.scale
        for (y, s, ro), share in zip(past, reversed(shares), strict=True):
            d = d + s * (share - y.dot(d) * ro)
        self.d = d

    def go(self, slope: float, last: bool) -> int:
        """Take the step; how often the loss was computed for it."""
        search = self.options["line_search_fn"]
        if search is None:
            self.optimizer.move(self.t, self.d)
            if last:
                return 0
            self.f, self.g = self.evaluate()
            return 1
        if search != "strong_wolfe":
            raise RuntimeError(explain("LBFGS", "only 'strong_wolfe' is supported"))
        before = [wrap(realise(p).copy()) for p in self.optimizer._params]

        def objective(t: float) -> tuple[float, Any]:
            self.optimizer.move(t, self.d)
            found = self.evaluate()
            with no_grad():
                for p, old in zip(self.optimizer._params, before, strict=True):
                    p.copy_(old)
            return found

        start = Point(0.0, self.f, self.g, slope)
        line = Search(objective, self.d, start, 1e-9)
        found = line.run(self.t)
        self.t, self.f, self.g = found.t, found.f, found.g
        self.optimizer.move(self.t, self.d)
        return line.evaluations

    def evaluate(self) -> tuple[float, Any]:
        """Value and gradient here."""
        with enable_grad():
            loss = self.closure()
        return number(loss), self.optimizer.flat_gradient()

    def has_arrived(self) -> bool:
        """Whether gradient, step or change of the loss are too small to go on."""
        options = self.options
        if largest(self.g) <= options["tolerance_grad"]:
            return True
        if largest(self.d * self.t) <= options["tolerance_change"]:
            return True
        return abs(self.f - self.f_before) < options["tolerance_change"]


def number(loss: Any) -> float:
    """What a closure returned, a tensor or a number, as a number."""
    with no_grad():
        return float(loss)
