"""State dicts: the parameters and buffers of a module by name. Methods of Module."""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, DataError, explain
from ..modes import no_grad
from ..overwrite import overwrite
from ..patterns import room_like
from ..runtime.entry import Handle
from ..runtime.memory import write
from ..runtime.record import realise
from ..runtime.recorder import local
from .hooks import Hook, RemovableHandle, enter
from .parameter import Parameter

EXTRA = "_extra_state"
"""The key of whatever else a module wants saved (see `get_extra_state`)."""


class IncompatibleKeys(NamedTuple):
    """The names that a state dict lacks, and those in it that no module has a place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )

    __str__ = __repr__


# -- saving ------------------------------------------------------------------------------------


def state_dict(
    self: Any, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
) -> Any:
    """The parameters and persistent buffers of the module and all in it, by name, in order.

    They share the memory of the module's own; `keep_vars` gives the very parameters.

    >>> list(torch.nn.Linear(2, 3).state_dict())
    ['weight', 'bias']
    """
    if args:
        warnings.warn(
            "Positional args are being deprecated, use kwargs instead.", FutureWarning, stacklevel=2
        )
        given = [destination, prefix, keep_vars]
        given[: len(args)] = args
        destination, prefix, keep_vars = given
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    local_metadata = {"version": self._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = local_metadata
    for hook in own_hooks(self, "_state_dict_pre_hooks"):
        hook(self, prefix, keep_vars)
    self._save_to_state_dict(destination, prefix, keep_vars)
    for name, module in self._modules.items():
        if module is not None:
            module.state_dict(
                destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
            )
    for hook in own_hooks(self, "_state_dict_hooks"):
        changed = hook(self, destination, prefix, local_metadata)
        if changed is not None:
            destination = changed
    return destination


def own_hooks(module: Any, name: str) -> list[Hook]:
    """The hooks of `module` by `name`."""
    return list(module.__dict__.get(name, {}).values())


def save_to_state_dict(self: Any, destination: Any, prefix: str, keep_vars: bool) -> None:
    """Put the module's own state, not that of the modules in it, into `destination`."""
    for name, value in own_state(self):
        destination[prefix + name] = value if keep_vars else value.detach()
    if keeps_extra_state(self):
        destination[prefix + EXTRA] = self.get_extra_state()


