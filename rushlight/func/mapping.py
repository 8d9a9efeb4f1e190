"""`vmap`: a function of one example, for many at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..calls import function
from ..errors import ArgumentError, ChoiceError, explain
from ..ops import OPS
from ..public import public
from ..runtime.entry import Handle
from ..runtime.examples import Level
from ..runtime.recorder import local
from .tree import leaves, rebuilt, spread

cat = function(OPS["cat"])

Function = Callable[..., Any]
RANDOMNESS = ("error", "different", "same")


@public()
def vmap(
    func: Function,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Function:
    """A function that does to every example what `func` does to one.

    Examples lie along the dimensions `in_dims` of the arguments (None: the same for all) and
    `out_dims` of the results; both may be nests like those. `chunk_size` is how many are done at
    once. Random numbers in `func` raise, or are `"different"` for each example, or the `"same"`.

    >>> torch.vmap(torch.dot)(torch.ones(2, 3), torch.ones(2, 3))
    tensor([3., 3.])
    """
    if randomness not in RANDOMNESS:
        problem = f"randomness must be 'error', 'different' or 'same', not {randomness!r}"
        raise ChoiceError(explain("vmap", problem))
    if chunk_size is not None and chunk_size < 1:
        raise ChoiceError(explain("vmap", f"chunk_size must be positive, not {chunk_size}"))

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        given, dims, size = examples_in(args, in_dims)
        call = Mapped(func, args, kwargs, out_dims, randomness)
        step = chunk_size or max(size, 1)
        if size <= step:
            return call.run(given, dims, size)
        parts = []
        for start in range(0, size, step):
            count = min(step, size - start)
            part = [
                x if d is None else x.narrow(d, start, count)
                for x, d in zip(given, dims, strict=True)
            ]
            parts.append(call.run(part, dims, count))
        return joined(parts, out_dims)

    return wrapper


def examples_in(args: Sequence[Any], in_dims: Any) -> tuple[list[Any], list[int | None], int]:
    """The leaves of the arguments, along which dimension each has examples, and how many."""
    if not args:
        raise ChoiceError(explain("vmap", "got no inputs: a batch has to come from somewhere"))
    args = tuple(args)
    if isinstance(in_dims, list):
        in_dims = tuple(in_dims)
    given = leaves(args)
    sizes, dims = [], []
    for leaf, dim in zip(given, spread(in_dims, args, "vmap(in_dims)"), strict=True):
        if dim is None:
            dims.append(None)
            continue
        if not isinstance(dim, int) or isinstance(dim, bool):
            problem = f"in_dims must hold whole numbers and None, not {dim!r}"
            raise ChoiceError(explain("vmap", problem))
        if not isinstance(leaf, Handle):
            kind = type(leaf).__name__
            problem = f"got in_dim={dim} for an input of type {kind}, which has no dimensions"
            raise ChoiceError(explain("vmap", problem, hint="use None as its in_dim"))
        ndim = leaf._value.ndim
        if not -ndim <= dim < ndim:
            problem = f"got in_dim={dim} for an input of {ndim} dimensions"
            raise ChoiceError(explain("vmap", problem, {"the input": leaf._value.spec}))
        dims.append(dim % ndim)
        sizes.append(leaf._value.shape[dim % ndim])
    if not sizes:
        raise ChoiceError(explain("vmap", "at least one input must have a dimension of examples"))
    if len(set(sizes)) > 1:
        problem = f"expected all inputs to have the same number of examples, got {sizes}"
        raise ChoiceError(explain("vmap", problem))
    return given, dims, sizes[0]


class Mapped:
    """A function and how its results lie; `run` calls it for a batch of examples."""

    def __init__(
        self, func: Function, args: Any, kwargs: Any, out_dims: Any, randomness: str
    ) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.out_dims = out_dims
        self.randomness = randomness

    def run(self, given: Sequence[Any], dims: Sequence[int | None], size: int) -> Any:
        """The results for the leaves `given`, whose examples lie along `dims`."""
        places = [k for k, dim in enumerate(dims) if dim is not None]
        along = [dim for dim in dims if dim is not None]
        with Level(local.recorder, size, self.randomness) as level:
            result, changed = self.inside(level, given, places, along)
        for k, tensor in changed:
            given[k].copy_(tensor)  # an argument was changed in place
        return result

    def inside(
        self, level: Level, given: Sequence[Any], places: Sequence[int], along: Sequence[int]
    ) -> tuple[Any, list[tuple[int, Any]]]:
        """The results, and what the leaves of arguments that were changed are now.

        Examples lie `along` the dimensions of the leaves at `places`.
        """
        ones = level.examples([given[k] for k in places], along)
        before = [one._value for one in ones]
        inner = list(given)
        for k, one in zip(places, ones, strict=True):
            inner[k] = one
        result = self.func(*rebuilt(self.args, inner), **self.kwargs)
        tensors = self.results(result)
        axes = self.axes(result, tensors, level.bit)
        changed = [n for n, one in enumerate(ones) if one._value is not before[n]]
        changed = [n for n in changed if ones[n]._value.examples & level.bit]
        wanted = [k for k, axis in enumerate(axes) if axis is not None]
        made = level.whole(
            [*[tensors[k] for k in wanted], *[ones[n] for n in changed]],
            [*[axis for axis in axes if axis is not None], *[along[n] for n in changed]],
        )
        for k, tensor in zip(wanted, made, strict=False):
            tensors[k] = tensor
        rest = made[len(wanted) :]
        return rebuilt(result, tensors), [
            (places[n], tensor) for n, tensor in zip(changed, rest, strict=True)
        ]

    def results(self, result: Any) -> list[Any]:
        """The tensors that the function returned."""
        found = leaves(result)
        for leaf in found:
            if not isinstance(leaf, Handle):
                name = getattr(self.func, "__name__", "the function")
                problem = f"{name} must only return Tensors, got type {type(leaf).__name__}"
                raise ArgumentError(explain("vmap", problem))
        return found

    def axes(self, result: Any, tensors: Sequence[Any], bit: int) -> list[int | None]:
        """Along which dimension of each result examples shall lie; None for one that has none."""
        found: list[int | None] = []
        for tensor, dim in zip(
            tensors, spread(self.out_dims, result, "vmap(out_dims)"), strict=True
        ):
            value = tensor._value
            if dim is None:
                if value.examples & bit:
                    problem = "got out_dim None for a result that differs between examples"
                    raise ChoiceError(explain("vmap", problem, {"the result": value.spec}))
                found.append(None)
                continue
            ndim = value.ndim + 1
            if not isinstance(dim, int) or not -ndim <= dim < ndim:
                problem = f"got out_dim={dim!r} for a result of {ndim} dimensions"
                raise ChoiceError(explain("vmap", problem, {"one example": value.spec}))
            found.append(dim % ndim)
        return found


def joined(parts: Sequence[Any], out_dims: Any) -> Any:
    """The results of several batches, one after the other."""
    dims = spread(out_dims, parts[0], "vmap(out_dims)")
    columns = zip(*[leaves(part) for part in parts], strict=True)
    made = [
        column[0] if dim is None else cat(list(column), dim)
        for column, dim in zip(columns, dims, strict=True)
    ]
    return rebuilt(parts[0], made)
