"""Derivatives in reverse: gradients, and products of vectors with Jacobians."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ArgumentError, ChoiceError, GradError, ShapeError, explain
from ..runtime.entry import Handle
from ..runtime.recorder import local
from .tracking import Derivative, gradients, released
from .tree import leaves, rebuilt

Argnums = int | tuple[int, ...]
Function = Callable[..., Any]


def chosen(argnums: Argnums, args: Sequence[Any], op: str) -> tuple[int, ...]:
    """The places of the arguments to differentiate by."""
    found = []
    for k in (argnums,) if isinstance(argnums, int) else argnums:
        if not -len(args) <= k < len(args):
            problem = f"got argnum={k}, but only {len(args)} positional arguments"
            raise ChoiceError(explain(op, problem))
        found.append(k % len(args))
    if not found:
        raise ChoiceError(explain(op, "argnums must name at least one argument"))
    return tuple(found)


def with_tracked(level: Derivative, places: Sequence[int], args: Sequence[Any]) -> list[Any]:
    """`args` with those at `places` tracked."""
    return [level.track(a) if k in places else a for k, a in enumerate(args)]


def parted(result: Any, has_aux: bool, op: str) -> tuple[Any, Any]:
    """What a function returned, and what it returned beside that (`has_aux`)."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        problem = "with has_aux=True the function must return a tuple (output, aux)"
        raise ArgumentError(explain(op, problem))
    return result


def tensors_in(tree: Any, op: str) -> list[Any]:
    """The leaves of `tree`, all of them tensors."""
    found = leaves(tree)
    for leaf in found:
        if not isinstance(leaf, Handle):
            kind = type(leaf).__name__
            problem = f"the function must return Tensors, got a {kind}"
            raise ArgumentError(explain(op, problem))
    if not found:
        raise GradError(explain(op, "the function returned no Tensor"))
    return found


def grad_and_value(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of `func`, which returns one number, and that number.

    >>> torch.func.grad_and_value(lambda x: x**3)(torch.tensor(2.0))
    (tensor(12.), tensor(8.))
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        places = chosen(argnums, args, "grad")
        with Derivative() as level:
            inner = with_tracked(level, places, args)
            output, aux = parted(func(*inner, **kwargs), has_aux, "grad")
            if not isinstance(output, Handle):
                kind = type(output).__name__
                problem = f"expected the function to return a Tensor, got {kind}"
                raise ArgumentError(explain("grad", problem))
            if output._value.shape:
                problem = "expected the function to return a scalar: a tensor of no dimensions"
                got = {"what it returned": output._value.spec}
                hint = "reduce it, e.g. with .sum(), or use torch.func.jacrev"
                raise ShapeError(explain("grad", problem, got, hint))
            inputs = tuple([inner[k] for k in places])
            found = rebuilt(inputs, gradients([output], leaves(inputs)))
        if isinstance(argnums, int):
            found = found[0]
        found, output, aux = released((found, output, aux), level.depth)
        return (found, (output, aux)) if has_aux else (found, output)

    return wrapper


def grad(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of `func`, which returns one number.

    >>> torch.func.grad(torch.func.grad(lambda x: x**3))(torch.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        found, output = both(*args, **kwargs)
        return (found, output[1]) if has_aux else found

    return wrapper


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """What `func` makes of `primals`, and a function that multiplies a vector by its Jacobian.

    >>> y, vjp_fn = torch.func.vjp(lambda x: x * x, torch.tensor([1.0, 2.0]))
    >>> vjp_fn(torch.tensor([1.0, 1.0]))
    (tensor([2., 4.]),)
    """
    with Derivative() as level:
        inner = level.track(tuple(primals))
        output, aux = parted(func(*inner), has_aux, "vjp")
        outputs = tensors_in(output, "vjp")
    depth = level.depth

    def vjp_fn(
        cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None
    ) -> tuple[Any, ...]:
        """The cotangents times the Jacobian, for each of the primals."""
        weights = cotangents_of(outputs, cotangents)
        keep = bool(local.recorder.grad) if create_graph is None else create_graph
        found = rebuilt(inner, gradients(outputs, leaves(inner), weights, keep))
        made: tuple[Any, ...] = released(found, depth)
        return made

    output, aux = released((output, aux), depth)
    return (output, vjp_fn, aux) if has_aux else (output, vjp_fn)


def cotangents_of(outputs: Sequence[Any], cotangents: Any) -> list[Any]:
    """A cotangent for each of the `outputs`, of its shape."""
    weights = leaves(cotangents)
    if len(weights) != len(outputs):
        problem = f"got {len(weights)} cotangents for {len(outputs)} outputs"
        raise ChoiceError(explain("vjp", problem, hint="give them in the form of the output"))
    for output, weight in zip(outputs, weights, strict=True):
        if weight._value.shape != output._value.shape:
            got = {"the output": output._value.spec, "the cotangent": weight._value.spec}
            raise ShapeError(explain("vjp", "mismatch in shape", got))
    return weights