def own_state(module: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of the parameters and persistent buffers of `module` alone."""
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield name, parameter
    left_out = module._non_persistent_buffers_set
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in left_out:
            yield name, buffer


def get_extra_state(self: Any) -> Any:
    """Whatever else is to be saved: a subclass may say it, and then needs `set_extra_state` too."""
    raise DataError(explain(self._get_name(), "has no extra state", hint="define get_extra_state"))


def set_extra_state(self: Any, state: Any) -> None:
    """Take back what `get_extra_state` returned."""
    raise DataError(
        explain(self._get_name(), "takes no extra state", hint="define set_extra_state")
    )


def keeps_extra_state(module: Any) -> bool:
    """Whether the class of `module` has a `get_extra_state` of its own."""
    return getattr(type(module), "get_extra_state", get_extra_state) is not get_extra_state


def takes_extra_state(module: Any) -> bool:
    """Whether the class of `module` has a `set_extra_state` of its own."""
    return getattr(type(module), "set_extra_state", set_extra_state) is not set_extra_state


# -- loading -----------------------------------------------------------------------------------


def load_state_dict(
    self: Any, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
) -> IncompatibleKeys:
    """The names that did not match, after the module took over the values in `state_dict`.

    With `strict` there may be none; with `assign` the very tensors of `state_dict` are taken.
    Raises a RuntimeError that lists everything that does not fit; then the module is as it was.

    >>> m = torch.nn.Linear(1, 1)
    >>> m.load_state_dict({"weight": torch.ones(1, 1), "bias": torch.zeros(1)})
    <All keys matched successfully>
    >>> m(torch.tensor([3.0]))
    tensor([3.], grad_fn=<ViewBackward0>)
    """
    if not isinstance(state_dict, Mapping):
        problem = f"Expected state_dict to be dict-like, got {type(state_dict)}."
        hint = ""
        if isinstance(state_dict, str):
            hint = "load the file first: model.load_state_dict(torch.load(path))"
        elif hasattr(state_dict, "state_dict"):
            hint = "give its state_dict()"
        raise ArgumentError(explain("load_state_dict", problem, hint=hint))
    metadata = getattr(state_dict, "_metadata", None)
    given: Any = OrderedDict(state_dict)
    if metadata is not None:
        given._metadata = metadata
    load = Load(metadata, strict, assign)
    try:
        load.visit(self, given, "")
        load.finish(self)
    except BaseException:
        load.errors.undo()
        raise
    return load.keys


def hint_for(keys: IncompatibleKeys) -> str:
    """A line that says what to do about names that do not match, if that is known."""
    missing, unexpected = keys.missing_keys, keys.unexpected_keys
    prefix = unexpected[0].partition(".")[0] + "." if unexpected else ""
    if missing and sorted(unexpected) == sorted([prefix + key for key in missing]):
        return f"\n  hint: all names begin with {prefix!r} there: take it off with removeprefix"
    if "model_state_dict" in unexpected or "state_dict" in unexpected or "model" in unexpected:
        return "\n  hint: this is a whole checkpoint: give the part of it that is the model's"
    return ""


def listed(what: str, keys: list[str]) -> str:
    """A line that names `keys`, empty if there are none."""
    names = ", ".join([f'"{k}"' for k in keys])
    return f"{what} key(s) in state_dict: {names}. " if keys else ""


class Load:
    """One `load_state_dict`: what did not match so far."""

    def __init__(self, metadata: Any, strict: bool, assign: bool) -> None:
        self.metadata = metadata
        self.strict = strict
        self.assign = assign
        self.keys = IncompatibleKeys([], [])
        self.errors = Problems()

    def visit(self, module: Any, state: Mapping[str, Any], prefix: str) -> None:
        """Load `module` and those in it from `state`, whose keys all begin with `prefix`."""
        local_metadata = {} if self.metadata is None else self.metadata.get(prefix[:-1], {})
        if self.assign:
            local_metadata["assign_to_params_buffers"] = True
        module._load_from_state_dict(state, prefix, local_metadata, True, *self.keys, self.errors)
        for name, child in module._modules.items():
            if child is not None:
                path = f"{prefix}{name}."
                part = {k: v for k, v in state.items() if k.startswith(path)}
                self.visit(child, part, path)
        for hook in own_hooks(module, "_load_state_dict_post_hooks"):
            if hook(module, self.keys) is not None:
                problem = "a load_state_dict post-hook must return None"
                hint = "change the lists it was given instead"
                raise DataError(explain("load_state_dict", problem, hint=hint))

    def finish(self, module: Any) -> None:
        """Raise if anything did not match, now that all is known."""
        keys, errors = self.keys, self.errors
        if self.strict:
            lines = [
                listed("Missing", keys.missing_keys),
                listed("Unexpected", keys.unexpected_keys),
            ]
            errors[:0] = [line for line in lines if line]
        if errors:
            inner = "\n\t".join(errors)
            name = module._get_name()
            raise DataError(
                f"Error(s) in loading state_dict for {name}:\n\t{inner}{hint_for(keys)}"
            )


class Problems(list[str]):
    """What did not fit, and how to take back what has been loaded nevertheless."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[Callable[[], Any]] = []

    def undo(self) -> None:
        """Take everything back."""
        while self.changes:
            self.changes.pop()()


def load_from_state_dict(
    self: Any,
    state_dict: Any,
    prefix: str,
    local_metadata: Any,
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
) -> None:
    """Take the module's own state, not that of the modules in it, out of `state_dict`."""
    for hook in own_hooks(self, "_load_state_dict_pre_hooks"):
        hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
    assign = local_metadata.get("assign_to_params_buffers", False)
    known = dict(own_state(self))
    for name, value in known.items():
        key = prefix + name
        if key in state_dict:
            problem = misfit(value, state_dict[key], key)
            if problem:
                error_msgs.append(problem)
            else:
                load_value(self, name, value, state_dict[key], assign, error_msgs)
        elif strict:
            missing_keys.append(key)
    if takes_extra_state(self):
        if prefix + EXTRA in state_dict:
            self.set_extra_state(state_dict[prefix + EXTRA])
        elif strict:
            missing_keys.append(prefix + EXTRA)
    elif strict and prefix + EXTRA in state_dict:
        unexpected_keys.append(prefix + EXTRA)
    if strict:
        unexpected_keys += [
            key
            for key in state_dict
            if key.startswith(prefix)
            and key != prefix + EXTRA
            and not has_place(self, known, key.removeprefix(prefix))
        ]


def has_place(module: Any, known: Mapping[str, Any], path: str) -> bool:
    """Whether `path` names state of `module`, or may name state of a module in it."""
    first, dot, _ = path.partition(".")
    return first in module._modules if dot else first in known


def misfit(value: Any, new: Any, key: str) -> str:
    """Why `new` cannot be loaded in the place of `value`; the empty text if it can."""
    if not isinstance(new, Handle):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received {type(new)}"
        )
    shape = new._value.shape
    if shape == value._value.shape or (shape == (1,) and not value._value.ndim):
        return ""  # the second is what very old versions saved for a 0-d tensor
    return (
        f"size mismatch for {key}: copying a param with shape {new.shape} from checkpoint, "  # type: ignore[attr-defined]
        f"the shape in current model is {value.shape}."
    )


