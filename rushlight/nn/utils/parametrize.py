"""`torch.nn.utils.parametrize`: parameters computed from others each time they are asked for."""

from __future__ import annotations

import threading
from typing import Any

from ...errors import ChoiceError, explain
from ...runtime.entry import Handle
from ..containers import ModuleDict, ModuleList
from ..parameter import Parameter


class ParametrizationList(ModuleList):
    """The parametrizations of one parameter in turn, and what they begin with: `original`."""

    def __init__(self, modules: Any, original: Any) -> None:
        super().__init__(modules)
        first = self[0]
        found = inverse_of(first, original)
        self.is_tensor = isinstance(found, Handle)
        originals = [found] if self.is_tensor else list(found)
        self.ntensors = len(originals)
        names = ["original"] if self.is_tensor else [f"original{k}" for k in range(self.ntensors)]
        self.names = names
        for name, value in zip(names, originals, strict=True):
            if isinstance(original, Parameter):
                kept = value if value is original else Parameter(value, original.requires_grad)
                self.register_parameter(name, kept)
            else:
                self.register_buffer(name, value)

    def forward(self) -> Any:
        """The parameter as it is now."""
        originals = [getattr(self, name) for name in self.names]
        x = self[0](*originals)
        for k in range(1, len(self)):
            x = self[k](x)
        return x

    def right_inverse(self, value: Any) -> None:
        """Set what the parameter is computed from, so that it becomes `value`."""
        for k in range(len(self) - 1, -1, -1):
            if not hasattr(self[k], "right_inverse"):
                problem = (
                    f"parametrization {type(self[k]).__name__} does not implement right_inverse"
                )
                raise ChoiceError(explain("parametrize", problem))
            value = self[k].right_inverse(value)
        values = [value] if self.is_tensor else list(value)
        for name, new in zip(self.names, values, strict=True):
            getattr(self, name).data = new.detach()


def inverse_of(parametrization: Any, original: Any) -> Any:
    """What makes `original`, or that itself if nothing is known to make it."""
    if not hasattr(parametrization, "right_inverse"):
        return original
    try:
        return parametrization.right_inverse(original)
    except NotImplementedError:
        return original


def class_of(module: Any) -> Any:
    """A subclass of the module's own class, for this module alone."""
    kind = type(module)
    return type(f"Parametrized{kind.__name__}", (kind,), {"parametrized_from": kind})


def computed(name: str) -> property:
    """The attribute that computes the parameter `name`."""
    return property(
        lambda self: once(self.parametrizations[name]),
        lambda self, value: self.parametrizations[name].right_inverse(value),
    )


def register_parametrization(
    module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False
) -> Any:
    """`module`, whose parameter is from now on what `parametrization` makes of the old one.

    >>> class Symmetric(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).mT
    >>> m = torch.nn.Linear(3, 3)
    >>> m = torch.nn.utils.parametrize.register_parametrization(m, "weight", Symmetric())
    >>> torch.equal(m.weight, m.weight.T)
    True
    """
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    found = module._parameters.get(tensor_name)
    if found is None:
        found = module._buffers.get(tensor_name)
    if found is None:
        problem = f"module {module._get_name()} has no parameter or buffer named {tensor_name!r}"
        raise ChoiceError(explain("parametrize", problem))
    parametrization.train(module.training)
    listed = ParametrizationList([parametrization], found)
    if not unsafe:
        check_fit(module, tensor_name, listed(), found)
    if not is_parametrized(module):
        module.__class__ = class_of(module)
        module.parametrizations = ModuleDict()
    delattr(module, tensor_name)
    module.parametrizations[tensor_name] = listed
    setattr(type(module), tensor_name, computed(tensor_name))
    return module


def check_fit(module: Any, name: str, new: Any, old: Any) -> None:
    """Raise unless a parametrization makes something of the shape and dtype of the parameter."""
    if new._value.spec != old._value.spec:
        problem = f"the parametrization of {name!r} may not change its shape or dtype (see unsafe)"
        got = {"the parameter": old._value.spec, "what is made of it": new._value.spec}
        raise ChoiceError(explain(f"parametrize {module._get_name()}", problem, got))


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether `module` has a parametrized parameter, or this one."""
    found = module._modules.get("parametrizations")
    if found is None or not hasattr(type(module), "parametrized_from"):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def type_before_parametrizations(module: Any) -> Any:
    """The class of `module` as it was before it had parametrizations."""
    return type(module).parametrized_from if is_parametrized(module) else type(module)


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """`module` with an ordinary parameter again: as it is now, or as the original was."""
    if not is_parametrized(module, tensor_name):
        problem = f"module {module._get_name()} does not have a parametrization on {tensor_name}"
        raise ChoiceError(explain("parametrize", problem))
    listed = module.parametrizations[tensor_name]
    first = getattr(listed, listed.names[0])
    if leave_parametrized:
        kept = getattr(module, tensor_name).detach()
    elif listed.is_tensor:
        kept = first.detach()
    else:
        problem = "leave_parametrized=False needs a parametrization of one tensor"
        raise ChoiceError(explain("parametrize", problem))
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if isinstance(first, Parameter):
        module.register_parameter(tensor_name, Parameter(kept, first.requires_grad))
    else:
        module.register_buffer(tensor_name, kept)
    if not len(module.parametrizations):
        del module.parametrizations
        module.__class__ = type(module).parametrized_from
    return module


class Cache(threading.local):
    """What parametrizations gave in the contexts in which each is computed once: in `depth`."""

    def __init__(self) -> None:
        self.depth = 0
        self.found: dict[Any, Any] = {}


cache = Cache()


def once(listed: Any) -> Any:
    """What parametrizations make of a parameter, as it was if it is kept."""
    if not cache.depth:
        return listed()
    if listed not in cache.found:
        cache.found[listed] = listed()
    return cache.found[listed]


class cached:
    """A context in which what parametrizations make is computed once, and then kept.

    >>> m = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
    >>> with torch.nn.utils.parametrize.cached():
    ...     m.weight is m.weight
    True
    """

    def __enter__(self) -> None:
        cache.depth += 1

    def __exit__(self, *error: Any) -> None:
        cache.depth -= 1
        if not cache.depth:
            cache.found = {}


__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]
