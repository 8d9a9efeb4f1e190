"""`torch.nn.utils.prune`: weights of which some are kept at zero.

A pruned parameter `weight` becomes a parameter `weight_orig`, a buffer `weight_mask` of ones and
zeros, and an attribute `weight`, their product, computed anew before each call of the module.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from ...calls import function
from ...errors import ArgumentError, ChoiceError, ShapeError, explain
from ...ops import OPS
from ...patterns import ones_like, zeros_like
from ...random import rand, rand_like
from .convert_parameters import parameters_to_vector

topk = function(OPS["topk"])


class BasePruningMethod(ABC):
    """A hook that keeps a parameter pruned. Subclasses say which elements stay: `compute_mask`."""

    PRUNING_TYPE = "unstructured"
    _tensor_name: str

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of ones and zeros for a tensor of importances, given the mask it has now."""

    def __call__(self, module: Any, inputs: Any) -> None:
        """Set the parameter before a call of the module."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Any) -> Any:
        """The parameter without what is pruned."""
        mask = getattr(module, f"{self._tensor_name}_mask")
        original = getattr(module, f"{self._tensor_name}_orig")
        return mask.to(dtype=original.dtype) * original

    @classmethod
    def apply(
        cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any
    ) -> Any:
        """The hook, after it has pruned `name` of `module`, further if it was pruned before.

        importance_scores: what to judge by, of the parameter's shape, instead of its elements.
        """
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        before = hook_of(module, name)
        if before is not None:
            del module._forward_pre_hooks[before[0]]
            method = combined(before[1], method)
        original = getattr(module, name)  # without what is pruned
        scores = original if importance_scores is None else importance_scores
        if scores.shape != original.shape:
            problem = "importance_scores should have the same shape as the parameter"
            got = {"importance_scores": scores._value.spec, name: original._value.spec}
            raise ShapeError(explain("prune", problem, got))
        known = getattr(module, f"{name}_mask", None)
        mask = method.compute_mask(scores.detach(), ones_like(scores) if known is None else known)
        if known is None:
            del module._parameters[name]
            module.register_parameter(f"{name}_orig", original)
            module.register_buffer(f"{name}_mask", mask.detach())
        else:
            setattr(module, f"{name}_mask", mask.detach())
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """`t` with zeros where it would be pruned."""
        scores = t if importance_scores is None else importance_scores
        mask = ones_like(scores) if default_mask is None else default_mask
        return t * self.compute_mask(scores, mask)

    def remove(self, module: Any) -> None:
        """Make the parameter of `module` an ordinary one, that is zero where it was pruned."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        delattr(module, name)
        original = module._parameters.pop(f"{name}_orig")
        del module._buffers[f"{name}_mask"]
        original.data = weight.data
        setattr(module, name, original)


def hook_of(module: Any, name: str) -> tuple[int, BasePruningMethod] | None:
    """The hook that keeps `name` pruned and its number, or None."""
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return number, hook
    return None


def combined(first: BasePruningMethod, then: BasePruningMethod) -> PruningContainer:
    """Both methods, one after the other."""
    if not isinstance(first, PruningContainer):
        first = PruningContainer(first)
    first.add_pruning_method(then)
    return first


class PruningContainer(BasePruningMethod):
    """Several methods for one parameter: each prunes what those before it have left."""

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method for the same parameter."""
        if not isinstance(method, BasePruningMethod):
            problem = f"{type(method)} is not a BasePruningMethod subclass"
            raise ArgumentError(explain("prune", problem))
        if method._tensor_name != self._tensor_name:
            problem = f"this container prunes {self._tensor_name!r}, not {method._tensor_name!r}"
            raise ChoiceError(explain("prune", problem))
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Any:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: int) -> BasePruningMethod:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask after the last method has pruned what `default_mask` leaves."""
        method = self._pruning_methods[-1]
        mask = default_mask.clone().to(dtype=t.dtype)
        left = self.left_of(method, t, mask)
        mask[left] = method.compute_mask(t[left], default_mask=mask[left])
        return mask

    def left_of(self, method: Any, t: Any, mask: Any) -> Any:
        """The index of the part of `t` that is left to `method`."""
        if method.PRUNING_TYPE == "unstructured":
            return mask == 1
        if method.PRUNING_TYPE == "global":
            return slice(None)
        dim = method.dim % t.dim()
        kept = mask.sum(dim=[d for d in range(t.dim()) if d != dim]) != 0
        return (slice(None),) * dim + (kept,)


class Identity(BasePruningMethod):
    """Prunes nothing."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask it has."""
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Prunes what is zero in a given mask."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The given mask and the one it has."""
        return default_mask * self.mask.to(dtype=default_mask.dtype)


class _Share(BasePruningMethod):
    """A method that prunes an `amount`: a number of elements or channels, or a share of them."""

    def __init__(self, amount: int | float) -> None:
        if not isinstance(amount, int | float) or isinstance(amount, bool):
            raise ArgumentError(explain("prune", f"amount must be a number, not {amount!r}"))
        if amount < 0 or (isinstance(amount, float) and amount > 1):
            problem = "amount must be a non-negative int, or a float from 0 to 1"
            raise ChoiceError(explain("prune", problem, {"amount": amount}))
        self.amount = amount

    def count(self, size: int) -> int:
        """How many of `size` to prune; raises ValueError if there are not so many."""
        if isinstance(self.amount, float):
            return round(self.amount * size)
        if self.amount > size:
            problem = f"amount={self.amount} is greater than the number to prune from, {size}"
            raise ChoiceError(explain("prune", problem))
        return self.amount


