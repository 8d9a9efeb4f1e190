"""`torch.nn.utils.spectral_norm`, the older form: a hook computes the weight before each call."""

from __future__ import annotations

from typing import Any

from ...errors import ChoiceError, ShapeError, explain
from ...modes import no_grad
from .. import functional as F
from ..parameter import Parameter
from .parametrizations import as_matrix, check_iterations, dim_of_outputs


class SpectralNorm:
    """A hook that sets the weight `name` of a module to itself over its largest singular value."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def normalised(self, vector: Any) -> Any:
        """A vector of length 1."""
        return F.normalize(vector, dim=0, eps=self.eps)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """The weight as it is now; power iteration brings the singular vectors nearer first."""
        weight, u, v = [getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v")]
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                left, right = u, v
                for _ in range(self.n_power_iterations):
                    right = self.normalised(matrix.t().mv(left))
                    left = self.normalised(matrix.mv(right))
                u.copy_(left)
                v.copy_(right)
                u, v = u.clone(), v.clone()  # a backward pass must not see the next ones
        return weight / u.dot(matrix.mv(v))

    def __call__(self, module: Any, inputs: Any) -> None:
        """Set the weight."""
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """`module`, whose weight is `weight_orig` over its largest singular value.

    Miyato et al., "Spectral normalization for generative adversarial networks" (2018).

    >>> m = torch.nn.utils.spectral_norm(torch.nn.Linear(20, 40))
    >>> m.weight_u.shape
    torch.Size([40])
    """
    if hook_of(module, name) is not None:
        problem = f"Cannot register two spectral_norm hooks on the same parameter {name}"
        raise ShapeError(explain("spectral_norm", problem))
    check_iterations(n_power_iterations)
    dim = dim_of_outputs(module) if dim is None else dim
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = getattr(module, name)
    matrix = as_matrix(weight.detach(), dim)
    u, v = [hook.normalised(matrix.new_empty(n).normal_(0, 1)) for n in matrix.shape]
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    return module


def hook_of(module: Any, name: str) -> int | None:
    """The number of the hook that computes `name`, or None."""
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            return int(number)
    return None


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """`module` with an ordinary weight again, as it is now."""
    number = hook_of(module, name)
    if number is None:
        problem = f"spectral_norm of '{name}' not found in {module._get_name()}"
        raise ChoiceError(explain("remove_spectral_norm", problem))
    with no_grad():
        weight = module._forward_pre_hooks[number].compute_weight(module, False)
    for part in ("", "_orig", "_u", "_v"):
        delattr(module, f"{name}{part}")
    module.register_parameter(name, Parameter(weight.detach()))
    del module._forward_pre_hooks[number]
    return module
