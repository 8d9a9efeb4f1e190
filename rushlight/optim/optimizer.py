"""What all optimizers share: parameter groups, state, and one recorded call for a whole step.

A subclass says how one parameter changes (`formula`, over nodes of the graph) and which numbers
that takes (`numbers`, in Python). Numbers may differ from step to step without anything being
recorded anew: learning rates and step counts are free to change.
"""

from __future__ import annotations

import functools
import weakref
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import bfloat, dtypes, ops
from ..errors import ArgumentError, ChoiceError, DtypeError, explain
from ..graph import Node, scope
from ..modes import enable_grad
from ..runtime.due import grad_of
from ..runtime.effect import Change, apply_effect, given, rebind
from ..runtime.record import give_cell, realise, settle, wrap
from ..runtime.recorder import local
from ..tensor import Tensor
from .repetition import Repetition, forgetter, repetition_of, runs_natively
from .saving import Saving
from .state import Cohort, ParamState, States

Numbers = tuple[float, ...]

MOST_KNOWN = 32
"""How many different steps an optimizer knows by heart."""


class Kind:
    """What an entry of the trie says was called: the step of one kind of optimizer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.grad_name = "NotImplemented"


def is_ours(kind: type) -> bool:
    """Whether a class is of this package, not of a program."""
    return kind.__module__.partition(".")[0] in (__name__.partition(".")[0], "builtins")


def watched(step: Callable[..., Any]) -> Callable[..., Any]:
    """The `step` of a program's optimizer, with the hooks that it has."""

    @functools.wraps(step)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        hooked = hasattr(self, "hooks")
        if hooked:
            self.call_hooks("step_pre", args, kwargs)
        result = step(self, *args, **kwargs)
        self.stepped = True
        if hooked:
            self.call_hooks("step_post", args, kwargs)
        return result

    return call