class RandomUnstructured(_Share):
    """Prunes elements by chance."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask with `amount` more zeros."""
        count = self.count(t.numel())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[topk(rand_like(t).view(-1), count).indices] = 0
        return mask


class L1Unstructured(_Share):
    """Prunes the elements nearest to zero."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask with `amount` more zeros."""
        count = self.count(t.numel())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[topk(t.abs().reshape(-1), count, largest=False).indices] = 0
        return mask


class _Channels(_Share):
    """A method that prunes whole channels along `dim`."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: int | float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def only(self, channels: Any, t: Any, default_mask: Any) -> Any:
        """The mask it has, cut to `channels`."""
        mask = zeros_like(t)
        mask[(slice(None),) * (self.dim % t.dim()) + (channels,)] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    def channels_of(self, t: Any) -> int:
        """How many channels there are; raises if `t` has too few dimensions."""
        if t.dim() <= 1:
            problem = "structured pruning can only be applied to multidimensional tensors"
            raise ChoiceError(explain("prune", problem, {"the tensor": t._value.spec}))
        return int(t.shape[self.dim])


class RandomStructured(_Channels):
    """Prunes channels by chance."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask with `amount` more channels of zeros."""
        size = self.channels_of(t)
        count = self.count(size)
        if not count:
            return default_mask
        chance = rand(size)
        return self.only(chance > chance.kthvalue(count).values, t, default_mask)


class LnStructured(_Channels):
    """Prunes the channels of the smallest `n`-norm."""

    def __init__(self, amount: int | float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask with `amount` more channels of zeros."""
        size = self.channels_of(t)
        count = self.count(size)
        if not count:
            return default_mask
        norms = t.norm(p=self.n, dim=[d for d in range(t.dim()) if d != self.dim % t.dim()])
        return self.only(topk(norms, size - count).indices, t, default_mask)


# -- functions: the module, after it was pruned --------------------------------------------------


def identity(module: Any, name: str) -> Any:
    """`module`, with `name` masked by ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: int | float) -> Any:
    """`module`, with `amount` elements of `name` pruned by chance."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: Any, name: str, amount: int | float, importance_scores: Any = None
) -> Any:
    """`module`, with the `amount` elements of `name` nearest to zero pruned.

    >>> m = torch.nn.utils.prune.l1_unstructured(torch.nn.Linear(2, 3), "weight", amount=2)
    >>> int((m.weight == 0).sum())
    2
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: int | float, dim: int) -> Any:
    """`module`, with `amount` channels of `name` along `dim` pruned by chance."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Any, name: str, amount: int | float, n: Any, dim: int, importance_scores: Any = None
) -> Any:
    """`module`, with the `amount` channels of `name` along `dim` of smallest `n`-norm pruned."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Any, name: str, mask: Any) -> Any:
    """`module`, with `name` pruned where `mask` is zero."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Any, str]],
    pruning_method: Any,
    importance_scores: Any = None,
    **kwargs: Any,
) -> None:
    """Prune elements of several parameters, pairs of module and name, as if they were one.

    importance_scores: by pair, what to judge by instead of the elements.
    """
    pairs = list(parameters)
    scores = importance_scores or {}
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        problem = f"only unstructured methods can prune globally, not {pruning_method}"
        raise ArgumentError(explain("global_unstructured", problem))
    tensors = [getattr(module, name) for module, name in pairs]
    judged = [scores.get(pair, t).detach() for pair, t in zip(pairs, tensors, strict=True)]
    ones = [ones_like(t) for t in tensors]
    masks = [getattr(m, f"{n}_mask", all_) for (m, n), all_ in zip(pairs, ones, strict=True)]
    method._tensor_name = "all"
    container = PruningContainer(method)
    mask = container.compute_mask(parameters_to_vector(judged), parameters_to_vector(masks))
    at = 0
    for (module, name), tensor in zip(pairs, tensors, strict=True):
        custom_from_mask(module, name, mask[at : at + tensor.numel()].view_as(tensor))
        at += tensor.numel()


def remove(module: Any, name: str) -> Any:
    """`module`, with `name` an ordinary parameter again, zero where it was pruned."""
    found = hook_of(module, name)
    if found is None:
        problem = f"Parameter '{name}' of module {module} has to be pruned before"
        raise ChoiceError(explain("remove", f"{problem} pruning can be removed"))
    found[1].remove(module)
    del module._forward_pre_hooks[found[0]]
    return module


def is_pruned(module: Any) -> bool:
    """Whether a parameter of `module`, or of a module in it, is pruned."""
    return any(
        [
            isinstance(hook, BasePruningMethod)
            for part in module.modules()
            for hook in part._forward_pre_hooks.values()
        ]
    )
