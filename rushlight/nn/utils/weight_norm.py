"""`torch.nn.utils.weight_norm`, the older form: a hook computes the weight before each call."""

from __future__ import annotations

import warnings
from typing import Any

from ...errors import ChoiceError, ShapeError, explain
from ..parameter import Parameter
from .parametrizations import lengths


class WeightNorm:
    """A hook that sets the weight `name` of a module to a length times a direction."""

    def __init__(self, name: str, dim: int) -> None:
        self.name = name
        self.dim = dim

    def compute_weight(self, module: Any) -> Any:
        """The weight as it is now."""
        g, v = [getattr(module, f"{self.name}_{letter}") for letter in "gv"]
        return v * (g / lengths(v, self.dim))

    def __call__(self, module: Any, inputs: Any) -> None:
        """Set the weight."""
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """`module`, with parameters `weight_g`, the length, and `weight_v`, the direction.

    Salimans & Kingma, "Weight normalization" (2016).

    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     m = torch.nn.utils.weight_norm(torch.nn.Linear(20, 40))
    >>> m.weight_g.shape
    torch.Size([40, 1])
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of "
        "`torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    if hook_of(module, name) is not None:
        problem = f"Cannot register two weight_norm hooks on the same parameter {name}"
        raise ShapeError(explain("weight_norm", problem))
    hook = WeightNorm(name, -1 if dim is None else dim)
    weight = getattr(module, name).detach()
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(lengths(weight, hook.dim)))
    module.register_parameter(f"{name}_v", Parameter(weight.clone()))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def hook_of(module: Any, name: str) -> int | None:
    """The number of the hook that computes `name`, or None."""
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            return int(number)
    return None


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """`module` with an ordinary weight again, as it is now."""
    number = hook_of(module, name)
    if number is None:
        problem = f"weight_norm of '{name}' not found in {module._get_name()}"
        raise ChoiceError(explain("remove_weight_norm", problem))
    weight = module._forward_pre_hooks[number].compute_weight(module).detach()
    delattr(module, name)
    delattr(module, f"{name}_g")
    delattr(module, f"{name}_v")
    module.register_parameter(name, Parameter(weight))
    del module._forward_pre_hooks[number]
    return module
