"""Many copies of a small model, trained at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..create import tensor
from ..errors import ChoiceError, explain
from ..func.mapping import Mapped
from ..func.modules import spots_of, stack_module_state
from ..func.tree import leaves
from ..generator import get_rng_state, manual_seed, set_rng_state
from ..modes import no_grad
from ..public import public
from ..runtime.entry import Handle
from ..runtime.record import give_cell, realise
from .module import Module
from .parameter import Parameter


@public()
def many(
    make_model: Callable[[], Module], seeds: Iterable[int], lr: Sequence[float] | None = None
) -> Crowd:
    """A module of copies of what `make_model` gives, one for each of the `seeds`.

    Copy k starts as the model made after `torch.manual_seed(seeds[k])`. With `lr`, a learning rate
    for each copy, an optimizer whose own is `crowd.lr` gives every copy its own.

    >>> crowd = torch.many(lambda: torch.nn.Linear(1, 1), seeds=range(4))
    >>> crowd(torch.ones(5, 1)).shape
    torch.Size([4, 5, 1])
    >>> losses = crowd.each(lambda model: model(torch.ones(5, 1)).square().mean())
    >>> losses.sum().backward()  # each copy gets the gradient of its own loss
    """
    seeds = list(seeds)
    if not seeds:
        raise ChoiceError(explain("many", "there must be at least one seed"))
    if lr is not None and len(lr) != len(seeds):
        problem = f"got {len(lr)} learning rates for {len(seeds)} seeds"
        raise ChoiceError(explain("many", problem))
    before = get_rng_state()
    try:
        models = [made_with(make_model, seed) for seed in seeds]
    finally:
        set_rng_state(before)
    return Crowd(models, lr)


def made_with(make_model: Callable[[], Module], seed: int) -> Module:
    """The model that is made after seeding with `seed`."""
    manual_seed(seed)
    return make_model()


class Crowd(Module):
    """Copies of a module: `crowd(x)` is what each makes of `x`, `crowd[k]` copy k on its own.

    Parameters and buffers hold the copies along their first dimension. `lr` is the largest of the
    learning rates, if each copy has its own.
    """

    def __init__(self, models: Sequence[Module], lr: Sequence[float] | None = None) -> None:
        super().__init__()
        self.count = len(models)
        self.lr = None if lr is None else max(lr)
        parameters, buffers = stack_module_state(models)
        self.model = copy.deepcopy(models[0])
        spots = spots_of(self.model)
        first = {id(registry[key]): name for name, (registry, key) in reversed(spots.items())}
        made: dict[str, Any] = {}
        for name, values in parameters.items():
            made[name] = Parameter(values.detach(), values.requires_grad)
            made[name].pace = None if lr is None else pace_of(lr, values)
        made.update(buffers)
        for registry, key in [spots[name] for name in spots]:
            old = registry[key]
            if old is not None and id(old) in first:
                registry[key] = made[first[id(old)]]

    def __len__(self) -> int:
        """How many copies there are."""
        return self.count

    def __getitem__(self, k: int) -> Module:
        """Copy `k` as a module of its own."""
        if not -self.count <= k < self.count:
            raise IndexError(explain("many", f"there is no copy {k} among {self.count}"))
        one = copy.deepcopy(self.model)
        spots = spots_of(one)
        alone: dict[int, Any] = {}
        with no_grad():
            for registry, key in spots.values():
                old = registry[key]
                if old is None:
                    continue
                if id(old) not in alone:
                    value = old.detach()[k].clone()
                    is_parameter = isinstance(old, Parameter)
                    alone[id(old)] = Parameter(value, old.requires_grad) if is_parameter else value
                registry[key] = alone[id(old)]
        return one

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What every copy makes of the same arguments, one copy after the other."""
        return self.each(lambda model: model(*args, **kwargs))

    def each(self, function: Callable[..., Any], *args: Any, randomness: str = "different") -> Any:
        """`function(model, ...)` for every copy: further `args` hold something for each of them.

        >>> crowd = torch.many(lambda: torch.nn.Linear(2, 1), seeds=range(3))
        >>> crowd.each(lambda model, x: model(x), torch.ones(3, 5, 2)).shape
        torch.Size([3, 5, 1])
        """
        spots = list(spots_of(self.model).values())
        tensors = list({id(r[key]): r[key] for r, key in spots if r[key] is not None}.values())

        def call(stacked: list[Any], *own: Any) -> Any:
            ones = dict(zip([id(t) for t in tensors], stacked, strict=True))
            held = [(r, key, r[key]) for r, key in spots if r[key] is not None]
            try:
                for registry, key, tensor in held:
                    registry[key] = ones[id(tensor)]
                return function(self.model, *own)
            finally:
                for registry, key, tensor in held:
                    registry[key] = tensor

        given = [*tensors, *leaves(args)]
        for leaf in given:
            if not isinstance(leaf, Handle) or leaf._value.shape[:1] != (self.count,):
                what = leaf._value.spec if isinstance(leaf, Handle) else type(leaf).__name__
                problem = f"further arguments need something for each of the {self.count} copies"
                raise ChoiceError(explain("many", problem, {"one of them": what}))
        mapped = Mapped(call, (tensors, *args), {}, 0, randomness)
        return mapped.run(given, [0] * len(given), self.count)


def pace_of(lr: Sequence[float], values: Any) -> Any:
    """How the step of each copy compares with the largest, in the form of a parameter."""
    most = max(lr)
    shape = (len(lr), *[1] * (values.dim() - 1))
    pace = tensor([rate / most for rate in lr], dtype=values.dtype).reshape(shape)
    realise(pace)
    give_cell(pace, False)
    return pace
