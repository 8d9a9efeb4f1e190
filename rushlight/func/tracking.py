"""Where derivatives begin and end: what is differentiated is tracked, whoever else requires grad.

A derivative is a pass of autograd like any other, from what a function returned to the tensors that
stand for its arguments. When it is over, results are let go of unless something outside wants a
gradient of them: an enclosing derivative, or a leaf that requires grad.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..backward import grad
from ..errors import ArgumentError, DtypeError, explain
from ..graph import Node
from ..patterns import zeros_like
from ..runtime.casting import with_grad
from ..runtime.effect import Change, apply_effect, new_tensor
from ..runtime.entry import Handle
from ..runtime.examples import Call, begin
from ..runtime.record import settle
from ..runtime.recorder import local
from ..vectorize import is_wanted
from .tree import leaves, mapped

TRACK = Call("track")
RELEASE = Call("release")


class Derivative:
    """A context in which a derivative is taken: gradients are enabled, and it has a `depth`."""

    def __enter__(self) -> Derivative:
        recorder = local.recorder
        begin(recorder, TRACK)
        self.before = recorder.grad
        self.depth = recorder.tracking
        recorder.tracking += 1
        recorder.grad = with_grad(recorder.grad, True)
        return self

    def __exit__(self, *error: Any) -> None:
        recorder = local.recorder
        recorder.tracking = self.depth
        recorder.grad = self.before

    def track(self, tree: Any) -> Any:
        """`tree` with tensors of which a derivative can be taken."""
        return mapped(lambda leaf: tracked(leaf, self.depth), tree)


def tracked(leaf: Any, depth: int) -> Any:
    """A tensor of the same value as `leaf` that requires grad in the `depth`-th derivative."""
    if not isinstance(leaf, Handle):
        kind = type(leaf).__name__
        raise ArgumentError(explain("func", f"expected a Tensor to differentiate by, not {kind}"))
    if not leaf._value.dtype.differentiable:
        problem = "only tensors of floating point and complex dtype have derivatives"
        raise DtypeError(explain("func", problem, {"the tensor": leaf._value.spec}))
    recorder = local.recorder
    handles = settle(recorder, [leaf])

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        change = Change()
        change.add(ops.tracked(nodes[0], depth), new_tensor, None)
        return change

    key = (TRACK, depth, handles[0]._value, recorder.grad)
    made = apply_effect(recorder, TRACK, key, handles, (), describe)[0]
    if recorder.eager:
        recorder.flush()
    return made


def released(tree: Any, depth: int) -> Any:
    """`tree` once the `depth`-th derivative is over: without history that nobody else wants."""
    recorder = local.recorder
    tensors = [t for t in leaves(tree) if isinstance(t, Handle) and t._value.requires_grad]
    if not tensors:
        return tree
    wanted = dict.fromkeys([id(t) for t in tensors], False)
    if recorder.grad:
        handles = settle(recorder, tensors)

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            change = Change()
            change.returned = [is_wanted(node, depth) for node in nodes]
            return change

        key = (RELEASE, depth, tuple([h._value for h in handles]))
        apply_effect(recorder, RELEASE, key, handles, (), describe)
        wanted = {id(t): w for t, w in zip(tensors, recorder.at.returned, strict=True)}
    return mapped(lambda leaf: leaf if wanted.get(id(leaf), True) else leaf.detach(), tree)


def gradients(
    outputs: Sequence[Any], inputs: Sequence[Any], weights: Any = None, create_graph: bool = True
) -> list[Any]:
    """The gradients of `outputs`, weighted, for each of the `inputs`; zeros where there is none."""
    given = [None] * len(outputs) if weights is None else list(weights)
    pairs = [(o, w) for o, w in zip(outputs, given, strict=True) if o._value.requires_grad]
    if not pairs:
        return [zeros_like(x) for x in inputs]
    roots, seeds = [list(column) for column in zip(*pairs, strict=True)]
    found = grad(
        roots, list(inputs), seeds, retain_graph=True, create_graph=create_graph, allow_unused=True
    )
    return [zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]
