"""Derivatives forward: products of Jacobians with vectors.

The product of a vector with a Jacobian is linear in the vector, so its own derivative, in reverse,
is the product of the Jacobian with a vector: every op that has a gradient of second order has a
derivative in forward mode, and needs no rule for it. What the first pass computes is used by
nobody: it is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ArgumentError, ChoiceError, DtypeError, ShapeError, explain
from ..function import pushing
from ..patterns import zeros_like
from ..runtime.entry import Handle
from .reverse import parted, tensors_in
from .tracking import Derivative, gradients, released, tracked
from .tree import leaves, rebuilt

Function = Callable[..., Any]


def pushed(
    outputs: Sequence[Any], inputs: Sequence[Any], tangents: Sequence[Any], depth: int
) -> list[Any]:
    """The tangents of `outputs`, given those of the tracked `inputs`; inside that derivative."""
    live = [o for o in outputs if o._value.requires_grad]
    if not live:
        return [zeros_like(o) for o in outputs]
    weights = [tracked(zeros_like(o), depth) for o in live]
    with pushing:
        back = gradients(live, inputs, weights)
    found = iter(gradients(back, weights, tangents))
    return [next(found) if o._value.requires_grad else zeros_like(o) for o in outputs]


def tangents_of(primals: Sequence[Any], tangents: Sequence[Any], op: str) -> None:
    """Raise unless there is a tangent for each of the primals, of its shape and dtype."""
    if len(primals) != len(tangents):
        problem = f"got {len(tangents)} tangents for {len(primals)} primals"
        raise ChoiceError(explain(op, problem, hint="give them in the form of the primals"))
    for primal, tangent in zip(primals, tangents, strict=True):
        if not isinstance(tangent, Handle) or not isinstance(primal, Handle):
            raise ArgumentError(explain(op, "primals and tangents must be Tensors"))
        got = {"the primal": primal._value.spec, "the tangent": tangent._value.spec}
        if primal._value.shape != tangent._value.shape:
            raise ShapeError(explain(op, "mismatch in shape", got))
        if primal._value.dtype is not tangent._value.dtype:
            raise DtypeError(explain(op, "mismatch in dtype", got))


def jvp(
    func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """What `func` makes of `primals`, and the product of its Jacobian with `tangents`.

    >>> torch.func.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        problem = "primals and tangents must be tuples"
        raise ArgumentError(explain("jvp", problem, hint="jvp(f, (x,), (t,))"))
    tangents_of(leaves(primals), leaves(tangents), "jvp")
    with Derivative() as level:
        inner = level.track(primals)
        output, aux = parted(func(*inner), has_aux, "jvp")
        outputs = tensors_in(output, "jvp")
        pushes = pushed(outputs, leaves(inner), leaves(tangents), level.depth)
    output, made, aux = released((output, rebuilt(output, pushes), aux), level.depth)
    return (output, made, aux) if has_aux else (output, made)


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """What `func` makes of `primals`, and the linear function that it is like near them.

    >>> y, push = torch.func.linearize(torch.sin, torch.tensor(0.0))
    >>> push(torch.tensor(3.0))
    tensor(3.)
    """
    with Derivative() as level:
        inner = level.track(primals)
        output = func(*inner)
        outputs = tensors_in(output, "linearize")
    depth = level.depth

    def push(*tangents: Any) -> Any:
        """The product of the Jacobian at the primals with `tangents`."""
        tangents_of(leaves(primals), leaves(tangents), "linearize")
        with Derivative():
            pushes = pushed(outputs, leaves(inner), leaves(tangents), depth)
        return released(rebuilt(output, pushes), depth)

    return released(output, depth), push