def load_value(
    module: Any, name: str, value: Any, new: Any, assign: bool, problems: list[str]
) -> None:
    """Give `value`, which is `module.name`, the contents of `new`, or put `new` in its place."""
    changes = getattr(problems, "changes", [])
    if assign:
        if isinstance(value, Parameter):
            new = new if isinstance(new, Parameter) else Parameter(new, False)
            new.requires_grad_(value.requires_grad)
        changes.append(lambda: setattr(module, name, value))
        setattr(module, name, new)
    elif value.is_meta:
        warnings.warn(f"{name} is on meta: only assign=True loads there", stacklevel=2)
    else:
        before = np.array(realise(value), order="K")
        changes.append(lambda: put_in(value, before))
        put_in(value, realise(new).reshape(value._value.shape))


def put_in(value: Any, array: Any) -> None:
    """Give the tensor `value` the elements of `array`."""
    if value._value is value._cell:  # what knows where a parameter is need not look again
        local.recorder.flush()
        write(value, value._value.dtype.array(array))
        return
    with no_grad():
        room = room_like(value)
        np.copyto(room, value._value.dtype.array(array), casting="unsafe")
        overwrite(value, room)


# -- hooks -------------------------------------------------------------------------------------


def register_state_dict_hook(self: Any, hook: Hook) -> RemovableHandle:
    """A handle of `hook(module, state_dict, prefix, local_metadata)`; it may return a dict."""
    return enter(self._state_dict_hooks, hook)


def register_state_dict_post_hook(self: Any, hook: Hook) -> RemovableHandle:
    """As `_register_state_dict_hook`, but the hook must change the dict it was given."""

    def strictly(*args: Any) -> None:
        if hook(*args) is not None:
            raise DataError(explain("state_dict", "state_dict post-hook must return None"))

    return enter(self._state_dict_hooks, strictly)


def register_state_dict_pre_hook(self: Any, hook: Hook) -> RemovableHandle:
    """A handle of `hook(module, prefix, keep_vars)`, called before `state_dict` does anything."""
    return enter(self._state_dict_pre_hooks, hook)


def register_load_hook(self: Any, hook: Hook, with_module: bool = False) -> RemovableHandle:
    """A handle of a hook that is called before the module's state is loaded.

    It is given the state dict, the prefix, and the lists of what does not match; before these the
    module, if `with_module`.
    """
    if not with_module:
        return enter(self._load_state_dict_pre_hooks, hook)
    return self.register_load_state_dict_pre_hook(hook)


def register_load_state_dict_pre_hook(self: Any, hook: Hook) -> RemovableHandle:
    """A handle of `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, ...)`."""
    return enter(self._load_state_dict_pre_hooks, WithModule(hook, self))


def register_load_state_dict_post_hook(self: Any, hook: Hook) -> RemovableHandle:
    """A handle of `hook(module, incompatible_keys)`, called when the module has been loaded."""
    return enter(self._load_state_dict_post_hooks, hook)


class WithModule:
    """A hook that is given its module first, without keeping that alive."""

    def __init__(self, hook: Callable[..., Any], module: Any) -> None:
        self.hook = hook
        self.module = weakref.ref(module)

    def __call__(self, *args: Any) -> Any:
        """What the hook returns."""
        return self.hook(self.module(), *args)

    def __getstate__(self) -> Any:
        return self.hook, self.module()

    def __setstate__(self, state: Any) -> None:
        self.hook = state[0]
        self.module = weakref.ref(state[1])
