"""Groups, state dicts, hooks and printing: the part of an optimizer that does not compute."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from ..runtime.record import give_cell, realise, wrap
from ..tensor import Tensor
from .state import Group

HOOKS = ("step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_pre", "load_post")


class Hook:
    """A hook that can be removed again."""

    def __init__(self, hooks: OrderedDict[int, Any], call: Any, first: bool) -> None:
        self.hooks = hooks
        hooks[id(self)] = call
        if first:
            hooks.move_to_end(id(self), last=False)

    def remove(self) -> None:
        """Take the hook away."""
        self.hooks.pop(id(self), None)


class Saving:
    """Parameter groups and state as dictionaries, in PyTorch's form."""

    param_groups: list[dict[str, Any]]
    defaults: dict[str, Any]
    state: Any
    cohorts: Any

    def __init__(self) -> None:
        self.hooks: dict[str, OrderedDict[int, Any]] = {name: OrderedDict() for name in HOOKS}

    # -- groups --------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters with options of its own."""
        if not isinstance(param_group, dict):
            kind = type(param_group).__name__
            raise ArgumentError(explain("optimizer", f"param_group must be a dict, but got {kind}"))
        group = Group(param_group)
        params = group["params"]
        if isinstance(params, set):
            problem = "parameters need to be in an order, but a set has none"
            raise ArgumentError(explain("optimizer", problem, hint="use a list"))
        group["params"] = params = [params] if isinstance(params, Tensor) else list(params)
        params = group["params"] = self.without_names(group, params)
        for p in params:
            check_parameter(p)
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        known = {id(p) for other in self.param_groups for p in other["params"]}
        if any([id(p) in known for p in params]):
            problem = "some parameters appear in more than one parameter group"
            raise ChoiceError(explain("optimizer", problem))
        self.param_groups.append(group)
        self.cohorts = None

    def without_names(self, group: dict[str, Any], params: list[Any]) -> list[Any]:
        """The parameters of a group, which keeps the names of those given as (name, parameter)."""
        names = [p[0] for p in params if isinstance(p, tuple)]
        if names and len(names) == len(params):
            group["param_names"] = names
        mixed = len(names) not in (0, len(params))
        others = ["param_names" in g for g in self.param_groups]
        if mixed or ("param_names" in group) not in (others or [bool(names)]):
            problem = "all optimizer params should be with/without names"
            raise ChoiceError(explain("optimizer", problem, hint="give model.named_parameters()"))
        return [p[1] for p in params] if names else params

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for k, group in enumerate(self.param_groups):
            lines += [""] * (k > 0) + [f"Parameter Group {k}"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    # -- state dicts ---------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on later: `state` by number of parameter, and `param_groups`."""
        for hook in list(self.hooks["state_dict_pre"].values()):
            hook(self)
        number: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                number.setdefault(id(p), len(number))
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [number[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {
            number[id(p)] if isinstance(p, Tensor) else p: dict(kept.items())
            for p, kept in self.state.items()
        }
        found = {"state": state, "param_groups": groups}
        for hook in list(self.hooks["state_dict_post"].values()):
            changed = hook(self, found)
            found = found if changed is None else changed
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned. Nothing changes if the groups do not fit."""
        for hook in list(self.hooks["load_pre"].values()):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        saved = state_dict["param_groups"]
        ours = self.param_groups
        if len(saved) != len(ours):
            problem = "loaded state dict has a different number of parameter groups"
            raise ChoiceError(explain("load_state_dict", problem))
        if any([len(a["params"]) != len(b["params"]) for a, b in zip(saved, ours, strict=True)]):
            problem = "loaded state dict contains a parameter group that doesn't match in size"
            raise ChoiceError(explain("load_state_dict", problem))
        parameter = {}
        for old, new in zip(saved, ours, strict=True):
            parameter.update(zip(old["params"], new["params"], strict=True))
        self.state.clear()
        for key, kept in state_dict["state"].items():
            p = parameter.get(key, key)
            for name, value in kept.items():
                self.state[p][name] = loaded(value, p, name)
        for old, new in zip(saved, ours, strict=True):
            options = {k: v for k, v in old.items() if k not in ("params", "param_names")}
            new.update(copy.deepcopy(options))
        self.cohorts = None
        for hook in list(self.hooks["load_post"].values()):
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state_dict()["state"],
                "param_groups": self.param_groups}  # fmt: skip

    def numbered(self) -> list[dict[str, Any]]:
        """The groups with numbers for parameters."""
        groups: list[dict[str, Any]] = self.state_dict()["param_groups"]
        return groups

    # -- hooks ---------------------------------------------------------------------------------

    def call_hooks(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Call the hooks registered under `name`."""
        hooks = self.hooks[name]
        if hooks:
            for hook in list(hooks.values()):
                hook(self, args, kwargs)

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Hook:
        """Have `hook(optimizer, args, kwargs)` called before each step."""
        return Hook(self.hooks["step_pre"], hook, False)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Hook:
        """Have `hook(optimizer, args, kwargs)` called after each step."""
        return Hook(self.hooks["step_post"], hook, False)

    def register_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> Hook:
        """Have `hook(optimizer)` called before `state_dict`."""
        return Hook(self.hooks["state_dict_pre"], hook, prepend)

    def register_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> Hook:
        """Have `hook(optimizer, state_dict)` called after `state_dict`; it may return another."""
        return Hook(self.hooks["state_dict_post"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> Hook:
        """Have `hook(optimizer, state_dict)` called before `load_state_dict`."""
        return Hook(self.hooks["load_pre"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> Hook:
        """Have `hook(optimizer)` called after `load_state_dict`."""
        return Hook(self.hooks["load_post"], hook, prepend)


def check_parameter(p: Any) -> None:
    """Raise unless an optimizer can change `p`."""
    if not isinstance(p, Tensor):
        kind = type(p).__name__
        problem = f"can only optimize Tensors, but one of the params is {kind}"
        raise ArgumentError(explain("optimizer", problem))
    if not p.is_leaf:
        hint = "give the leaf it was made from, or use tensor.detach().requires_grad_()"
        raise ChoiceError(explain("optimizer", "can't optimize a non-leaf Tensor", hint=hint))


def loaded(value: Any, p: Any, name: str) -> Any:
    """A saved value as state of parameter `p`: a copy, in the dtype of `p`."""
    if not isinstance(value, Tensor):
        return copy.deepcopy(value)
    if name == "step" or not isinstance(p, Tensor):
        return value.detach().clone()
    array = realise(value)
    kind = p.dtype if p.is_floating_point() else value.dtype
    copied = wrap(kind.array(array, copy=True))
    give_cell(copied, False)
    return copied