class Optimizer(Saving):
    """Base of all optimizers. `params` are tensors, or dicts with their own options (groups).

    >>> w = torch.ones(1, requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.5)
    >>> (2 * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.], requires_grad=True)
    """

    kind = Kind("optimizer")
    counts_steps = True
    complex_too = True  # whether parameters may be complex
    by_hand = False  # whether it is a program's, and takes its steps without our help
    stepped = False  # schedulers look at it
    forget: Callable[..., bool] | None = None
    proportional = True  # whether elements are changed each by itself, in proportion to lr

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.kind = Kind(cls.__name__)
        ours = next(kind for kind in cls.__mro__ if is_ours(kind))
        cls.by_hand = ours is Optimizer and cls.formula is Optimizer.formula
        if not is_ours(cls) and "step" in vars(cls):
            cls.step = watched(vars(cls)["step"])  # type: ignore[method-assign]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        super().__init__()
        if isinstance(params, Tensor):
            problem = "params must be an iterable of Tensors or dicts, not one Tensor"
            raise ArgumentError(explain("optimizer", problem, hint="give a list: [tensor]"))
        self.defaults = defaults
        self.state = defaultdict(dict) if self.by_hand else States()
        self.param_groups: list[dict[str, Any]] = []
        self.cohorts: list[Cohort] | None = None
        self.grouped: Any = None  # what the cohorts were made for
        self.known: dict[Any, Repetition | None] = {}  # steps by the entries that recorded them
        if not hasattr(params, "__iter__"):
            kind = type(params).__name__
            hint = "give model.parameters(), with the brackets"
            raise ArgumentError(explain("optimizer", f"{kind!r} object is not iterable", hint=hint))
        groups = list(params)
        if not groups:
            hint = (
                "the model has none: layers in a plain list are not seen (use nn.ModuleList); "
                "or parameters() was used up before"
            )
            raise ChoiceError(explain("optimizer", "got an empty parameter list", hint=hint))
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def __setstate__(self, kept: dict[str, Any]) -> None:
        Optimizer.__init__(self, kept["param_groups"], kept["defaults"])
        self.load_state_dict({"state": kept["state"], "param_groups": self.numbered()})

    # -- what a subclass says ------------------------------------------------------------------

    def slots(self, group: dict[str, Any]) -> Sequence[str]:
        """The names of the state tensors that a parameter of `group` needs."""
        return ()

    def slots_of(self, p: Any, group: dict[str, Any]) -> Sequence[str]:
        """The names of the state tensors of parameter `p`: those of its group."""
        return self.slots(group)

    def flags(self, group: dict[str, Any], fresh: bool) -> tuple[Any, ...]:
        """The options that decide the shape of the formula; `fresh` while state tensors are new."""
        return ()

    def numbers(self, group: dict[str, Any], step: int) -> Numbers:
        """The numbers in the formula at the `step`-th step (from 1)."""
        raise NotImplementedError

    def schedule(self, group: dict[str, Any]) -> Callable[[int], Numbers]:
        """`numbers` as a function of the step alone, as long as the options of `group` stay."""
        if not self.counts_steps:
            constant = self.numbers(group, 1)
            return lambda step: constant
        reference: Callable[[], Any] = weakref.ref(self)
        return lambda step: reference().numbers(group, step)  # type: ignore[no-any-return]

    def formula(
        self, p: Node, g: Node, slots: Sequence[Node], numbers: Sequence[Any], flags: Any
    ) -> tuple[Node, ...]:
        """The new values of parameter `p`, whose gradient is `g`, and of its state tensors.

        Complex numbers are given as pairs: their parts are parameters like others.
        """
        raise NotImplementedError

    def initial(self, name: str, group: dict[str, Any]) -> float:
        """What the state tensor called `name` is filled with at first."""
        return 0.0

    # -- the step ------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients (or set them to zero)."""
        forget = self.forget
        if set_to_none and forget is not None and forget(self.param_groups):
            return
        self.forget = forgetter(self)
        for group in self.param_groups:
            for p in group["params"]:
                cell = p._cell
                if cell is None or cell.grad is None:
                    continue
                if set_to_none:
                    cell.grad = None
                else:
                    grad = grad_of(cell)
                    if grad.requires_grad:
                        grad.detach_()
                    grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; `closure` may compute the loss again."""
        if closure is None:
            recorder = local.recorder
            known = self.known.get(recorder.at.next)
            if known is not None:
                try:
                    if known.repeat(known, recorder, self):
                        return None
                except Exception:
                    if recorder.at.parent is None:
                        raise  # it was run
                    # Refused before anything was done: done anew, it says what is wrong.
        return self.step_anew(closure)

    def step_anew(self, closure: Callable[[], Any] | None) -> Any:
        """A step that is not known by heart."""
        self.call_hooks("step_pre", (closure,), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self.stepped = True
        cohorts = self.current_cohorts()
        if cohorts:
            self.record(cohorts)
        self.call_hooks("step_post", (closure,), {})
        return loss

    def current_cohorts(self) -> list[Cohort]:
        """The parameters that have a gradient now, in cohorts that share numbers."""
        with_grad = [  # a parameter that was frozen for a while has another cell
            p._cell if p._cell is not None and p._cell.grad is not None else None
            for group in self.param_groups
            for p in group["params"]
        ]
        now = (with_grad, self.state.changes, [id(group) for group in self.param_groups])
        if self.cohorts is None or now != self.grouped:
            self.cohorts = self.make_cohorts()
            self.grouped = now
        return self.cohorts

    def make_cohorts(self) -> list[Cohort]:
        """New cohorts."""
        found: dict[Any, Cohort] = {}
        for k, group in enumerate(self.param_groups):
            for p in group["params"]:
                if p._cell is None or p._cell.grad is None:
                    continue
                if p.dtype.is_complex and not self.complex_too:
                    problem = f"{type(self).__name__} does not support complex parameters"
                    hint = "keep real and imaginary parts as two parameters"
                    raise DtypeError(explain("optimizer", problem, {"p": p}, hint))
                names = self.slots_of(p, group)
                keeps = names or self.counts_steps
                state = self.state[p] if keeps else ParamState(weakref.ref(self.state))
                state.join(None)
                if self.counts_steps:
                    state.put("step", None)
                fresh = any([state.slot(name) is None for name in names])
                key = (k, state.step, fresh)
                cohort = found.get(key)
                if cohort is None:
                    cohort = found[key] = Cohort(group, state.step, fresh)
                state.join(cohort)
                slots = [self.make_slot(state, name, p, group) for name in names]
                slots += self.paces(p)
                cohort.members.append((p, p._cell, slots))
        return list(found.values())

    def paces(self, p: Any) -> list[Any]:
        """How the steps of the copies in parameter `p` compare, if it holds many (`torch.many`)."""
        if "pace" not in p.__dict__:
            return []
        if not self.proportional:
            name = type(self).__name__
            problem = f"{name} does not treat every copy of a model as if it were alone"
            hint = "use SGD or one of the Adams, or train the copies one by one"
            raise ChoiceError(explain("optimizer", problem, hint=hint))
        return [] if p.pace is None else [p.pace]

    def make_slot(self, state: ParamState, name: str, p: Any, group: dict[str, Any]) -> Any:
        """The state tensor called `name` of parameter `p`, made if it is not there."""
        made = state.slot(name)
        if made is not None and made._cell is not None:
            return made
        room = None
        if made is None:
            room = realise(p).copy(order="K")
            value = self.initial(name, group)
            bfloat.fill(room, complex(value, value) if p.dtype.is_complex else value)
        return self.keep(state, name, room)

    def make_number(self, state: ParamState, name: str, value: float) -> Any:
        """A state tensor of one number, in the default dtype, made if it is not there."""
        return self.keep(state, name, np.array(value, dtypes.default().numpy))

    def keep(self, state: ParamState, name: str, array: Any) -> Any:
        """The state tensor called `name`, with an identity; made of `array` if it is not there."""
        made = state.slot(name)
        if made is None:
            made = wrap(array)
            state.put(name, made)
        if made._cell is None:
            give_cell(made, False)  # its identity in what is recorded
        return made

    def record(self, cohorts: list[Cohort]) -> None:
        """Record the step, and run the window that it ends."""
        recorder = local.recorder
        handles: list[Any] = []
        numbers: list[Any] = []
        forms: list[Any] = []
        for cohort in cohorts:
            handles += cohort.handles()
            given_now = self.numbers(cohort.group, cohort.step + 1)
            cohort.count = len(given_now)
            numbers += given_now
            forms.append((self.flags(cohort.group, cohort.fresh), len(cohort.members)))
        counted = [(cohort, "step", cohort.step + 1) for cohort in cohorts]
        if any([cohort.fresh for cohort in cohorts]):
            counted.append((self, "cohorts", None))  # their formula may be another from now on
        if not self.repeats(recorder, handles, numbers, forms, counted):
            self.record_anew(recorder, cohorts, handles, numbers, forms, counted)
        entry = recorder.at
        recorder.flush()
        self.learn(entry, forms)

    def learn(self, entry: Any, forms: list[Any]) -> None:
        """Remember the step that `entry` recorded, if it can be repeated without recording."""
        window = entry.window
        if window is None or window.plan is None or not runs_natively(window.plan):
            return
        known = self.known.get(entry, window)
        if known is None or (known is not window and known.base is window.plan.replay):
            return  # it cannot, or it is known already
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
        self.known[entry] = repetition_of(self, entry, forms)

    def repeats(
        self,
        recorder: Any,
        handles: list[Any],
        numbers: list[Any],
        forms: list[Any],
        counted: list[Any],
    ) -> bool:
        """Whether this step is just what comes next; then it has been recorded."""
        entry = recorder.at.next
        if entry.api is not self.kind or entry.pattern is None or entry.places:
            return False
        values, before, places = entry.pattern
        if before != forms or len(values) != len(handles):
            return False
        for handle, value in zip(handles, values, strict=True):
            if handle._value is not value:
                return False
        entry.numbers = numbers
        rebind(recorder, entry, [handles[k] for k in places], counted)
        return True

    def record_anew(
        self,
        recorder: Any,
        cohorts: list[Cohort],
        handles: list[Any],
        numbers: list[Any],
        forms: list[Any],
        counted: list[Any],
    ) -> None:
        """Record a step that differs from what came next the last time."""
        handles = settle(recorder, handles)

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            scope.grad = False
            return self.describe(cohorts, handles, nodes, scalars)

        values = tuple([h._value for h in handles])
        key = (self.kind, tuple(forms), values)
        out = apply_effect(
            recorder, self.kind, key, handles, numbers, describe, counted, denoted=values
        )
        place = {id(handle): k for k, handle in enumerate(handles)}
        recorder.at.pattern = (values, forms, [place[id(handle)] for handle in out])

    def describe(
        self,
        cohorts: list[Cohort],
        handles: Sequence[Any],
        nodes: Sequence[Node],
        scalars: Sequence[Node],
    ) -> Change:
        """What one step changes: each parameter and its state."""
        change = Change()
        place = used = 0
        for cohort in cohorts:
            flags = self.flags(cohort.group, cohort.fresh)
            numbers = scalars[used : used + cohort.count]
            used += cohort.count
            for _, _, slots in cohort.members:
                end = place + 2 + len(slots)
                paces = len(self.paces(handles[place]))
                old = nodes[place : end - paces]
                p, g, *state = [ops.view_as_real(n) if n.dtype.is_complex else n for n in old]
                new = self.formula(p, g, state, numbers, flags)
                if paces:  # a step is proportional to the learning rate
                    new = (ops.plus(p, nodes[end - 1] * (new[0] - p)), *new[1:])
                for k, value in zip((place, *range(place + 2, end - paces)), new, strict=True):
                    whole = ops.view_as_complex(value) if nodes[k].dtype.is_complex else value
                    change.add(whole, given(k), handles[k]._value)
                place = end
        return change
