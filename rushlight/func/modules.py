"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..calls import function
from ..errors import ArgumentError, ChoiceError, GradError, explain
from ..ops import OPS

stack = function(OPS["stack"])


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What `module` makes of `args` if its parameters and buffers are those of a dictionary.

    Names that are left out keep the module's own; with `strict` none may be.

    >>> net = torch.nn.Linear(1, 1)
    >>> weights = {"weight": torch.tensor([[2.0]]), "bias": torch.tensor([1.0])}
    >>> torch.func.functional_call(net, weights, torch.tensor([3.0]))
    tensor([7.])
    """
    given = merged(parameter_and_buffer_dicts)
    if args is None:
        args = ()
    if not isinstance(args, tuple):
        args = (args,)
    with instead(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def merged(dicts: Any) -> dict[str, Any]:
    """One dictionary, or several, as one."""
    if isinstance(dicts, Mapping):
        return dict(dicts)
    if not isinstance(dicts, Sequence) or not all([isinstance(d, Mapping) for d in dicts]):
        problem = "expected a dictionary of tensors by name, or several of them"
        raise ArgumentError(explain("functional_call", problem))
    found: dict[str, Any] = {}
    for one in dicts:
        twice = found.keys() & one.keys()
        if twice:
            problem = f"{sorted(twice)[0]!r} is in more than one of the dictionaries"
            raise ChoiceError(explain("functional_call", problem))
        found.update(one)
    return found


Spot = tuple[Any, str]
"""A registry of a module, and a name in it."""


def spots_of(module: Any) -> dict[str, Spot]:
    """Where each parameter and buffer stands, by its full name."""
    return {
        f"{path}.{name}" if path else name: (registry, name)
        for path, part in module.named_modules(remove_duplicate=False)
        for registry in (part._parameters, part._buffers)
        for name in registry
    }


def assigned(module: Any, given: Mapping[str, Any], tie: bool) -> dict[str, Any]:
    """What is to stand under each name: of one tensor with several names, under all (`tie`)."""
    spots = spots_of(module)
    unknown = [name for name in given if name not in spots]
    if unknown:
        problem = f"the module has no parameter or buffer {unknown[0]!r}"
        raise ChoiceError(explain("functional_call", problem))
    found = dict(given)
    for name, tensor in given.items() if tie else ():
        registry, key = spots[name]
        own = registry[key]
        for other, (registry, key) in spots.items():
            if own is None or registry[key] is not own or other == name:
                continue
            if other in given and given[other] is not tensor:
                problem = f"{name!r} and {other!r} are one tensor in the module, and two values"
                raise ChoiceError(explain("functional_call", problem, hint="tie_weights=False"))
            found[other] = tensor
    return found


@contextmanager
def instead(module: Any, given: Mapping[str, Any], tie: bool, strict: bool) -> Iterator[None]:
    """Have a module use the tensors `given`."""
    spots = spots_of(module)
    found = assigned(module, given, tie)
    missing = [name for name in spots if name not in found] if strict else ()
    if missing:
        problem = f"strict=True, and {missing[0]!r} was not given"
        raise ChoiceError(explain("functional_call", problem))
    before = [(spots[name], spots[name][0][spots[name][1]]) for name in found]
    try:
        for name, tensor in found.items():
            registry, key = spots[name]
            registry[key] = tensor
        yield
    finally:
        for (registry, key), tensor in before:
            registry[key] = tensor


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of modules of one class, stacked, by name.

    >>> params, buffers = torch.func.stack_module_state([torch.nn.Linear(2, 3) for _ in range(4)])
    >>> params["weight"].shape
    torch.Size([4, 3, 2])
    """
    models = list(models)
    if not models:
        raise ChoiceError(explain("stack_module_state", "expected at least one model, got 0"))
    if len({type(m) for m in models}) > 1:
        raise ChoiceError(explain("stack_module_state", "the models must be of one class"))
    if len({m.training for m in models}) > 1:
        problem = "all models must be in training mode, or all in evaluation mode"
        raise ChoiceError(explain("stack_module_state", problem))
    params = {
        name: stacked([dict(m.named_parameters())[name] for m in models])
        for name, _ in models[0].named_parameters()
    }
    buffers = {
        name: stacked([dict(m.named_buffers())[name] for m in models])
        for name, _ in models[0].named_buffers()
    }
    return params, buffers


def stacked(tensors: Sequence[Any]) -> Any:
    """One tensor on top of the other, a leaf that requires grad if they do."""
    wants = {t.requires_grad for t in tensors}
    if len(wants) > 1:
        problem = "the same parameter requires grad in one model and not in another"
        raise GradError(explain("stack_module_state", problem))
    return stack([t.detach() for t in tensors]).requires_grad_(wants.pop())


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """`root` itself; its batch norms have no running statistics any more, which vmap cannot change.

    >>> net = torch.func.replace_all_batch_norm_modules_(torch.nn.BatchNorm1d(2))
    >>> net.running_mean is None
    True
    """
    for module in root.modules():
        if any([kind.__name__ == "_BatchNorm" for kind in type(module).__mro__]):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
