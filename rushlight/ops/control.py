"""Ops that join data with a history other than its own. Mutation and custom functions need them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ChoiceError, GradError, LostError, explain
from ..graph import Leaf, Node, Spec
from .batching import Batch
from .layouts import like_first, like_inputs
from .samples import floats
from .table import Kind, Tensor, primitive


@primitive(Kind.CONTROL, numpy=lambda x, new: new, passes=1, layout=like_inputs)
def with_data(input: Tensor, new: Tensor) -> Spec:
    """The values of `new` with the history of `input`: what a change unknown to autograd leaves."""
    return input.spec


with_data.keeps_history = True


@with_data.vmap
def _(batch: Batch, *inputs: Node) -> Node:
    return with_data(*batch.spread(inputs))


@with_data.vjp
def _(g: Node, out: Node, input: Node, new: Node) -> tuple[Node, None]:
    return (g, None)


@with_data.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)


@primitive(Kind.CONTROL, numpy=lambda x, new: new, passes=1, layout=like_inputs)
def overwritten(input: Tensor, new: Tensor) -> Spec:
    """The values of `new`, requiring grad because `input` did: what overwriting it leaves."""
    return input.spec


@overwritten.vmap
def _(batch: Batch, *inputs: Node) -> Node:
    return overwritten(*batch.spread(inputs))


@overwritten.vjp
def _(g: Node, out: Node, input: Node, new: Node) -> tuple[Node, Node]:
    return ops.expand_view(ops.constant(0, g.dtype), shape=g.shape), g


@overwritten.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)


@primitive(Kind.VIEW, numpy=lambda x, *history: x[...])
def rejoin(input: Tensor, history: Tensor) -> Spec:
    """A view of `input` with the history of `history`, whose values are the same."""
    return input.spec


rejoin.keeps_history = True
rejoin.vmap_attrs = lambda size: {}


@rejoin.vjp
def _(g: Node, out: Node, input: Node, history: Node) -> tuple[None, Node]:
    return (None, g)


@rejoin.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4)


@primitive(Kind.CONTROL, numpy=lambda out, *inputs: out, passes=0, layout=like_first)
def custom(out: Tensor, *inputs: Tensor) -> Spec:
    """`out`, made from `inputs` in a way that only a custom function's `backward` knows."""
    return out.spec


@custom.vmap
def _(batch: Batch, *inputs: Node) -> Node:
    return batch.spread(inputs)[0]  # see vectorize.py: no gradient is wanted of it


@custom.vjp
def _(g: Node, made: Node, out: Node, *inputs: Node) -> tuple[Node | None, ...]:
    # Never run: a pass that meets a custom function goes in steps. It only says which of the
    # forward values are needed here, namely none: the context keeps what `backward` wants.
    return (None, *[Leaf(i.shape, i.dtype) for i in inputs])


@custom.samples
def _() -> Iterator[Any]:
    yield floats(3), floats(4)


def unless_refused(x: Any, fine: Any, *, complaint: str) -> Any:
    """NumPy: `x`; raises unless all of `fine` is true."""
    if not np.all(fine):
        raise ChoiceError(complaint)
    return x


@primitive(Kind.CONTROL, numpy=unless_refused, passes=0, layout=like_inputs)
def vouched(input: Tensor, fine: Tensor, *, complaint: str) -> Spec:
    """`input`, of which `fine` says that it is right; where that is not true, an error."""
    return input.spec


@vouched.vmap
def _(batch: Batch, *inputs: Node, complaint: str) -> Node:
    (input,) = Batch(batch.size, batch.mapped[:1]).spread(inputs[:1])
    return vouched(input, inputs[1], complaint=complaint)


@vouched.vjp
def _(g: Node, out: Node, input: Node, fine: Node, *, complaint: str) -> tuple[Node, None]:
    return g, None


@vouched.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4), np.array(True)), {"complaint": "it is wrong"}


# -- what torch.func records -------------------------------------------------------------------


@primitive(Kind.CONTROL, numpy=lambda x, *, depth: x, passes=0, layout=like_inputs)
def track(input: Tensor, *, depth: int) -> Spec:
    """`input`, of which a derivative will be taken: see `tracked`, which calls this."""
    return input.spec


@track.vjp
def _(g: Node, out: Node, input: Node, *, depth: int) -> tuple[Node]:
    return (g,)


def tracked(input: Node, depth: int) -> Node:
    """`input`, requiring grad whether or not it did: where the `depth`-th derivative begins."""
    node = track(input, depth=depth)
    node.requires_grad = True
    return node


def no_value() -> LostError:
    """The error for a tensor of one example that is asked for its value."""
    problem = "a tensor inside vmap stands for many examples: it has no value of its own"
    hint = (
        "return it from the function; item(), print, bool() and numpy() need a value, and so does "
        "a tensor that is kept after the function has returned"
    )
    return LostError(explain("vmap", problem, hint=hint))


def not_alone(x: Any, *, axis: int, level: int) -> Any:
    """NumPy: there is no such value."""
    raise no_value()


@primitive(Kind.CONTROL, numpy=not_alone)
def example(input: Tensor, *, axis: int, level: int) -> Spec:
    """Any one of the examples along an axis of `input`: what a function inside vmap is given."""
    return Spec((*input.shape[:axis], *input.shape[axis + 1 :]), input.dtype)


example.any_dtype = True


@example.vjp
def _(g: Node, out: Node, input: Node, *, axis: int, level: int) -> tuple[Node]:
    problem = "backward() inside vmap cannot reach what is outside"
    hint = "use torch.func.grad inside, or backward() outside"
    raise GradError(explain("vmap", problem, hint=hint))
