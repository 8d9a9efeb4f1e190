"""The state of an optimizer: what it remembers of each parameter, and of several together."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

from ..create import tensor
from ..runtime.due import grads_of


class Cohort:
    """Parameters of one group that have taken the same number of steps, so share all numbers.

    `members` are (parameter, its cell, its state tensors); `fresh` says that those are new.
    """

    __slots__ = ("count", "fresh", "group", "members", "step")

    def __init__(self, group: dict[str, Any], step: int, fresh: bool) -> None:
        self.group = group
        self.step = step
        self.fresh = fresh
        self.members: list[tuple[Any, Any, list[Any]]] = []
        self.count = 0  # of numbers in the formula

    def handles(self) -> list[Any]:
        """Every tensor of the step: parameter, gradient and state of each member in turn."""
        found: list[Any] = []
        gradients = grads_of([cell for _, cell, _ in self.members])
        for (parameter, _, slots), gradient in zip(self.members, gradients, strict=True):
            found += (parameter, gradient, *slots)
        return found


class Group(dict[str, Any]):
    """Parameters and their options. `edition` is another object whenever one may have changed."""

    __slots__ = ("edition",)

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        self.edition = object()

    def __setitem__(self, name: str, value: Any) -> None:
        self.edition = object()
        dict.__setitem__(self, name, value)

    def __reduce__(self) -> Any:
        return (dict, (dict(self),))


def changing(name: str) -> Any:
    """The method `name` of a Group, which may change it."""
    method = getattr(dict, name)

    def change(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.edition = object()
        return method(self, *args, **kwargs)

    change.__name__ = name
    return change


for _name in ("__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"):
    setattr(Group, _name, changing(_name))


class States(dict[Any, Any]):
    """The state of each parameter; an empty one is made when it is first asked for.

    `changes` counts what was put in by hand, so that the optimizer notices.
    """

    __slots__ = ("__weakref__", "changes")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.changes = 0

    def __missing__(self, parameter: Any) -> ParamState:
        made = self[parameter] = ParamState(weakref.ref(self))
        return made


class ParamState(dict[str, Any]):
    """What an optimizer remembers of one parameter, by name.

    The number of steps is counted by the cohort; `state["step"]` shows it as a tensor, as PyTorch
    does. Whatever is put in by hand makes the optimizer look again.
    """

    __slots__ = ("cohort", "owner", "taken")

    def __init__(self, owner: weakref.ref[States]) -> None:
        super().__init__()
        self.owner = owner
        self.cohort: Cohort | None = None
        self.taken = 0

    @property
    def step(self) -> int:
        """How many steps the parameter has taken."""
        return self.taken if self.cohort is None else self.cohort.step

    def join(self, cohort: Cohort | None) -> None:
        """Let `cohort` count the steps from now on (None: nobody)."""
        self.taken = self.step
        self.cohort = cohort

    def slot(self, name: str) -> Any:
        """The state tensor called `name`, or None."""
        return dict.get(self, name)

    def put(self, name: str, value: Any) -> None:
        """Keep the state tensor `name`."""
        dict.__setitem__(self, name, value)

    def __getitem__(self, name: str) -> Any:
        if name == "step" and "step" in self:
            return tensor(float(self.step))
        return dict.__getitem__(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """The entry called `name`, else `default`."""
        return self[name] if name in self else default  # noqa: SIM401

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "step":
            self.join(None)
            self.taken = int(value)
            value = None
        dict.__setitem__(self, name, value)
        owner = self.owner()
        if owner is not None:
            owner.changes += 1

    def items(self) -> Any:
        """Pairs of names and values."""
        return [(name, self[name]) for name in self]

    def values(self) -> Any:
        """The values."""
        return [self[name] for name in self]

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self)

    def __reduce__(self) -> Any:
        return (dict, (dict(self.items()),))
